"""How is a condition written as a pattern of durable-rules, so that null and `not` mean what FEEL says?

Every field comes with a flag that says whether it is null, and no pattern asks for a field that is missing.
A condition is true or not; what is unknown is not true.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from crmflow.rules.durable.linear import Field, Linear, LinearReader, refuse
from crmflow.rules.feel import tree, types
from crmflow.rules.feel.tree import Node
from crmflow.rules.infer.body import variables_of

Json = Any
TESTS: Final[Mapping[str, str]] = {
    "!=": "$neq", "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte",
}  # fmt: skip
NEGATED: Final = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
TURNED: Final = {"=": "=", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Comparison:
    """`sum operator 0`. With `with_null` null is a value of its own, else every field must be known."""

    sum: Linear
    operator: str
    with_null: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """Whether a field is null or is not."""

    field: Field
    null: bool


@dataclass(frozen=True, slots=True)
class Junction:
    """All or one of several tests; none of them: true, or false."""

    all: bool
    tests: tuple[Test, ...]


Test = Comparison | Known | Junction
TRUE: Final = Junction(True, ())
FALSE: Final = Junction(False, ())


@dataclass(frozen=True, slots=True)
class TestReader:
    """The test that is true exactly where a condition is (or, turned round, where it is false)."""

    read: LinearReader

    def of(self, node: Node, holds: bool = True) -> Test:
        """Raises FeelError CRM269."""
        if not variables_of(node, self.read.variables):
            return TRUE if self.read.value(node) is holds else FALSE
        match node:
            case tree.And(operands=operands):
                return Junction(holds, tuple(self.of(each, holds) for each in operands))
            case tree.Or(operands=operands):
                return Junction(not holds, tuple(self.of(each, holds) for each in operands))
            case (
                tree.Not(operand=operand)
                | tree.Call(function=tree.BuiltinName(name="not"), arguments=(operand,))
            ):
                return self.of(operand, not holds)
            case tree.Comparison():
                return self._comparison(node, node.operator if holds else NEGATED[node.operator], holds)
            case tree.Between(value=value, low=low, high=high):
                return self._both(((value, ">=", low), (value, "<=", high)), holds)
            case tree.In(value=value, tests=tests):
                return Junction(not holds, tuple(self._in(value, each, holds) for each in tests))
        if node.type == types.boolean and (field := self.read.field(node)) is not None:
            return Comparison(Linear({field: 1}, -1 if holds else 0), "=")
        self.read.of(node)
        refuse(node, str(node.type))

    def equality(self, one: Node, other: Node) -> Comparison:
        """That two known values are equal."""
        return self._compared(one, "=", other)

    def _both(self, each: Sequence[tuple[Node, str, Node]], holds: bool) -> Test:
        """All of several comparisons; false only where all are known."""
        if holds:
            return Junction(True, tuple(self._compared(*one) for one in each))
        known = tuple(
            Known(field, False) for one in each for side in (one[0], one[2])
            for field in self.read.of(side).factors if field.may_be_null
        )  # fmt: skip
        denied = tuple(self._compared(left, NEGATED[sign], right) for left, sign, right in each)
        return Junction(True, (*known, Junction(False, denied)))

    def _compared(self, left: Node, operator: str, right: Node) -> Comparison:
        if {left.type, right.type} == {types.date, types.date_time}:
            refuse(left, "date / date and time")
        if operator in ("=", "!=") and types.date_time in (left.type, right.type):
            refuse(left, f"{operator} date and time")  # FEEL compares whole seconds
        one, other = self.read.of(left), self.read.of(right)
        sum = one.plus(other, -1)
        for field in one.factors.keys() | other.factors.keys():
            if field not in sum.factors:  # whether it is null would no longer be asked
                refuse(left, f"{field.path[-1]} - {field.path[-1]}")
        for variable in {field.variable for field in sum.factors}:  # each side can be asked for
            if not any(
                abs(factor) == 1 for field, factor in sum.factors.items() if field.variable == variable
            ):
                refuse(left, "*")
        return Comparison(sum, operator)

    def _comparison(self, node: tree.Comparison, operator: str, holds: bool) -> Test:
        """`=` and `!=` ask nulls too: null equals null, and nothing else."""
        if node.operator not in ("=", "!="):
            return self._compared(node.left, operator, node.right)
        for one, other in ((node.left, node.right), (node.right, node.left)):
            if not variables_of(other, self.read.variables) and self.read.value(other) is None:
                field = self.read.field(one)
                if field is None:
                    refuse(node, "null")
                if not field.may_be_null:
                    return FALSE if operator == "=" else TRUE
                return Known(field, operator == "=")
        compared = self._compared(node.left, operator, node.right)
        plain = all(
            self.read.field(side) is not None or not variables_of(side, self.read.variables)
            for side in (node.left, node.right)
        )
        if not plain:
            refuse(node, f"{node.operator} of a sum")
        return Comparison(compared.sum, operator, with_null=True)

    def _in(self, value: Node, test: Node, holds: bool) -> Test:
        read = self.read
        match test:
            case tree.OperatorTest(operator=operator, right=right):
                return self._comparison_of(value, operator, right, holds)
            case tree.ValueTest(expression=tree.ListOf(items=items)):
                return Junction(
                    not holds, tuple(self._comparison_of(value, "=", item, holds) for item in items)
                )
            case tree.ValueTest(expression=tree.Range() as range):
                ends = []
                if range.low is not None:
                    ends.append((value, ">=" if range.low_included else ">", range.low))
                if range.high is not None:
                    ends.append((value, "<=" if range.high_included else "<", range.high))
                return self._both(ends, holds)
            case tree.ValueTest(expression=expression, reads_input=False) if not variables_of(
                expression, read.variables
            ) and not isinstance(expression.type, types.ListType | types.RangeType):
                return self._comparison_of(value, "=", expression, holds)
        refuse(test, "in")

    def _comparison_of(self, value: Node, operator: str, right: Node, holds: bool) -> Test:
        node = tree.Comparison(operator, value, right, start=right.start, end=right.end, type=types.boolean)
        return self._comparison(node, operator if holds else NEGATED[operator], holds)


def fields_of(test: Test) -> frozenset[Field]:
    """The fields that a test asks for."""
    match test:
        case Comparison(sum=sum):
            return frozenset(sum.factors)
        case Known(field=field):
            return frozenset({field})
    return frozenset().union(*(fields_of(each) for each in test.tests))


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes tests about one message as JSON; `column` names a field's value, its flag and its null mark."""

    column: Callable[[Field, str], str]

    def alpha(self, test: Test) -> Json:
        """A test of a message's own fields."""
        match test:
            case Known(field=field, null=null):
                return {self.column(field, "n"): int(null)}
            case Comparison():
                flags = (
                    []
                    if test.with_null
                    else [Known(field, False) for field in test.sum.factors if field.may_be_null]
                )
                asked = self.asked(test, lambda field, column: {"$m": column})
                return _joined("$and", [asked, *(self.alpha(flag) for flag in flags)])
        if not test.tests:
            return {"z": 0 if test.all else 1}
        return _joined("$and" if test.all else "$or", [self.alpha(each) for each in test.tests])

    def asked(self, test: Comparison, refer: Callable[[Field, str], Json], own: Field | None = None) -> Json:
        """`field operator rest`, solved for the message's field `own`, or one whose factor is 1 or -1."""
        prefix = "q" if test.with_null else "v"
        left = own or next(each for each, factor in test.sum.factors.items() if abs(factor) == 1)
        factor = test.sum.factors[left]
        rest = test.sum.plus(Linear({left: factor}), -1).times(-factor)
        operator = test.operator if factor == 1 else TURNED[test.operator]
        right: Json = None
        for field, each in rest.factors.items():
            term = refer(field, self.column(field, prefix))
            term = term if abs(each) == 1 else {"$mul": {"$l": term, "$r": abs(each)}}
            if right is None:
                right = term if each > 0 else {"$sub": {"$l": 0, "$r": term}}
            else:
                right = {"$add" if each > 0 else "$sub": {"$l": right, "$r": term}}
        if right is None:
            right = rest.constant
        elif rest.constant:
            right = {"$add": {"$l": right, "$r": rest.constant}}
        asked = {self.column(left, prefix): right}
        return asked if operator == "=" else {TESTS[operator]: asked}


def _joined(word: str, parts: list[Json]) -> Json:
    return parts[0] if len(parts) == 1 else {word: parts}
