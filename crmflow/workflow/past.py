"""What did a case live through before it came here? It is played through its chart, and nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from crmflow.core.calendars import Calendars
from crmflow.core.case import CaseEvent, Moved
from crmflow.core.chart import Chart, Move
from crmflow.core.post import Posts
from crmflow.errors import WorkflowError
from crmflow.workflow.branching import waits_for
from crmflow.workflow.clock import refold
from crmflow.workflow.due import next_timer
from crmflow.workflow.escalation import mark_of
from crmflow.workflow.gates import reasons
from crmflow.workflow.refusal import refusal
from crmflow.workflow.repeat import acknowledged
from crmflow.workflow.step import Child, Step
from crmflow.workflow.timer import Timer, blocked_key
from crmflow.workflow.turn import Turn

JOINED = "joined"


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that is told of a case's past: an event with its data, the state that it came to, or both,
    which then must agree."""

    at: datetime
    actor: str
    event: str | None = None
    state: str | None = None
    data: Mapping[str, object] = field(default_factory=dict)


class Unfit(Exception):
    """The chart does not allow what is told at a place; `reason` says why."""

    def __init__(self, place: int, reason: WorkflowError) -> None:
        self.place, self.reason = place, reason


class Past:
    """A case on its way through its past. With `timers` the chart's own timers happen on the way, as they
    would have; without, only what is told moves it."""

    def __init__(
        self,
        chart: Chart,
        opened: Step,
        *,
        context: Mapping[str, object],
        posts: Posts,
        calendars: Calendars,
        timers: bool,
    ) -> None:
        self.chart, self.context, self.posts, self.calendars = chart, context, posts, calendars
        self.timers = timers
        self.case = opened.case
        self._history = list(opened.history)
        self._children = list(opened.children)

    @property
    def history(self) -> list[Moved]:
        """What it would have sent is told as not sent; the key of it keeps it from being sent later."""
        return [row._replace(kind="unsent") if row.kind == "sent" else row for row in self._history]

    @property
    def children(self) -> list[Child]:
        """The cases that the present state waits for."""
        here = waits_for(self.chart.states[self.case.state]) if self.case.closed_at is None else ()
        return [child for child in self._children if child.branch in here]

    def live(self, told: Sequence[Told], now: datetime) -> None:
        """All that is told, oldest first, and then the time up to `now`. Raises Unfit."""
        for place, each in enumerate(told):
            try:
                self._pass_time(each.at)
                self._happen(each)
            except WorkflowError as error:
                raise Unfit(place, error) from error
        if self.timers:
            self._pass_time(now)
        else:
            self._forget_timers(now)

    def stood(self, since: datetime) -> None:
        """It came to its present state only then."""
        turn = self._turn("")
        turn.case = self.case.but(entered_at=since)
        refold(turn)
        self._keep(turn)

    def _happen(self, told: Told) -> None:
        """Raises WorkflowError CRM510–CRM517 and others as refused, CRM518, CRM519, CRM597."""
        if told.event is None and told.state is None:
            raise WorkflowError("CRM597", state=self.case.state)
        if told.event is None:
            self._come_to(told)
        elif told.event == JOINED:
            self._join(told)
        else:
            turn = self._turn(told.actor)
            turn.receive(CaseEvent(0, self.case.id, told.event, told.at, told.actor, told.data))
            refused = next((row for row in turn.history if row.kind == "refused"), None)
            if refused is not None:
                raise refusal(self.chart, refused, self.calendars.default.zone)
            self._keep(turn)
        if told.state is not None and told.state != self.case.state:
            raise WorkflowError("CRM518", event=told.event or "–", state=self.case.state, told=told.state)

    def _come_to(self, told: Told) -> None:
        """By the first move that leads there: what it asked for was seen to elsewhere."""
        if told.state is None or told.state == self.case.state:
            return
        move = next((each for each in self._moves() if told.state in (each.to, each.enters)), None)
        if move is None:
            raise WorkflowError("CRM519", state=self.case.state, told=told.state)
        self._take(move, told)

    def _join(self, told: Told) -> None:
        """What the state waited for has ended."""
        turn = self._turn(told.actor)
        turn.case = self.case.but(data={**self.case.data, **told.data})
        names = turn.names(told.at)
        moves = self.chart.moves_from(self.case.state, "joined")
        move = next((each for each in moves if not reasons(each, names)), None)
        if move is None:
            raise WorkflowError("CRM519", state=self.case.state, told=told.state or JOINED)
        self._take(move, told)

    def _moves(self) -> Iterator[Move]:
        return (move for move in self.chart.moves if self.case.state in move.sources)

    def _take(self, move: Move, told: Told) -> None:
        if told.at < self.case.entered_at or self.case.closed_at is not None:
            raise WorkflowError("CRM519", state=self.case.state, told=told.state or JOINED)
        turn = self._turn(told.actor)
        turn.case = self.case.but(data={**self.case.data, **told.data})
        if move.trigger == "done":
            turn.did(told.actor, told.at)
        turn.take(move, told.at, told.data)
        self._keep(turn)

    # time

    def _pass_time(self, until: datetime) -> None:
        while self.timers and (timer := self._due(until)) is not None:
            turn = self._turn("worker")
            turn.fire(timer)
            self._keep(turn)

    def _due(self, until: datetime) -> Timer | None:
        timer = next_timer(self._turn("worker"))
        return timer if timer is not None and timer.at <= until else None

    def _forget_timers(self, now: datetime) -> None:
        """What was due before is taken as dealt with elsewhere."""
        while (timer := self._due(now)) is not None:
            turn, fired = self._turn("worker"), self.case.fired
            if timer.move is not None:
                fired = (*fired, blocked_key(timer.move))
            elif timer.escalation is not None:
                mark = mark_of(turn, timer.escalation)
                repeated = timer.escalation.repeat is not None
                fired = (*fired, *(acknowledged([f"{mark}#"]) if repeated else [mark]))
            else:
                fired = tuple(key for key in fired if not key.startswith("looked:"))
            turn.case = self.case.but(fired=fired)
            self._keep(turn)

    # turns

    def _turn(self, actor: str) -> Turn:
        return Turn(self.chart, self.case, self.context, self.posts, self.calendars, actor, is_past=True)

    def _keep(self, turn: Turn) -> None:
        step = turn.step()
        self.case = step.case
        self._history += step.history
        self._children += step.children
