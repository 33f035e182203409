"""Who did what, when and because of what, and which effect has already happened?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from json import JSONEncoder
from operator import itemgetter
from secrets import token_hex
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from crmflow.core.journal import Entry
from crmflow.core.moment import to_micros
from crmflow.store import tables
from crmflow.store.exact import decode, encode
from crmflow.store.given import Document
from crmflow.store.transaction import Transaction, bucket_of, chunks

KEY = ("bucket", "key")
SALT = 16
"""Bytes of salt of a payload."""
DIGESTED = (
    "id",
    "kind",
    "subject",
    "actor",
    "cause",
    "release",
    "calendar",
    "key",
    "customer_id",
    "case_id",
    "payload_digest",
)
_said = itemgetter(*DIGESTED)
_json = JSONEncoder(sort_keys=True, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Journal:
    """Adds to the journal and reads it; nothing in it is ever changed.

    A row's digest is over the row and over the salted digest of its payload: a payload may be erased, and the
    row still holds.
    """

    tx: Transaction

    def write(self, entries: Iterable[Entry]) -> list[int | None]:
        """The id of each entry; None where its key is in the ledger already, and it was not written.

        The caller drops the effect of what was not written. `bucket`, `id` and `recorded_at` are not read.
        """
        return [id for chunk in chunks(entries) for id in self._write(chunk)]

    def _write(self, entries: Sequence[Entry]) -> list[int | None]:
        buckets = [bucket_of(entry.customer_id or entry.case_id or 0) for entry in entries]
        ids = self.tx.mint(buckets)
        salts = token_hex(SALT * len(ids))
        payloads = [
            self._payload(entry, id, salts[2 * SALT * place : 2 * SALT * (place + 1)])
            for place, (entry, id) in enumerate(zip(entries, ids, strict=True))
        ]
        rows = list(map(self._row, entries, payloads))
        self.tx.insert(tables.journal, [row for row in rows if row["key"] is None])
        new = self.tx.insert_new(tables.journal, [row for row in rows if row["key"] is not None], KEY)
        new.update(row["id"] for row in rows if row["key"] is None)
        told = [payload for payload in payloads if payload["content"] and payload["journal_id"] in new]
        self.tx.insert(tables.payload, told)
        return [id if id in new else None for id in ids]

    def _payload(self, entry: Entry, id: int, salt: str) -> dict[str, Any]:
        content = encode(entry.payload)
        return {
            "bucket": bucket_of(id),
            "journal_id": id,
            "salt": salt,
            "content": Document(content, _json(content)),
            "at": entry.at,
            "recorded_at": self.tx.now,
        }

    def _row(self, entry: Entry, payload: Mapping[str, Any]) -> dict[str, Any]:
        row: dict[str, Any] = {
            "bucket": payload["bucket"],
            "id": payload["journal_id"],
            "kind": entry.kind,
            "subject": entry.subject,
            "actor": entry.actor,
            "cause": entry.cause,
            "release": entry.release,
            "calendar": entry.calendar,
            "key": entry.key,
            "customer_id": entry.customer_id,
            "case_id": entry.case_id,
            "payload_digest": payload_digest(payload) if payload["content"] else None,
            "at": entry.at,
            "recorded_at": self.tx.now,
        }
        row["digest"] = row_digest(row)
        return row

    def of(
        self, *, customer: int | None = None, case: int | None = None, subject: str | None = None
    ) -> list[Entry]:
        """The entries about a customer, a case or a subject ("holding:12"), oldest first."""
        table = tables.journal
        where = []
        if customer is not None:
            where.append(and_(table.c.bucket == bucket_of(customer), table.c.customer_id == customer))
        if case is not None:
            where.append(and_(table.c.bucket == bucket_of(case), table.c.case_id == case))
        if subject is not None:
            where.append(table.c.subject == subject)
        return list(self._entries(*where))

    def scan(
        self,
        *,
        kinds: Iterable[str],
        customer: int | None = None,
        since: datetime | None = None,
    ) -> Iterator[Entry]:
        """The entries of some kinds, about a customer or all, true from a moment on, oldest first."""
        table = tables.journal
        where: list[ColumnElement[bool]] = [table.c.kind.in_(sorted(kinds))]
        if customer is not None:
            where += [table.c.bucket == bucket_of(customer), table.c.customer_id == customer]
        if since is not None:
            where.append(table.c.at >= since)
        return self._entries(*where)

    def get(self, id: int) -> Entry | None:
        table = tables.journal
        return next(self._entries(table.c.bucket == bucket_of(id), table.c.id == id), None)

    def newest(self) -> datetime | None:
        """When the last entry was recorded."""
        found: datetime | None = self.tx.execute(select(func.max(tables.journal.c.recorded_at))).scalar()
        return found

    def broken(self) -> list[int]:
        """The entries (ids) that are not what was written, or whose payload is not; erased payloads hold."""
        return [row["id"] for row in self._rows() if not _holds(row)]

    def _entries(self, *where: ColumnElement[bool]) -> Iterator[Entry]:
        for row in self._rows(*where):
            yield Entry(
                kind=row["kind"],
                subject=row["subject"],
                actor=row["actor"],
                at=row["at"],
                bucket=row["bucket"],
                customer_id=row["customer_id"],
                case_id=row["case_id"],
                cause=row["cause"],
                release=row["release"],
                calendar=row["calendar"],
                key=row["key"],
                payload=decode(row["content"] or {}),
                id=row["id"],
                recorded_at=row["recorded_at"],
            )

    def _rows(self, *where: ColumnElement[bool]) -> Iterator[Mapping[str, Any]]:
        table, payload = tables.journal, tables.payload
        joined = and_(payload.c.bucket == table.c.bucket, payload.c.journal_id == table.c.id)
        found = (
            select(table, payload.c.salt, payload.c.content)
            .outerjoin(payload, joined)
            .where(*where)
            .order_by(table.c.recorded_at, table.c.id)
        )
        for row in self.tx.stream(found, few=bool(where)):
            yield row._mapping


def payload_digest(payload: Mapping[str, Any]) -> str:
    """Over the salt and the content: what binds a payload to its row."""
    content = payload["content"]
    text = content.text if isinstance(content, Document) else _json(content)
    return _digest(f'["{payload["salt"]}",{text}]')


def row_digest(row: Mapping[str, Any]) -> str:
    """Over what the row says and when, and over the digest of its payload, not over the payload itself."""
    return _digest(_json([*_said(row), to_micros(row["at"]), to_micros(row["recorded_at"])]))


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _holds(row: Mapping[str, Any]) -> bool:
    if row_digest(row) != row["digest"]:
        return False
    return row["content"] is None or payload_digest(row) == row["payload_digest"]
