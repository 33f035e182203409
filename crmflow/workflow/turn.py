"""What does one event or timer do to a case? The case as it is by now, and what happened to it so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from crmflow.core.case import CaseEvent
from crmflow.core.chart import Move
from crmflow.core.escalation import Escalation
from crmflow.core.incident import OVER
from crmflow.workflow import branching
from crmflow.workflow.clock import happened, retarget
from crmflow.workflow.due import is_due, next_look
from crmflow.workflow.escalation import asked_again, escalate
from crmflow.workflow.form import fill
from crmflow.workflow.gates import applies, failing, reasons
from crmflow.workflow.holding import assign, barred_from, is_stranger
from crmflow.workflow.incident import is_grouped, let_go
from crmflow.workflow.late_event import is_late, recompute
from crmflow.workflow.passage import Passage
from crmflow.workflow.recount import recount
from crmflow.workflow.repeat import ACKNOWLEDGE, acknowledged, repeats
from crmflow.workflow.step import Step
from crmflow.workflow.timer import Timer, blocked_key, looked_key


class Turn(Passage):
    """One turn of one case; `step` closes it."""

    def step(self, *, took_event: bool = False) -> Step:
        if self.history:
            recount(self, self.history[-1].at)
        case, due_at, calendar = self.case, next_look(self), self.cited
        if (due_at, calendar) != (case.due_at, case.calendar):
            case = case.but(due_at=due_at, calendar=calendar)
        return Step(case, tuple(self.history), took_event, tuple(self.children), tuple(self.sends))

    # What sets a case in motion

    def fire(self, timer: Timer) -> None:
        """An escalation, or a move in time; where that may not go, the case stays and says why."""
        if timer.look:
            self._look_again(timer.at)
        elif timer.move is None:
            self._escalate(timer.escalation, timer.at)
        elif reasons(timer.move, names := self.names(timer.at)):
            key = f"{self.case.key}|{blocked_key(timer.move)}:{self.case.entries[self.case.state]}"
            self._block([timer.move], names, timer.at, key=key)
        else:
            self.take(timer.move, timer.at)
        retarget(self, timer.at)

    def receive(self, event: CaseEvent) -> None:
        if event.name == "joined":
            self._join(event)
        elif is_late(self, event):
            recompute(self, event)
        elif self.case.closed_at is not None:
            self._refuse("CRM515", event)
        elif event.name == "change":
            self._look_again(max(event.at, self.case.entered_at))
        elif is_grouped(self.case) and event.name in (OVER, "cancelled"):
            self._let_go(event)
        elif event.name == "cancelled":
            self._cancel(event)
        elif event.at < self.case.entered_at:
            self._refuse("CRM517", event)
        elif event.name == "done":
            self._done(event)
        elif self.case.trail.ahead:
            self._refuse("CRM556", event, (event.name,))
        else:
            moves = [move for move in self.moves("event") if move.event == event.name]
            if event.name == ACKNOWLEDGE and not moves and self.chart.repeats:
                return self._acknowledge(event)
            if happened(self, event.at, event.name) and not moves:
                self._keep(event.data)
            else:
                self._try(moves, event, event.data)
        retarget(self, max(event.at, self.case.entered_at))

    def look(self, at: datetime) -> None:
        """The tree or who is there has changed."""
        assign(self, at)

    # Events

    def _escalate(self, escalation: Escalation | None, at: datetime) -> None:
        """The case goes up, somebody is told, and it gets its event, where that moves it on."""
        if escalation is None or not escalate(self, escalation, at) or escalation.event is None:
            return
        moves = [move for move in self.moves("event") if move.event == escalation.event]
        if moves:
            self._try(moves, CaseEvent(0, self.case.id, escalation.event, at, self.actor), {})

    def _let_go(self, event: CaseEvent) -> None:
        """The incident is over, or was none: the case goes its own way again."""
        at = max(event.at, self.case.entered_at)
        let_go(self, at)
        moves = [move for move in self.moves("event") if move.event == OVER]
        if moves:
            self._try(moves, replace(event, name=OVER, at=at), {})

    def _done(self, event: CaseEvent) -> None:
        if barred := barred_from(self, event.actor):
            return self._refuse("CRM510", event, barred)
        if is_stranger(self, event.actor):
            return self._refuse("CRM567", event)
        if (step := self._left_before(event)) is not None:
            return self._refuse_second(event, step)
        form = fill(self.state, event.data, self.names(event.at), self.calendar.zone)
        for code, fields in form.mistakes.items():
            self._refuse(code, event, fields)
        if form.mistakes:
            return
        if branching.is_branch(self) or self.case.trail.ahead:
            self._keep(form.values)
            self.did(event.actor, event.at)
            end = self.onward if self.case.trail.ahead else self.close
            return end(event.at, form.values)
        self._try(self.moves("done"), event, form.values)

    def _left_before(self, event: CaseEvent) -> str | None:
        """The step that somebody means who comes too late for it: the one that is named, else of those
        whose form this is the one that was done last."""
        if event.step is not None:
            return event.step if event.step != self.case.state else None
        fields = {each.field.name for each in self.state.form}
        if not event.data or fields & event.data.keys():
            return None
        did = self.case.trail.did
        meant = [
            step.id
            for step in self.chart.states.values()
            if step.id in did and event.data.keys() <= {each.field.name for each in step.form}
        ]
        return max(meant, key=lambda step: did[step].at, default=None)

    def _refuse_second(self, event: CaseEvent, step: str) -> None:
        self._refuse("CRM553" if step in self.case.trail.did else "CRM554", event, (step,))

    # Cases that it opened, and that opened it

    def _join(self, event: CaseEvent) -> None:
        """What it waited for has ended. One that was cancelled, or was not waited for, needs no word."""
        open_here = self.case.closed_at is None and event.at >= self.case.entered_at
        if not open_here or not branching.joined(self, event):
            if not event.data.get("cancelled") and not self._goes_on_without(event):
                branch = event.data.get("branch")
                self._refuse("CRM557", event, (str(branch),) if branch else ())
            return
        if branching.complete(self):
            moves, names = self.moves("joined"), self.names(event.at)
            for move in moves:
                if not reasons(move, names):
                    return self.take(move, event.at)
            if moves:
                self._block(moves, names, event.at)

    def _goes_on_without(self, event: CaseEvent) -> bool:
        """Whether the chart never waits for this one, or needed no more of its kind."""
        opened = self.chart.states.get(str(event.data.get("branch")))
        return opened is not None and (opened.branch_of is not None or opened.opens is not None)

    def _cancel(self, event: CaseEvent) -> None:
        """By a move of the chart, where one fits; else it ends where it is."""
        at = max(event.at, self.case.entered_at)
        if self.case.trail.ahead:
            return self._refuse("CRM556", event, (event.name,))
        names = self.names(at)
        moves = [move for move in self.moves("event") if move.event == event.name]
        move = next((move for move in moves if not reasons(move, names)), None)
        if move is None:
            return self.cancel(at)
        self.take(move, at)

    def _acknowledge(self, event: CaseEvent) -> None:
        """The holder has seen it: what is repeated falls silent until the next escalation."""
        if self.case.holder not in (None, event.actor):
            return self._refuse("CRM561", event, (str(self.case.holder),))
        if not repeats(self.case.fired):
            return self._refuse("CRM562", event)
        self.case = self.case.but(fired=acknowledged(self.case.fired))
        self.note("acknowledged", event.at)

    def _try(self, moves: Sequence[Move], event: CaseEvent, data: Mapping[str, object]) -> None:
        """The first move that holds; where only gates are in the way, the data stay and the case waits."""
        if not moves:
            return self._refuse("CRM514", event, (event.name,))
        before = self.case
        self._keep(data)
        names = self.names(event.at)
        gated = [move for move in moves if applies(move, names)]
        if gated and event.name == "done":
            self.did(event.actor, event.at)
        for move in gated:
            if not failing(move, names):
                return self.take(move, event.at, data)
        if gated:
            return self._block(gated, names, event.at, data=data)
        self.case = before
        self._refuse("CRM516", event)

    def _look_again(self, at: datetime) -> None:
        """Facts have changed, or a day has begun: `change` moves first, then blocked ones, but for timers
        that have moved on; then, is the holder still there?"""
        names = self.names(at)
        if not self.case.trail.ahead:
            waiting = [move for move in self._blocked_moves() if is_due(self, move, at)]
            for move in (*self.moves("change"), *waiting):
                if not reasons(move, names):
                    return self.take(move, at)
            self._wait(waiting, names, at)
        assign(self, at)
        for escalation in asked_again(self, at):
            self._escalate(escalation, at)

    # Small things

    def _keep(self, data: Mapping[str, object]) -> None:
        """Merge what was filled in; a channel counts as used in this state."""
        case, channel = self.case, data.get("channel")
        used = case.channels.get(case.state, ())
        if isinstance(channel, str) and channel not in used:
            case = case.but(channels={**case.channels, case.state: (*used, channel)})
        self.case = case.but(data={**case.data, **data})

    def _block(
        self,
        moves: Sequence[Move],
        names: Mapping[str, object],
        at: datetime,
        *,
        key: str | None = None,
        data: Mapping[str, object] | None = None,
    ) -> None:
        waiting = [move for move in self.chart.moves if move in moves or move in self._blocked_moves()]
        self._wait(waiting, names, at)
        self.note("blocked", at, lines=self.case.blocked, key=key, data=data)

    def _blocked_moves(self) -> list[Move]:
        return [move for move in self.chart.moves if blocked_key(move) in self.case.fired]

    def _wait(self, moves: Sequence[Move], names: Mapping[str, object], at: datetime) -> None:
        """These moves wait until something changes; where the day alone may change it, the day counts."""
        if not moves and not self.case.blocked:
            return
        marks, lines = [blocked_key(move) for move in moves], _lines(moves, names)
        if not self.chart.dated.isdisjoint(lines):
            marks.append(looked_key(at.astimezone(self.calendar.zone).date()))
        others = (key for key in self.case.fired if not key.startswith(("blocked:", "looked:")))
        fired = tuple(dict.fromkeys((*others, *marks)))
        self.case = self.case.but(fired=fired, blocked=lines)

    def _refuse(self, code: str, event: CaseEvent, lines: tuple[str, ...] = ()) -> None:
        self.note("refused", event.at, code=code, lines=lines, data=event.data)


def _lines(moves: Iterable[Move], names: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for move in moves for line in reasons(move, names)))
