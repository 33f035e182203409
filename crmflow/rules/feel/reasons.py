"""Why is a value null? (each way to null, with what is to blame for it)"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from crmflow.errors import catalogue
from crmflow.rules.feel import tree, types
from crmflow.rules.feel.builtins import BUILTINS
from crmflow.rules.feel.evaluate import bindings, evaluate, passes
from crmflow.rules.feel.operations import OPERATIONS
from crmflow.rules.feel.steps import Env
from crmflow.rules.feel.tree import INPUT, Node
from crmflow.rules.feel.types import ContextType, FunctionType, ListType, RangeType, Scalar, Several, Type
from crmflow.rules.feel.values import type_of

OF_LISTS: Final = frozenset(
    ("min", "max", "sum", "mean", "median", "stddev", "product", "sort", "all", "any", "mode")
)
READ: Final = frozenset(("date", "time", "date and time", "duration", "number", "range"))  # of a text


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a value is null: an entry of the catalogue with its parts."""

    code: str
    parts: Mapping[str, object] = field(default_factory=dict)

    def text(self, language: str = "en") -> str:
        """The reason in a language, "en" or "zh"."""
        return catalogue()[self.code].say(language, self.parts)


Causes = Iterator[Reason]


def reasons(node: Node, env: Env, text: str) -> Causes:
    """What made a node null in an environment, in the order of its text. Raises FeelError like `evaluate`."""
    yield from _CAUSES[type(node)](node, env, text)


def _because(code: str, node: Node, text: str, **parts: object) -> Reason:
    return Reason(code, {"name": text[node.start : node.end] or INPUT, **parts})


def _blamed(env: Env, text: str, *nodes: Node | None) -> list[Reason]:
    """Why those of the nodes are null that are."""
    lacking = [each for each in nodes if each is not None and evaluate(each, env) is None]
    return [reason for each in lacking for reason in reasons(each, env, text)]


def _kinds(*values: object) -> Type:
    return Several(tuple(map(_kind, values)), ", ")


def _kind(value: object) -> Type:
    """The type of a value, in a word."""
    found = type_of(value)
    match found:
        case ListType():
            return Scalar("list")
        case ContextType():
            return Scalar("context")
        case FunctionType():
            return Scalar("function")
        case RangeType():
            return Scalar("range")
    return found


def _written(node: Node, env: Env, text: str) -> Causes:
    yield _because("CRM216", node, text)


def _name(node: Node, env: Env, text: str) -> Causes:
    yield _because("CRM031", node, text)


def _path(node: tree.Path, env: Env, text: str) -> Causes:
    yield from _blamed(env, text, node.operand) or [_because("CRM031", node, text)]


def _negation(node: tree.Negation, env: Env, text: str) -> Causes:
    found = _kind(evaluate(node.operand, env))
    wrong = _because("CRM115", node, text, operator="-", found=found)
    yield from _blamed(env, text, node.operand) or [wrong]


def _arithmetic(node: tree.Arithmetic, env: Env, text: str) -> Causes:
    left, right = evaluate(node.left, env), evaluate(node.right, env)
    if left is None or right is None:
        yield from _blamed(env, text, node.left, node.right)
    elif (node.operator, type(left), type(right)) not in OPERATIONS:
        yield _because("CRM115", node, text, operator=node.operator, found=_kinds(left, right))
    elif node.operator == "/" and not _size(right):
        yield _because("CRM215", node, text)
    else:
        yield _because("CRM032", node, text)


def _size(divisor: Any) -> object:
    """What a divisor counts: itself, nanoseconds or months."""
    return (
        getattr(divisor, "nanoseconds", None)
        or getattr(divisor, "total", None)
        or (divisor if isinstance(divisor, Decimal) else 0)
    )


def _compared(env: Env, text: str, node: Node, *operands: Node) -> Causes:
    found = _kinds(*(evaluate(each, env) for each in operands))
    yield from _blamed(env, text, *operands) or [_because("CRM033", node, text, found=found)]


def _comparison(node: tree.Comparison, env: Env, text: str) -> Causes:
    yield from _compared(env, text, node, _bare(node.left), _bare(node.right))


def _between(node: tree.Between, env: Env, text: str) -> Causes:
    yield from _compared(env, text, node, *map(_bare, (node.value, node.low, node.high)))


def _bare(node: Node) -> Node:
    return node.operand if isinstance(node, tree.Rank) else node


def _rank(node: tree.Rank, env: Env, text: str) -> Causes:
    found = _kind(evaluate(node.operand, env))
    yield from _blamed(env, text, node.operand) or [_because("CRM033", node, text, found=found)]


def _logic(node: tree.And | tree.Or, env: Env, text: str) -> Causes:
    for operand in node.operands:
        yield from _undecided(operand, env, text)


def _negated(node: tree.Not, env: Env, text: str) -> Causes:
    yield from _undecided(node.operand, env, text)


