"""Which moves can a case of a chart ever take, and by which of them does it come to a state?"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from crmflow.core.chart import Chart, Move


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
        timers = sorted((move for move in others if move.after is not None), key=_length)
        yield from _behind(state, timers)
        events: dict[tuple[str, str | None], list[Move]] = {}
        for move in others:
            if move.trigger != "after":
                events.setdefault((move.trigger, move.event), []).append(move)
        for each in events.values():
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
        return found

    def around(self, steps: Set[str]) -> dict[str, Way]:
        """A shortest way from the start to each state that does none of these steps. A step somebody has to
        do is done by a move on `done`; any other by leaving it."""
        worked = {
            state for state in steps if any(move.trigger == "done" for move in self.live.get(state, ()))
        }

        def passes(leg: Leg) -> bool:
            return leg.source not in steps or (leg.source in worked and leg.move.trigger != "done")

        return self.ways(self.chart.start, passes)


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
