"""What was sent to a case and waits to be taken?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from crmflow.core.case import CaseEvent
from crmflow.store import tables
from crmflow.store.exact import decode, encode
from crmflow.store.transaction import Transaction, bucket_of

KEY = ("bucket", "case_id", "at", "id")


@dataclass(frozen=True, slots=True)
class Events:
    """The inbox of all cases. What was taken stays, for clocks are folds over it."""

    tx: Transaction

    def add(
        self, case_id: int, name: str, data: Mapping[str, object] | None = None, at: datetime | None = None
    ) -> CaseEvent:
        """Sends one event, at `at` (default: now)."""
        return self.add_all([(case_id, name, data or {}, at or self.tx.now)])[0]

    def add_all(self, sent: Iterable[tuple[int, str, Mapping[str, object], datetime]]) -> list[CaseEvent]:
        """Sends events: case id, name, data, at."""
        wanted = list(sent)
        ids = self.tx.mint(bucket_of(case_id) for case_id, _, _, _ in wanted)
        events = [
            CaseEvent(id, case_id, name, at, self.tx.actor, data)
            for id, (case_id, name, data, at) in zip(ids, wanted, strict=True)
        ]
        self.tx.insert(tables.case_event, [self._row(event) for event in events])
        return events

    def keep(self, events: Iterable[CaseEvent]) -> None:
        """Events that were taken elsewhere, before their case came here; ids are minted."""
        wanted = list(events)
        ids = self.tx.mint(bucket_of(event.case_id) for event in wanted)
        rows = [self._row(replace(event, id=id)) for event, id in zip(wanted, ids, strict=True)]
        self.tx.insert(tables.case_event, [{**row, "taken_at": self.tx.now} for row in rows])

    def of(self, cases: Collection[int]) -> dict[int, list[CaseEvent]]:
        """All events of these cases, oldest first."""
        table = tables.case_event
        among = self.tx.among(table.c.bucket, table.c.case_id, cases)
        return _by_case(self.tx.execute(select(table).where(among).order_by(table.c.at, table.c.id)))

    def take(self, events: Iterable[CaseEvent]) -> None:
        """Marks events as taken by a round."""
        self.tx.change(
            tables.case_event,
            [
                {
                    "bucket": bucket_of(event.case_id),
                    "case_id": event.case_id,
                    "at": event.at,
                    "id": event.id,
                    "taken_at": self.tx.now,
                }
                for event in events
            ],
            KEY,
        )

    def pending(self, cases: Iterable[int], as_of: datetime | None = None) -> dict[int, list[CaseEvent]]:
        """The events that wait, by case, oldest first."""
        table = tables.case_event
        found = select(table).where(
            table.c.taken_at.is_(None), self.tx.among(table.c.bucket, table.c.case_id, cases)
        )
        if as_of is not None:
            found = found.where(table.c.at <= as_of)
        return _by_case(self.tx.execute(found.order_by(table.c.at, table.c.recorded_at, table.c.id)))

    def _row(self, event: CaseEvent) -> dict[str, Any]:
        return {
            "bucket": bucket_of(event.case_id),
            "case_id": event.case_id,
            "id": event.id,
            "name": event.name,
            "actor": event.actor,
            "data": encode(event.data),
            "taken_at": None,
            "at": event.at,
            "recorded_at": self.tx.now,
        }


def _by_case(rows: Iterable[Any]) -> dict[int, list[CaseEvent]]:
    found: dict[int, list[CaseEvent]] = {}
    for row in rows:
        event = CaseEvent(row.id, row.case_id, row.name, row.at, row.actor, decode(row.data))
        found.setdefault(row.case_id, []).append(event)
    return found
