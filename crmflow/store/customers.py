"""Which customers are there, by what are they known, and what was true of them at a moment?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select, tuple_

from crmflow.core.customer import Customer, CustomerKey
from crmflow.core.field import Stored
from crmflow.core.intake import CustomerRow
from crmflow.store import tables
from crmflow.store.alongside import Alongside
from crmflow.store.dated import DatedFields, Said, fresh
from crmflow.store.given import Row
from crmflow.store.keys import SURVIVOR, Keys
from crmflow.store.outcome import Written
from crmflow.store.owners import Owners, Ownership, fold_ownership
from crmflow.store.transaction import Transaction, bucket_of

KIND = "customer"


@dataclass(frozen=True, slots=True)
class Customers:
    """Reads and writes customers; a moment is given as `as_of`, what was known by then as `known_at`."""

    tx: Transaction

    def put(self, rows: Sequence[CustomerRow], *, import_id: int | None = None) -> Written:
        """Adds what a source says of customers from each row's `at` on, their keys and owners included.

        Fields that are not named stay as they are. Repeating it changes nothing.
        """
        said = [
            Said(
                {"source": row.source, "external_id": row.external_id},
                row.at,
                self.tx.codec.encode(KIND, row.fields),
                row.line,
            )
            for row in rows
        ]
        written = self._dated().put(said, lambda unknown: self.tx.mint_spread(len(unknown)), import_id)
        known = list(zip(written.ids, rows, strict=True))
        rekeyed = Keys(self.tx).put(
            (id, CustomerKey(row.source, kind, value), row.at)
            for id, row in known
            for kind, value in row.keys.items()
        )
        owned = [Ownership(id, "owner", row.owner, row.at) for id, row in known if row.owner is not None]
        moved = {ownership.customer_id for ownership in fresh(owned, Owners(self.tx).put(owned))}
        return Written(
            written.ids,
            [
                "changed" if outcome == "same" and id in rekeyed | moved else outcome
                for id, outcome in zip(written.ids, written.outcomes, strict=True)
            ],
        )

    def begin(self, seen: Iterable[tuple[int, datetime]], *, import_id: int | None = None) -> None:
        """Customers (by id) were there when they were seen: who begins later begins at that moment now."""
        earliest: dict[int, datetime] = {}
        for id, at in seen:
            earliest[id] = min(at, earliest.get(id, at))
        table = tables.customer_dated
        begins = (
            select(table.c.customer_id, func.min(table.c.at))
            .where(self.tx.among(table.c.bucket, table.c.customer_id, earliest))
            .group_by(table.c.bucket, table.c.customer_id)
        )
        late = [id for id, begin in self.tx.execute(begins) if earliest[id] < begin]
        ids = self.tx.mint(map(bucket_of, late))
        rows: list[Row] = [
            {
                "bucket": bucket_of(customer_id),
                "customer_id": customer_id,
                "id": id,
                "fields": {},
                "actor": self.tx.actor,
                "import_id": import_id,
                "at": earliest[customer_id],
                "recorded_at": self.tx.now,
            }
            for customer_id, id in zip(late, ids, strict=True)
        ]
        self.tx.insert(table, rows)

    def first_seen(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """The customers whom a holding or touchpoint brought, and of whom nothing else is known, by the key
        (kind, value) that named them. (F7)"""
        customer, key, dated = tables.customer, tables.customer_key, tables.customer_dated
        own = (key.c.bucket == customer.c.bucket) & (key.c.customer_id == customer.c.id)
        known_by = (key.c.source == customer.c.source) & (key.c.value == customer.c.external_id)
        told = exists().where(
            dated.c.bucket == customer.c.bucket,
            dated.c.customer_id == customer.c.id,
            dated.c.line.is_not(None),
        )
        found = (
            select(key.c.kind, key.c.value, customer.c.id, customer.c.fields)
            .join_from(key, customer, own & known_by)
            .where(customer.c.alias_of.is_(None), ~told)
        )
        rows = self.tx.matches(found, keys, key.c.kind, key.c.value)
        return {(kind, value): id for kind, value, id, fields in rows if not fields}

    def adopt(self, records: Mapping[int, tuple[str, str]]) -> None:
        """Customers (by id) get the (source, external id) of the record that is theirs."""
        self.tx.change(
            tables.customer,
            [
                {"bucket": bucket_of(id), "id": id, "source": source, "external_id": external_id}
                for id, (source, external_id) in records.items()
            ],
        )

    def count(self) -> int:
        """How many customers there are."""
        counted: int = self.tx.execute(select(func.count()).select_from(tables.customer)).scalar_one()
        return counted

    def find(self, source: str, external_id: str) -> int | None:
        """The customer that a source knows by this id; a merged one's survivor."""
        return self.find_all([(source, external_id)]).get((source, external_id))

    def find_all(self, identities: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """The customers that are known by (source, external id)."""
        source, external_id = tables.customer.c.source, tables.customer.c.external_id
        found = select(source, external_id, SURVIVOR)
        return {(row[0], row[1]): row[2] for row in self.tx.matches(found, identities, source, external_id)}

    def find_numbers(self, numbers: Iterable[str]) -> dict[str, set[int]]:
        """The customers by external id, whichever source it is of; unknown ones are left out."""
        number = tables.customer.c.external_id
        found: dict[str, set[int]] = {}
        wanted = ((each,) for each in numbers)
        for value, id in self.tx.matches(select(number, SURVIVOR), wanted, number):
            found.setdefault(value, set()).add(id)
        return found

    def get(
        self, id: int, *, as_of: datetime | None = None, known_at: datetime | None = None
    ) -> Customer | None:
        """The customer as of a moment; None where there was none."""
        return next(self.scan(as_of=as_of, known_at=known_at, customers=[id]), None)

    def scan(
        self,
        *,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
        after: int = 0,
        limit: int | None = None,
        customers: Iterable[int] | None = None,
    ) -> Iterator[Customer]:
        """All customers, or these, in the store's order (by bucket, then id), from behind `after` on."""
        table = tables.customer
        ids = None if customers is None else list(customers)
        where: list[ColumnElement[bool]] = [table.c.alias_of.is_(None)]
        if ids is not None:
            where.append(self.tx.among(table.c.bucket, table.c.id, ids))
        if after:
            where.append(tuple_(table.c.bucket, table.c.id) > tuple_(bucket_of(after), after))
        found = self._dated().scan(as_of, known_at, *where, order=("bucket", "id"), few=ids is not None)
        if as_of is None and known_at is None:
            nouns = (self._noun(*state, state[0].owner, state[0].participants or ()) for state in found)
        else:
            owners = Alongside(Owners(self.tx).histories(as_of=as_of, known_at=known_at, customers=ids))
            nouns = (self._noun(*state, *fold_ownership(owners.of(state[0].id) or ())) for state in found)
        return islice(nouns, limit)

    def _noun(
        self,
        row: Any,
        at: datetime,
        fields: Mapping[str, Stored],
        owner: str | None,
        participants: Iterable[str],
    ) -> Customer:
        decoded = self.tx.codec.decode(KIND, fields)
        return Customer(
            row.id, row.bucket, row.source, row.external_id, at, decoded, owner, tuple(participants)
        )

    def _dated(self) -> DatedFields:
        return DatedFields(
            self.tx, tables.customer, tables.customer_dated, "customer_id", ("source", "external_id")
        )
