"""Which sum of fields and whole factors is an expression, and what is a value as a whole number?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, NoReturn

from crmflow.errors import FeelError, RuleFileError
from crmflow.rules.feel import Type, tree, types
from crmflow.rules.feel.dates import Date, DateTime
from crmflow.rules.feel.durations import DAY, DaysDuration
from crmflow.rules.feel.evaluate import evaluate
from crmflow.rules.feel.tree import Node
from crmflow.rules.infer.body import variables_of
from crmflow.rules.infer.kind import PLACE, Kind

LIMIT: Final = 2**56  # so that sums stay inside 64 bits
MICROSECOND: Final = 1000
ENCODED: Final = frozenset(
    {types.number, types.boolean, types.date, types.date_time, types.days_duration, types.string}
)


SUMS: Final = ENCODED - {types.string, types.boolean}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a variable's thing, or of the thing's customer; `path` is empty of a plain value."""

    variable: str
    path: tuple[str, ...] = ()

    @property
    def may_be_null(self) -> bool:
        return self.path not in ((), (PLACE,))


@dataclass(frozen=True, slots=True)
class Linear:
    """The sum of fields, each with a whole factor, and a constant."""

    factors: Mapping[Field, int]
    constant: int = 0

    def plus(self, other: Linear, sign: int = 1) -> Linear:
        factors = dict(self.factors)
        for each, factor in other.factors.items():
            factors[each] = factors.get(each, 0) + sign * factor
        return Linear({each: factor for each, factor in factors.items() if factor},
                      self.constant + sign * other.constant)  # fmt: skip

    def times(self, factor: int) -> Linear:
        return Linear({each: factor * own for each, own in self.factors.items()}, self.constant * factor)


@dataclass(slots=True)
class Encoding:
    """Values as whole numbers: of the last decimal, of microseconds, and one for each text."""

    scale: int = 0
    texts: dict[str, int] = field(default_factory=dict)

    def of(self, value: object) -> int:
        """Raises RuleFileError CRM271 for what does not fit."""
        number = self._of(value)
        if number is None or abs(number) >= LIMIT:
            raise RuleFileError("CRM271", reason=f"{value} is no whole number of 56 bits")
        return number

    def _of(self, value: object) -> int | None:
        match value:
            case bool() | int():
                return int(value)
            case Decimal():
                scaled = value.scaleb(self.scale) if value.adjusted() + self.scale < 20 else None
                return int(scaled) if scaled is not None and scaled == int(scaled) else None
            case str():
                return self.texts.setdefault(value, len(self.texts))
            case Date():
                return value.ordinal * DAY // MICROSECOND
            case DateTime(zoned=True) if value.instant % MICROSECOND == 0:
                return value.instant // MICROSECOND
            case DaysDuration() if value.nanoseconds % MICROSECOND == 0:
                return value.nanoseconds // MICROSECOND
        return None


def decimals(value: object) -> int:
    """How many decimals a number has."""
    if not isinstance(value, Decimal) or isinstance(value.as_tuple().exponent, str):
        return 0
    return max(0, -int(value.normalize().as_tuple().exponent))


@dataclass(frozen=True, slots=True)
class LinearReader:
    """Reads the expressions of one rule. Raises FeelError CRM269 for what is no sum."""

    variables: Mapping[str, Type]
    constants: Mapping[str, object]
    encode: Callable[[Any], int]

    def of(self, node: Node) -> Linear:
        if not variables_of(node, self.variables):
            return self._constant(node)
        if (found := self.field(node)) is not None:
            if not isinstance(node.type, Kind | types.Enumeration) and node.type not in ENCODED:
                refuse(node, str(node.type))
            return Linear({found: 1})
        match node:
            case tree.Negation(operand=operand):
                return self.of(operand).times(-1)
            case tree.Arithmetic(operator="+" | "-", left=left, right=right) if node.type in SUMS:
                self._refuse_days(node)
                return self.of(left).plus(self.of(right), 1 if node.operator == "+" else -1)
            case tree.Arithmetic(operator="*", left=left, right=right):
                for one, other in ((left, right), (right, left)):
                    factor = self._whole(one)
                    if factor is not None:
                        return self.of(other).times(factor)
        refuse(node, _called(node))

    def field(self, node: Node) -> Field | None:
        """`a.x`, `p.customer.x`, or a plain variable."""
        path: tuple[str, ...] = ()
        while isinstance(node, tree.Path):
            if not isinstance(node.operand.type, Kind):
                return None
            path = (node.name, *path)
            node = node.operand
        if not isinstance(node, tree.Variable) or node.name not in self.variables:
            return None
        return Field(node.name, path or ((PLACE,) if isinstance(node.type, Kind) else ()))

    def value(self, node: Node) -> object:
        """The value of what reads no variable."""
        return evaluate(node, self.constants)

    def _constant(self, node: Node) -> Linear:
        value = self.value(node)
        if value is None:
            refuse(node, "null")
        return Linear({}, self.encode(value))

    def _whole(self, node: Node) -> int | None:
        if node.type != types.number or variables_of(node, self.variables):
            return None
        value = self.value(node)
        return int(value) if isinstance(value, Decimal) and value == int(value) else None

    def _refuse_days(self, node: tree.Arithmetic) -> None:
        """A date moves by whole days that are known; anything else FEEL rounds."""
        sides = (node.left, node.right)
        if {side.type for side in sides} == {types.date, types.date_time}:
            refuse(node, "date + date and time")
        for side in sides:
            if node.type == types.date and side.type != types.date:
                value = None if variables_of(side, self.variables) else self.value(side)
                if not isinstance(value, DaysDuration) or value.nanoseconds % DAY:
                    refuse(side, str(side.type))


def refuse(node: Node, name: str) -> NoReturn:
    """Raises FeelError CRM269: durable-rules cannot be asked this."""
    raise FeelError("CRM269", node.start, node.end, name=name)


def _called(node: Node) -> str:
    """How a finding names what cannot be asked: the operator or function."""
    match node:
        case tree.Arithmetic(operator=operator) | tree.Comparison(operator=operator):
            return operator
        case tree.Call(function=tree.BuiltinName(name=name)):
            return name
    return type(node).__name__.lower()
