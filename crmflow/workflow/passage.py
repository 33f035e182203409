"""How does a case come from one state to the next, and what happens by itself when it is there?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from crmflow.core.chart import Move
from crmflow.core.trail import Done
from crmflow.errors import WorkflowError
from crmflow.workflow import branching, incident, nesting, undoing
from crmflow.workflow.clock import happened
from crmflow.workflow.course import Course
from crmflow.workflow.due import at_key
from crmflow.workflow.gates import reasons
from crmflow.workflow.holding import place
from crmflow.workflow.levels import level_above

AUTOMATIC = 100  # so many moves at one moment are a circle
BY_ITSELF = ("enter", "after", "at", "joined")


class Passage(Course):
    """Takes moves, ends cases, and does what states do when a case comes to them."""

    def begin(self, *, settles: bool = True) -> None:
        """Comes to the first state, and where `settles`, to wherever `enter` moves lead from there."""
        at = self.case.opened_at
        self._enter(self.case.state, at)
        self.note("opened", at, to=self.case.state, key=self.case.key, data=self.case.data)
        happened(self, at, "open", self.case.state)
        self._arrived(at)
        if settles:
            self._settle(at)

    def take(self, move: Move, at: datetime, data: Mapping[str, object] | None = None) -> None:
        """Raises WorkflowError CRM502 for a circle."""
        self._take(move, at, data)
        self._settle(at)

    def did(self, actor: str, at: datetime) -> None:
        """Somebody has done the present step."""
        happened(self, at, "done")
        trail = self.case.trail
        did = {**trail.did, self.case.state: Done(actor, at)}
        self.case = self.case.but(trail=replace(trail, did=did))

    def onward(self, at: datetime, data: Mapping[str, object] | None = None) -> None:
        """One step of an undoing is done: the next, or where it leads."""
        to = undoing.onward(self, at)
        if to == undoing.CLOSES:
            self.close(at, data, cancelled=True)
        else:
            self._go(to, at, data=data)
            self._settle(at)

    def cancel(self, at: datetime) -> None:
        """The case is no longer needed: what it opened is cancelled, what it did is undone, and it ends."""
        self.note("cancelled", at)
        branching.cancel_all(self, at)
        to = undoing.begin(self, at, undoing.CLOSES)
        if to == undoing.CLOSES:
            self.close(at, cancelled=True)
        else:
            self._go(to, at, cancels=False)
            self._settle(at)

    def close(
        self, at: datetime, data: Mapping[str, object] | None = None, *, cancelled: bool = False
    ) -> None:
        self.case = self.case.but(closed_at=at)
        self.note("closed", at, data=data)
        happened(self, at, "end")
        branching.tell_parent(self, at, self.case.data, cancelled=cancelled)
        incident.release_all(self, at)

    def _take(self, move: Move, at: datetime, data: Mapping[str, object] | None = None) -> None:
        if move.trigger in ("done", "joined"):
            undoing.remember(self)
        if (once := at_key(self, move)) is not None:
            self.case = self.case.but(fired=(*self.case.fired, once))
        to = nesting.target(self.chart, self.case, move)
        if move.undo:
            to = undoing.begin(self, at, to)
        if move.up:
            above = level_above(self.chart, self.case.unit, self.case.level, self.posts)
            self.case = self.case.but(level=above or self.case.level)
        self._go(to, at, move=move, data=data)

    def _settle(self, at: datetime) -> None:
        """Follow the `enter` moves, and undoings that need nobody, until none is left."""
        while self.case.closed_at is None:
            if self.case.trail.ahead:
                if self.state.by is not None or branching.waits_for(self.state):
                    return
                return self.onward(at)
            moves = self.moves("enter")
            if not moves:
                return
            names = self.names(at)
            move = next((move for move in moves if not reasons(move, names)), None)
            if move is None:
                return
            self._take(move, at)

    def _go(
        self,
        to: str,
        at: datetime,
        *,
        move: Move | None = None,
        data: Mapping[str, object] | None = None,
        cancels: bool = True,
    ) -> None:
        left = self.case.state
        if cancels:
            branching.cancel_needless(self, at)
        by_itself = move is None or move.trigger in BY_ITSELF
        path = (*self.case.trail.path, left) if by_itself and at == self.case.entered_at else ()
        if len(path) > AUTOMATIC:
            self._refuse_circle((*path, to))
        self._enter(to, at, move, path)
        self.note("moved", at, state=left, to=to, move=move.id if move else None, data=data)
        happened(self, at, *([move.id] if move else []), to, left=left)
        self._arrived(at)

    def _enter(self, state: str, at: datetime, move: Move | None = None, path: tuple[str, ...] = ()) -> None:
        """Entries count; what was blocked in the state before is forgotten, late levels are not."""
        case, trail = self.case, self.case.trail
        if self.chart.outers:
            trail = replace(trail, stays=nesting.stays(self.chart, case, state, at, move))
        if path != trail.path:
            trail = replace(trail, path=path)
        self.case = case.but(
            state=state,
            entered_at=at,
            entries={**case.entries, state: case.entries.get(state, 0) + 1},
            fired=nesting.kept(case, move, trail.stays),
            blocked=(),
            trail=trail,
        )
        place(self, at)

    def _arrived(self, at: datetime) -> None:
        state = self.state
        if state.send is not None:
            key = f"{self.case.key}|sent:{state.id}:{self.case.entries[state.id]}"
            self.note("sent", at, message=state.send, key=key)
        if state.branches or state.opens is not None:
            branching.open_children(self, at)
        elif state.by is None and not self.case.trail.ahead:
            undoing.remember(self)
        if state.end:
            self.close(at)

    def _refuse_circle(self, path: Sequence[str]) -> None:
        circle = " → ".join(_circle(path))
        raise WorkflowError("CRM502", chart=self.chart.id, case=self.case.id, count=AUTOMATIC, cycle=circle)


def _circle(path: Sequence[str]) -> Sequence[str]:
    """The circle in which a path ends, from where the path first came into it."""
    earlier = [index for index, state in enumerate(path[:-1]) if state == path[-1]]
    round = path[earlier[-1] :] if earlier else path
    begin = next(index for index, state in enumerate(path) if state in round)
    again = next((index for index in range(begin + 1, len(path)) if path[index] == path[begin]), len(path))
    return path[begin : again + 1]
