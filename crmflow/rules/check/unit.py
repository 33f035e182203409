"""Does a rule compare, add or sum up what is measured in different units?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from crmflow.core.diagnostic import Diagnostic
from crmflow.core.field import Field
from crmflow.rules.fact import FOLDS, IN_DAYS, Fact
from crmflow.rules.feel import Expression, tree
from crmflow.rules.feel.tree import INPUT, Node
from crmflow.rules.source import Document, Path
from crmflow.rules.vocabulary import Vocabulary, pack_of

SAME: Final = (
    {"day", "days", "天", "日"},
    {"month", "months", "月", "个月"},
    {"year", "years", "年"},
    {"hour", "hours", "h", "小时"},
    {"cny", "rmb", "yuan", "元"},
    {"l", "litre", "litres", "liter", "liters", "升"},
    {"kwh", "度", "千瓦时"},
    {"kva", "千伏安"},
)
"""Spellings of one unit."""
KEEPING: Final = frozenset({"min", "max", "sum", "mean", "median", "abs", "floor", "ceiling"})
"""Functions whose value has the unit of their arguments."""
OF_THE_SAME_UNIT: Final = frozenset({*FOLDS, "quantile", "median"} - {"count", "distinct", *IN_DAYS})

Units = Mapping[str, str]


def units_of(names: Vocabulary) -> dict[str, str]:
    """The unit of each canonical name that has one."""
    declared: dict[str, Field | Fact] = {**names.customer, **names.all_facts()}
    for kind in names.holdings.values():
        declared |= {f"{pack_of(kind.name)}.{name}": field for name, field in kind.fields.items()}
    return {name: each.unit for name, each in declared.items() if each.unit is not None}


@dataclass(frozen=True, slots=True)
class Mix:
    """Two sides of one expression in different units, and the characters where they meet."""

    one: str
    other: str
    start: int
    end: int

    def diagnostic(self, document: Document, path: Path, text: str) -> Diagnostic:
        parts = {"name": text[self.start : self.end], "one": self.one, "other": self.other}
        return document.diagnostic("CRM245", path, parts, inside=(self.start, self.end))


def mixes(expression: Expression, units: Units, column: Expression | None = None) -> Iterator[Mix]:
    """Where an expression, or the cell that tests a column, brings different units together."""
    if column is not None:
        unit = unit_of(column.tree, units)
        units = units if unit is None else {**units, INPUT: unit}
    for node in tree.walk(expression.tree):
        for one, other in _meetings(node):
            first, second = unit_of(one, units), unit_of(other, units)
            if first is not None and second is not None and not _same(first, second):
                at = other if isinstance(node, tree.In) else node
                yield Mix(first, second, at.start, at.end)


def unit_of(node: Node, units: Units) -> str | None:
    """The unit of a node's value, where it is known."""
    match node:
        case tree.Variable(name=name):
            return units.get(name)
        case tree.Negation(operand=operand):
            return unit_of(operand, units)
        case tree.Arithmetic(operator="+" | "-", left=left, right=right):
            return unit_of(left, units) or unit_of(right, units)
        case tree.Arithmetic(operator="*", left=tree.Literal(), right=side):
            return unit_of(side, units)
        case tree.Arithmetic(operator="*" | "/", left=side, right=tree.Literal()):
            return unit_of(side, units)
        case tree.If(then=then, otherwise=otherwise):
            return unit_of(then, units) or unit_of(otherwise, units)
        case tree.Call(function=tree.BuiltinName(name=name), arguments=arguments) if name in KEEPING:
            return next((unit for each in arguments if (unit := unit_of(each, units))), None)
    return None


def fact_unit(fact: Fact, names: Vocabulary, units: Units) -> str | None:
    """The unit that a fact's value has by what it is computed from, where that is clear."""
    if fact.formula is not None:
        return unit_of(fact.formula.tree, units)
    if fact.aggregate in IN_DAYS:
        return "day"
    if fact.aggregate not in OF_THE_SAME_UNIT:
        return None
    found = {field.unit for field in _folded(fact, names)}
    return found.pop() if len(found) == 1 else None


def differ(one: str | None, other: str | None) -> bool:
    """Whether both units are known and not the same."""
    return one is not None and other is not None and not _same(one, other)


def _folded(fact: Fact, names: Vocabulary) -> Iterator[Field]:
    """The fields that a fold reads: of the holdings it folds, or of the touchpoints that `where` names."""
    if fact.source is not None:
        kinds = [names.holdings[fact.source].fields]
    else:
        words = {
            str(node.value)
            for node in (tree.walk(fact.where.tree) if fact.where is not None else ())
            if isinstance(node, tree.Literal) and isinstance(node.value, str)
        }
        named = [kind for name, kind in names.touchpoints.items() if {name, name.partition(".")[2]} & words]
        kinds = [kind.fields for kind in named or names.touchpoints.values()]
    yield from (fields[fact.of] for fields in kinds if fact.of in fields)


def _meetings(node: Node) -> Iterator[tuple[Node, Node]]:
    """The pairs of values that a node compares or adds."""
    match node:
        case tree.Comparison(left=left, right=right) | tree.Arithmetic("+" | "-", left, right):
            yield left, right
        case tree.Between(value=value, low=low, high=high):
            yield from ((value, low), (value, high))
        case tree.In(value=value, tests=tests):
            yield from ((value, end) for test in tests for end in _ends(test))


def _ends(test: Node) -> Iterator[Node]:
    """What a test compares its input with."""
    match test:
        case tree.OperatorTest(right=right):
            yield right
        case tree.ValueTest(expression=tree.Range(low=low, high=high)):
            yield from (end for end in (low, high) if end is not None)
        case tree.ValueTest(expression=expression, reads_input=False):
            yield expression


def _same(one: str, other: str) -> bool:
    names = {one.casefold(), other.casefold()}
    return len(names) == 1 or any(names <= spellings for spellings in SAME)
