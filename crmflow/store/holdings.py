"""What does a customer hold, and what was true of it at a moment?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from sqlalchemy import select

from crmflow.core.holding import Holding
from crmflow.core.intake import HoldingRow
from crmflow.store import tables
from crmflow.store.customers import Customers
from crmflow.store.dated import DatedFields, Said, State
from crmflow.store.outcome import Written
from crmflow.store.transaction import Transaction, bucket_of

IDENTITY = ("source", "kind", "external_id", "customer_id")


@dataclass(frozen=True, slots=True)
class Holdings:
    """Reads and writes holdings. What passes to another customer is a new holding of that customer."""

    tx: Transaction

    def put(self, rows: Sequence[tuple[int, HoldingRow]], *, import_id: int | None = None) -> Written:
        """Adds what a source says of customers' (by id) holdings from each row's `at` on.

        Fields that are not named stay as they are. Repeating it changes nothing.
        """
        said = [
            Said(
                {
                    "source": row.source,
                    "kind": row.kind,
                    "external_id": row.external_id,
                    "customer_id": customer_id,
                },
                row.at,
                self.tx.codec.encode(row.kind, row.fields),
                row.line,
            )
            for customer_id, row in rows
        ]
        written = self._dated().put(said, self._mint, import_id)
        Customers(self.tx).begin(((customer_id, row.at) for customer_id, row in rows), import_id=import_id)
        return written

    def find_all(self, identities: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str, str], Holding]:
        """The holdings that are known by (source, kind, external id): of several customers' the newest."""
        columns = [tables.holding.c[name] for name in IDENTITY[:3]]
        found = self.tx.matches(select(tables.holding), identities, *columns)
        by_age = sorted(found, key=attrgetter("at", "id"))
        return {
            (row.source, row.kind, row.external_id): self._noun((row, row.at, row.fields)) for row in by_age
        }

    def get(
        self, id: int, *, as_of: datetime | None = None, known_at: datetime | None = None
    ) -> Holding | None:
        where = self.tx.among(tables.holding.c.bucket, tables.holding.c.id, [id])
        found = self._dated().scan(as_of, known_at, where, order=("bucket", "id"), few=True)
        return next(map(self._noun, found), None)

    def scan(
        self,
        *,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
        customers: Iterable[int] | None = None,
    ) -> Iterator[tuple[int, list[Holding]]]:
        """All customers' holdings, or these customers', by customer in the store's order."""
        table = tables.holding
        where = [] if customers is None else [self.tx.among(table.c.bucket, table.c.customer_id, customers)]
        found = self._dated().scan(
            as_of, known_at, *where, order=("bucket", "customer_id", "id"), few=customers is not None
        )
        for customer_id, holdings in groupby(map(self._noun, found), attrgetter("customer_id")):
            yield customer_id, list(holdings)

    def _mint(self, unknown: Sequence[Said]) -> list[int]:
        return self.tx.mint(bucket_of(said.identity["customer_id"]) for said in unknown)

    def _noun(self, state: State) -> Holding:
        row, at, fields = state
        decoded = self.tx.codec.decode(row.kind, fields)
        return Holding(
            row.id, row.bucket, row.customer_id, row.kind, row.source, row.external_id, at, decoded
        )

    def _dated(self) -> DatedFields:
        return DatedFields(self.tx, tables.holding, tables.holding_dated, "holding_id", IDENTITY)
