"""Which moves can a case of a chart ever take, and by which of them does it come to a state?"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from crmflow.core.chart import Chart, Move, State


@dataclass(frozen=True, slots=True)
class Leg:
    """A move out of one of its states."""

    source: str
    move: Move

    def __str__(self) -> str:
        return f"{self.source} —{self.move.id}→ {self.move.to}"


Way = tuple[Leg, ...]


@dataclass(frozen=True, slots=True)
class Dead:
    """A move that is never taken out of `source`, because `before` always is; None: the state is an end."""

    source: str
    move: Move
    before: Move | None


@dataclass(frozen=True)
class Paths:
    """The ways through a chart, whatever its conditions say: each may hold, unless an earlier move without
    any is taken first."""

    chart: Chart

    @cached_property
    def live(self) -> Mapping[str, tuple[Move, ...]]:
        """By state, the moves that may be taken out of it."""
        dead = {(each.source, each.move.id) for each in self.dead}
        return {
            state: tuple(
                move
                for move in self.chart.moves
                if state in move.sources and (state, move.id) not in dead and move.to in self.chart.states
            )
            for state in self.chart.states
        }

    @cached_property
    def dead(self) -> tuple[Dead, ...]:
        """The moves that are never taken out of a state."""
        return tuple(each for state in self.chart.states for each in self._dead(state))

    def _dead(self, state: str) -> Iterator[Dead]:
        moves = [move for move in self.chart.moves if state in move.sources]
        if self.chart.states[state].end:
            yield from (Dead(state, move, None) for move in moves)
            return
        enters = [move for move in moves if move.trigger == "enter"]
        at_once = next(filter(always, enters), None)
        yield from _behind(state, enters)
        others = [move for move in moves if move.trigger != "enter"]
        if at_once is not None:
            yield from (Dead(state, move, at_once) for move in others)
            return
        waiting: dict[object, list[Move]] = {}
        for move in sorted(others, key=_length):
            waiting.setdefault(_awaited(state, move), []).append(move)
        for each in waiting.values():
            yield from _behind(state, each)

    @cached_property
    def reached(self) -> Mapping[str, Way]:
        """A shortest way from the start to each state that a case may come to."""
        return self.ways(self.chart.start)

    def ways(self, start: str, passes: Callable[[Leg], bool] = lambda leg: True) -> dict[str, Way]:
        """A shortest way from `start` to each state, over legs that `passes` lets pass."""
        found: dict[str, Way] = {start: ()}
        waiting = deque([start])
        while waiting:
            state = waiting.popleft()
            for move in self.live.get(state, ()):
                leg = Leg(state, move)
                if move.to not in found and passes(leg):
                    found[move.to] = (*found[state], leg)
                    waiting.append(move.to)
            for beside in self.beside(state):
                if beside not in found:
                    found[beside] = found[state]
                    waiting.append(beside)
        return found

    def beside(self, state: str) -> Iterator[str]:
        """The states to which no move leads from here, but a case comes to: the branches, the one that undoes
        the step, and where an undoing leads."""
        states = self.chart.states
        yield from states[state].branches
        if (undo := states[state].undo) in states:
            yield str(undo)
        if state in self.undoing:
            yield from (move.to for move in self.chart.moves if move.undo and move.to in states)

    @cached_property
    def undoing(self) -> frozenset[str]:
        """The states that undo others."""
        return frozenset(str(state.undo) for state in self.chart.states.values()) & self.chart.states.keys()

    def circles(self) -> Iterator[Way]:
        """Ways that lead back to where they begin at one and the same moment, each named once: moves on enter
        and timers of no length, none of which reads how often the case has been there."""
        said: set[str] = set()
        for start in self.reached:
            if start in said:
                continue
            ways: dict[str, Way] = {start: ()}
            waiting = deque([start])
            while waiting:
                state = waiting.popleft()
                for move in self.live.get(state, ()):
                    if not _at_once(move) or _ends_by_itself(move, self.chart):
                        continue
                    way = (*ways[state], Leg(state, move))
                    if move.to == start:
                        said |= {leg.source for leg in way}
                        if not all(always(leg.move) for leg in way):  # else the case never ends: CRM531
                            yield way
                        waiting.clear()
                        break
                    if move.to not in ways:
                        ways[move.to] = way
                        waiting.append(move.to)

    def around(self, steps: Set[str]) -> dict[str, Way]:
        """A shortest way from the start to each state that does none of these steps. A step somebody has to
        do is done by a move on `done`, one that waits by `joined`; any other by leaving it. A branch
        of which none may be missing is done with its state."""
        states = self.chart.states
        parents = {state: states[state].branch_of or state for state in steps}
        whole = {parent for step, parent in parents.items() if step == parent or _needs_all(states[parent])}
        worked = {state for state in whole if any(move.trigger in WORK for move in self.live.get(state, ()))}

        def passes(leg: Leg) -> bool:
            return leg.source not in whole or (leg.source in worked and leg.move.trigger not in WORK)

        return self.ways(self.chart.start, passes)


def _needs_all(state: State) -> bool:
    return state.join == len(state.branches)


WORK = ("done", "joined")
"""What ends the work of a state."""


def always(move: Move) -> bool:
    """Whether a move has no condition."""
    return move.when is None and not move.gates


def shown(way: Way, start: str) -> str:
    """A way as a reader follows it: `accept —accepted→ verify —verified→ review`."""
    return start + "".join(f" —{leg.move.id}→ {leg.move.to}" for leg in way)


def _behind(state: str, moves: list[Move]) -> Iterator[Dead]:
    """The moves behind one without a condition, or with the same condition as one before."""
    for n, move in enumerate(moves):
        before = next((each for each in moves[:n] if always(each) or _same(each, move)), None)
        if before is not None:
            yield Dead(state, move, before)


def _same(one: Move, other: Move) -> bool:
    """Whether two moves ask the same at the same moment."""
    if one.after != other.after or one.gates != other.gates:
        return False
    texts = [None if each.when is None else each.when.text for each in (one, other)]
    return texts[0] == texts[1]


def _length(move: Move) -> timedelta:
    return move.after or timedelta()


def _awaited(state: str, move: Move) -> object:
    """What a move waits for, the same for those of which the first that holds is taken: a timer of the state,
    or of the outer one, a moment, an event."""
    at = move.at
    if at is not None:
        return at.clock, at.share, at.offset, None if at.fact is None else at.fact.text
    return move.trigger, move.event, move.outer.get(state) if move.after is not None else None


COUNTS = frozenset({"entries", "channels used", "level", "escalations"})
"""What changes as a case goes round."""


def _at_once(move: Move) -> bool:
    return move.trigger == "enter" or (move.after is not None and not move.after)


def _ends_by_itself(move: Move, chart: Chart) -> bool:
    """Whether its conditions read what changes as the case goes round, be it through the chart's facts."""
    conditions = [line.when for gate in move.gates for line in gate.lines]
    read = set[str]().union(*(each.names for each in (*conditions, move.when) if each is not None))
    for name, fact in reversed(list(chart.facts.items())):
        if name in read:
            read |= fact.names
    return move.up or not read.isdisjoint(COUNTS)
