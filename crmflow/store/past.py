"""What does a replay of the past read of the store, besides what is true as of a moment?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select

from crmflow.core.case import Case, CaseEvent, Moved
from crmflow.core.decision import Visit
from crmflow.store import tables
from crmflow.store.cases import Cases
from crmflow.store.exact import decode
from crmflow.store.owners import Owners, Ownership
from crmflow.store.transaction import Transaction
from crmflow.store.visits import Visits

GROWING = (
    tables.touchpoint,
    tables.customer_dated,
    tables.holding_dated,
    tables.ownership,
    tables.unit_dated,
    tables.staff_dated,
    tables.post,
    tables.absence,
    tables.consent,
    tables.case_event,
    tables.visit,
    tables.journal,
)
"""What a replay depends on grows in these tables."""


@dataclass(frozen=True, slots=True)
class Past:
    """Reads what had happened by a moment, and what people did after it."""

    tx: Transaction

    def span(self) -> tuple[datetime, datetime] | None:
        """When the first and the last touchpoint were; None without any."""
        at = tables.touchpoint.c.at
        first, last = self.tx.execute(select(func.min(at), func.max(at))).one()
        return None if first is None else (first, last)

    def mark(self) -> list[tuple[str, int, datetime | None]]:
        """How much each table holds, and when the last of it was recorded: the same until somebody writes."""
        return [
            (table.name, *self.tx.execute(select(func.count(), func.max(table.c.recorded_at))).one())
            for table in GROWING
        ]

    def said_of(self, since: datetime, until: datetime) -> set[int]:
        """The customers of whom, or of whose holdings or owners, something was said in (since, until]."""
        holding, dated = tables.holding, tables.holding_dated
        own = (dated.c.bucket == holding.c.bucket) & (dated.c.holding_id == holding.c.id)
        held = select(holding.c.customer_id).join_from(dated, holding, own)
        said = [(table, select(table.c.customer_id)) for table in (tables.customer_dated, tables.ownership)]
        return {
            id
            for table, found in (*said, (dated, held))
            for id in self.tx.execute(found.where(table.c.at > since, table.c.at <= until)).scalars()
        }

    def happened_to(self, since: datetime, until: datetime) -> set[int]:
        """The customers with a touchpoint in (since, until]."""
        table = tables.touchpoint
        found = select(table.c.customer_id).where(table.c.at > since, table.c.at <= until).distinct()
        return set(self.tx.execute(found).scalars())

    def owners(self, since: datetime) -> Iterator[tuple[int, list[Ownership]]]:
        """Who owned and took part up to a moment, and what people and files said of it since, by customer."""
        for customer_id, history in Owners(self.tx).histories():
            kept = [each for each in history if each.at <= since or each.journal_id is None]
            if kept:
                yield customer_id, kept

    def visits(self, since: datetime) -> Iterator[Visit]:
        """The visits planned by a moment, as they stand today."""
        return (visit for visit in Visits(self.tx).scan(open_only=False) if visit.at <= since)

    def done(self) -> dict[str, Visit]:
        """The visits that were made, by their keys."""
        visits = Visits(self.tx).scan(open_only=False)
        return {visit.key: visit for visit in visits if visit.state == "done"}

    def keys(self, since: datetime) -> Iterator[tuple[int, str]]:
        """The effects of decisions that had happened by a moment: customer and key."""
        table = tables.journal
        found = select(table.c.customer_id, table.c.key).where(
            table.c.at <= since,
            table.c.key.is_not(None),
            table.c.customer_id.is_not(None),
            table.c.case_id.is_(None),
        )
        for row in self.tx.stream(found):
            yield row.customer_id, row.key

    def case_ids(self) -> dict[str, int]:
        """The id of every case, by its key."""
        return {row.key: row.id for row in self.tx.stream(select(tables.case.c.key, tables.case.c.id))}

    def running(self, since: datetime) -> list[tuple[Case, Moved]]:
        """The cases that ran at a moment, each with the line of its history that opened it."""
        table, cases = tables.case, Cases(self.tx)
        ran = or_(table.c.closed_at.is_(None), table.c.closed_at > since)
        found = select(table.c.id).where(table.c.at <= since, ran).order_by(table.c.at, table.c.id)
        opened = []
        for id in list(self.tx.execute(found).scalars()):
            case = cases.get(id)
            first = next((each for each in cases.history(id) if each.kind == "opened"), None)
            if case is not None and first is not None:
                opened.append((case, first))
        return opened

    def events(self, until: datetime) -> dict[int, list[CaseEvent]]:
        """What was sent to cases by a moment, by case, in the order in which they took it."""
        table = tables.case_event
        found = select(table).where(table.c.at <= until)
        sent: dict[int, list[CaseEvent]] = defaultdict(list)
        for row in self.tx.stream(found.order_by(table.c.at, table.c.recorded_at, table.c.id)):
            event = CaseEvent(row.id, row.case_id, row.name, row.at, row.actor, decode(row.data))
            sent[row.case_id].append(event)
        return dict(sent)
