"""What does one event or timer do to a case? The case as it is by now, and what happened to it so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from crmflow.core.case import Case, CaseEvent, Moved
from crmflow.core.chart import Move
from crmflow.errors import WorkflowError
from crmflow.workflow.clock import Timer, blocked_key, next_timer
from crmflow.workflow.course import Course
from crmflow.workflow.escalation import late
from crmflow.workflow.form import fill
from crmflow.workflow.gates import applies, failing, reasons
from crmflow.workflow.holding import assign, place, staff_named
from crmflow.workflow.levels import level_above

AUTOMATIC = 100  # so many moves at one moment are a circle


@dataclass(frozen=True, slots=True)
class Step:
    """A case after one event or timer, and the rows that this adds to its history, in order.

    `took_event` says whether the event was used up; if not, it was a timer and the event still waits.
    """

    case: Case
    history: tuple[Moved, ...] = ()
    took_event: bool = False


class Turn(Course):
    """One turn of one case; `step` closes it."""

    def step(self, *, took_event: bool = False) -> Step:
        timer = next_timer(self.chart, self.case, self.posts)
        case = replace(self.case, due_at=timer.at if timer else None)
        return Step(case, tuple(self.history), took_event)

    # What sets a case in motion

    def open(self) -> None:
        at = self.case.opened_at
        self._enter(self.chart.start, at)
        self.note("opened", at, to=self.chart.start, key=self.case.key, data=self.case.data)
        self._arrived(at)
        self._settle(at)

    def fire(self, timer: Timer) -> None:
        """A late step, or an `after` move; where that may not go, the case stays and says why."""
        if timer.move is None:
            late(self, timer.at)
        elif reasons(timer.move, names := self.names(timer.at)):
            key = f"{self.case.key}|{blocked_key(timer.move)}:{self.case.entries[self.case.state]}"
            self._block([timer.move], names, timer.at, key=key)
        else:
            self._take(timer.move, timer.at)

    def receive(self, event: CaseEvent) -> None:
        if self.case.closed_at is not None:
            self._refuse("CRM515", event)
        elif event.name == "change":
            self._look_again(max(event.at, self.case.entered_at))
        elif event.at < self.case.entered_at:
            self._refuse("CRM517", event)
        elif event.name == "done":
            self._done(event)
        else:
            moves = [move for move in self.moves("event") if move.event == event.name]
            self._try(moves, event, event.data)

    # Events

    def _done(self, event: CaseEvent) -> None:
        barred = tuple(fact for fact in self.state.not_by if event.actor in staff_named(self, fact))
        if barred:
            return self._refuse("CRM510", event, barred)
        form = fill(self.state, event.data, self.names(event.at), self.calendar.zone)
        for code, fields in form.mistakes.items():
            self._refuse(code, event, fields)
        if not form.mistakes:
            self._try(self.moves("done"), event, form.values)

    def _try(self, moves: Sequence[Move], event: CaseEvent, data: Mapping[str, object]) -> None:
        """The first move that holds; where only gates are in the way, the data stay and the case waits."""
        if not moves:
            return self._refuse("CRM514", event, (event.name,))
        before = self.case
        self._keep(data)
        names = self.names(event.at)
        gated = [move for move in moves if applies(move, names)]
        for move in gated:
            if not failing(move, names):
                return self._take(move, event.at, data)
        if gated:
            return self._block(gated, names, event.at, data=data)
        self.case = before
        self._refuse("CRM516", event)

    def _look_again(self, at: datetime) -> None:
        """Facts have changed: `change` moves first, then blocked ones; then, is the holder still there?"""
        names = self.names(at)
        waiting = [move for move in self.chart.moves if blocked_key(move) in self.case.fired]
        for move in (*self.moves("change"), *waiting):
            if not reasons(move, names):
                return self._take(move, at)
        self.case = replace(self.case, blocked=_lines(waiting, names))
        assign(self, at)

    # Moves

    def _take(self, move: Move, at: datetime, data: Mapping[str, object] | None = None) -> None:
        self._move(move, at, data)
        self._settle(at)

    def _settle(self, at: datetime) -> None:
        """Follow the `enter` moves until none holds. Raises WorkflowError CRM502 for a circle."""
        path = [self.case.state]
        while (moves := self.moves("enter")) and len(path) <= AUTOMATIC:
            names = self.names(at)
            move = next((move for move in moves if not reasons(move, names)), None)
            if move is None:
                return
            self._move(move, at)
            path.append(self.case.state)
        if len(path) > AUTOMATIC:
            circle = " → ".join(_circle(path))
            raise WorkflowError(
                "CRM502", chart=self.chart.id, case=self.case.id, count=AUTOMATIC, cycle=circle
            )

    def _move(self, move: Move, at: datetime, data: Mapping[str, object] | None = None) -> None:
        left = self.case.state
        if move.up:
            above = level_above(self.chart, self.case.unit, self.case.level, self.posts)
            self.case = replace(self.case, level=above or self.case.level)
        self._enter(move.to, at)
        self.note("moved", at, state=left, to=move.to, move=move.id, data=data)
        self._arrived(at)

    def _enter(self, state: str, at: datetime) -> None:
        """Entries count; what was blocked in the state before is forgotten, late levels are not."""
        case = self.case
        self.case = replace(
            case,
            state=state,
            entered_at=at,
            entries={**case.entries, state: case.entries.get(state, 0) + 1},
            fired=tuple(key for key in case.fired if key.startswith("late:")),
            blocked=(),
        )
        place(self, at)

    def _arrived(self, at: datetime) -> None:
        if self.state.send is not None:
            key = f"{self.case.key}|sent:{self.case.state}:{self.case.entries[self.case.state]}"
            self.note("sent", at, message=self.state.send, key=key)
        if self.state.end:
            self.case = replace(self.case, closed_at=at)
            self.note("closed", at)

    # Small things

    def _keep(self, data: Mapping[str, object]) -> None:
        """Merge what was filled in; a channel counts as used in this state."""
        case, channel = self.case, data.get("channel")
        used = case.channels.get(case.state, ())
        if isinstance(channel, str) and channel not in used:
            case = replace(case, channels={**case.channels, case.state: (*used, channel)})
        self.case = replace(case, data={**case.data, **data})

    def _block(
        self,
        moves: Sequence[Move],
        names: Mapping[str, object],
        at: datetime,
        *,
        key: str | None = None,
        data: Mapping[str, object] | None = None,
    ) -> None:
        fired = dict.fromkeys((*self.case.fired, *(blocked_key(move) for move in moves)))
        self.case = replace(self.case, fired=tuple(fired))
        waiting = [move for move in self.chart.moves if blocked_key(move) in fired]
        self.case = replace(self.case, blocked=_lines(waiting, names))
        self.note("blocked", at, lines=self.case.blocked, key=key, data=data)

    def _refuse(self, code: str, event: CaseEvent, lines: tuple[str, ...] = ()) -> None:
        self.note("refused", event.at, code=code, lines=lines, data=event.data)


def _lines(moves: Iterable[Move], names: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for move in moves for line in reasons(move, names)))


def _circle(path: Sequence[str]) -> Sequence[str]:
    """The end of the path from the last time that it was where it is now."""
    earlier = [index for index, state in enumerate(path[:-1]) if state == path[-1]]
    return path[earlier[-1] :] if earlier else path
