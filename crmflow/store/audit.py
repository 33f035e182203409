"""Is the journal still what was written: every entry, every payload, every sealed range?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from operator import index as integer
from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, Select, Text, and_, select, type_coerce
from sqlalchemy.types import TypeEngine

from crmflow.core.moment import from_micros
from crmflow.core.seal import Audit, Seal
from crmflow.errors import StoreError
from crmflow.store import tables
from crmflow.store.columns import PARSER, Instant, Json
from crmflow.store.journal import payload_digest, row_digest
from crmflow.store.seals import Sealing, unbroken
from crmflow.store.transaction import Transaction, bucket_of

MOST = 1_000
"""So many flaws are told one by one."""
PAYLOAD = tables.payload.c
BESIDE = {
    "said_at": PAYLOAD.at,
    "known_at": PAYLOAD.recorded_at,
    "salt": PAYLOAD.salt,
    "content": PAYLOAD.content,
}
"""What an entry's payload says, beside the entry."""
UNREADABLE = (TypeError, ValueError, OverflowError, RecursionError)
"""What is raised by a value that its column cannot hold."""
BARE: Mapping[type, TypeEngine[Any]] = {Instant: BigInteger(), Json: Text()}
"""SQLite takes anything into a column, so that what lies there is read as it is, whatever it is."""


def audit(tx: Transaction, expected: str | None = None) -> Audit:
    """Walks over the whole journal in the order in which it was recorded, a chunk in memory at a time.

    `expected` is the digest of a seal, or its beginning, that was noted elsewhere. What was altered together
    with every digest over it shows there alone.
    """
    with _any_bytes(tx):
        walk = _Walk(tx)
        for row in walk.rows():
            walk.see(row)
        walk.end()
        walk.orphans()
    if expected is not None and not any(digest.startswith(expected) for digest in walk.digests):
        walk.flaw(StoreError("CRM595", digest=expected))
    return walk.found()


@contextmanager
def _any_bytes(tx: Transaction) -> Iterator[None]:
    """SQLite takes any bytes for a text: what is no UTF-8 is read all the same, as something else."""
    if tx.dialect != "sqlite":
        yield
        return
    driver: Any = tx.connection.connection.driver_connection
    driver.text_factory = partial(str, encoding="utf-8", errors="replace")
    try:
        yield
    finally:
        driver.text_factory = str


