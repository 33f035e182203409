"""How fast does the same go with the driver alone, deciding in SQL? What the workflow engine is held against.

The chart is written into the statements. The tables, their indexes and pragmas and the rows that come of it
are those of the product: its own journal verifies over them.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from string import Template
from typing import Any

from crmflow.core.moment import to_micros

SETTINGS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "cache_size=-65536")
DIALECTS: Mapping[str, Mapping[str, str]] = {
    "sqlite": {
        "amount": "CAST(substr(json_extract(c.data, '$$.amount'), 10) AS REAL)",
        "hours": "* 3600000000",
        "at": "r.at",
        "told": "r.told",
        "lock": "",
        "serial": "SELECT serial FROM crmflow_minted",
        "minted": "UPDATE crmflow_minted SET serial = serial + $count",
        "patched": "json_patch(c.progress, $progress)",
        "plain": "$progress",
        "clock": "strftime('%Y-%m-%dT%H:%M:%S+00:00', m.at / 1000000, 'unixepoch')",
        "also": "AND (c.bucket, c.id) IN (SELECT bucket, id FROM move)",  # else all cases are scanned
    },
    "postgresql": {
        "amount": "CAST(substr(c.data ->> 'amount', 10) AS numeric)",
        "hours": "* interval '1 hour'",
        "at": "CAST(extract(epoch FROM r.at) * 1000000 AS bigint)",
        "told": "CAST(r.told AS jsonb)",
        "lock": "FOR UPDATE SKIP LOCKED",
        "serial": "SELECT max(nextval('crmflow_id')) - $count FROM generate_series(1, $count)",
        "minted": "SELECT 1",
        "patched": "c.progress || CAST($progress AS jsonb)",
        "plain": "CAST($progress AS jsonb)",
        "clock": """to_char(m.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"')""",
        "also": "",
    },
}
MOVE = """
CREATE TEMP TABLE move AS
SELECT row_number() OVER () AS n, c.bucket, c.id, c.customer_id, c.key, c.state, c.due_at AS at,
  CASE WHEN c.state = 'call' OR $amount >= 1000 THEN 'call' ELSE 'letter' END AS goes,
  CASE WHEN c.state = 'call' THEN up.level ELSE c.level END AS level,
  CASE WHEN c.state = 'call' THEN above.staff WHEN $amount >= 1000 THEN own.staff END AS holder,
  CASE WHEN c.state = 'call' THEN above.unit WHEN $amount >= 1000 THEN own.unit END AS holder_unit
FROM (SELECT * FROM crmflow_case WHERE due_at <= $as_of ORDER BY due_at LIMIT $limit $lock) c
LEFT JOIN crmflow_unit u ON u.code = c.unit
LEFT JOIN crmflow_unit up ON up.code = CASE c.level WHEN 'station' THEN u.parent ELSE 'HQ' END
LEFT JOIN crmflow_post own ON own.role = 'clerk' AND own.unit = c.unit
LEFT JOIN crmflow_post above ON above.role = 'clerk' AND above.unit = up.code
"""
PROGRESS = """
CASE WHEN m.state = 'call'
    THEN '{"fired":["late:' || m.level || '"],"clocks":{"step":"=datetime ' || $clock || '"}}'
  WHEN m.goes = 'call' THEN '{"entries":{"remind":1,"call":1}}'
  ELSE '{"entries":{"remind":1,"letter":1}}' END
"""
CASES = """
UPDATE crmflow_case AS c SET state = m.goes, level = m.level, holder = m.holder, holder_unit = m.holder_unit,
  entered_at = CASE WHEN m.state = 'call' THEN c.entered_at ELSE m.at END,
  due_at = m.at + CASE WHEN m.goes = 'call' THEN 72 ELSE 720 END $hours,
  late_at = CASE WHEN m.goes = 'call' THEN m.at + 72 $hours END,
  escalations = c.escalations + CASE WHEN m.state = 'call' THEN 1 ELSE 0 END,
  progress = CASE WHEN m.state = 'call' THEN $patched ELSE $plain END,
  version = c.version + 1, recorded_at = $now
FROM move m WHERE c.bucket = m.bucket AND c.id = m.id $also
"""
# One row for each move, then one for each letter.
ROWS = """
SELECT m.bucket, ($serial + m.n) * 64 + m.bucket AS id,
  CASE WHEN m.state = 'call' THEN 'case.late' ELSE 'case.moved' END AS kind,
  CASE WHEN m.state = 'call' THEN m.key || '|late:' || m.level END AS key,
  CASE WHEN m.state = 'call' THEN '{"holder":"' || m.holder || '","level":"' || m.level || '","state":"call"}'
    WHEN m.goes = 'call' THEN '{"holder":"' || m.holder || '","level":"' || m.level
      || '","move":"call","state":"remind","to":"call"}'
    ELSE '{"level":"' || m.level || '","move":"write","state":"remind","to":"letter"}' END AS told,
  m.customer_id, m.id AS case_id, m.at
FROM move m
UNION ALL
SELECT m.bucket, ($serial + $count + m.n) * 64 + m.bucket, 'case.sent', m.key || '|sent:letter:1',
  '{"level":"' || m.level || '","message":"site.letter","state":"letter"}', m.customer_id, m.id, m.at
FROM move m WHERE m.goes = 'letter'
"""
JOURNAL = """
INSERT INTO crmflow_journal (bucket, id, kind, subject, actor, release, calendar, key, customer_id, case_id,
  told, digest, at, recorded_at)
SELECT r.bucket, r.id, r.kind, 'case:' || r.case_id, '$actor', '$release', '$calendar', r.key, r.customer_id,
  r.case_id, $told, sha256_hex('[' || r.id || ',"' || r.kind || '","case:' || r.case_id
    || '","$actor",null,"$release","$calendar",' || coalesce('"' || r.key || '"', 'null') || ','
    || r.customer_id || ',' || r.case_id || ',null,"' || replace(r.told, '"', '\\"') || '",'
    || $at || ',$recorded]'), r.at, $now
FROM ($rows) r
"""
OUTBOX = """
INSERT INTO crmflow_outbox (bucket, id, customer_id, case_id, journal_id, key, message, data, state, attempts,
  due_at, at, recorded_at)
SELECT m.bucket, ($serial + 2 * $count + m.n) * 64 + m.bucket, m.customer_id, m.id,
  ($serial + $count + m.n) * 64 + m.bucket, m.key || '|sent:letter:1', 'site.letter', '{}', 'waiting', 0,
  m.at, m.at, $now
FROM move m WHERE m.goes = 'letter'
"""
# Somebody has paid: the event is taken, and the case ends.
EVENTS = """
INSERT INTO crmflow_case_event (bucket, case_id, id, name, actor, data, taken_at, at, recorded_at)
SELECT g.bucket, g.id, ($serial + g.n) * 64 + g.bucket, 'paid', 'host', '{}', $now, $as_of, $now
FROM ($given) g
"""
CLOSED = """
UPDATE crmflow_case SET state = 'closed', entered_at = $as_of, closed_at = $as_of, due_at = NULL,
  progress = '{"entries":{"remind":1,"closed":1}}', version = version + 1, recorded_at = $now
WHERE (bucket, id) IN (SELECT bucket, id FROM ($given) g)
"""
PAID = """
SELECT g.bucket, ($serial + $count + g.n) * 64 + g.bucket AS id, 'case.moved' AS kind, NULL AS key,
  '{"level":"' || c.level || '","move":"paid","state":"remind","to":"closed"}' AS told, c.customer_id,
  c.id AS case_id, $as_of AS at
FROM ($given) g JOIN crmflow_case c ON c.bucket = g.bucket AND c.id = g.id
UNION ALL
SELECT g.bucket, ($serial + 2 * $count + g.n) * 64 + g.bucket, 'case.closed', NULL,
  '{"level":"' || c.level || '","state":"closed"}', c.customer_id, c.id, $as_of
FROM ($given) g JOIN crmflow_case c ON c.bucket = g.bucket AND c.id = g.id
"""
SHA256 = """
CREATE OR REPLACE FUNCTION sha256_hex(text) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT encode(sha256(convert_to($1, 'UTF8')), 'hex') $$
"""


