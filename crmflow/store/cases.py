"""Which cases run, which are due, and what has happened to each?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Select, exists, select

from crmflow.core.case import Case, CaseEvent, Moved
from crmflow.core.journal import Entry
from crmflow.errors import StoreError
from crmflow.store import tables
from crmflow.store.events import Events
from crmflow.store.exact import decode, encode
from crmflow.store.journal import Journal
from crmflow.store.transaction import Transaction, bucket_of, chunks

Stepped = tuple[Case, Sequence[Moved]]
"""A case as it is now, and what happened to it since it was read."""
NAMES = {field.name: field.name for field in fields(Case)} | {"opened_at": "at"}
"""The column of each field of a case, in the order of the fields."""
COLUMNS = [tables.case.c[column] for column in NAMES.values()]


@dataclass(frozen=True, slots=True)
class Claim:
    """A case that is due, locked for this transaction, with the earliest event that waits for it."""

    case: Case
    event: CaseEvent | None


@dataclass(frozen=True, slots=True)
class Cases:
    """Opens, claims, saves and lists cases, a set at a time; their history is in the journal."""

    tx: Transaction

    def id_of(self, key: str, bucket: int) -> int:
        """The id for a new case with this key."""
        return self.tx.mint([bucket])[0]

    def open(
        self, opened: Sequence[Stepped], *, release: str | None = None, calendar: str | None = None
    ) -> set[int]:
        """The ids of the cases that were opened; a case whose key was there before is not opened again."""
        rows = [self._row(case) for case, _ in opened]
        new: set[int] = self.tx.insert_new(tables.case, rows, ("bucket", "key"))
        self._write([(case, history) for case, history in opened if case.id in new], release, calendar)
        return new

    def save(
        self, stepped: Sequence[Stepped], *, release: str | None = None, calendar: str | None = None
    ) -> list[Moved]:
        """Writes cases and what happened to them; returns what was not written, for the ledger had it.

        Raises StoreError CRM411 where a case has been changed since it was read.
        """
        for chunk in chunks(stepped):
            self._demand_unchanged([case for case, _ in chunk])
            rows = [self._row(replace(case, version=case.version + 1)) for case, _ in chunk]
            self.tx.put(tables.case, rows, ("bucket", "id"))
        return self._write(stepped, release, calendar)

    def claim(self, as_of: datetime, limit: int) -> list[Claim]:
        """Cases that are due, or for which an event waits, by `as_of`: at most `limit`, nobody else's."""
        table, inbox = tables.case, tables.case_event
        due = select(*COLUMNS).where(table.c.due_at <= as_of).order_by(table.c.due_at)
        waits = exists().where(
            inbox.c.bucket == table.c.bucket,
            inbox.c.case_id == table.c.id,
            inbox.c.taken_at.is_(None),
            inbox.c.at <= as_of,
        )
        cases = self._locked(due.limit(limit))
        if len(cases) < limit:
            cases |= self._locked(select(*COLUMNS).where(waits).limit(limit))
        waiting = Events(self.tx).pending(cases, as_of)
        claims = [Claim(case, next(iter(waiting.get(id, ())), None)) for id, case in cases.items()]
        return claims[:limit]

    def get(self, id: int, *, lock: bool = False) -> Case | None:
        """The case; `lock` keeps other workers from it until the end of the transaction."""
        table = tables.case
        found = select(*COLUMNS).where(table.c.bucket == bucket_of(id), table.c.id == id)
        if lock and self.tx.dialect == "postgresql":
            found = found.with_for_update()
        row = self.tx.execute(found).first()
        return None if row is None else _noun(row)

    def scan(
        self,
        *,
        units: Iterable[str] | None = None,
        customers: Iterable[int] | None = None,
        charts: Iterable[str] | None = None,
        open_only: bool = True,
    ) -> Iterator[Case]:
        """By the moment they were opened; `units` are those that a viewer sees (None: all)."""
        table = tables.case
        found = select(*COLUMNS).order_by(table.c.at, table.c.id)
        if open_only:
            found = found.where(table.c.closed_at.is_(None))
        if units is not None:
            mine = self.tx.listed(table.c.unit, units)
            found = found.where(table.c.unit.in_(mine) | table.c.holder_unit.in_(mine))
        if customers is not None:
            found = found.where(self.tx.among(table.c.bucket, table.c.customer_id, customers))
        if charts is not None:
            found = found.where(table.c.chart.in_(list(charts)))
        return map(_noun, self.tx.stream(found))

    def history(self, id: int) -> list[Moved]:
        """What happened to a case, in the order in which it was recorded."""
        return [_moved(entry) for entry in Journal(self.tx).of(case=id) if entry.kind.startswith("case.")]

    def _locked(self, found: Select[Any]) -> dict[int, Case]:
        """On SQLite the whole transaction is the only writer."""
        if self.tx.dialect == "postgresql":
            found = found.with_for_update(skip_locked=True, of=tables.case)
        return {row.id: _noun(row) for row in self.tx.execute(found)}

    def _demand_unchanged(self, cases: Sequence[Case]) -> None:
        table = tables.case
        among = self.tx.among(table.c.bucket, table.c.id, (case.id for case in cases))
        found = select(table.c.id, table.c.version).where(among)
        if self.tx.dialect == "postgresql":
            found = found.with_for_update()
        versions = {row.id: row.version for row in self.tx.execute(found)}
        for case in cases:
            if versions.get(case.id) != case.version:
                raise StoreError("CRM411", case=case.id)

    def _write(self, stepped: Sequence[Stepped], release: str | None, calendar: str | None) -> list[Moved]:
        """Journals what happened; returns what was there already."""
        happened = [(case, moved) for case, history in stepped for moved in history]
        entries = [entry_of(case, moved, release, calendar) for case, moved in happened]
        written = Journal(self.tx).write(entries)
        return [moved for (_, moved), id in zip(happened, written, strict=True) if id is None]

    def _row(self, case: Case) -> dict[str, Any]:
        row = dict(zip(NAMES.values(), _fields(case), strict=True))
        for name in READERS:
            row[name] = encode(row[name])
        return {**row, "recorded_at": self.tx.now}


