"""What can be done inside one transaction? Ids, the present moment, and sets of rows in and out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, cast

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    CursorResult,
    Executable,
    FromClause,
    Select,
    Table,
    and_,
    bindparam,
    func,
    select,
    tuple_,
    update,
)

from crmflow.core.field import Codec, Stored, Value
from crmflow.core.incident import number_of
from crmflow.errors import StoreError
from crmflow.store import tables
from crmflow.store.failure import coded
from crmflow.store.given import PARAMETER, Row, carried, given
from crmflow.store.inserts import skips, updates, writes
from crmflow.store.statements import Action, changing, writing

CHUNK = 5_000
"""Rows in one statement, and rows fetched at a time."""
RESERVE = 100
"""Serial numbers that are taken at a time."""
TAKEN = (
    update(tables.minted)
    .values(serial=tables.minted.c.serial + bindparam("count"))
    .returning(tables.minted.c.serial)
)
"""Takes serial numbers on SQLite; returns the last."""
BUCKETS = 64
BUCKET_BITS = 6
Clock = Callable[[], datetime]
Item = TypeVar("Item")
Rows: TypeAlias = "CursorResult[*tuple[Any, ...]]"


def bucket_of(id: int) -> int:
    """The bucket 0–63 of whatever has this id: its last six bits."""
    return id % BUCKETS


def is_id(given: object) -> bool:
    """Whether a host's word can be the id of anything."""
    return isinstance(given, int) and 0 <= given < 1 << 63


def bucket_of_unit(code: str) -> int:
    """The bucket of a case about a unit."""
    return number_of(code) % BUCKETS


class AsStored:
    """The codec of who has no vocabulary: fields are given and come back in stored form."""

    def encode(self, kind: str, fields: Mapping[str, Value]) -> Mapping[str, Stored]:
        return cast(Mapping[str, Stored], fields)

    def decode(self, kind: str, stored: Mapping[str, Stored]) -> Mapping[str, Value]:
        return cast(Mapping[str, Value], stored)


