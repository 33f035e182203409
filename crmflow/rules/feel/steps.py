"""How much work may loops and functions do? (outside of them the length of the text bounds it)"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from crmflow.errors import FeelError
from crmflow.rules.feel.tree import Node
from crmflow.rules.feel.values import size_of

STEP_LIMIT: Final = 1_000_000

Env = Mapping[Any, object]  # values by name and, under the key Steps, what loops and functions may still do


class Steps:
    """Counts down what one evaluation may still do."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = STEP_LIMIT

    def turn(self, body: Node) -> None:
        """One turn of a loop or one call of a function, which costs by the length of its text."""
        self.spend(1 + (body.end - body.start) // 16, body)

    def spend(self, steps: int, node: Node) -> None:
        """Raises FeelError CRM020 when nothing is left."""
        self.left -= steps
        if self.left < 0:
            raise FeelError("CRM020", node.start, node.end, limit=STEP_LIMIT)


def counted(env: Env) -> dict[Any, Any]:
    """An environment whose loops and functions share one count."""
    return {**env, Steps: env.get(Steps) or Steps()}


def spend(env: Env, node: Node, values: Iterable[object]) -> None:
    """Inside loops and functions, what goes through whole values costs by their size."""
    steps = env.get(Steps)
    if isinstance(steps, Steps):
        steps.spend(sum(map(size_of, values)), node)
