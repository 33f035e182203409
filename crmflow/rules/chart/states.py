"""Which states does a chart's file have, inner ones and the branches of parallel ones included, and where?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from crmflow.core.chart import Outer
from crmflow.rules.chart.shape import BranchShape, ChartShape, StateShape
from crmflow.rules.source import Path

OUTER_KEYS = frozenset({"en", "zh", "aliases", "states", "start", "history"})
"""What may stand in a state that has others inside."""


@dataclass(frozen=True, slots=True)
class Written:
    """A state that a case can be in, as it is written: `around` are the outer states, the innermost first;
    `branch_of` is the parallel state that it is a branch of."""

    id: str
    path: Path
    shape: StateShape
    around: tuple[str, ...] = ()
    branch_of: str | None = None


def written(shape: ChartShape) -> Iterator[Written]:
    """The states in the order of the file, a parallel state before its branches."""
    for id, state in shape.states.items():
        yield from _within(id, state, ("states", id), ())


def _within(id: str, shape: StateShape, path: Path, around: tuple[str, ...]) -> Iterator[Written]:
    if shape.states:
        for inner, each in shape.states.items():
            yield from _within(inner, each, (*path, "states", inner), (id, *around))
        return
    yield Written(id, path, shape, around)
    for branch, check in shape.parallel.items():
        yield Written(branch, (*path, "parallel", branch), _as_state(check), around, id)


def _as_state(branch: BranchShape) -> StateShape:
    return StateShape.model_construct(**dict(branch))


def outer_states(shape: ChartShape) -> dict[str, tuple[Path, StateShape]]:
    """The states that have others inside, by id."""
    found: dict[str, tuple[Path, StateShape]] = {}
    waiting: list[tuple[Path, StateShape]] = [(("states", id), each) for id, each in shape.states.items()]
    for path, state in waiting:
        if state.states:
            found[str(path[-1])] = (path, state)
            waiting += [((*path, "states", id), each) for id, each in state.states.items()]
    return found


def outers(shape: ChartShape, states: Mapping[str, Written]) -> dict[str, Outer]:
    """The outer states, each with all that is in it; without `start` a case begins in the first."""
    around = outer_states(shape)

    def first(id: str) -> str:
        """The innermost state in which a case begins that comes to this one."""
        seen = {id}
        while id in around:
            inner = around[id][1]
            id = inner.start if inner.start in inner.states else next(iter(inner.states))
            if id in seen:
                break
            seen.add(id)
        return id

    return {
        id: Outer(
            id,
            state.label(id),
            start=first(id),
            states=tuple(each.id for each in states.values() if id in each.around and not each.branch_of),
            history=state.history,
        )
        for id, (_, state) in around.items()
    }


def state_path(data: Mapping[str, Any], id: str) -> Path:
    """Where a state stands in the data of a chart's file: at the top, inside others, or as a branch."""
    waiting: list[tuple[Path, Any]] = [(("states",), data.get("states"))]
    for path, states in waiting:
        for name, state in states.items() if isinstance(states, Mapping) else ():
            if name == id:
                return (*path, name)
            if isinstance(state, Mapping):
                waiting += [((*path, name, key), state.get(key)) for key in ("states", "parallel")]
    return ("states", id)
