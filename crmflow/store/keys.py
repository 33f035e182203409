"""Which customer does a plate, card, phone or member number belong to? (I1, C17)"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from crmflow.core.customer import CustomerKey
from crmflow.store import tables
from crmflow.store.transaction import Transaction, bucket_of

SURVIVOR = func.coalesce(tables.customer.c.alias_of, tables.customer.c.id)
KEY = ("kind", "value", "source")


@dataclass(frozen=True, slots=True)
class Keys:
    """Reads and writes customer keys; (source, kind, value) belongs to one customer."""

    tx: Transaction

    def put(self, keys: Iterable[tuple[int, CustomerKey, datetime]]) -> set[int]:
        """Gives keys to customers (by id) from a moment on; returns the customers who had not each of them.

        A key that another customer had goes over to this one.
        """
        wanted = {(key.kind, key.value, key.source): (id, at) for id, key, at in keys}
        present = self._customers(wanted)
        rows: list[dict[str, Any]] = [
            {
                **dict(zip(KEY, key, strict=True)),
                "bucket": bucket_of(id),
                "customer_id": id,
                "at": at,
                "recorded_at": self.tx.now,
            }
            for key, (id, at) in wanted.items()
            if present.get(key) != id
        ]
        self.tx.put(tables.customer_key, rows, KEY)
        return {row["customer_id"] for row in rows}

    def find(self, kind: str, value: str, source: str | None = None) -> int | None:
        """The customer with this key; None where there is none, or where sources disagree."""
        table, customer = tables.customer_key, tables.customer
        belongs = (customer.c.bucket == table.c.bucket) & (customer.c.id == table.c.customer_id)
        found = select(SURVIVOR).join_from(table, customer, belongs).distinct()
        found = found.where(table.c.kind == kind, table.c.value == value)
        if source is not None:
            found = found.where(table.c.source == source)
        ids = self.tx.execute(found).scalars().all()
        return ids[0] if len(ids) == 1 else None

    def find_all(self, kind: str, values: Iterable[str]) -> dict[str, set[int]]:
        """The customers by value: several where sources disagree; unknown values are left out."""
        table, customer = tables.customer_key, tables.customer
        belongs = (customer.c.bucket == table.c.bucket) & (customer.c.id == table.c.customer_id)
        found = select(table.c.value, SURVIVOR).join_from(table, customer, belongs)
        wanted = ((kind, value) for value in values)
        owners: dict[str, set[int]] = {}
        for value, id in self.tx.matches(found, wanted, table.c.kind, table.c.value):
            owners.setdefault(value, set()).add(id)
        return owners

    def of(self, customer_id: int) -> list[CustomerKey]:
        table = tables.customer_key
        found = (
            select(table.c.source, table.c.kind, table.c.value)
            .where(table.c.bucket == bucket_of(customer_id), table.c.customer_id == customer_id)
            .order_by(table.c.kind, table.c.value, table.c.source)
        )
        return [CustomerKey(*row) for row in self.tx.execute(found)]

    def newest(self, customers: Iterable[int]) -> dict[int, dict[str, str]]:
        """The value that each customer got last, by kind of key."""
        table = tables.customer_key
        among = self.tx.among(table.c.bucket, table.c.customer_id, customers)
        found: dict[int, dict[str, str]] = {}
        rows = select(table.c.customer_id, table.c.kind, table.c.value).where(among)
        for id, kind, value in self.tx.execute(rows.order_by(table.c.at, table.c.recorded_at, table.c.value)):
            found.setdefault(id, {})[kind] = value
        return found

    def _customers(self, keys: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str, str], int]:
        columns = [tables.customer_key.c[name] for name in KEY]
        found = self.tx.matches(select(*columns, tables.customer_key.c.customer_id), keys, *columns)
        return {(kind, value, source): id for kind, value, source, id in found}
