"""What is the value of a tree, given the values of its names? (a walk over the nodes)"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from crmflow.errors import FeelError
from crmflow.rules.feel import tree
from crmflow.rules.feel.builtins import BUILTINS, Builtin
from crmflow.rules.feel.coercion import belongs, invoke
from crmflow.rules.feel.iteration import item_at, iterated, steps
from crmflow.rules.feel.operations import (
    COMPARE,
    DIRECT,
    NEGATIONS,
    OPERATIONS,
    compare,
    equal,
    inside,
    ranked,
    unranked,
)
from crmflow.rules.feel.properties import PROPERTIES
from crmflow.rules.feel.steps import POWER_WEIGHT, Env, Steps, counted, spend
from crmflow.rules.feel.tree import INPUT, ITEM, PARTIAL, Node
from crmflow.rules.feel.types import null, number
from crmflow.rules.feel.values import READERS, Fields, Function, Items, RangeValue, read

Loop = tree.For | tree.Quantified

_PARTED: Final = (list, Mapping, RangeValue, Function)  # values that hold others


def evaluate(node: Node, env: Env) -> Any:
    """The value of a node. Raises FeelError CRM020 to CRM023 (limits), CRM110 (a foreign Python type)."""
    return WALK[type(node)](node, env)


def _literal(node: tree.Literal, env: Env) -> object:
    return node.value


def _variable(node: tree.Variable, env: Env) -> object:
    value = env.get(node.name)
    reader = READERS.get(type(value), read)
    if reader is None:
        return value
    value = reader(value)
    if type(value) is Items:
        spend(env, node, (value,))
    return value


def _negation(node: tree.Negation, env: Env) -> object:
    value = evaluate(node.operand, env)
    operation = NEGATIONS.get(type(value))
    return None if operation is None else operation(value)


def _arithmetic(node: tree.Arithmetic, env: Env) -> object:
    left = WALK[type(node.left)](node.left, env)
    right = WALK[type(node.right)](node.right, env)
    operation = OPERATIONS.get((node.operator, type(left), type(right)))
    if operation is None:
        return None
    if type(left) is str:
        spend(env, node, (left, right))
    elif node.operator == "**":
        spend(env, node, (left,), POWER_WEIGHT)
    return operation(left, right)


def _comparison(node: tree.Comparison, env: Env) -> bool | None:
    left = WALK[type(node.left)](node.left, env)
    right = WALK[type(node.right)](node.right, env)
    return _compared(node, node.operator, left, right, env)


def _compared(node: Node, operator: str, left: Any, right: Any, env: Env) -> bool | None:
    kind = type(left)
    if kind is type(right) and kind in DIRECT and (kind is not str or len(left) < 1000):
        return COMPARE[operator](left, right)
    spend(env, node, (left,))
    return compare(operator, left, right)


def _rank(node: tree.Rank, env: Env) -> object:
    return ranked(evaluate(node.operand, env), node.values)


def _by_rank(node: tree.ByRank, env: Env) -> object:
    places = [ranked(evaluate(argument, env), node.values) for argument in node.call.arguments]
    spend(env, node, places)
    return unranked(call(evaluate(node.call.function, env), places, node.call.names), node.values)


def _and(node: tree.And, env: Env) -> bool | None:
    """False as soon as one is false; null and what is not a boolean are unknown."""
    result: bool | None = True
    for operand in node.operands:
        value = WALK[type(operand)](operand, env)
        if value is False:
            return False
        if value is not True:
            result = None
    return result


def _or(node: tree.Or, env: Env) -> bool | None:
    result: bool | None = False
    for operand in node.operands:
        value = WALK[type(operand)](operand, env)
        if value is True:
            return True
        if value is not False:
            result = None
    return result


def _not(node: tree.Not, env: Env) -> bool | None:
    value = evaluate(node.operand, env)
    return not value if isinstance(value, bool) else None


def _between(node: tree.Between, env: Env) -> bool | None:
    """Null when one of the two comparisons is."""
    value = evaluate(node.value, env)
    above = _compared(node, ">=", value, evaluate(node.low, env), env)
    below = _compared(node, "<=", value, evaluate(node.high, env), env)
    return None if above is None or below is None else above and below


def _in(node: tree.In, env: Env) -> bool | None:
    value = evaluate(node.value, env)
    result: bool | None = False
    for test in node.tests:
        passed = passes(test, value, env)
        if passed is True:
            return True
        if passed is None:
            result = None
    return result


def passes(test: Node, value: object, env: Env) -> bool | None:
    """Whether a value passes one test of an `in` or of a cell."""
    if isinstance(test, tree.OperatorTest):
        return _compared(test, test.operator, value, evaluate(test.right, env), env)
    assert isinstance(test, tree.ValueTest)
    if test.reads_input:
        found = evaluate(test.expression, {**env, INPUT: value})
        return found if isinstance(found, bool) else None
    wanted = evaluate(test.expression, env)
    spend(env, test, (wanted,))
    if wanted is None and isinstance(test.expression, tree.Range):
        return None
    return matches(value, wanted)


def matches(value: object, wanted: object) -> bool | None:
    """Equal to what is wanted, inside its range, or in its list (DMN 1.5, table 55)."""
    if isinstance(wanted, RangeValue):
        return inside(value, wanted)
    if isinstance(wanted, list):
        if isinstance(value, list) and equal(value, wanted) is True:
            return True
        return any(matches(value, item) is True for item in wanted)
    return equal(value, wanted)


def _range(node: tree.Range, env: Env) -> RangeValue | None:
    low = None if node.low is None else evaluate(node.low, env)
    high = low if node.high is node.low else None if node.high is None else evaluate(node.high, env)
    if (node.low is not None and low is None) or (node.high is not None and high is None):
        return None
    if low is not None and high is not None and low is not high and compare("<=", low, high) is not True:
        return None
    if isinstance(low, _PARTED) or isinstance(high, _PARTED):
        return None
    return RangeValue(low, high, node.low_included, node.high_included, node.operator)


def _if(node: tree.If, env: Env) -> object:
    return evaluate(node.then if evaluate(node.condition, env) is True else node.otherwise, env)


def _for(node: tree.For, env: Env) -> Items | None:
    inner = bindings(node, env)
    if inner is None:
        return None
    partial = Items()
    for bound in inner:
        if not node.reads_partial:
            partial.append(evaluate(node.body, bound))
            continue
        value = evaluate(node.body, {**bound, PARTIAL: partial})
        if isinstance(value, _PARTED):  # it may hold the list, which therefore grows as a copy
            bound[Steps].spend(len(partial) // 8, node.start, node.end)
            partial = Items(partial)
        partial.append(value)
    return partial


def _quantified(node: tree.Quantified, env: Env) -> bool | None:
    """`every` is a three-valued and over all, `some` an or."""
    inner = bindings(node, env)
    if inner is None:
        return None
    result: bool | None = node.every
    for bound in inner:
        value = evaluate(node.body, bound)
        if value is not node.every and isinstance(value, bool):
            return value
        if not isinstance(value, bool):
            result = None
    return result


def bindings(node: Loop, env: Env) -> Iterator[dict[Any, Any]] | None:
    """An environment for each combination of the variables; None when the first source is none."""
    inner = counted(env)
    source = _source(node.iterations[0], inner)
    return None if source is None else _combined(node, 0, source, inner)


def _combined(
    node: Loop, place: int, source: Iterator[object], env: dict[Any, Any]
) -> Iterator[dict[Any, Any]]:
    """The combinations from the iteration at `place` on, whose values are `source`."""
    following = node.iterations[place + 1] if place + 1 < len(node.iterations) else None
    for value in source:
        env[Steps].turn(following or node.body, env)
        bound = {**env, node.iterations[place].name: value}
        if following is None:
            yield bound
        else:
            yield from _combined(node, place + 1, _source(following, bound) or iter(()), bound)


def _source(iteration: tree.Iteration, env: Env) -> Iterator[object] | None:
    source = evaluate(iteration.source, env)
    if iteration.high is not None:
        return steps(source, evaluate(iteration.high, env))
    return iterated(source)


def _path(node: tree.Path, env: Env) -> object:
    value = evaluate(node.operand, env)
    if type(value) is Items:
        spend(env, node, (value,))
    result = member(value, node.name)
    if type(result) is Items:
        spend(env, node, (result,))
    return result


def member(value: Any, name: str) -> Any:
    """A field of a context or a property; of a list, that of each item."""
    if type(value) is dict or isinstance(value, Mapping):
        return read(value.get(name))
    if isinstance(value, list):
        return Items([member(item, name) for item in value])
    property = PROPERTIES.get((type(value), name))
    return None if property is None else property(value)


def _filter(node: tree.Filter, env: Env) -> object:
    """With a number the item at that place, else the items for which the condition is true."""
    operand = evaluate(node.operand, env)
    if operand is None:
        return None
    items = operand if isinstance(operand, list) else [operand]
    if node.condition.type == number:
        return item_at(items, evaluate(node.condition, env))
    outer = counted(env)
    steps: Steps = outer[Steps]
    kept = []
    for item in items:
        steps.turn(node.condition, outer)
        inner = {**outer, ITEM: item, **item} if isinstance(item, Mapping) else {**outer, ITEM: item}
        value = evaluate(node.condition, inner)
        if type(value) is Decimal:
            return item_at(items, value)
        if value is True:
            kept.append(item)
    return Items(kept)


def _list(node: tree.ListOf, env: Env) -> Items:
    return Items([evaluate(item, env) for item in node.items])


def _context(node: tree.ContextOf, env: Env) -> Fields:
    values: dict[str, object] = {}
    inner = counted(env)
    inner[Steps].spend(1 + len(env) // 64, node.start, node.end)
    for entry in node.entries:
        inner[entry.name] = values[entry.name] = evaluate(entry.value, inner)
    return Fields(values)


def _builtin_name(node: tree.BuiltinName, env: Env) -> Builtin:
    return BUILTINS[node.name]


def _function(node: tree.FunctionOf, env: Env) -> Function:
    outer = counted(env)
    steps: Steps = outer[Steps]

    def call(*values: object) -> object:
        steps.turn(node.body, outer)
        return evaluate(node.body, {**outer, **dict(zip(node.parameters, values, strict=True))})

    return Function(node.parameters, node.parameter_types, call, 8 + len(outer) // 8)


def _call(node: tree.Call, env: Env) -> object:
    function = evaluate(node.function, env)
    values = [evaluate(argument, env) for argument in node.arguments]
    weight = function.weight if isinstance(function, Builtin) else 1
    spend(env, node, values, weight)
    try:
        return call(function, values, node.names, env.get(Steps))
    except RecursionError:
        raise FeelError("CRM022", node.start, node.end) from None


def call(function: object, values: list[object], names: tuple[str, ...] = (), steps: Any = None) -> object:
    """The result of any function; null for what is none."""
    match function:
        case Builtin():
            result = function.call(values, names, steps)
        case Function():
            result = invoke(function, values, names)
        case _:
            return None
    return Fields(result) if type(result) is dict else read(result)


def _instance_of(node: tree.InstanceOf, env: Env) -> bool:
    value = evaluate(node.operand, env)
    spend(env, node, (value,))
    return node.wanted == null if value is None else belongs(value, node.wanted)


WALK: Final[Mapping[type[Node], Callable[[Any, Any], Any]]] = {
    tree.Literal: _literal,
    tree.Variable: _variable,
    tree.Negation: _negation,
    tree.Arithmetic: _arithmetic,
    tree.Comparison: _comparison,
    tree.Rank: _rank,
    tree.And: _and,
    tree.Or: _or,
    tree.Not: _not,
    tree.Between: _between,
    tree.In: _in,
    tree.Range: _range,
    tree.If: _if,
    tree.For: _for,
    tree.Quantified: _quantified,
    tree.Path: _path,
    tree.Filter: _filter,
    tree.ListOf: _list,
    tree.ContextOf: _context,
    tree.BuiltinName: _builtin_name,
    tree.Call: _call,
    tree.ByRank: _by_rank,
    tree.FunctionOf: _function,
    tree.InstanceOf: _instance_of,
}
