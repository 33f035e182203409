"""In which segments is a customer, since when, and in which before?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import func, select

from crmflow.store import tables
from crmflow.store.dated import fresh, newest, outcomes
from crmflow.store.outcome import Outcome
from crmflow.store.transaction import Transaction, bucket_of, chunks

SUBJECT = ("bucket", "customer_id", "holding_id", "name")
SAID = ("value", "stale")
READ = ("customer_id", "name", "value", "at", "rule", "holding_id", "stale", "journal_id")


class Segment(NamedTuple):
    """A customer's (or a holding's) value of one segmentation, the rule that gave it, and since when.

    `stale`: the value stays because deciding failed.
    """

    customer_id: int
    name: str
    value: str | None
    since: datetime
    rule: str | None = None
    holding_id: int | None = None
    stale: bool = False
    journal_id: int | None = None


@dataclass(frozen=True, slots=True)
class Segments:
    """Reads and writes segments: dated rows, with the present ones beside them."""

    tx: Transaction

    def put(self, segments: Iterable[Segment]) -> list[Outcome]:
        """Adds the values that are new from `since` on; the same value keeps its since and its rule."""
        return [outcome for chunk in chunks(segments) for outcome in self._put(chunk)]

    def _put(self, segments: Iterable[Segment]) -> list[Outcome]:
        rows = [self._row(segment) for segment in segments]
        found = outcomes(
            self.tx,
            tables.segment_dated,
            rows,
            near=("bucket", "customer_id"),
            by=itemgetter(*SUBJECT),
            says=itemgetter(*SAID),
        )
        added = fresh(rows, found)
        ids = self.tx.mint(row["bucket"] for row in added)
        self.tx.insert(tables.segment_dated, [{**row, "id": id} for row, id in zip(added, ids, strict=True)])
        latest = {itemgetter(*SUBJECT)(row): row for row in sorted(added, key=itemgetter("at"))}
        self.tx.put(tables.segment, list(latest.values()), SUBJECT, unless_later=True)
        return found

    def of(
        self, customer_id: int, *, as_of: datetime | None = None, known_at: datetime | None = None
    ) -> list[Segment]:
        """The segments of a customer and of what the customer holds, as of a moment."""
        return list(self.scan(as_of=as_of, known_at=known_at, customers=[customer_id]))

    def scan(
        self,
        *,
        name: str | None = None,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
        customers: Iterable[int] | None = None,
    ) -> Iterator[Segment]:
        """All segments as of a moment, by customer in the store's order."""
        table: Any = tables.segment
        if as_of is not None or known_at is not None:
            table = newest(tables.segment_dated, SUBJECT, as_of, known_at).subquery()
        found = select(*(table.c[column] for column in READ))
        found = found.order_by(table.c.bucket, table.c.customer_id, table.c.holding_id, table.c.name)
        if name is not None:
            found = found.where(table.c.name == name)
        if customers is not None:
            found = found.where(self.tx.among(table.c.bucket, table.c.customer_id, customers))
        for row in self.tx.stream(found, few=customers is not None):
            customer_id, name, value, since, rule, holding_id, stale, journal_id = row
            yield Segment(customer_id, name, value, since, rule, holding_id or None, stale, journal_id)

    def sizes(self) -> dict[tuple[str, str | None], int]:
        """How many customers (or holdings) are in each segment now, by its name and value."""
        table = tables.segment
        counted = select(table.c.name, table.c.value, func.count()).group_by(table.c.name, table.c.value)
        return {(name, value): count for name, value, count in self.tx.execute(counted)}

    def history(self, customer_id: int, name: str, holding_id: int | None = None) -> list[Segment]:
        """Every value of one segmentation, oldest first."""
        table = tables.segment_dated
        found = select(table).where(
            table.c.bucket == bucket_of(customer_id),
            table.c.customer_id == customer_id,
            table.c.holding_id == (holding_id or 0),
            table.c.name == name,
        )
        return [
            Segment(customer_id, name, row.value, row.at, row.rule, holding_id, row.stale, row.journal_id)
            for row in self.tx.execute(found.order_by(table.c.at, table.c.id))
        ]

    def _row(self, segment: Segment) -> dict[str, Any]:
        return {
            "bucket": bucket_of(segment.customer_id),
            "customer_id": segment.customer_id,
            "holding_id": segment.holding_id or 0,
            "name": segment.name,
            "value": segment.value,
            "rule": segment.rule,
            "stale": segment.stale,
            "journal_id": segment.journal_id,
            "at": segment.since,
            "recorded_at": self.tx.now,
        }
