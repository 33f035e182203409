"""What comes of one event or timer: the case, its history, the cases it opens, and the events it sends?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from crmflow.core.case import Case, Moved


@dataclass(frozen=True, slots=True)
class Child:
    """A case that another one opens: a branch of a parallel state, which begins at `state` of the same chart,
    or a sub-case of the chart `chart`, which begins at its start (`state` None).

    `branch` is its place with the parent, `depth` how many cases are above it; `data` it brings along.
    """

    chart: str
    key: str
    branch: str
    at: datetime
    depth: int
    state: str | None = None
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Send:
    """An event for others: for the parent (`branches` None), or for the open children at these places."""

    name: str
    at: datetime
    data: Mapping[str, object] = field(default_factory=dict)
    branches: tuple[str, ...] | None = None


class Step(NamedTuple):
    """A case after one event or timer, and the rows that this adds to its history, in order.

    `took_event` says whether the event was used up; if not, it was a timer and the event still waits.
    `children` are to be opened and `sends` to be delivered in the same transaction.
    """

    case: Case
    history: tuple[Moved, ...] = ()
    took_event: bool = False
    children: tuple[Child, ...] = ()
    sends: tuple[Send, ...] = ()
