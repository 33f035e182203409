"""How does a rule look in the language of a peer? Its text is made from our typed tree.

No peer has FEEL's null, so each comparison is guarded where it stands; dates go in as days.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from crmflow.rules.feel import tree
from crmflow.rules.feel.dates import Date

EPOCH = date(1970, 1, 1)
FLIPPED = {"=": "==", "!=": "!="}


@dataclass(frozen=True)
class Infix:
    """A language of infix operators."""

    and_: str = " and "
    or_: str = " or "

    def text(self, node: tree.Node) -> str:
        """A condition that is true exactly where FEEL's is."""
        match node:
            case tree.And():
                return "(" + self.and_.join(map(self.text, node.operands)) + ")"
            case tree.Or():
                return "(" + self.or_.join(map(self.text, node.operands)) + ")"
            case tree.Comparison(left=left, right=right, operator=operator):
                said = f"{self.operand(left)} {FLIPPED.get(operator, operator)} {self.operand(right)}"
                return (
                    said if right == tree.Literal(None, start=0, end=0) else self.guarded(said, left, right)
                )
            case tree.Between(value=value, low=low, high=high):
                return self.within(value, low, "<=", high, "<=")
            case tree.In(value=value, tests=tests):
                return self.member(value, tests)
        raise NotImplementedError(node)

    def operand(self, node: tree.Node) -> str:
        match node:
            case tree.Variable():
                return node.name
            case tree.Arithmetic():
                return f"({self.operand(node.left)} {node.operator} {self.operand(node.right)})"
            case tree.Literal():
                return json.dumps(plain(node.value), ensure_ascii=False)
        raise NotImplementedError(node)

    def guarded(self, said: str, *nodes: tree.Node) -> str:
        guards = [f"{name} != null" for node in nodes for name in variables(node)]
        return "(" + self.and_.join([*guards, said]) + ")"

    def within(self, value: tree.Node, low: tree.Node, above: str, high: tree.Node, below: str) -> str:
        it = self.operand(value)
        low_end = f"{it} {above.replace('<', '>')} {self.operand(low)}"
        return self.guarded(f"{low_end}{self.and_}{it} {below} {self.operand(high)}", value)

    def member(self, value: tree.Node, tests: tuple[tree.Node, ...]) -> str:
        wanted = [test.expression for test in tests if isinstance(test, tree.ValueTest)]
        if isinstance(wanted[0], tree.Range):
            return self.within(value, *ends(wanted[0]))
        return f"{self.operand(value)} in [{', '.join(map(self.operand, wanted))}]"


class JsonLogic:
    """JSONLogic, as data."""

    def rule(self, node: tree.Node) -> object:
        match node:
            case tree.And():
                return {"and": [*map(self.rule, node.operands)]}
            case tree.Or():
                return {"or": [*map(self.rule, node.operands)]}
            case tree.Comparison(left=left, right=right, operator=operator):
                said = {
                    {"=": "===", "!=": "!=="}.get(operator, operator): [
                        self.operand(left),
                        self.operand(right),
                    ]
                }
                return (
                    said if right == tree.Literal(None, start=0, end=0) else self.guarded(said, left, right)
                )
            case tree.Between(value=value, low=low, high=high):
                return self.within(value, low, "<=", high, "<=")
            case tree.In(value=value, tests=tests):
                wanted = [test.expression for test in tests if isinstance(test, tree.ValueTest)]
                if isinstance(wanted[0], tree.Range):
                    return self.within(value, *ends(wanted[0]))
                return {"in": [self.operand(value), [*map(self.operand, wanted)]]}
        raise NotImplementedError(node)

    def operand(self, node: tree.Node) -> object:
        match node:
            case tree.Variable():
                return {"var": node.name}
            case tree.Arithmetic():
                return {node.operator: [self.operand(node.left), self.operand(node.right)]}
            case tree.Literal():
                return plain(node.value)
        raise NotImplementedError(node)

    def guarded(self, said: object, *nodes: tree.Node) -> object:
        names = [name for node in nodes for name in variables(node)]
        return {"and": [*({"!==": [{"var": name}, None]} for name in names), said]}

    def within(self, value: tree.Node, low: tree.Node, above: str, high: tree.Node, below: str) -> object:
        it = self.operand(value)
        low_end = {above.replace("<", ">"): [it, self.operand(low)]}
        return self.guarded({"and": [low_end, {below: [it, self.operand(high)]}]}, value)


