"""What was true at a moment? The fold of dated rows, and which statements add to them."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, FromClause, Select, Table, and_, func, select

from crmflow.core.field import Stored
from crmflow.store.given import Row
from crmflow.store.outcome import Outcome, Written
from crmflow.store.transaction import Transaction, bucket_of, chunks

PROJECTED = ("at", "recorded_at", "fields")
"""The columns in which a table holds the newest of what is dated."""
LAST = 1 << 63
"""Above every id: what is said now comes after all that is known of the same moment."""


def known(table: FromClause, as_of: datetime | None, known_at: datetime | None) -> list[ColumnElement[bool]]:
    """The rows that were true at `as_of` and known at `known_at`; None: no limit."""
    true = [] if as_of is None else [table.c.at <= as_of]
    return true if known_at is None else [*true, table.c.recorded_at <= known_at]


def newest(table: Table, by: Iterable[str], as_of: datetime | None, known_at: datetime | None) -> Select[Any]:
    """The row of each `by` that counts at a moment."""
    rank = func.row_number().over(
        partition_by=[table.c[name] for name in by], order_by=[table.c.at.desc(), table.c.id.desc()]
    )
    ranked = select(table, rank.label("rank")).where(*known(table, as_of, known_at)).subquery("ranked")
    return select(*(ranked.c[column.name] for column in table.columns)).where(ranked.c.rank == 1)


def rows_of(
    tx: Transaction, table: Table, rows: Iterable[Mapping[str, Any]], near: Sequence[str]
) -> Iterator[Any]:
    """The table's rows whose `near` is that of one of `rows`, by (at, id)."""
    wanted = (tuple(row[name] for name in near) for row in rows)
    ordered = select(table).order_by(table.c.at, table.c.id)
    for row in tx.matches(ordered, wanted, *(table.c[name] for name in near)):
        yield row._mapping


def outcomes(
    tx: Transaction,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    near: Sequence[str],
    by: Callable[[Any], Hashable],
    says: Callable[[Any], object],
) -> list[Outcome]:
    """Whether each row (with `at`) is the first of its kind, says something new, or what counts already.

    `by` tells what a row speaks of, `says` what it says; `near` are the columns that find the present rows.
    """
    histories: dict[Hashable, list[tuple[datetime, int, object]]] = {}
    for row in rows_of(tx, table, rows, near):
        histories.setdefault(by(row), []).append((row["at"], row["id"], says(row)))
    found: list[Outcome] = []
    for number, row in enumerate(rows, start=LAST):
        history = histories.setdefault(by(row), [])
        before = [said for at, _, said in history if at <= row["at"]]
        if before and before[-1] == says(row):
            found.append("same")
            continue
        found.append("changed" if history else "new")
        insort(history, (row["at"], number, says(row)), key=itemgetter(0, 1))
    return found


Kept = TypeVar("Kept")


def fresh(rows: Sequence[Kept], outcomes: Sequence[Outcome]) -> list[Kept]:
    """The rows that say something new."""
    return [row for row, outcome in zip(rows, outcomes, strict=True) if outcome != "same"]


State = tuple[Any, datetime, Mapping[str, Stored]]
"""A row, the moment of its last change, and its fields."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a source says of one subject: from `at` on these fields have these values."""

    identity: Mapping[str, Any]
    at: datetime
    fields: Mapping[str, Stored]
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Delta:
    """The fields that changed at a moment; `order` tells apart what was said of the same moment."""

    at: datetime
    order: int
    fields: Mapping[str, Stored]


@dataclass(slots=True)
class Subject:
    """A row whose fields are dated, with all that is known of them."""

    id: int
    deltas: list[Delta] = field(default_factory=list)

    def hear(self, said: Said, order: int) -> Delta | None:
        """What is new in it; None: nothing."""
        before = [delta for delta in self.deltas if delta.at <= said.at]
        state = fold(before)
        changed = {name: value for name, value in said.fields.items() if state.get(name) != value}
        if before and not changed:
            return None
        delta = Delta(said.at, order, changed)
        insort(self.deltas, delta, key=attrgetter("at", "order"))
        return delta


def fold(deltas: Iterable[Delta]) -> dict[str, Stored]:
    """The fields after all deltas, in order."""
    state: dict[str, Stored] = {}
    for delta in deltas:
        state.update(delta.fields)
    return state


