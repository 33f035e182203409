"""Where is a case in the middle of a turn, and what has happened in it so far?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from crmflow.core.calendar import Calendar
from crmflow.core.calendars import Calendars
from crmflow.core.case import Case, Kind, Moved
from crmflow.core.chart import Chart, Move, State, Trigger
from crmflow.core.clock import Clock
from crmflow.core.post import Posts
from crmflow.workflow.gates import View
from crmflow.workflow.step import Child, Send


@dataclass
class Course:
    """A case as it is by now, with all that its moves may read, and the rows that it adds to its history."""

    chart: Chart
    case: Case
    context: Mapping[str, object]
    posts: Posts
    calendars: Calendars
    actor: str
    is_past: bool = field(default=False, kw_only=True)
    history: list[Moved] = field(default_factory=list)
    children: list[Child] = field(default_factory=list)
    sends: list[Send] = field(default_factory=list)
    folded: dict[str, tuple[object, Clock]] = field(default_factory=dict)
    """The clocks as they were last folded, each with the events that it felt."""

    @property
    def state(self) -> State:
        return self.chart.states[self.case.state]

    @property
    def calendar(self) -> Calendar:
        """That of whoever holds the present step."""
        return self.calendar_of(self.case.holder, self.case.holder_unit)

    def calendar_of(self, staff: str | None, unit: str | None) -> Calendar:
        """That of somebody who would hold the present step in a unit."""
        if self.calendars.only_default:
            return self.calendars.default
        upward = tuple(above.code for above in self.posts.upward(unit or self.case.unit))
        return self.calendars.of(staff=staff, role=self.state.by, units=upward)

    @property
    def cited(self) -> str:
        """The calendars, with their versions, by which the case counts: the holder's for the step, that of
        the case's unit for the chart's clocks."""
        own = self.calendar
        if self.calendars.only_default or not self.chart.clocks:
            return own.cited
        units = tuple(above.code for above in self.posts.upward(self.case.unit))
        unit = self.calendars.of(units=units)
        return own.cited if unit is own else f"{own.cited} {unit.cited}"

    def moves(self, trigger: Trigger) -> tuple[Move, ...]:
        """The moves that leave the present state on a trigger."""
        return self.chart.moves_from(self.case.state, trigger)

    def names(self, at: datetime) -> Mapping[str, object]:
        """What conditions read."""
        return View(self.chart, self.case, self.context, at, self.calendar)

    def note(
        self,
        kind: Kind,
        at: datetime,
        *,
        state: str | None = None,
        to: str | None = None,
        move: str | None = None,
        message: str | None = None,
        code: str | None = None,
        lines: tuple[str, ...] = (),
        key: str | None = None,
        data: Mapping[str, object] | None = None,
    ) -> None:
        """Adds a row to the history."""
        row = Moved(
            kind,
            at,
            self.actor,
            state or self.case.state,
            to=to,
            move=move,
            level=self.case.level,
            holder=self.case.holder,
            message=message,
            code=code,
            lines=lines,
            key=key,
            data=data or {},
        )
        self.history.append(row)
