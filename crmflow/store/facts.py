"""What was last computed of each customer, as of when, and when does time alone change it?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import select

from crmflow.store import tables
from crmflow.store.exact import decode, encode
from crmflow.store.transaction import Transaction, bucket_of, chunks

CUSTOMER = ("bucket", "customer_id")


class CustomerFacts(NamedTuple):
    """The facts of one customer as of a moment, by name.

    `next_flip` is the earliest moment at which time alone changes an outcome; `snapshot_id` the snapshot of
    the population that they cite; `stale`: computing them failed since.
    """

    customer_id: int
    as_of: datetime
    values: Mapping[str, object] = MappingProxyType({})
    next_flip: datetime | None = None
    snapshot_id: int | None = None
    release: str | None = None
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Keeps one row of facts a customer."""

    tx: Transaction

    def put(self, facts: Iterable[CustomerFacts]) -> int:
        """Replaces what was known of these customers; returns how many rows changed."""
        changed = 0
        for chunk in chunks(facts):
            rows = [self._row(each) for each in chunk]
            present = self._present(each.customer_id for each in chunk)
            different = [row for row in rows if present.get(row["customer_id"]) != _compared(row)]
            self.tx.put(tables.fact, different, CUSTOMER)
            changed += len(different)
        return changed

    def get(self, customer_id: int) -> CustomerFacts | None:
        return next(self.scan([customer_id]), None)

    def scan(self, customers: Iterable[int] | None = None) -> Iterator[CustomerFacts]:
        """All customers' facts, or these customers', in the store's order."""
        table = tables.fact
        where = [] if customers is None else [self.tx.among(table.c.bucket, table.c.customer_id, customers)]
        found = select(table).where(*where).order_by(table.c.bucket, table.c.customer_id)
        for row in self.tx.stream(found, few=customers is not None):
            yield CustomerFacts(
                row.customer_id,
                row.at,
                decode(row.values),
                row.next_flip,
                row.snapshot_id,
                row.release,
                row.stale,
            )

    def flipping(self, as_of: datetime) -> list[int]:
        """The customers of whom time alone has changed an outcome by `as_of`, the earliest first."""
        table = tables.fact
        due = select(table.c.customer_id).where(table.c.next_flip <= as_of).order_by(table.c.next_flip)
        return list(self.tx.execute(due).scalars())

    def _present(self, customers: Iterable[int]) -> dict[int, tuple[Any, ...]]:
        table = tables.fact
        among = self.tx.among(table.c.bucket, table.c.customer_id, customers)
        rows = self.tx.execute(select(table).where(among)).mappings()
        return {row["customer_id"]: _compared(row) for row in rows}

    def _row(self, facts: CustomerFacts) -> dict[str, Any]:
        return {
            "bucket": bucket_of(facts.customer_id),
            "customer_id": facts.customer_id,
            "values": encode(facts.values),
            "next_flip": facts.next_flip,
            "snapshot_id": facts.snapshot_id,
            "release": facts.release,
            "stale": facts.stale,
            "at": facts.as_of,
            "recorded_at": self.tx.now,
        }


def _compared(row: Mapping[Any, Any]) -> tuple[Any, ...]:
    """What makes two rows the same."""
    return tuple(row[name] for name in ("values", "next_flip", "snapshot_id", "release", "stale", "at"))