class ByHand:
    """Sweeps a database of the product through the driver; the rows cite `release` and `calendar`."""

    def __init__(self, address: str, release: str, calendar: str) -> None:
        self.dialect = address.partition(":")[0].partition("+")[0]
        self.given: dict[str, object] = {"release": release, "calendar": calendar}
        if self.dialect == "sqlite":
            self.connection: Any = sqlite3.connect(address.partition(":///")[2], isolation_level=None)
            for setting in SETTINGS:
                self.connection.execute(f"PRAGMA {setting}")
            self.connection.create_function("sha256_hex", 1, _sha256, deterministic=True)
        else:
            import psycopg

            self.connection = psycopg.connect(address.replace("+psycopg", ""), autocommit=True)
            self.connection.execute(SHA256)

    def sweep(self, as_of: datetime, now: datetime, limit: int) -> int:
        """One batch in one transaction; returns how many cases it moved."""
        self._note(as_of, now, limit=limit, rows=ROWS, actor="worker")
        self._run("BEGIN IMMEDIATE" if self.dialect == "sqlite" else "BEGIN")
        self._run(MOVE)
        count = int(self._run("SELECT count(*) FROM move").fetchone()[0])
        self.given["count"] = 3 * count
        self.given["serial"] = int(self._run("$serial_of").fetchone()[0])
        self._run("$minted")
        self.given["count"] = count
        for statement in (CASES, JOURNAL, OUTBOX, "DROP TABLE move", "COMMIT"):
            self._run(statement)
        return count

    def pay(self, ids: Sequence[int], as_of: datetime, now: datetime) -> None:
        """The event "paid" for each of these cases, all in one transaction."""
        given = " UNION ALL ".join(
            f"SELECT {n} AS n, {id % 64} AS bucket, CAST({id} AS bigint) AS id" for n, id in enumerate(ids, 1)
        )
        self._note(as_of, now, rows=PAID, given=given, actor="host", count=3 * len(ids))
        self._run("BEGIN IMMEDIATE" if self.dialect == "sqlite" else "BEGIN")
        self.given["serial"] = int(self._run("$serial_of").fetchone()[0])
        self._run("$minted")
        self.given["count"] = len(ids)
        for statement in (EVENTS, JOURNAL, CLOSED, "COMMIT"):
            self._run(statement)

    def close(self) -> None:
        self.connection.close()

    def _note(self, as_of: datetime, now: datetime, **given: object) -> None:
        self.given |= {
            "as_of": self._instant(as_of),
            "now": self._instant(now),
            "recorded": to_micros(now),
            **given,
        }

    def _run(self, statement: str) -> Any:
        return self.connection.execute(self._filled(statement))

    def _filled(self, text: str) -> str:
        """The statement; what stands for something may itself contain such words."""
        dialect = DIALECTS[self.dialect]
        words = {**dialect, "serial_of": dialect["serial"], "progress": PROGRESS, **self.given}
        while (filled := Template(text).safe_substitute(words)) != text:
            text = filled
        return text

    def _instant(self, moment: datetime) -> object:
        return to_micros(moment) if self.dialect == "sqlite" else f"timestamptz '{moment.isoformat()}'"


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
