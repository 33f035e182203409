"""Which constant is a node that reads no name?"""

from __future__ import annotations

from typing import Final

from crmflow.errors import FeelError
from crmflow.rules.feel import tree
from crmflow.rules.feel.check import CLOCK
from crmflow.rules.feel.evaluate import evaluate
from crmflow.rules.feel.steps import Steps
from crmflow.rules.feel.tree import Node

FOLD_LIMIT: Final = 200  # steps; what takes more is left for when it is asked
_CONSTANT: Final = (tree.Literal, tree.Negation, tree.Arithmetic, tree.Call, tree.BuiltinName)


def folded(node: Node) -> tree.Literal | None:
    """The literal that a calculation with literals, or `date("2026-01-01")`, amounts to; else None."""
    if isinstance(node, tree.Literal):
        return node
    if not all(_is_constant(each) for each in tree.walk(node)):
        return None
    few = Steps()
    few.left = FOLD_LIMIT
    try:
        return tree.Literal(evaluate(node, {Steps: few}), start=node.start, end=node.end, type=node.type)
    except FeelError:
        return None


def _is_constant(node: Node) -> bool:
    if isinstance(node, tree.BuiltinName):
        return node.name not in CLOCK
    return isinstance(node, _CONSTANT)
