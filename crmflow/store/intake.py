"""What becomes of rows that come from outside: whose are they, and what did they bring?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from sqlalchemy import select

from crmflow.core.intake import (
    ConsentRow,
    Counts,
    CustomerRef,
    CustomerRow,
    HoldingRow,
    StaffRow,
    TouchpointRow,
    UnitRow,
)
from crmflow.errors import StoreError
from crmflow.store import tables
from crmflow.store.consents import Consents
from crmflow.store.customers import Customers
from crmflow.store.holdings import Holdings
from crmflow.store.keys import Keys
from crmflow.store.outcome import Outcome, counts
from crmflow.store.touchpoints import Happened, Touchpoints
from crmflow.store.transaction import Transaction, chunks
from crmflow.store.units import Units

OfCustomer = HoldingRow | TouchpointRow | ConsentRow
AnyRow = CustomerRow | UnitRow | StaffRow | OfCustomer
Reference = tuple[str, CustomerRef]
"""A source, and how it names a customer."""
NOBODY: AbstractSet[int] = frozenset()
Refused = list[tuple[int | None, StoreError]]


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes rows of any kind, and refuses those whose customer or holding cannot be told."""

    tx: Transaction

    def put(self, rows: Sequence[AnyRow], *, import_id: int | None = None) -> tuple[Counts, Refused]:
        """What the rows brought, and the lines that were refused.

        A customer whom nobody knows begins with the first holding or touchpoint that names them (F7).
        The first customer's row with that key is theirs: they keep their id. Refused are rows of an unknown
        customer CRM417, of an unknown holding CRM418, those that may mean several customers CRM419, and
        customers whose keys named two before CRM420, units below themselves CRM424.
        """
        done: list[Outcome] = []
        refused: Refused = []
        done += Units(self.tx).put(self._standing([row for row in rows if isinstance(row, UnitRow)], refused))
        done += Units(self.tx).put_staff([row for row in rows if isinstance(row, StaffRow)])
        customers = self._adopting([row for row in rows if isinstance(row, CustomerRow)], refused)
        done += Customers(self.tx).put(customers, import_id=import_id).outcomes
        named = [row for row in rows if isinstance(row, HoldingRow | TouchpointRow | ConsentRow)]
        mine = self._whose(named, refused, import_id)
        holdings = [(id, row) for id, row in mine if isinstance(row, HoldingRow)]
        done += Holdings(self.tx).put(holdings, import_id=import_id).outcomes
        happened = self._happened([(id, row) for id, row in mine if isinstance(row, TouchpointRow)], refused)
        done += Touchpoints(self.tx).add(happened, import_id=import_id).outcomes
        consents = [(id, row) for id, row in mine if isinstance(row, ConsentRow)]
        done += Consents(self.tx).put(consents, import_id=import_id)
        return counts(done), refused

    def customers(self, references: Sequence[Reference]) -> list[int | None]:
        """The ids of customers as sources name them, in order; None for who is unknown or ambiguous.

        By key, by the source's own number, else by a number that only one source has.
        """
        return [_only(ids) for ids in self._meant(references)]

    def _standing(self, rows: Sequence[UnitRow], refused: Refused) -> list[UnitRow]:
        """The units that are not below themselves."""
        circles = Units(self.tx).circles(rows)
        for row in rows:
            if row.code in circles:
                refused.append((row.line, StoreError("CRM424", unit=row.code, circle=circles[row.code])))
        return [row for row in rows if row.code not in circles]

    def _adopting(self, rows: Sequence[CustomerRow], refused: Refused) -> list[CustomerRow]:
        """The rows that are not refused; a record that is new becomes that of whom its keys already name."""
        customers = Customers(self.tx)
        known = set(customers.find_all((row.source, row.external_id) for row in rows))
        waiting = customers.first_seen(key for row in rows for key in row.keys.items())
        adopted: dict[int, tuple[str, str]] = {}
        taken = []
        for row in rows:
            record = row.source, row.external_id
            named = {waiting[key]: key for key in row.keys.items() if key in waiting}
            mine = named.keys() - adopted.keys()
            if record not in known and len(mine) > 1:
                keys = ", ".join(f"{kind} {value}" for kind, value in (named[id] for id in sorted(mine)))
                refused.append((row.line, StoreError("CRM420", customer=row.external_id, keys=keys)))
                continue
            if record not in known:
                adopted |= dict.fromkeys(mine, record)
            known.add(record)
            taken.append(row)
        customers.adopt(adopted)
        return taken

    def _whose(
        self, rows: Sequence[OfCustomer], refused: Refused, import_id: int | None
    ) -> list[tuple[int, OfCustomer]]:
        """Each row with the id of its customer, who may be seen for the first time."""
        meant = list(zip(rows, self._meant([(row.source, row.customer) for row in rows]), strict=True))
        seen = self._first_seen([row for row, ids in meant if not ids and _brings_customer(row)], import_id)
        found = []
        for row, ids in meant:
            id = _only(ids) if ids else seen.get(row.customer)
            if id is None:
                code = "CRM419" if ids else "CRM417"
                refused.append((row.line, StoreError(code, customer=row.customer.value)))
            else:
                found.append((id, row))
        return found

    def _first_seen(self, rows: Iterable[OfCustomer], import_id: int | None) -> dict[CustomerRef, int]:
        """Adds the customers whom these rows name, known by that key and beginning with the earliest row."""
        first: dict[CustomerRef, OfCustomer] = {}
        for row in rows:
            if row.at < first.setdefault(row.customer, row).at:
                first[row.customer] = row
        bare = [
            CustomerRow(row.source, ref.value, row.at, keys={ref.kind: ref.value} if ref.kind else {})
            for ref, row in first.items()
        ]
        written = Customers(self.tx).put(bare, import_id=import_id)
        return dict(zip(first, written.ids, strict=True))

    def _meant(self, references: Sequence[Reference]) -> list[AbstractSet[int]]:
        """The customers whom each reference may mean, in order: nobody, one, or several."""
        wanted = set(references)
        numbers = {(source, ref.value) for source, ref in wanted if ref.kind is None}
        own = Customers(self.tx).find_all(numbers)
        others = Customers(self.tx).find_numbers({number for source, number in numbers - own.keys()})
        keyed = {
            kind: Keys(self.tx).find_all(kind, {ref.value for _, ref in wanted if ref.kind == kind})
            for kind in {ref.kind for _, ref in wanted if ref.kind is not None}
        }
        meant: dict[Reference, AbstractSet[int]] = {}
        for source, ref in wanted:
            if ref.kind is not None:
                meant[source, ref] = keyed[ref.kind].get(ref.value, NOBODY)
            elif (source, ref.value) in own:
                meant[source, ref] = {own[source, ref.value]}
            else:
                meant[source, ref] = others.get(ref.value, NOBODY)
        return [meant[reference] for reference in references]

    def _happened(self, mine: Sequence[tuple[int, TouchpointRow]], refused: Refused) -> list[Happened]:
        held = self._held({customer_id for customer_id, row in mine if row.holding is not None})
        found = []
        for customer_id, row in mine:
            try:
                found.append(_happened(row, customer_id, held))
            except StoreError as error:
                refused.append((row.line, error))
        return found

    def _held(self, customers: Iterable[int]) -> dict[tuple[int, str], int]:
        """The holdings of customers by (customer id, external id)."""
        table = tables.holding
        found: dict[tuple[int, str], int] = {}
        for chunk in chunks(customers):
            statement = select(table.c.customer_id, table.c.external_id, table.c.id).where(
                self.tx.among(table.c.bucket, table.c.customer_id, chunk)
            )
            found |= {(customer_id, number): id for customer_id, number, id in self.tx.execute(statement)}
        return found


def _only(ids: AbstractSet[int]) -> int | None:
    """The only one; None of nobody and of several."""
    return next(iter(ids)) if len(ids) == 1 else None


def _brings_customer(row: OfCustomer) -> bool:
    """Whether a row may be the first of its customer: who is unknown holds nothing to which it happened."""
    return isinstance(row, HoldingRow) or (isinstance(row, TouchpointRow) and row.holding is None)


def _happened(row: TouchpointRow, customer_id: int, held: Mapping[tuple[int, str], int]) -> Happened:
    """With the id of the holding that the row names."""
    holding = None if row.holding is None else held.get((customer_id, row.holding))
    if row.holding is not None and holding is None:
        raise StoreError("CRM418", holding=row.holding, customer=row.customer.value)
    return Happened(row, customer_id, holding)
