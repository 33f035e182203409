"""For which values of which quantities is a condition true, and for which is it false?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from fractions import Fraction
from typing import Any, Final

from crmflow.errors import FeelError
from crmflow.rules.feel import tree, types
from crmflow.rules.feel.evaluate import evaluate
from crmflow.rules.feel.fold import folded
from crmflow.rules.feel.tree import INPUT, Node
from crmflow.rules.feel.values import read, write
from crmflow.rules.index import Span, Taken
from crmflow.rules.logic.formula import (
    ALWAYS,
    FALSE,
    KNOWN,
    NEVER,
    NULL,
    TRUE,
    Formula,
    Leaf,
    Truth,
    every,
    one_of,
    opposite,
    point,
    some,
)
from crmflow.rules.logic.linear import ORDERS, Linear, Order, Sum, spelling, sum_of, value_of

FLIPPED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
_HOLDS: Final = {"less": ("<", "<=", "!="), "equal": ("=", "<=", ">="), "more": (">", ">=", "!=")}
_BINDERS: Final = (tree.For, tree.Quantified, tree.Filter, tree.FunctionOf, tree.ContextOf)


def substituted(node: Node, meanings: Mapping[str, Node]) -> Node:
    """The tree with some names in the place of which something else stands; what binds names stays."""
    if isinstance(node, tree.Variable):
        return meanings.get(node.name, node)
    if isinstance(node, _BINDERS):
        return node
    changed: dict[str, Any] = {}
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, Node):
            new: Any = substituted(value, meanings)
        elif isinstance(value, tuple) and any(isinstance(each, Node) for each in value):
            new = tuple(substituted(each, meanings) if isinstance(each, Node) else each for each in value)
        else:
            continue
        if new is not value:
            changed[field.name] = new
    made = replace(node, **changed) if changed else node
    return _settled(made) if isinstance(made, tree.If) else made


def _settled(node: tree.If) -> Node:
    """The branch that is taken, where the params alone decide it."""
    taken = truth(node.condition).true
    return node.then if taken == ALWAYS else node.otherwise if taken == NEVER else node


def _branches(node: Node) -> tuple[Node, Node, Node] | None:
    """Of a calculation with an `if` in it the condition, and the calculation with either branch."""
    match node:
        case tree.If(condition=condition, then=then, otherwise=otherwise):
            return condition, then, otherwise
        case tree.Arithmetic():
            if (left := _branches(node.left)) is not None:
                return left[0], replace(node, left=left[1]), replace(node, left=left[2])
            if (right := _branches(node.right)) is not None:
                return right[0], replace(node, right=right[1]), replace(node, right=right[2])
    return None


def constant(value: object, type: types.Type = types.any_) -> tree.Literal:
    """A value as a node."""
    return tree.Literal(read(value), start=0, end=0, type=type)


def truth(node: Node) -> Truth:
    """When a condition is true and when it is false."""
    match node:
        case tree.Literal(value=value):
            return TRUE if value is True else FALSE if value is False else NULL
        case tree.And(operands=operands):
            parts = [truth(each) for each in operands]
            return Truth(every(*(each.true for each in parts)), some(*(each.false for each in parts)))
        case tree.Or(operands=operands):
            return _any_of([truth(each) for each in operands])
        case tree.Not(operand=operand):
            return truth(operand).opposite
        case tree.Call(function=tree.BuiltinName(name="not"), arguments=(operand,)):
            return truth(operand).opposite
        case tree.If(condition=condition, then=then, otherwise=otherwise):
            return _chosen(truth(condition), truth(then), truth(otherwise))
        case tree.Comparison(operator=operator, left=left, right=right):
            return compared(operator, left, right)
        case tree.Between(value=value, low=low, high=high):
            return _between(value, low, high)
        case tree.In(value=value, tests=tests):
            return _any_of([_passed(test, value) for test in tests])
        case tree.Call(
            function=tree.BuiltinName(name="list contains"),
            arguments=(tree.ListOf(items=items), value),
            names=(),
        ):
            return _in_list(value, items)
    if node.type not in (types.boolean, types.any_):
        return NULL
    return Truth(Leaf(node, one_of([True])), Leaf(node, one_of([False])))


def _any_of(parts: list[Truth]) -> Truth:
    return Truth(some(*(each.true for each in parts)), every(*(each.false for each in parts)))


def _chosen(condition: Truth, then: Truth, otherwise: Truth) -> Truth:
    """A condition that is not true, null too, takes the other branch."""
    missed = opposite(condition.true)
    return Truth(
        some(every(condition.true, then.true), every(missed, otherwise.true)),
        some(every(condition.true, then.false), every(missed, otherwise.false)),
    )


def _between(value: Node, low: Node, high: Node, from_low: bool = True, to_high: bool = True) -> Truth:
    """Null when one of the two comparisons is."""
    above = compared(">=" if from_low else ">", value, low)
    below = compared("<=" if to_high else "<", value, high)
    known = [some(each.true, each.false) for each in (above, below)]
    return Truth(every(above.true, below.true), every(some(above.false, below.false), *known))


def _passed(test: Node, value: Node) -> Truth:
    """Whether a value passes one test of a cell or of an `in`."""
    match test:
        case tree.OperatorTest(operator=operator, right=right):
            return compared(operator, value, right)
        case tree.ValueTest(expression=expression, reads_input=True):
            return truth(substituted(expression, {INPUT: value}))
        case tree.ValueTest(expression=tree.Range() as range):
            return _in_range(value, range)
        case tree.ValueTest(expression=tree.ListOf(items=items)):
            return _in_list(value, items)
        case tree.ValueTest(expression=expression) if not _holds_others(expression):
            return compared("=", value, expression)
    asked = tree.In(value, (test,), start=test.start, end=test.end, type=types.boolean)
    return Truth(Leaf(asked, one_of([True])), Leaf(asked, one_of([False])))


def _holds_others(node: Node) -> bool:
    """Whether a value may be a list or range, which is not compared but looked into."""
    return isinstance(node.type, types.ListType | types.RangeType) or (
        node.type == types.any_ and folded(node) is None
    )


def _in_range(value: Node, range: tree.Range) -> Truth:
    if range.operator is not None and range.low is not None:
        return compared(range.operator, value, range.low)
    if range.low is None or range.high is None:
        if range.low is not None:
            return compared(">=" if range.low_included else ">", value, range.low)
        if range.high is not None:
            return compared("<=" if range.high_included else "<", value, range.high)
        return NULL
    found = _between(value, range.low, range.high, range.low_included, range.high_included)
    ordered = compared("<=", range.low, range.high).true  # else there is no such range
    return Truth(every(found.true, ordered), every(found.false, ordered))


def is_reversed(range: tree.Range) -> bool:
    """Whether a range of constants ends before it begins."""
    if range.low is None or range.high is None:
        return False
    low, high = folded(range.low), folded(range.high)
    return low is not None and high is not None and compared("<=", low, high) is not TRUE


def _in_list(value: Node, items: tuple[Node, ...]) -> Truth:
    """True when one item matches; else false, never null."""
    matched = _any_of([_passed(tree.ValueTest(each, False, start=0, end=0), value) for each in items])
    return Truth(matched.true, opposite(matched.true))


def compared(operator: str, left: Node, right: Node) -> Truth:
    """A comparison of two expressions."""
    if (found := _branches(left)) is not None:
        return _chosen(truth(found[0]), *(compared(operator, each, right) for each in found[1:]))
    if (found := _branches(right)) is not None:
        return _chosen(truth(found[0]), *(compared(operator, left, each) for each in found[1:]))
    here, there = folded(left), folded(right)
    if here is not None and there is not None:
        return _constant(tree.Comparison(operator, here, there, start=0, end=0))
    if here is not None:
        return compared(FLIPPED[operator], right, left)
    if isinstance(left, tree.Rank) or isinstance(right, tree.Rank):
        return _ranked(operator, left, right)
    if there is not None and there.value is None:
        return _null_test(operator, left)
    if there is not None and not isinstance(left, tree.Arithmetic | tree.Negation):
        return _beside(operator, left, write(there.value))
    return _linear(operator, left, right) or _ordered(operator, left, right) or _opaque(operator, left, right)


def _constant(node: Node) -> Truth:
    try:
        found = evaluate(node, {})
    except FeelError:
        return NULL
    return TRUE if found is True else FALSE if found is False else NULL


def _null_test(operator: str, quantity: Node) -> Truth:
    """`= null`; null is neither less nor more."""
    if operator not in ("=", "!="):
        return NULL
    found = Truth(is_null(quantity), is_known(quantity))
    return found if operator == "=" else found.opposite


def is_known(node: Node) -> Formula:
    """Where an expression has a value."""
    found = sum_of(node) if isinstance(node, tree.Arithmetic | tree.Negation) else None
    if found is not None and node not in found.parts:
        return every(*(Leaf(part, KNOWN) for part in found.parts))
    if isinstance(node, tree.Rank):
        return is_known(node.operand)
    return Leaf(node, KNOWN)


def is_null(node: Node) -> Formula:
    """Where an expression has none."""
    return opposite(is_known(node))


def _beside(operator: str, quantity: Node | Linear, end: object) -> Truth:
    """A quantity compared with a constant that is not null."""
    if isinstance(end, list | dict):
        assert isinstance(quantity, Node)
        return _opaque(operator, quantity, constant(end))
    match operator:
        case "=" | "!=":
            same = Truth(Leaf(quantity, one_of([end])), Leaf(quantity, Taken((point(end),), True, True)))
            return same if operator == "=" else same.opposite
        case "<" | "<=":
            span = Span(None, False, end, operator == "<=")
        case _:
            span = Span(end, operator == ">=", None, False)
    return Truth(Leaf(quantity, Taken((span,), False, False)), Leaf(quantity, Taken((span,), True, False)))


def _ranked(operator: str, left: Node, right: Node) -> Truth:
    """Values of an ordered enumeration, each asked in turn."""
    there = folded(right.operand) if isinstance(right, tree.Rank) else folded(right)
    if not isinstance(left, tree.Rank) or there is None:
        return _opaque(operator, left, right)
    place = (
        right.values.index(there.value)
        if isinstance(right, tree.Rank) and there.value in right.values
        else None
    )
    if isinstance(right, tree.Rank) and place is None:
        return NULL
    wanted = tree.Literal(read(place), start=0, end=0) if place is not None else there
    found = {
        value: evaluate(tree.Comparison(operator, constant(rank), wanted, start=0, end=0), {})
        for rank, value in enumerate(left.values)
    }
    sides = [one_of(value for value, truth in found.items() if truth is wanted) for wanted in (True, False)]
    return Truth(Leaf(left.operand, sides[0]), Leaf(left.operand, sides[1]))


def _linear(operator: str, left: Node, right: Node) -> Truth | None:
    """A comparison of sums: of their difference with zero. None for what has no sum."""
    one, other = sum_of(left), sum_of(right)
    if one is None or other is None or (left.type == types.date) != (right.type == types.date):
        return None
    found = _of_sum(operator, one.plus(other, Fraction(-1)), left)
    if found is None:
        return None
    known = [every(*(Leaf(each, KNOWN) for each in side.parts)) for side in (one, other)]
    return _where_known(operator, found, known[0], known[1])


def _where_known(operator: str, found: Truth, left: Formula, right: Formula) -> Truth:
    """A comparison that has this truth where both sides are known; null equals null alone."""
    true, false = every(left, right, found.true), every(left, right, found.false)
    if operator in ("=", "!="):
        both = every(opposite(left), opposite(right))
        one = some(every(opposite(left), right), every(left, opposite(right)))
        true, false = (
            some(true, both if operator == "=" else one),
            some(false, one if operator == "=" else both),
        )
    return Truth(true, false)


def _ordered(operator: str, left: Node, right: Node) -> Truth | None:
    """A comparison of two expressions of one ordered type; None for others."""
    plain = types.string if isinstance(left.type, types.Enumeration) else left.type
    other = types.string if isinstance(right.type, types.Enumeration) else right.type
    if plain != other or plain not in (*types.ORDERED, types.string):
        return None
    if spelling(left) > spelling(right):
        left, right, operator = right, left, FLIPPED[operator]
    wanted = [each for each in ORDERS if operator in _HOLDS[each]]
    quantity = Order(left, right)
    found = Truth(Leaf(quantity, one_of(wanted)), Leaf(quantity, one_of(set(ORDERS) - set(wanted))))
    return _where_known(operator, found, is_known(left), is_known(right))


def _of_sum(operator: str, found: Sum, left: Node) -> Truth | None:
    """The sum compared with zero."""
    if not found.parts:
        return _constant(
            tree.Comparison(operator, constant(value_of(found.constant, types.number)), _ZERO, start=0, end=0)
        )
    parts = sorted(found.parts.items(), key=lambda part: spelling(part[0]))
    first = parts[0][1]
    operator = FLIPPED[operator] if first < 0 else operator
    end = -found.constant / first
    if len(parts) == 1:
        value = value_of(end, parts[0][0].type)
        return None if value is None else _beside(operator, parts[0][0], value)
    quantity = Linear(tuple((node, factor / first) for node, factor in parts))
    value = value_of(end, types.number)
    return None if value is None else _beside(operator, quantity, value)


def _opaque(operator: str, left: Node, right: Node) -> Truth:
    """A comparison that is only true or false as a whole, whichever way round it is written."""
    if operator == "!=":
        return _opaque("=", left, right).opposite
    if operator in (">", "<="):
        return _opaque("<", right, left) if operator == ">" else _opaque("<", right, left).opposite
    if operator == ">=":
        return _opaque("<", left, right).opposite
    if operator == "=":
        left, right = sorted((left, right), key=spelling)
    asked = tree.Comparison(operator, left, right, start=left.start, end=right.end, type=types.boolean)
    return Truth(Leaf(asked, one_of([True])), Leaf(asked, one_of([False])))


_ZERO: Final = constant(0, types.number)