def _channels(stored: Mapping[str, Sequence[str]]) -> Mapping[str, tuple[str, ...]]:
    return {state: tuple(tried) for state, tried in stored.items()}


READERS: Mapping[str, Callable[[Any], Any]] = {
    "data": decode,
    "entries": decode,
    "channels": _channels,
    "fired": tuple,
    "blocked": tuple,
}
PLACES = [(list(NAMES).index(name), read) for name, read in READERS.items()]
_fields = attrgetter(*NAMES)


def _noun(row: Any) -> Case:
    values = list(row)
    for place, read in PLACES:
        values[place] = read(values[place])
    return Case(*values)


TOLD = [field.name for field in fields(Moved) if field.name not in ("kind", "at", "actor", "key")]


def entry_of(case: Case, moved: Moved, release: str | None, calendar: str | None) -> Entry:
    """The journal's row for a line of a case's history."""
    told: Mapping[str, object] = {name: getattr(moved, name) for name in TOLD if getattr(moved, name)}
    return Entry(
        kind=f"case.{moved.kind}",
        subject=f"case:{case.id}",
        actor=moved.actor,
        at=moved.at,
        customer_id=case.customer_id,
        case_id=case.id,
        release=release,
        calendar=calendar,
        key=moved.key,
        payload=told,
    )


def _moved(entry: Entry) -> Moved:
    told: dict[str, Any] = dict(entry.payload)
    told["lines"] = tuple(told.get("lines", ()))
    kind: Any = entry.kind.removeprefix("case.")
    return Moved(kind=kind, at=entry.at, actor=entry.actor, key=entry.key, **told)
