"""Which one quantity do two expressions ask about that are compared? (`a - b > 3` about the sum a - b)"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from crmflow.rules.feel import tree, types
from crmflow.rules.feel.fold import folded
from crmflow.rules.feel.tree import Node
from crmflow.rules.feel.types import Type
from crmflow.rules.feel.values import write

MEASURED: Final = (types.number, types.date, types.days_duration)
MICROSECOND: Final = Fraction(1, 86_400_000_000)
DIGITS: Final = 30  # of a number that is said in digits


@dataclass(frozen=True, slots=True)
class Linear:
    """A sum of multiples of at least two quantities; days are counted in days. The first factor is 1."""

    parts: tuple[tuple[Node, Fraction], ...]


@dataclass(frozen=True, slots=True)
class Order:
    """How two expressions of one ordered type compare: one of `ORDERS`."""

    left: Node
    right: Node


ORDERS: Final = ("less", "equal", "more")


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum of multiples and a constant."""

    parts: Mapping[Node, Fraction]
    constant: Fraction = Fraction(0)

    def plus(self, other: Sum, times: Fraction = Fraction(1)) -> Sum:
        parts = dict(self.parts)
        for node, factor in other.parts.items():
            parts[node] = parts.get(node, Fraction(0)) + factor * times
        return Sum(
            {node: factor for node, factor in parts.items() if factor}, self.constant + other.constant * times
        )

    def times(self, factor: Fraction) -> Sum:
        return Sum({}).plus(self, factor) if factor else Sum({})


def sum_of(node: Node) -> Sum | None:
    """The sum that an expression of numbers or days is; an expression of another form is a quantity of its
    own. None where it is of another type."""
    if node.type not in MEASURED:
        return None
    constant = folded(node)
    if constant is not None:
        found = measure(write(constant.value))
        return None if found is None else Sum({}, found)
    match node:
        case tree.Negation(operand=operand):
            inner = sum_of(operand)
            return None if inner is None else inner.times(Fraction(-1))
        case tree.Arithmetic(operator="+" | "-" as sign, left=left, right=right) if _adds(node):
            one, other = sum_of(left), sum_of(right)
            return (
                None if one is None or other is None else one.plus(other, Fraction(1 if sign == "+" else -1))
            )
        case tree.Arithmetic(operator="*" | "/" as sign, left=left, right=right) if node.type == types.number:
            one, other = sum_of(left), sum_of(right)
            if one is not None and other is not None and not other.parts and (sign == "*" or other.constant):
                return one.times(other.constant if sign == "*" else 1 / other.constant)
            if one is not None and other is not None and sign == "*" and not one.parts:
                return other.times(one.constant)
    return Sum({node: Fraction(1)})


def spelling(node: Node) -> str:
    """The same for equal expressions, wherever they stand."""
    parts = []
    for each in fields(node):
        value = getattr(node, each.name)
        if each.compare:
            inner = value if isinstance(value, tuple) else (value,)
            parts += [spelling(part) if isinstance(part, Node) else repr(part) for part in inner]
    return f"{type(node).__name__}({', '.join(parts)})"


def _adds(node: tree.Arithmetic) -> bool:
    """Days are added to dates whole; anything else is added as it is."""
    if node.type == types.date:
        added = folded(node.right)
        days = None if added is None else write(added.value)
        return isinstance(days, timedelta) and not days % timedelta(days=1)
    return True


def measure(value: Any) -> Fraction | None:
    """A number, or a day or duration in days; None for anything else."""
    match value:
        case bool():
            return None
        case Decimal() | int():
            return Fraction(value)
        case date():
            return Fraction(value.toordinal())
        case timedelta():
            return Fraction(value // timedelta(microseconds=1)) * MICROSECOND
    return None


def value_of(measured: Fraction, kind: Type) -> Any:
    """The value of a type that measures so; None where it has no exact one."""
    if kind == types.date:
        whole = measured.denominator == 1 and 1 <= measured.numerator <= date.max.toordinal()
        return date.fromordinal(measured.numerator) if whole else None
    if kind == types.days_duration:
        parts = measured / MICROSECOND
        return timedelta(microseconds=parts.numerator) if parts.denominator == 1 else None
    digits = 0
    while digits < DIGITS and (measured * 10**digits).denominator != 1:
        digits += 1
    scaled = measured * 10**digits
    return Decimal(scaled.numerator).scaleb(-digits) if scaled.denominator == 1 else None
