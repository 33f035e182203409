"""Which cases run, which are due, and what has happened to each?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select, tuple_

from crmflow.core.case import Case, CaseEvent, Moved
from crmflow.core.message import Outgoing
from crmflow.errors import StoreError
from crmflow.store import tables
from crmflow.store.case_row import COLUMNS, case_of, changes, entry_of, moved_of, row_of
from crmflow.store.events import Events
from crmflow.store.families import Families
from crmflow.store.journal import Journal
from crmflow.store.outbox import Outbox
from crmflow.store.transaction import Transaction, bucket_of, is_id

UNCHANGED = ("bucket", "id", "version")
"""A case is written where it still has the version that was read."""
ONE = select(*COLUMNS).where(
    tables.case.c.bucket == bindparam("in_bucket"), tables.case.c.id == bindparam("with_id")
)
LOCKED = ONE.with_for_update()


class Stepped(NamedTuple):
    """A case as it is now, what happened to it, and what it was when it was read (None: all is written)."""

    case: Case
    history: Sequence[Moved]
    before: Case | None = None


class Claim(NamedTuple):
    """A case that is due, locked for this transaction, with the earliest event that waits for it; `until` is
    when others of its family come first (None: nobody does)."""

    case: Case
    event: CaseEvent | None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cases:
    """Opens, claims, saves and lists cases, a set at a time; their history is in the journal."""

    tx: Transaction

    def id_of(self, key: str, bucket: int) -> int:
        """The id for a new case with this key."""
        return self.tx.mint([bucket])[0]

    def open(self, opened: Sequence[Stepped], *, release: str | None = None) -> set[int]:
        """The ids of the cases that were opened; a case whose key was there before is not opened again."""
        rows = [{**row_of(each.case), "recorded_at": self.tx.now} for each in opened]
        new: set[int] = self.tx.insert_new(tables.case, rows, ("bucket", "key"))
        self._write([each for each in opened if each.case.id in new], release)
        return new

    def save(self, stepped: Sequence[Stepped], *, release: str | None = None) -> list[Moved]:
        """Writes cases and what happened to them; returns what was not written, for the ledger had it.

        Raises StoreError CRM411 where a case has been changed since it was read.
        """
        self._change(stepped)
        return self._write(stepped, release)

    def claim(self, as_of: datetime, limit: int) -> list[Claim]:
        """Cases that are due, or for which an event waits, by `as_of`: at most `limit`, nobody else's.

        Those that have waited longest come first; neither kind takes more than half from the other.
        """
        table, inbox = tables.case, tables.case_event
        sent = (
            select(inbox.c.bucket, inbox.c.case_id, func.min(inbox.c.at).label("since"))
            .where(inbox.c.taken_at.is_(None), inbox.c.at <= as_of)
            .group_by(inbox.c.bucket, inbox.c.case_id)
            .subquery()
        )
        waits = (
            select(*COLUMNS)
            .join(sent, and_(table.c.bucket == sent.c.bucket, table.c.id == sent.c.case_id))
            .where(_may_move(as_of))
            .order_by(sent.c.since)
        )
        due = select(*COLUMNS).where(table.c.due_at <= as_of).order_by(table.c.due_at)
        waiting = self._locked(waits.limit((limit + 1) // 2))
        return self._claims(self._locked(due.limit(limit - len(waiting))) | waiting, as_of)

    def claim_of(self, ids: Iterable[int], as_of: datetime) -> list[Claim]:
        """These of the cases for which an event waits by `as_of`, where nobody else holds them; or those of
        their families that come first."""
        table = tables.case
        mine = self.tx.among(table.c.bucket, table.c.id, set(ids))
        cases = self._locked(select(*COLUMNS).where(mine, _may_move(as_of)))
        waiting = Events(self.tx).pending(cases, as_of)
        return self._claims({id: case for id, case in cases.items() if id in waiting}, as_of)

    def locked(self, ids: Collection[int]) -> list[Case]:
        """These cases, kept from other workers until the end of the transaction."""
        table = tables.case
        found = select(*COLUMNS).where(self.tx.among(table.c.bucket, table.c.id, ids)).order_by(table.c.id)
        if self.tx.dialect == "postgresql":
            found = found.with_for_update(of=table)
        return list(map(case_of, self.tx.execute(found)))

    def with_keys(self, keys: Iterable[tuple[int, str]]) -> dict[str, Case]:
        """The cases that have these keys (bucket and key), by key."""
        table = tables.case
        found = self.tx.matches(select(*COLUMNS), keys, table.c.bucket, table.c.key)
        return {case.key: case for case in map(case_of, found)}

    def children(self, ids: Iterable[int]) -> dict[int, list[tuple[int, str | None]]]:
        """The open cases (id and branch) that each of these has opened, or that are grouped under it: those
        are of other customers, in other buckets."""
        table, found = tables.case, dict[int, list[tuple[int, str | None]]]()
        parents = self.tx.given([(id,) for id in ids], table.c.parent_id)
        among = table.c.parent_id.in_(select(parents.c.parent_id))
        below = select(table.c.parent_id, table.c.id, table.c.branch).where(
            among, table.c.closed_at.is_(None)
        )
        for parent, id, branch in self.tx.execute(below.order_by(table.c.id)):
            found.setdefault(parent, []).append((id, branch))
        return found

    def get(self, id: int, *, lock: bool = False) -> Case | None:
        """The case; `lock` keeps other workers from it until the end of the transaction."""
        if not is_id(id):
            return None
        found = LOCKED if lock and self.tx.dialect == "postgresql" else ONE
        row = self.tx.execute(found, {"in_bucket": bucket_of(id), "with_id": id}).first()
        return None if row is None else case_of(row)

    def missing(self, ids: Iterable[int]) -> list[int]:
        """Those of the ids that no case has."""
        table, wanted = tables.case, list(ids)
        possible = self.tx.among(table.c.bucket, table.c.id, filter(is_id, wanted))
        present = set(self.tx.execute(select(table.c.id).where(possible)).scalars())
        return [id for id in wanted if id not in present]

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
        return map(case_of, self.tx.stream(found))

    def open_after(self, last: tuple[int, int], limit: int) -> list[Case]:
        """The open cases behind the one with this bucket and id, in that order; nobody else changes them
        until the end of the transaction."""
        table = tables.case
        found = (
            select(*COLUMNS)
            .where(table.c.closed_at.is_(None), tuple_(table.c.bucket, table.c.id) > tuple_(*last))
            .order_by(table.c.bucket, table.c.id)
            .limit(limit)
        )
        if self.tx.dialect == "postgresql":
            found = found.with_for_update()
        return [case_of(row) for row in self.tx.execute(found)]

    def held_by(self, staff: Iterable[str]) -> list[Case]:
        """The open cases whose present step somebody of these holds."""
        table = tables.case
        held = table.c.holder.in_(self.tx.listed(table.c.holder, staff))
        return list(self._locked(select(*COLUMNS).where(held, table.c.closed_at.is_(None))).values())

    def history(self, id: int) -> list[Moved]:
        """What happened to a case, in the order in which it was recorded."""
        return [moved_of(entry) for entry in Journal(self.tx).of(case=id) if entry.kind.startswith("case.")]

    def _claims(self, cases: Mapping[int, Case], as_of: datetime) -> list[Claim]:
        """Of a family the one whose turn it is, where nobody else holds it. What is looked at while a case is
        locked holds until the end of the transaction: as long as something waits for it, no other worker
        takes another one of its family."""
        families, table = Families(self.tx), tables.case
        turns = families.turns(cases, as_of)
        if others := turns.until.keys() - cases.keys():
            among = self.tx.among(table.c.bucket, table.c.id, others)
            cases = {**cases, **self._locked(select(*COLUMNS).where(among))}
            turns = families.turns(cases, as_of)
        mine = {id: case for id, case in cases.items() if id not in turns.kin or id in turns.until}
        waiting = Events(self.tx).pending(mine, as_of)
        return [
            Claim(case, next(iter(waiting.get(id, ())), None), turns.until.get(id))
            for id, case in mine.items()
        ]

    def _locked(self, found: Select[Any]) -> dict[int, Case]:
        """On SQLite the whole transaction is the only writer."""
        if self.tx.dialect == "postgresql":
            found = found.with_for_update(skip_locked=True, of=tables.case)
        return {case.id: case for case in map(case_of, self.tx.execute(found).all())}

    def _change(self, stepped: Iterable[Stepped]) -> None:
        """Of each case the columns that are not as before, in one statement for all that change the same."""
        alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for case, _, before in stepped:
            row = changes(before, case) if before is not None else row_of(case)
            if row:
                row |= {"bucket": case.bucket, "id": case.id, "version": case.version}
                alike.setdefault(tuple(row), []).append({**row, "recorded_at": self.tx.now})
        for rows in alike.values():
            if self.tx.change(tables.case, rows, UNCHANGED, counter="version") != len(rows):
                raise StoreError("CRM411", case=self._changed(rows))

    def _changed(self, rows: Sequence[Mapping[str, Any]]) -> int | None:
        """The first of the cases that was changed since it was read, or is no more."""
        table, versions = tables.case, {row["id"]: row["version"] + 1 for row in rows}
        among = self.tx.among(table.c.bucket, table.c.id, versions)
        found = select(table.c.id, table.c.version).where(among, table.c.recorded_at == self.tx.now)
        written = {row.id for row in self.tx.execute(found) if row.version == versions[row.id]}
        return next((id for id in versions if id not in written), None)

    def _write(self, stepped: Sequence[Stepped], release: str | None) -> list[Moved]:
        """Journals what happened; returns what was there already."""
        happened = [(each.case, moved) for each in stepped for moved in each.history]
        entries = [entry_of(case, moved, release) for case, moved in happened]
        written = Journal(self.tx).write(entries)
        sent = zip(happened, written, strict=True)
        Outbox(self.tx).put(
            _outgoing(case, moved, id)
            for (case, moved), id in sent
            if moved.kind == "sent" and id is not None
        )
        return [moved for (_, moved), id in zip(happened, written, strict=True) if id is None]


def _may_move(as_of: datetime) -> ColumnElement[bool]:
    """Whether a case is not left alone for a while, because it failed."""
    return or_(tables.case.c.retry_at.is_(None), tables.case.c.retry_at <= as_of)


def _outgoing(case: Case, moved: Moved, entry: int) -> Outgoing:
    """The message that a line of a case's history sends."""
    return Outgoing(
        key=moved.key or f"journal:{entry}",
        message=moved.message or "",
        customer_id=case.customer_id,
        at=moved.at,
        case_id=case.id,
        journal_id=entry,
        staff=moved.holder,
    )
