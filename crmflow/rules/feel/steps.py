"""How much work may one evaluation do? (where it has no loop, call or context its length bounds it)"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from crmflow.errors import FeelError
from crmflow.rules.feel.tree import Node
from crmflow.rules.feel.values import size_of

STEP_LIMIT: Final = 1_000_000  # a step is about as much as reading a name and adding to it: 1 or 2 µs
POWER_WEIGHT: Final = 100

Env = Mapping[Any, object]  # values by name and, under the key Steps, what the evaluation may still do


class Steps:
    """Counts down what one evaluation may still do."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Begins anew, with the next expression."""
        self.left = STEP_LIMIT

    def turn(self, body: Node, env: Env) -> None:
        """One turn of a loop or one call of a function, which costs by its text and by the copied names."""
        self.spend(4 + (body.end - body.start) // 4 + len(env) // 32, body.start, body.end)

    def spend(self, steps: int, start: int = 0, end: int = 0) -> None:
        """Raises FeelError CRM020 when nothing is left."""
        self.left -= steps
        if self.left < 0:
            raise FeelError("CRM020", start, end, limit=STEP_LIMIT)


def counted(env: Env) -> dict[Any, Any]:
    """A copy of an environment whose loops, calls and contexts share one count."""
    return {**env, Steps: env.get(Steps) or Steps()}


def spend(env: Env, node: Node, values: Iterable[object], weight: int = 1) -> None:
    """What goes through whole values costs by their size, each part of it `weight` steps."""
    steps = env.get(Steps)
    if isinstance(steps, Steps):
        steps.spend(sum(map(size_of, values)) * weight, node.start, node.end)
