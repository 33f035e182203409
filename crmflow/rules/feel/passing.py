"""How is it written in Python that a value lies between two others, or passes one of the tests of `in`?

None stands for a test that is left to the walk.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from crmflow.rules.feel import tree
from crmflow.rules.feel.code import ORDERED, Code
from crmflow.rules.feel.conditions import UNKNOWN, Condition, Let, Some, Test
from crmflow.rules.feel.tree import Node

if TYPE_CHECKING:
    from crmflow.rules.feel.emit import Emitter


def between(emitter: Emitter, node: tree.Between) -> Condition | None:
    """`value between low and high`."""
    value, low, high = (emitter.value(each) for each in (node.value, node.low, node.high))
    if value.kind not in ORDERED or not value.kind == low.kind == high.kind:
        return None
    return _inside(value, low, high, "<=", "<=")


def one_of(emitter: Emitter, node: tree.In) -> Condition | None:
    """`value in (test, test …)`."""
    value = emitter.value(node.value)
    if value.safe and value.text.isidentifier():
        return _some(emitter, node, value)
    variable = emitter.kept.variable()
    text = value.or_none if value.exact is None else value.inside
    held = replace(
        value, text=variable, guards=(f"{variable} is not None",), safe=True, exact=None, quiet=False
    )
    tests = _some(emitter, node, replace(held, whole=False, key=f"{value.key} in {variable}"))
    return None if tests is None else Let(variable, text, tests)


def _some(emitter: Emitter, node: tree.In, value: Code) -> Condition | None:
    """Any of the tests of a value in a variable."""
    tests = []
    for test in node.tests:
        condition = _passes(emitter, test, value)
        if condition is None:
            return None
        tests.append(condition)
    return Some(tests)


def _passes(emitter: Emitter, test: Node, value: Code) -> Condition | None:
    if isinstance(test, tree.OperatorTest):
        return emitter.compared(test.operator, value, emitter.value(test.right))
    assert isinstance(test, tree.ValueTest)
    if test.reads_input:
        return _reading(emitter, test, value)
    match test.expression:
        case tree.Literal():
            return emitter.compared("=", value, emitter.value(test.expression))
        case tree.Range():
            return _in_range(emitter, test.expression, value)
        case tree.ListOf():
            return _in_list(emitter, test.expression, value)
    return None


def _reading(emitter: Emitter, test: tree.ValueTest, value: Code) -> Condition:
    """A condition that reads `?`."""
    outer, emitter.input = emitter.input, value
    condition = emitter.condition(test.expression)
    emitter.input = outer
    return condition


def _in_range(emitter: Emitter, node: tree.Range, value: Code) -> Condition | None:
    low, high = (None if end is None else emitter.value(end) for end in (node.low, node.high))
    if value.kind not in ORDERED or any(end.kind != value.kind for end in (low, high) if end is not None):
        return None
    if low is None or high is None:
        sign, end = (">", low) if high is None else ("<", high)
        included = node.low_included if high is None else node.high_included
        return None if end is None else emitter.compared(sign + "=" * included, value, end)
    if node.low is node.high:
        return None
    inside = _inside(value, low, high, "<" + "=" * node.low_included, "<" + "=" * node.high_included)
    if low.literal is not None and high.literal is not None:
        return inside if low.literal <= high.literal else UNKNOWN
    return replace(inside, guards=(*inside.guards, f"{low.text} <= {high.text}"), key=None)


def _inside(value: Code, low: Code, high: Code, above: str, below: str) -> Test:
    inside = f"{low.text} {above} {value.text} {below} {high.text}"
    key = f"{low.key} {above} {value.key} {below} {high.key}"
    quiet = value.quiet and low.quiet and high.quiet
    guards = (*value.guards, *low.guards, *high.guards)
    return Test(inside, f"not {inside}", guards, key if quiet else None)


def _in_list(emitter: Emitter, node: tree.ListOf, value: Code) -> Condition | None:
    """In a list of constants of its own kind: never unknown."""
    items = [emitter.fold(each) for each in node.items]
    kinds = {None if each is None else each.kind for each in items}
    if value.kind in (None, "boolean") or not kinds <= {value.kind, "null"}:
        return None
    constants = [each.literal for each in items if each is not None]
    found = tuple(constants) if value.kind == "number" else frozenset(constants)
    slot = emitter.slots.constant(found, ("list", *map(repr, constants)))
    key = f"{value.key} in {slot}" if value.quiet else None
    return Test(f"{value.or_none} in {slot}", f"{value.or_none} not in {slot}", (), key)
