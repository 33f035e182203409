"""Up to where is the journal closed for good, and how is a range of it closed?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from json import dumps
from typing import Any

from sqlalchemy import func, select, text

from crmflow.core.moment import EPOCH, to_micros
from crmflow.core.seal import Seal
from crmflow.store import tables
from crmflow.store.transaction import Transaction

RANGE = 10_000
"""About so many entries under one seal: the fewer, the closer it is known where entries are missing."""
LOCK = 0x5EA1
"""Of all sealers on PostgreSQL."""
# When did the earliest of the others begin that still runs? `hidden`: there may be one we are not told of
# (another role's, a prepared one), or this transaction does not see what has just ended. Whoever writes reads
# the clock after having begun, so that nothing more can be recorded before that moment.
OLDEST = text("""
    SELECT min(xact_start) AS began,
           coalesce(bool_or(query = '<insufficient privilege>' AND usesysid IS NOT NULL AND pid IN
               (SELECT pid FROM pg_locks WHERE locktype = 'virtualxid' AND granted)), false)
           OR EXISTS (SELECT FROM pg_prepared_xacts WHERE database = current_database())
           OR current_setting('transaction_isolation') <> 'read committed' AS hidden
    FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
""")


@dataclass(frozen=True, slots=True)
class Seals:
    """Closes ranges of the journal, oldest first; each seal holds the digest of the one before."""

    tx: Transaction

    def close(self) -> tuple[Seal, ...]:
        """Seals all that no open writer can still add to; none where there is no such thing."""
        if not self._alone() or (end := self._end()) is None:
            return ()
        last = next(self.all(newest_first=True), None)
        made = tuple(self._made(last, end))
        self.tx.insert(tables.seal, list(map(_row, made)))
        return made

    def all(self, *, newest_first: bool = False) -> Iterator[Seal]:
        """By number."""
        table = tables.seal
        order = table.c.id.desc() if newest_first else table.c.id
        for row in self.tx.stream(select(table).order_by(order)):
            yield Seal(row.id, row.until, row.count, row.before, row.digest, row.at, row.recorded_at)

    def _alone(self) -> bool:
        """Whether nobody else seals just now: SQLite has one writer anyway."""
        if self.tx.dialect != "postgresql":
            return True
        return bool(self.tx.execute(select(func.pg_try_advisory_xact_lock(LOCK))).scalar())

    def _end(self) -> datetime | None:
        """Before this moment nothing more can be recorded; None: it is not known."""
        if self.tx.dialect != "postgresql":
            return self.tx.now
        self.tx.execute(select(func.pg_stat_clear_snapshot()))
        row = self.tx.execute(OLDEST).one()
        if row.hidden:
            return None
        if row.began is None:
            return self.tx.now
        # a clock of the host's own cannot be compared with the server's
        return min(row.began, self.tx.now) if self.tx.clock is None else None

    def _made(self, last: Seal | None, end: datetime) -> Iterator[Seal]:
        table = tables.journal
        found = select(table.c.recorded_at, table.c.digest).where(table.c.recorded_at < end)
        if last is not None:
            found = found.where(table.c.recorded_at > last.until)
        sealing = Sealing()
        for row in self.tx.stream(found.order_by(table.c.recorded_at, table.c.id)):
            if sealing.count >= RANGE and row.recorded_at > sealing.until:
                yield (last := sealing.seal(last, end, self.tx.now))
                sealing = Sealing()
            sealing.add(row.recorded_at, row.digest)
        if sealing.count:
            yield sealing.seal(last, end, self.tx.now)


@dataclass(slots=True)
class Sealing:
    """A range that is being closed, or looked at again."""

    count: int = 0
    until: datetime = EPOCH
    _hash: Any = field(default_factory=sha256)

    def add(self, recorded_at: datetime, digest: str) -> None:
        """The next entry."""
        self.count += 1
        self.until = recorded_at
        self._hash.update(digest.encode())
        self._hash.update(b"\n")

    def seal(self, last: Seal | None, at: datetime, now: datetime) -> Seal:
        """The seal on what was added, after `last`."""
        number, before = (1, None) if last is None else (last.number + 1, last.digest)
        bare = Seal(number, self.until, self.count, before, "", at, now)
        return replace(bare, digest=self.digest(bare))

    def digest(self, seal: Seal) -> str:
        """What a seal that says this, on what was added, has as its digest."""
        times = map(to_micros, (seal.until, seal.at, seal.recorded_at))
        said = [seal.number, seal.count, seal.before, *times, self._hash.hexdigest()]
        return sha256(dumps(said).encode()).hexdigest()


def _row(seal: Seal) -> dict[str, object]:
    return {
        "id": seal.number,
        "until": seal.until,
        "count": seal.count,
        "before": seal.before,
        "digest": seal.digest,
        "at": seal.at,
        "recorded_at": seal.recorded_at,
    }


def unbroken(seals: Iterable[Seal]) -> Iterator[tuple[Seal, bool]]:
    """Each seal, and whether it follows the one before."""
    last: Seal | None = None
    for seal in seals:
        number, before = (1, None) if last is None else (last.number + 1, last.digest)
        yield seal, (seal.number, seal.before) == (number, before)
        last = seal