@dataclass
class _Walk:
    """Where the walk is: under which seal, and what was found so far."""

    tx: Transaction
    sealed: int = 0
    unsealed: int = 0
    erased: int = 0
    count: int = 0
    flaws: list[StoreError] = field(default_factory=list)
    sealing: Sealing = field(default_factory=Sealing)

    def __post_init__(self) -> None:
        self.seals = list(unbroken(self._sound_seals()))
        self.digests = [seal.digest for seal, _ in self.seals]
        self._coming = iter(self.seals)
        self._seal = self._next()

    def rows(self) -> Iterator[Mapping[str, Any]]:
        """Every entry with its payload, as it lies in the database."""
        table, payload = tables.journal, tables.payload
        columns = {**table.c, **BESIDE}
        joined = and_(payload.c.bucket == table.c.bucket, payload.c.journal_id == table.c.id)
        found = self._select(columns).outerjoin(payload, joined).order_by(table.c.recorded_at, table.c.id)
        for row in self.tx.stream(found):
            yield row._mapping

    def _sound_seals(self) -> Iterator[Seal]:
        """By number; what is none is a flaw, and so is the gap that it leaves."""
        table = tables.seal
        for each in self.tx.stream(self._select(dict(table.c)).order_by(table.c.id)):
            row = self._read(each._mapping, ("until", "at", "recorded_at"))
            if row is None or not _is_seal(row):
                self.flaw(StoreError("CRM593", seal=_named(each.id)))
                continue
            times = row["at"], row["recorded_at"]
            yield Seal(row["id"], row["until"], row["count"], row["before"], row["digest"], *times)

    def _select(self, columns: Mapping[str, Column[Any]]) -> Select[*tuple[Any, ...]]:
        return select(*(self._raw(column).label(name) for name, column in columns.items()))

    def _raw(self, column: Column[Any]) -> ColumnElement[Any]:
        bare = BARE.get(type(column.type)) if self.tx.dialect == "sqlite" else None
        return column if bare is None else type_coerce(column, bare)

    def see(self, raw: Mapping[str, Any]) -> None:
        """The next entry."""
        row = self._read(raw, ("at", "recorded_at"), "told")
        if row is None or not _entry_holds(row):
            self.flaw(StoreError("CRM590", entry=_named(raw["id"])))
        elif not self._payload_holds(row):
            self.flaw(StoreError("CRM591", entry=_named(raw["id"])))
        dated = row or self._read(raw, ("recorded_at",))
        if dated is not None:
            self._under_seal(dated["recorded_at"], str(raw["digest"]))

    def _read(
        self, raw: Mapping[str, Any], times: Sequence[str], content: str | None = None
    ) -> dict[str, Any] | None:
        """A row with its times and its content as values; None where one of them is none."""
        row = dict(raw)
        if self.tx.dialect == "postgresql":
            return row
        try:
            for name in times:
                row[name] = from_micros(integer(row[name]))
            if content is not None and row[content] is not None:
                row[content] = PARSER.decode(row[content])
        except UNREADABLE:
            return None
        return row

    def _payload_holds(self, entry: Mapping[str, Any]) -> bool:
        if entry["content"] is None:
            self.erased += entry["payload_digest"] is not None
            return True
        row = self._read(entry, ("said_at", "known_at"), "content")
        if row is None or payload_digest(row) != row["payload_digest"]:
            return False
        return (row["said_at"], row["known_at"]) == (row["at"], row["recorded_at"])

    # seals

    def _under_seal(self, recorded_at: datetime, digest: str) -> None:
        while self._seal is not None and recorded_at > self._seal.until:
            self._close(self._seal)
        if self._seal is None:
            self.unsealed += 1
        else:
            self.sealed += 1
            self.sealing.add(recorded_at, digest)

    def _close(self, seal: Seal) -> None:
        """Whether the range holds what was sealed."""
        found = self.sealing.count
        if (self.sealing.digest(seal), found) != (seal.digest, seal.count):
            until = seal.until.isoformat()
            self.flaw(StoreError("CRM592", seal=seal.number, until=until, count=seal.count, found=found))
        self.sealing = Sealing()
        self._seal = self._next()

    def _next(self) -> Seal | None:
        for seal, follows in self._coming:
            if not follows:
                self.flaw(StoreError("CRM593", seal=seal.number))
            return seal
        return None

    def end(self) -> None:
        """The seals behind the last entry."""
        while self._seal is not None:
            self._close(self._seal)

    def orphans(self) -> None:
        """Payloads whose entry is gone."""
        table, payload = tables.journal, tables.payload
        joined = and_(payload.c.bucket == table.c.bucket, payload.c.journal_id == table.c.id)
        found = select(payload.c.journal_id).outerjoin(table, joined).where(table.c.id.is_(None))
        for row in self.tx.stream(found):
            self.flaw(StoreError("CRM594", entry=_named(row.journal_id)))

    def flaw(self, flaw: StoreError) -> None:
        self.count += 1
        if len(self.flaws) < MOST:
            self.flaws.append(flaw)

    def found(self) -> Audit:
        last = self.seals[-1][0] if self.seals else None
        flaws = tuple(self.flaws)
        return Audit(self.sealed, self.unsealed, self.erased, len(self.seals), last, flaws, self.count)


def _entry_holds(row: Mapping[str, Any]) -> bool:
    """Whether an entry is what was written."""
    try:
        return bool(row_digest(row) == row["digest"]) and bucket_of(row["id"]) == row["bucket"]
    except UNREADABLE:
        return False


def _is_seal(row: Mapping[str, Any]) -> bool:
    """Whether the columns of a seal hold what they should."""
    numbers = isinstance(row["id"], int) and isinstance(row["count"], int)
    return numbers and isinstance(row["before"], str | None) and isinstance(row["digest"], str)


def _named(id: object) -> object:
    """An id as it can be told, whatever lies there."""
    return id if isinstance(id, int | str) else repr(id)
