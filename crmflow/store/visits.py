"""Which contacts are planned, by whom and until when? (F9, I4, U8)"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select

from crmflow.core.decision import Visit
from crmflow.store import tables
from crmflow.store.exact import decode, encode
from crmflow.store.transaction import Transaction, bucket_of, is_id

KEY = ("bucket", "key")
End = tuple[int, Literal["done", "withdrawn"], datetime, Mapping[str, object] | None]
"""A visit's id, how it ended, when, and what came of it by the form's fields."""


@dataclass(frozen=True, slots=True)
class Visits:
    """Opens, closes and lists visits."""

    tx: Transaction

    def open(self, visits: Sequence[Visit]) -> list[int | None]:
        """The id of each; None where its key was there before. `id` and `bucket` are not read."""
        ids = self.tx.mint(bucket_of(visit.customer_id) for visit in visits)
        rows = [self._row(visit, id) for visit, id in zip(visits, ids, strict=True)]
        new = self.tx.insert_new(tables.visit, rows, KEY)
        return [id if id in new else None for id in ids]

    def close(self, ends: Iterable[End]) -> None:
        """Ends visits that were done, or that are withdrawn because the reason fell away."""
        self.tx.change(
            tables.visit,
            [
                {
                    "bucket": bucket_of(id),
                    "id": id,
                    "state": state,
                    "closed_at": at,
                    "outcome": None if outcome is None else encode(outcome),
                    "recorded_at": self.tx.now,
                }
                for id, state, at, outcome in ends
            ],
        )

    def get(self, id: int) -> Visit | None:
        if not is_id(id):
            return None
        table = tables.visit
        row = self.tx.execute(select(table).where(table.c.bucket == bucket_of(id), table.c.id == id)).first()
        return None if row is None else _noun(row)

    def outcome(self, id: int) -> Mapping[str, object] | None:
        """What came of a visit, by the form's fields; None where nothing was recorded."""
        table = tables.visit
        found = select(table.c.outcome).where(table.c.bucket == bucket_of(id), table.c.id == id)
        outcome: Mapping[str, object] | None = decode(self.tx.execute(found).scalar())
        return outcome

    def scan(
        self,
        *,
        units: Iterable[str] | None = None,
        staff: str | None = None,
        customers: Iterable[int] | None = None,
        open_only: bool = True,
    ) -> Iterator[Visit]:
        """By due moment; `units` are those that a viewer sees (None: all)."""
        table = tables.visit
        found = select(table).order_by(table.c.due_at, table.c.id)
        if open_only:
            found = found.where(table.c.closed_at.is_(None))
        if units is not None:
            found = found.where(table.c.unit.in_(self.tx.listed(table.c.unit, units)))
        if staff is not None:
            found = found.where(table.c.staff == staff)
        if customers is not None:
            found = found.where(self.tx.among(table.c.bucket, table.c.customer_id, customers))
        return map(_noun, self.tx.stream(found))

    def _row(self, visit: Visit, id: int) -> dict[str, Any]:
        return {
            "bucket": bucket_of(id),
            "id": id,
            "customer_id": visit.customer_id,
            "holding_id": visit.holding_id,
            "rulebook": visit.rulebook,
            "rule": visit.rule,
            "reason": visit.reason,
            "channel": visit.channel,
            "key": visit.key,
            "staff": visit.staff,
            "unit": visit.unit,
            "due_at": visit.due_at,
            "closed_at": visit.closed_at,
            "state": visit.state,
            "form": visit.form,
            "at": visit.at,
            "recorded_at": self.tx.now,
        }


def _noun(row: Any) -> Visit:
    return Visit(
        id=row.id,
        bucket=row.bucket,
        customer_id=row.customer_id,
        rulebook=row.rulebook,
        rule=row.rule,
        reason=row.reason,
        channel=row.channel,
        at=row.at,
        key=row.key,
        staff=row.staff,
        unit=row.unit,
        due_at=row.due_at,
        closed_at=row.closed_at,
        state=row.state,
        form=tuple(row.form),
        holding_id=row.holding_id,
    )
