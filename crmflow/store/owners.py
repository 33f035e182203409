"""Who owns a customer, who takes part, and since when? (F17, F20, F22, I5)"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any, Literal

from sqlalchemy import func, select

from crmflow.store import tables
from crmflow.store.dated import fresh, known, outcomes, rows_of
from crmflow.store.outcome import Outcome
from crmflow.store.transaction import Transaction, bucket_of

CUSTOMER = ("bucket", "customer_id")


@dataclass(frozen=True, slots=True)
class Ownership:
    """From `at` on, `staff` (None: nobody) is the owner, or takes part (`held`) or no longer does.

    `stale`: the owner stays because deciding failed.
    """

    customer_id: int
    part: Literal["owner", "participant"]
    staff: str | None
    at: datetime
    held: bool = True
    stale: bool = False
    journal_id: int | None = None


@dataclass(frozen=True, slots=True)
class Owners:
    """Reads and writes ownership."""

    tx: Transaction

    def put(self, ownerships: Iterable[Ownership]) -> list[Outcome]:
        """Adds what is new, as dated rows. Repeating it changes nothing."""
        rows = [self._row(ownership) for ownership in ownerships]
        says = itemgetter("staff", "held", "stale")
        found = outcomes(self.tx, tables.ownership, rows, near=CUSTOMER, by=_seat, says=says)
        added = fresh(rows, found)
        ids = self.tx.mint(row["bucket"] for row in added)
        self.tx.insert(tables.ownership, [{**row, "id": id} for row, id in zip(added, ids, strict=True)])
        self._project(added)
        return found

    def loads(self) -> dict[str, int]:
        """How many customers each staff member owns now."""
        owner = tables.customer.c.owner
        counted = select(owner, func.count()).where(owner.is_not(None)).group_by(owner)
        return {row[0]: row[1] for row in self.tx.execute(counted)}

    def changed_at(self, at: datetime, customers: Iterable[int] | None = None) -> dict[int, str | None]:
        """The customers whose owner changed at this very moment, with the owner of before."""
        return {
            id: fold_ownership(each for each in history if each.at < at)[0]
            for id, history in self.histories(as_of=at, customers=customers)
            if any(each.at == at and each.part == "owner" for each in history)
        }

    def of(self, customer_id: int) -> list[Ownership]:
        """The whole history, oldest first."""
        return [each for _, history in self.histories(customers=[customer_id]) for each in history]

    def histories(
        self,
        *,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
        customers: Iterable[int] | None = None,
    ) -> Iterator[tuple[int, list[Ownership]]]:
        """All customers' histories up to a moment, or these customers', in the store's order."""
        table = tables.ownership
        where = [] if customers is None else [self.tx.among(table.c.bucket, table.c.customer_id, customers)]
        rows = self.tx.stream(
            select(*(table.c[name] for name in Ownership.__slots__))
            .where(*known(table, as_of, known_at), *where)
            .order_by(table.c.bucket, table.c.customer_id, table.c.at, table.c.id),
            few=customers is not None,
        )
        for customer_id, history in groupby(rows, attrgetter("customer_id")):
            yield customer_id, [Ownership(*row) for row in history]

    def _row(self, ownership: Ownership) -> dict[str, Any]:
        return {
            "bucket": bucket_of(ownership.customer_id),
            "customer_id": ownership.customer_id,
            "part": ownership.part,
            "staff": ownership.staff,
            "held": ownership.held,
            "stale": ownership.stale,
            "actor": self.tx.actor,
            "journal_id": ownership.journal_id,
            "at": ownership.at,
            "recorded_at": self.tx.now,
        }

    def _project(self, rows: Sequence[dict[str, Any]]) -> None:
        """Brings the customers' own rows up to date."""
        histories: dict[int, list[Any]] = {}
        for row in rows_of(self.tx, tables.ownership, rows, CUSTOMER):
            histories.setdefault(row["customer_id"], []).append(
                Ownership(*(row[name] for name in Ownership.__slots__))
            )
        self.tx.change(
            tables.customer,
            [
                {"bucket": bucket_of(id), "id": id, "owner": owner, "participants": participants}
                for id, history in histories.items()
                for owner, participants in [fold_ownership(history)]
            ],
        )


def fold_ownership(history: Iterable[Ownership]) -> tuple[str | None, tuple[str, ...]]:
    """The owner and the participants after a history, oldest first."""
    owner: str | None = None
    participants: dict[str, None] = {}
    for ownership in history:
        if ownership.part == "owner":
            owner = ownership.staff if ownership.held else None
        elif ownership.staff is not None and ownership.held:
            participants[ownership.staff] = None
        else:
            participants.pop(ownership.staff or "", None)
    return owner, tuple(participants)


def _seat(row: Any) -> tuple[object, ...]:
    """What a row speaks of: the one owner of a customer, or one participant."""
    return row["customer_id"], row["part"], None if row["part"] == "owner" else row["staff"]