class Durable:
    """Patterns of durable-rules, which match nothing where a field is missing."""

    def pattern(self, node: tree.Node) -> dict[str, Any]:
        match node:
            case tree.And():
                return {"$and": [*map(self.pattern, node.operands)]}
            case tree.Or():
                return {"$or": [*map(self.pattern, node.operands)]}
            case tree.Comparison(operator="=", right=tree.Literal(value=None)):
                return {"$and": [{"customer": 1}, {"$nex": {variable(node.left): 1}}]}
            case tree.Comparison(operator="!=", right=tree.Literal(value=None)):
                return {"$ex": {variable(node.left): 1}}
            case tree.Comparison(left=tree.Variable() as left, right=right, operator=operator):
                return self.present(right, self.compared(operator, left.name, self.operand(right)))
            case tree.Comparison(left=tree.Arithmetic() as left, right=right, operator=">"):
                return self.present(node, self.solved(left, right))
            case tree.Between(value=value, low=low, high=high):
                return self.within(variable(value), low, "<=", high, "<=")
            case tree.In(value=value, tests=tests):
                wanted = [test.expression for test in tests if isinstance(test, tree.ValueTest)]
                if isinstance(wanted[0], tree.Range):
                    return self.within(variable(value), *ends(wanted[0]))
                return {"$or": [{variable(value): self.operand(each)} for each in wanted]}
        raise NotImplementedError(node)

    def present(self, node: tree.Node, said: dict[str, Any]) -> dict[str, Any]:
        """A missing field counts as something inside a term, so it is asked for first."""
        asked = [{"$ex": {name: 1}} for name in variables(node)]
        return {"$and": [*asked, said]} if asked else said

    def compared(self, operator: str, name: str, operand: object) -> dict[str, Any]:
        words = {"!=": "$neq", "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}
        return {name: operand} if operator == "=" else {words[operator]: {name: operand}}

    def solved(self, left: tree.Arithmetic, right: tree.Node) -> dict[str, Any]:
        """`a + b > c` as `a > c - b`, `a - b > c` as `a > c + b`, `a * 12 > b` as `a > b - a * 11`."""
        name, other = variable(left.left), self.operand(left.right)
        match left.operator:
            case "+":
                return self.compared(">", name, _term("$sub", self.operand(right), other))
            case "-":
                return self.compared(">", name, _term("$add", other, self.operand(right)))
        assert isinstance(other, int)
        rest = _term("$mul", {"$m": name}, other - 1)
        return self.compared(">", name, _term("$sub", self.operand(right), rest))

    def operand(self, node: tree.Node) -> Any:
        match node:
            case tree.Variable():
                return {"$m": node.name}
            case tree.Arithmetic(operator="*"):
                return _term("$mul", self.operand(node.left), self.operand(node.right))
            case tree.Literal():
                return plain(node.value)
        raise NotImplementedError(node)

    def within(self, name: str, low: tree.Node, above: str, high: tree.Node, below: str) -> dict[str, Any]:
        return {
            "$and": [
                self.compared(above.replace("<", ">"), name, self.operand(low)),
                self.compared(below, name, self.operand(high)),
            ]
        }


def _term(operator: str, left: object, right: object) -> dict[str, Any]:
    return {operator: {"$l": left, "$r": right}}


def ends(range: tree.Range) -> tuple[tree.Node, str, tree.Node, str]:
    """Both ends of a range with the sign that each stands behind."""
    assert range.low is not None
    assert range.high is not None
    signs = ["<=" if included else "<" for included in (range.low_included, range.high_included)]
    return range.low, signs[0], range.high, signs[1]


def variable(node: tree.Node) -> str:
    assert isinstance(node, tree.Variable)
    return node.name


def variables(node: tree.Node) -> Iterator[str]:
    if isinstance(node, tree.Variable):
        yield node.name
    for child in tree.children(node):
        yield from variables(child)


def plain(value: object) -> object:
    """A literal as JSON has it; a date as days."""
    match value:
        case Decimal():
            return int(value) if value == int(value) else float(value)
        case Date():
            return (date(value.year, value.month, value.day) - EPOCH).days
    return value