@dataclass(frozen=True, slots=True)
class DatedFields:
    """A table whose `fields` and `at` are the projection of a table of deltas.

    `subject` is the column of `dated` that names the row of `table`; `identity` are the columns by which a
    source knows it.
    """

    tx: Transaction
    table: Table
    dated: Table
    subject: str
    identity: tuple[str, ...]

    def put(
        self,
        statements: Sequence[Said],
        mint: Callable[[Sequence[Said]], Sequence[int]],
        import_id: int | None,
    ) -> Written:
        """Adds what is new; `mint` gives ids to statements about what is not known yet."""
        written = Written()
        for chunk in chunks(statements):
            written += self._put(chunk, mint, import_id)
        return written

    def _put(
        self,
        statements: Sequence[Said],
        mint: Callable[[Sequence[Said]], Sequence[int]],
        import_id: int | None,
    ) -> Written:
        keyed = [(self._key(said), said) for said in statements]
        subjects = self._known(key for key, _ in keyed)
        unknown = {key: said for key, said in keyed if key not in subjects}
        for key, id in zip(unknown, mint(list(unknown.values())), strict=True):
            subjects[key] = Subject(id)
        outcomes: list[Outcome] = []
        deltas: list[tuple[Subject, Said, Delta]] = []
        for order, (key, said) in enumerate(keyed, start=LAST):
            subject = subjects[key]
            first = not subject.deltas
            delta = subject.hear(said, order)
            outcomes.append("same" if delta is None else "new" if first else "changed")
            if delta is not None:
                deltas.append((subject, said, delta))
        touched = {subject.id: self._projection(said, subject) for subject, said, _ in deltas}
        self.tx.put(self.table, list(touched.values()), ("bucket", "id"))
        self.tx.insert(self.dated, self._rows(deltas, import_id))
        return Written([subjects[key].id for key, _ in keyed], outcomes)

    def _rows(self, deltas: Sequence[tuple[Subject, Said, Delta]], import_id: int | None) -> list[Row]:
        ids = self.tx.mint(bucket_of(subject.id) for subject, _, _ in deltas)
        return [
            {
                "bucket": bucket_of(subject.id),
                self.subject: subject.id,
                "id": id,
                "fields": delta.fields,
                "actor": self.tx.actor,
                "import_id": import_id,
                "line": said.line,
                "at": delta.at,
                "recorded_at": self.tx.now,
            }
            for id, (subject, said, delta) in zip(ids, deltas, strict=True)
        ]

    def _key(self, said: Said) -> tuple[Any, ...]:
        return tuple(said.identity[name] for name in self.identity)

    def _projection(self, said: Said, subject: Subject) -> dict[str, object]:
        return {
            "bucket": bucket_of(subject.id),
            "id": subject.id,
            **said.identity,
            "fields": fold(subject.deltas),
            "at": subject.deltas[-1].at,
            "recorded_at": self.tx.now,
        }

    def _known(self, keys: Iterable[tuple[Any, ...]]) -> dict[tuple[Any, ...], Subject]:
        """The subjects that are known by these identities."""
        table, dated = self.table, self.dated
        columns = [table.c[name] for name in self.identity]
        history = (
            select(*columns, table.c.id, dated.c.at, dated.c.id, dated.c.fields)
            .join_from(table, dated, self._own())
            .order_by(dated.c.at, dated.c.id)
        )
        found = self.tx.matches(history, keys, *columns)
        subjects: dict[tuple[Any, ...], Subject] = {}
        for *identity, id, at, order, fields in found:
            subjects.setdefault(tuple(identity), Subject(id)).deltas.append(Delta(at, order, fields))
        return subjects

    def _own(self) -> ColumnElement[bool]:
        """Which deltas are a row's own."""
        table, dated = self.table, self.dated
        return and_(dated.c.bucket == table.c.bucket, dated.c[self.subject] == table.c.id)

    def scan(
        self,
        as_of: datetime | None,
        known_at: datetime | None,
        *where: ColumnElement[bool],
        order: Sequence[str],
        few: bool,
    ) -> Iterator[State]:
        """Each subject that there was at a moment, ordered by columns; `few`: there are not many."""
        table, dated = self.table, self.dated
        by = [table.c[name] for name in order]
        if as_of is None and known_at is None:
            for row in self.tx.stream(select(table).where(*where).order_by(*by), few=few):
                yield row, row.at, row.fields
            return
        own = [column for column in table.columns if column.name not in PROJECTED]
        history = (
            select(dated.c.at.label("said_at"), dated.c.fields.label("said"), *own)
            .join(table, self._own())
            .where(*known(dated, as_of, known_at), *where)
            .order_by(*by, dated.c.at, dated.c.id)
        )
        for _, rows in groupby(self.tx.stream(history, few=few), attrgetter("id")):
            state: dict[str, Stored] = {}
            for row in rows:
                state.update(row.said)
            yield row, row.said_at, state