@dataclass(frozen=True)
class Transaction:
    """One transaction on a connection, written by `actor`."""

    connection: Connection
    actor: str
    schema: str | None = None
    clock: Clock | None = None
    codec: Codec = field(default_factory=AsStored)
    reading: bool = False
    release_folder: Path | None = None
    written: set[str] = field(default_factory=set)
    """The tables to which rows were added."""
    _reserve: list[int] = field(default_factory=list)

    @property
    def dialect(self) -> str:
        return self.connection.dialect.name

    @cached_property
    def now(self) -> datetime:
        """The present moment, read once: from `clock`, from PostgreSQL's server, else from this machine."""
        if self.clock is not None:
            return self.clock().astimezone(UTC)
        if self.dialect == "postgresql":
            read: datetime = self.execute(select(func.clock_timestamp())).scalar_one()
            return read.astimezone(UTC)
        return datetime.now(UTC)

    @cached_property
    def _options(self) -> dict[str, Any]:
        return {} if self.schema is None else {"schema_translate_map": {None: self.schema}}

    def execute(self, statement: Executable, parameters: Mapping[str, object] | None = None) -> Rows:
        with coded():
            return self.connection.execute(statement, parameters, execution_options=self._options)

    def stream(self, statement: Executable, *, few: bool = False) -> Iterator[Any]:
        """The rows of a long answer, fetched a chunk at a time; of one with a `few` rows, at once.

        Do not write to the tables that are being read until the stream is at its end.
        """
        options = self._options if few else {**self._options, "yield_per": CHUNK}
        with coded(), self.connection.execute(statement, execution_options=options) as rows:
            for chunk in rows.partitions():  # one by one, each row is fetched for itself
                yield from chunk

    # sets of rows

    def given(self, rows: Sequence[tuple[object, ...]], *columns: Column[Any]) -> FromClause:
        """A set of rows as a relation with these columns."""
        return given(self.dialect, columns, rows)

    def matches(
        self, statement: Select[*tuple[Any, ...]], keys: Iterable[tuple[object, ...]], *columns: Column[Any]
    ) -> Iterator[Any]:
        """The rows of a statement in which these columns are one of the keys."""
        for chunk in chunks(dict.fromkeys(keys)):
            if len(chunk) == 1 and all(map(_comparable, chunk[0])):  # to build the other takes longer
                is_it = (column == value for column, value in zip(columns, chunk[0], strict=True))
                yield from self.execute(statement.where(*is_it)).all()
                continue
            wanted = self.given(chunk, *columns)
            same = and_(*(column == wanted.c[column.name] for column in columns))
            yield from self.execute(statement.join(wanted, same)).all()

    def among(
        self, bucket: ColumnElement[Any], id: ColumnElement[Any], ids: Iterable[int]
    ) -> ColumnElement[bool]:
        """That a row's id is one of these."""
        match list(ids):
            case [one]:
                return and_(bucket == bucket_of(one), id == one)
            case several:
                rows = [(bucket_of(one), one) for one in several]
                wanted = self.given(rows, tables.customer.c.bucket, tables.customer.c.id)
                return tuple_(bucket, id).in_(select(wanted.c.bucket, wanted.c.id))

    def listed(self, column: Column[Any], values: Iterable[str]) -> Select[str]:
        """A list of values of a column, to look into."""
        wanted = self.given([(value,) for value in values], column)
        return select(wanted.c[column.name])

    def mint(self, buckets: Iterable[int]) -> list[int]:
        """A new id in each of these buckets, ascending within a bucket."""
        wanted = list(buckets)
        return [
            (serial << BUCKET_BITS) | bucket
            for serial, bucket in zip(self.serials(len(wanted)), wanted, strict=True)
        ]

    def mint_spread(self, count: int) -> list[int]:
        """New ids spread evenly over the buckets, ascending: for customers, and for what hangs on none."""
        return [(serial << BUCKET_BITS) | bucket_of(serial) for serial in self.serials(count)]

    def serials(self, count: int) -> Sequence[int]:
        """The next serial numbers, ascending; a few are kept in hand for the next time."""
        self._demand_writing()
        if len(self._reserve) < count:
            self._reserve.extend(self._take_serials(max(count, RESERVE)))
        taken = self._reserve[:count]
        del self._reserve[:count]
        return taken

    def _take_serials(self, count: int) -> Sequence[int]:
        if self.dialect == "postgresql":
            series = func.generate_series(1, count).alias("series")
            numbers = select(tables.counter.next_value()).select_from(series)
            return sorted(self.execute(numbers).scalars())
        last: int = self.execute(TAKEN, {"count": count}).scalar_one()
        return range(last - count + 1, last + 1)

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Inserts the rows."""
        self.written.add(table.name)
        for chunk in self._chunks(rows):
            self._write(table, chunk, "insert")

    def insert_new(self, table: Table, rows: Sequence[Row], by: tuple[str, ...], id: str = "id") -> set[Any]:
        """Inserts the rows whose `by` is not in the table yet; returns the ids of those that went in."""
        return {row[0] for chunk in self._chunks(rows) for row in self._insert_new(table, chunk, by, id)}

    def _insert_new(
        self, table: Table, rows: Sequence[Row], by: tuple[str, ...], id: str
    ) -> Iterator[Sequence[Any]]:
        if self.dialect == "sqlite":
            with coded():
                for text, parameters in skips(table, rows, by, id):
                    yield from self.connection.exec_driver_sql(text, parameters).all()
            return
        statement = writing(self.dialect, table, tuple(rows[0]), "skip", by, id)
        yield from self.execute(statement, self._carry(rows))

    def put(
        self, table: Table, rows: Sequence[Row], by: tuple[str, ...], *, unless_later: bool = False
    ) -> None:
        """Inserts the rows, or replaces their other columns where `by` is in the table (and is not of a later
        `at`)."""
        for chunk in self._chunks(rows):
            self._write(table, chunk, "renew" if unless_later else "replace", by)

    def change(
        self,
        table: Table,
        rows: Sequence[Row],
        by: tuple[str, ...] = ("bucket", "id"),
        *,
        counter: str | None = None,
    ) -> int:
        """Sets the other columns of the rows that have this `by`; a `counter` goes up by one. Returns how
        many there were."""
        return sum(self._change(table, chunk, by, counter) for chunk in self._chunks(rows))

    def _change(self, table: Table, rows: Sequence[Row], by: tuple[str, ...], counter: str | None) -> int:
        if self.dialect == "sqlite":
            with coded():
                return self.connection.exec_driver_sql(*updates(table, rows, by, counter)).rowcount
        statement = changing(table, tuple(rows[0]), by, counter)
        return self.execute(statement, self._carry(rows)).rowcount

    def _write(self, table: Table, rows: Sequence[Row], action: Action, by: tuple[str, ...] = ()) -> None:
        """Rows with the same columns; on PostgreSQL a column that none of them fills is left out."""
        if self.dialect == "sqlite":
            with coded():
                for text, parameters in writes(table, rows, action, by):
                    self.connection.exec_driver_sql(text, parameters)
            return
        names = tuple(rows[0])
        if action == "insert":
            names = tuple(name for name in names if any(row[name] is not None for row in rows))
        self.execute(writing(self.dialect, table, names, action, by), self._carry(rows, names))

    def _carry(self, rows: Sequence[Row], names: Sequence[str] = ()) -> dict[str, str]:
        """These columns of the rows; without names, all."""
        names = names or tuple(rows[0])
        return {PARAMETER: carried(self.dialect, names, [tuple(map(row.get, names)) for row in rows])}

    def _chunks(self, rows: Iterable[Row]) -> Iterator[Sequence[Row]]:
        self._demand_writing()
        return chunks(rows)

    def _demand_writing(self) -> None:
        if self.reading:
            raise StoreError("CRM415")


def _comparable(value: object) -> bool:
    """Whether it may stand in a comparison as it is: not NULL, nor a text that no database keeps."""
    return value is not None and not (isinstance(value, str) and "\0" in value)


def chunks(items: Iterable[Item], size: int = CHUNK) -> Iterator[list[Item]]:
    """The items in pieces of at most `size`."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
