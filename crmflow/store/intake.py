"""What becomes of rows that come from outside: whose are they, and what did they bring?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import func, select

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
from crmflow.store.keys import SURVIVOR, Keys
from crmflow.store.outcome import Outcome, Written, counts
from crmflow.store.touchpoints import Happened, Touchpoints
from crmflow.store.transaction import Transaction, chunks
from crmflow.store.units import Units

OfCustomer = HoldingRow | TouchpointRow | ConsentRow
AnyRow = CustomerRow | UnitRow | StaffRow | OfCustomer
Kind = TypeVar("Kind", HoldingRow, TouchpointRow, ConsentRow)
Refused = list[tuple[int | None, StoreError]]


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes rows of any kind, but refuses those that name an unknown customer or holding."""

    tx: Transaction

    def put(self, rows: Sequence[AnyRow], *, import_id: int | None = None) -> tuple[Counts, Refused]:
        """What the rows brought, and the lines that were refused: CRM417 customer, CRM418 holding unknown."""
        done: list[Outcome] = []
        refused: Refused = []
        done += Units(self.tx).put([row for row in rows if isinstance(row, UnitRow)])
        done += Units(self.tx).put_staff([row for row in rows if isinstance(row, StaffRow)])
        customers = [row for row in rows if isinstance(row, CustomerRow)]
        done += Customers(self.tx).put(customers, import_id=import_id).outcomes
        holdings = self._whose([row for row in rows if isinstance(row, HoldingRow)], refused)
        done += Holdings(self.tx).put(holdings, import_id=import_id).outcomes
        happened = self._happened([row for row in rows if isinstance(row, TouchpointRow)], refused)
        done += Touchpoints(self.tx).add(happened, import_id=import_id).outcomes
        consents = self._whose([row for row in rows if isinstance(row, ConsentRow)], refused)
        done += Consents(self.tx).put(consents, import_id=import_id)
        return counts(done), refused

    def record(self, customer_id: int, row: TouchpointRow) -> Written:
        """Records one touchpoint of a customer who is known by id. Raises StoreError CRM418."""
        held = {} if row.holding is None else self._held([customer_id])
        return Touchpoints(self.tx).add([_happened(row, customer_id, held)])

    def _whose(self, rows: Sequence[Kind], refused: Refused) -> list[tuple[int, Kind]]:
        """Each row with the id of its customer."""
        found = []
        for row, id in zip(rows, self.customers([(row.source, row.customer) for row in rows]), strict=True):
            if id is None:
                refused.append((row.line, StoreError("CRM417", customer=row.customer.value)))
            else:
                found.append((id, row))
        return found

    def _happened(self, rows: Sequence[TouchpointRow], refused: Refused) -> list[Happened]:
        mine = self._whose(rows, refused)
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
        for chunk in chunks(list(customers)):
            statement = select(table.c.customer_id, table.c.external_id, table.c.id).where(
                self.tx.among(table.c.bucket, table.c.customer_id, chunk)
            )
            found |= {(customer_id, number): id for customer_id, number, id in self.tx.execute(statement)}
        return found

    def customers(self, references: Sequence[tuple[str, CustomerRef]]) -> list[int | None]:
        """The ids of customers as sources name them, in order; None for who is unknown or ambiguous.

        By key, by the source's own number, else by a number that only one source has.
        """
        numbers = [(source, ref.value) for source, ref in references if ref.kind is None]
        own = Customers(self.tx).find_all(numbers)
        only = self._only(value for source, value in numbers if (source, value) not in own)
        kinds = {ref.kind for _, ref in references if ref.kind is not None}
        keyed = {
            kind: Keys(self.tx).find_all(kind, (ref.value for _, ref in references if ref.kind == kind))
            for kind in kinds
        }
        return [
            own.get((source, ref.value)) or only.get(ref.value)
            if ref.kind is None
            else keyed[ref.kind].get(ref.value)
            for source, ref in references
        ]

    def _only(self, numbers: Iterable[str]) -> dict[str, int]:
        """The customers whose number only one source has."""
        number = tables.customer.c.external_id
        found = (
            select(number, func.min(SURVIVOR)).group_by(number).having(func.count(SURVIVOR.distinct()) == 1)
        )
        return {row[0]: row[1] for row in self.tx.matches(found, ((each,) for each in numbers), number)}


def _happened(row: TouchpointRow, customer_id: int, held: Mapping[tuple[int, str], int]) -> Happened:
    """With the id of the holding that the row names."""
    holding = None if row.holding is None else held.get((customer_id, row.holding))
    if row.holding is not None and holding is None:
        raise StoreError("CRM418", holding=row.holding, customer=row.customer.value)
    return Happened(row, customer_id, holding)
