"""Is the journal still what was written: every entry, every payload, every sealed range?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from json import loads
from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, Text, and_, select, type_coerce
from sqlalchemy.types import TypeEngine

from crmflow.core.moment import from_micros
from crmflow.core.seal import Audit, Seal
from crmflow.errors import StoreError
from crmflow.store import tables
from crmflow.store.columns import Instant, Json
from crmflow.store.journal import payload_digest, row_digest
from crmflow.store.seals import Sealing, Seals, unbroken
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
        self.seals = list(unbroken(Seals(self.tx).all()))
        self.digests = [seal.digest for seal, _ in self.seals]
        self._coming = iter(self.seals)
        self._seal = self._next()

    def rows(self) -> Iterator[Mapping[str, Any]]:
        """Every entry with its payload, as it lies in the database."""
        table, payload = tables.journal, tables.payload
        columns = {**table.c, **BESIDE}
        joined = and_(payload.c.bucket == table.c.bucket, payload.c.journal_id == table.c.id)
        found = (
            select(*(self._raw(column).label(name) for name, column in columns.items()))
            .outerjoin(payload, joined)
            .order_by(table.c.recorded_at, table.c.id)
        )
        for row in self.tx.stream(found):
            yield row._mapping

    def _raw(self, column: Column[Any]) -> ColumnElement[Any]:
        bare = BARE.get(type(column.type)) if self.tx.dialect == "sqlite" else None
        return column if bare is None else type_coerce(column, bare)

    def see(self, raw: Mapping[str, Any]) -> None:
        """The next entry."""
        row = self._read(raw)
        if row is None or row_digest(row) != row["digest"] or bucket_of(row["id"]) != row["bucket"]:
            self.flaw(StoreError("CRM590", entry=raw["id"]))
        elif not self._payload_holds(row):
            self.flaw(StoreError("CRM591", entry=raw["id"]))
        if row is not None:
            self._under_seal(row["recorded_at"], str(row["digest"]))

    def _read(self, raw: Mapping[str, Any]) -> dict[str, Any] | None:
        """The values of a row; None where a column holds what it cannot hold."""
        if self.tx.dialect == "postgresql":
            return dict(raw)
        row = dict(raw)
        try:
            for name in ("at", "recorded_at", "said_at", "known_at"):
                row[name] = None if row[name] is None else from_micros(row[name])
            for name in ("told", "content"):
                row[name] = None if row[name] is None else loads(row[name])
        except (TypeError, ValueError, OverflowError):
            return None
        return row

    def _payload_holds(self, row: Mapping[str, Any]) -> bool:
        if row["content"] is None:
            self.erased += row["payload_digest"] is not None
            return True
        times = row["said_at"], row["known_at"]
        return payload_digest(row) == row["payload_digest"] and times == (row["at"], row["recorded_at"])

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
            self.flaw(StoreError("CRM594", entry=row.journal_id))

    def flaw(self, flaw: StoreError) -> None:
        self.count += 1
        if len(self.flaws) < MOST:
            self.flaws.append(flaw)

    def found(self) -> Audit:
        last = self.seals[-1][0] if self.seals else None
        flaws = tuple(self.flaws)
        return Audit(self.sealed, self.unsealed, self.erased, len(self.seals), last, flaws, self.count)
