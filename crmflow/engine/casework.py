"""Which cases open, and how do running ones move on? One path for timers and events, a set at a time."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from crmflow.core.calendars import Calendars
from crmflow.core.case import Case, CaseEvent, Moved, opening_key
from crmflow.core.chart import Chart
from crmflow.core.post import Posts
from crmflow.engine.release import Releases, Rules
from crmflow.errors import WorkflowError
from crmflow.rules.context import Context
from crmflow.store.batch import Batch
from crmflow.store.transaction import bucket_of
from crmflow.workflow.advance import advance, open_case

CLOCK = "worker"
"""Who acts when time or facts move a case, and nobody sent anything."""
ROUND = 5_000
"""Cases claimed in one round."""


@dataclass(frozen=True, slots=True)
class About:
    """What a case is about: the customer, perhaps a holding, and the unit it belongs to."""

    customer_id: int
    holding_id: int | None = None
    unit: str | None = None


class Casework:
    """Opens and moves cases in one batch, as of one moment.

    `context` gives what the charts' conditions read of a customer and perhaps a holding.
    """

    def __init__(
        self,
        batch: Batch,
        rules: Rules,
        posts: Posts,
        calendars: Calendars,
        as_of: datetime,
        context: Callable[[int, int | None], Context],
    ) -> None:
        self.batch = batch
        self.rules = rules
        self.posts = posts
        self.calendars = calendars
        self.as_of = as_of
        self.context = context
        self.charts = _ChartVersions(batch, rules)
        self.history: list[tuple[Case, Moved]] = []

    # opening

    def open(
        self, chart: Chart, about: About, key: str, at: datetime, data: Mapping[str, object]
    ) -> tuple[Case, tuple[Moved, ...]]:
        """A new case, not yet written."""
        bucket = bucket_of(about.customer_id)
        step = open_case(
            chart,
            id=self.batch.cases.id_of(key, bucket),
            bucket=bucket,
            customer_id=about.customer_id,
            holding_id=about.holding_id,
            key=key,
            at=at,
            actor=self.batch.actor,
            unit=about.unit,
            data=data,
            context=self.context(about.customer_id, about.holding_id),
            posts=self.posts,
            calendars=self.calendars,
        )
        return step.case, step.history

    def keep(self, opened: Iterable[tuple[Case, tuple[Moved, ...]]]) -> list[Case]:
        """Writes new cases; those whose key was there before are not opened again."""
        cases = list(opened)
        new = self.batch.cases.open(cases, release=self.rules.id, calendar=self.calendars.default.name)
        self._note((case, history) for case, history in cases if case.id in new)
        return [case for case, _ in cases if case.id in new]

    def open_reported(
        self, unit_of: Callable[[int], str | None], customers: Container[int] | None = None
    ) -> list[Case]:
        """A case for each touchpoint (of these customers) that opens one and has none yet. (C29)"""
        opened = []
        for chart in self.rules.set.charts.values():
            if chart.opens_on in self.rules.set.vocabulary.touchpoints:
                for touchpoint in self.batch.touchpoints.unopened(
                    str(chart.opens_on), chart.id, as_of=self.as_of
                ):
                    if customers is not None and touchpoint.customer_id not in customers:
                        continue
                    unit = touchpoint.unit or unit_of(touchpoint.customer_id)
                    about = About(touchpoint.customer_id, touchpoint.holding_id, unit)
                    key = opening_key(chart.id, touchpoint)
                    opened.append(self.open(chart, about, key, touchpoint.at, touchpoint.fields))
        return self.keep(opened)

    # moving

    def sweep(self) -> None:
        """Everything that is due, round after round, until nothing is."""
        while claims := self.batch.cases.claim(self.as_of, ROUND):
            stepped, taken = [], []
            for claim in claims:
                case, history, took = self.move(claim.case, claim.event)
                stepped.append((case, history))
                if took and claim.event is not None:
                    taken.append(claim.event)
            self.save(stepped)
            self.batch.events.take(taken)

    def facts_changed(self, cases: Iterable[Case]) -> None:
        """Looks again at open cases: their facts may have changed."""
        stepped = []
        for case in cases:
            event = CaseEvent(0, case.id, "change", self.as_of, CLOCK)
            moved, history, _ = self.move(case, event)
            if history or replace(moved, version=case.version) != case:
                stepped.append((moved, history))
        self.save(stepped)

    def move(self, case: Case, event: CaseEvent | None) -> tuple[Case, list[Moved], bool]:
        """A case after the timers that are due up to its event, and after that event; all that are due, if it
        has none."""
        chart = self.charts.of(case)
        context = self.context(case.customer_id, case.holding_id)
        history: list[Moved] = []
        while step := advance(
            chart,
            case,
            as_of=self.as_of,
            context=context,
            posts=self.posts,
            calendars=self.calendars,
            event=event,
            actor=CLOCK,
        ):
            case = step.case
            history += step.history
            if step.took_event:
                return case, history, True
        return case, history, False

    def save(self, stepped: Iterable[tuple[Case, list[Moved]]]) -> None:
        """Writes moved cases and their history."""
        cases = list(stepped)
        self.batch.cases.save(cases, release=self.rules.id, calendar=self.calendars.default.name)
        self._note(cases)

    def _note(self, cases: Iterable[tuple[Case, Iterable[Moved]]]) -> None:
        self.history += [(case, moved) for case, history in cases for moved in history]


class _ChartVersions:
    """The chart that a case began with: of the present release, else of the release that still has it."""

    def __init__(self, batch: Batch, rules: Rules) -> None:
        self.batch = batch
        self.rules = rules
        self._known = {(chart.id, chart.hash): chart for chart in rules.set.charts.values()}

    def of(self, case: Case) -> Chart:
        key = case.chart, case.chart_hash
        if key not in self._known:
            self._known.update(self._earlier())
        if key not in self._known:
            raise WorkflowError("CRM520", case=case.id, chart=case.chart)
        return self._known[key]

    def _earlier(self) -> Mapping[tuple[str, str], Chart]:
        """The charts of all releases that were ever published."""
        published = Releases().published(self.batch)
        return {(chart.id, chart.hash): chart for rules in published for chart in rules.set.charts.values()}
