"""What was known of the whole population at a moment, for facts that compare customers?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from crmflow.store import tables
from crmflow.store.exact import decode, encode
from crmflow.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Taken of the population as of `at`; facts cite its id."""

    id: int
    at: datetime
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Adds and reads snapshots."""

    tx: Transaction

    def add(self, at: datetime, values: Mapping[str, object]) -> Snapshot:
        """The same values at the same moment are the same snapshot."""
        last = self.last(at)
        if last is not None and last.at == at and encode(last.values) == encode(values):
            return last
        id = self.tx.mint_spread(1)[0]
        row = {"id": id, "values": encode(values), "at": at, "recorded_at": self.tx.now}
        self.tx.insert(tables.snapshot, [row])
        return Snapshot(id, at, values)

    def last(self, as_of: datetime) -> Snapshot | None:
        """The newest taken at or before a moment."""
        table = tables.snapshot
        newest = select(table).where(table.c.at <= as_of).order_by(table.c.at.desc(), table.c.id.desc())
        row = self.tx.execute(newest.limit(1)).first()
        return None if row is None else Snapshot(row.id, row.at, decode(row.values))