def _undecided(node: Node, env: Env, text: str) -> Causes:
    """Why a condition is neither true nor false."""
    value = evaluate(node, env)
    if value is None:
        yield from reasons(node, env, text)
    elif not isinstance(value, bool):
        yield _because("CRM119", node, text, found=_kind(value))


def _in(node: tree.In, env: Env, text: str) -> Causes:
    value = evaluate(node.value, env)
    if value is None and (blamed := _blamed(env, text, node.value)):
        yield from blamed
        return
    for test in node.tests:
        if passes(test, value, env) is None:
            yield from reasons(test, {**env, INPUT: value}, text)


def _operator_test(node: tree.OperatorTest, env: Env, text: str) -> Causes:
    value = tree.Variable(INPUT, start=node.start, end=node.start)
    yield from _compared(env, text, node, value, node.right)


def _value_test(node: tree.ValueTest, env: Env, text: str) -> Causes:
    if node.reads_input:
        yield from _undecided(node.expression, env, text)
        return
    value = tree.Variable(INPUT, start=node.start, end=node.start)
    yield from _compared(env, text, node, value, node.expression)


def _range(node: tree.Range, env: Env, text: str) -> Causes:
    yield from _blamed(env, text, node.low, node.high) or [_because("CRM217", node, text)]


def _if(node: tree.If, env: Env, text: str) -> Causes:
    chosen = node.then if evaluate(node.condition, env) is True else node.otherwise
    yield from reasons(chosen, env, text)


def _loop(node: tree.For | tree.Quantified, env: Env, text: str) -> Causes:
    first = node.iterations[0]
    inner = bindings(node, env)
    if inner is None:
        yield from _blamed(env, text, first.source, first.high) or [_because("CRM217", first, text)]
        return
    for bound in inner:
        yield from _undecided(node.body, bound, text)


def _filter(node: tree.Filter, env: Env, text: str) -> Causes:
    blamed = _blamed(env, text, node.operand)
    operand, index = evaluate(node.operand, env), None
    if not blamed and node.condition.type == types.number:
        index = evaluate(node.condition, env)
        blamed = _blamed(env, text, node.condition)
    items = operand if isinstance(operand, list) else [operand]
    there = isinstance(index, Decimal) and 1 <= abs(index) <= len(items)
    yield from blamed or [_because("CRM219" if there else "CRM035", node, text)]


def _call(node: tree.Call, env: Env, text: str) -> Causes:
    function = node.function
    values = [evaluate(each, env) for each in node.arguments]
    if not isinstance(function, tree.BuiltinName):
        yield from _blamed(env, text, function, *node.arguments) or [_because("CRM034", node, text)]
    elif None in values and (blamed := _blamed(env, text, *node.arguments)):
        yield from blamed
    else:
        yield _builtin(function.name, values, node, text)


def _by_rank(node: tree.ByRank, env: Env, text: str) -> Causes:
    yield from _call(node.call, env, text)


def _builtin(name: str, values: list[Any], node: tree.Call, text: str) -> Reason:
    """Why a builtin has no result for values that are not null."""
    builtin = BUILTINS[name]
    fitting = [each for each in builtin.signatures if each.arguments(values, node.names) is not None]
    items = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    if not fitting:
        return _because("CRM116", node, text, found=_kinds(*values), expected=builtin.usage)
    if name in READ and isinstance(values[0], str):
        return Reason("CRM117", {"found": values[0], "expected": name})
    if name in OF_LISTS and not items:
        return _because("CRM218", node, text)
    if name in OF_LISTS and None in items:
        return _because("CRM219", node, text)
    if name in OF_LISTS and len({type(each) for each in items}) > 1:
        return _because("CRM033", node, text, found=_kinds(*items[:2]))
    return _because("CRM118", node, text)


def _never(node: Node, env: Env, text: str) -> Causes:
    yield _because("CRM034", node, text)


_CAUSES: Final[Mapping[type[Node], Callable[[Any, Env, str], Causes]]] = {
    **dict.fromkeys(
        (tree.ListOf, tree.ContextOf, tree.FunctionOf, tree.InstanceOf, tree.BuiltinName), _never
    ),
    tree.Literal: _written,
    tree.Variable: _name,
    tree.Path: _path,
    tree.Negation: _negation,
    tree.Arithmetic: _arithmetic,
    tree.Comparison: _comparison,
    tree.Rank: _rank,
    tree.And: _logic,
    tree.Or: _logic,
    tree.Not: _negated,
    tree.Between: _between,
    tree.In: _in,
    tree.OperatorTest: _operator_test,
    tree.ValueTest: _value_test,
    tree.Range: _range,
    tree.If: _if,
    tree.For: _loop,
    tree.Quantified: _loop,
    tree.Filter: _filter,
    tree.Call: _call,
    tree.ByRank: _by_rank,
}
