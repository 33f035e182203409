"""Which cases belong to an incident, and when are so many of one cause one? (C29)"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from crmflow.core.case import Case
from crmflow.core.chart import Chart
from crmflow.core.incident import signal_key, surge_key
from crmflow.core.post import Unit
from crmflow.core.touchpoint import Signal
from crmflow.engine.turned import Turned
from crmflow.store.transaction import bucket_of_unit
from crmflow.workflow.advance import group_under
from crmflow.workflow.course import Course
from crmflow.workflow.incident import belongs

if TYPE_CHECKING:
    from crmflow.engine.casework import Casework


class Incidents:
    """Opens cases about units, and groups those of customers under them, in one batch."""

    def __init__(self, casework: Casework) -> None:
        self.casework = casework
        self.batch, self.posts = casework.batch, casework.posts
        charts = casework.rules.set.charts
        self.about_units = [chart for chart in charts.values() if chart.about == "unit"]
        self.grouped = {
            chart.id: frozenset(each.id for each in charts.values() if _under(each) == chart.id)
            for chart in self.about_units
        }
        self.groups_any = any(self.grouped.values())

    # signals

    def open_signalled(self) -> list[Case]:
        """A case for each signal that opens one and has none yet."""
        waiting = []
        for chart in self.about_units:
            if chart.opens_on is not None:
                signals = self.batch.signals.scan(kind=chart.opens_on, as_of=self.casework.as_of)
                waiting += [(chart, each, signal_key(chart.id, each)) for each in signals]
        known = self.batch.incidents.opened((bucket_of_unit(self._unit(s)), key) for _, s, key in waiting)
        opened = [
            self.casework.open_about(chart, self._unit(signal), key, signal.at, signal.fields)
            for chart, signal, key in waiting
            if key not in known
        ]
        return self.casework.keep(opened)

    def _unit(self, signal: Signal) -> str:
        """The unit that it concerns: one that it does not name is the whole company."""
        if signal.unit is not None:
            return signal.unit
        return next((unit.code for unit in self.posts.units.values() if unit.parent is None), "")

    # what belongs to an incident

    def take_in(self, opened: Iterable[Turned]) -> None:
        """New cases, not yet written, go under the incident that runs where they are."""
        if not self.groups_any:
            return
        wanted = [(each, chart) for each in opened if (chart := _under(self._chart(each.case))) is not None]
        units = {above.code for each, _ in wanted for above in self.posts.upward(each.case.unit)}
        running = {(case.chart, str(case.unit)): case for case in self.batch.incidents.running(units)}
        for each, chart in wanted:
            for above in self.posts.upward(each.case.unit):
                incident = running.get((chart, above.code))
                if incident is not None and incident.opened_at <= each.case.opened_at:
                    self._group(each, incident)
                    break

    def look(self, opened: Iterable[Case]) -> None:
        """Cases that have been opened: an incident takes what happened since it began, and many make one."""
        cases = list(opened)
        for case in cases:
            if self._chart(case).about == "unit":
                self._gather(case)
        for chart in self.about_units:
            if chart.opens_at is not None:
                self._count(chart, [case for case in cases if case.chart in self.grouped[chart.id]])

    def _gather(self, incident: Case) -> None:
        units = self.posts.subtree(str(incident.unit))
        charts = self.grouped.get(incident.chart, ())
        if not charts:
            return
        happened = self.batch.incidents.happened(units, charts, incident.opened_at)
        turned = [Turned.of(case) for case in happened]
        self.casework.save([each for each in turned if self._group(each, incident)])

    def _count(self, chart: Chart, cases: Iterable[Case]) -> None:
        """One incident for each unit in which too many of these cases were opened a short while ago."""
        surge, until = chart.opens_at, self.casework.as_of
        assert surge is not None
        since = until - surge.within
        fresh = (case.unit for case in cases if case.parent_id is None and case.opened_at >= since)
        for unit in dict.fromkeys(fresh):
            place = (
                self.posts.at_level(unit, surge.level) if surge.level else self.posts.units.get(unit or "")
            )
            if place is None or self._runs(chart, place):
                continue
            counted = list(self._happened(chart, place, since, until))
            if len(counted) >= surge.at_least:
                first, key = counted[0], surge_key(chart.id, place.code, counted[0].id)
                opened = self.casework.open_about(chart, place.code, key, first.opened_at, {})
                self.casework.keep([opened])

    def _runs(self, chart: Chart, place: Unit) -> bool:
        above = [unit.code for unit in self.posts.upward(place.code)]
        return any(case.chart == chart.id for case in self.batch.incidents.running(above))

    def _happened(self, chart: Chart, place: Unit, since: datetime, until: datetime) -> Iterator[Case]:
        units = self.posts.subtree(place.code)
        for case in self.batch.incidents.happened(units, self.grouped[chart.id], since, until):
            if belongs(self._course(case), case.entered_at):
                yield case

    def _group(self, turned: Turned, incident: Case) -> bool:
        case = turned.case
        course = self._course(case)
        step = group_under(
            course.chart,
            case,
            incident.id,
            at=max(case.entered_at, incident.opened_at),
            actor=course.actor,
            context=course.context,
            posts=course.posts,
            calendars=course.calendars,
        )
        if step is not None:
            turned.add(step)
        return step is not None

    def _course(self, case: Case) -> Course:
        casework = self.casework
        context = casework.known(case.customer_id, case.holding_id)
        actor = self.batch.actor
        return Course(self._chart(case), case, context, self.posts, casework.calendars, actor)

    def _chart(self, case: Case) -> Chart:
        return self.casework.charts.of(case)


def _under(chart: Chart) -> str | None:
    """The id of the chart under whose cases those of a chart are grouped."""
    return None if chart.group_under is None else chart.group_under.chart
