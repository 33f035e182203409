"""What do FEEL's operators give for two values? (DMN 1.5, tables 45 and 50 to 57)

Everything here gives None where the standard says null; nothing raises.
"""

from __future__ import annotations

import operator as python
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, TypeGuard

from crmflow.rules.feel.dates import Date, DateTime, Time
from crmflow.rules.feel.durations import DAY, SECOND, DaysDuration, MonthsDuration
from crmflow.rules.feel.values import DECIMALS, Items, RangeValue, finite, read

DURATION_LIMIT: Final = 10**40  # nanoseconds or months
STRING_LIMIT: Final = 1_000_000  # characters of a string that an operator or function makes


def divide(left: Decimal, right: Decimal) -> Decimal | None:
    """None for a divisor of zero."""
    return finite(DECIMALS.divide(left, right)) if right else None


def power(left: Decimal, right: Decimal) -> Decimal | None:
    """None for a root of a negative number and for what grows beyond a number.

    Zero to the power of zero is 1 (IEEE 754-2008, 9.2.1), for which Decimal has no value.
    """
    return finite(DECIMALS.power(left, right)) if right else Decimal(1)


def _join(left: str, right: str) -> str | None:
    return left + right if len(left) + len(right) <= STRING_LIMIT else None


def _whole_days(duration: DaysDuration) -> int:
    return duration.nanoseconds // DAY


def _days(nanoseconds: int | Decimal | None) -> DaysDuration | None:
    """Cut towards zero; None for what is no number or beyond the limit."""
    return DaysDuration(int(nanoseconds)) if _bounded(nanoseconds) else None


def _months(months: int | Decimal | None) -> MonthsDuration | None:
    return MonthsDuration(int(months)) if _bounded(months) else None


def _bounded(size: int | Decimal | None) -> TypeGuard[int | Decimal]:
    return size is not None and -DURATION_LIMIT < size < DURATION_LIMIT


def _minus_days(duration: DaysDuration) -> DaysDuration:
    return DaysDuration(-duration.nanoseconds)


def _minus_months(duration: MonthsDuration) -> MonthsDuration:
    return MonthsDuration(-duration.total)


def _between(left: DateTime, right: DateTime) -> DaysDuration | None:
    if left.zoned != right.zoned:
        return None
    return DaysDuration(left.instant - right.instant)


def _between_times(left: Time, right: Time) -> DaysDuration | None:
    return DaysDuration(left.instant - right.instant) if left.zoned == right.zoned else None


def midnight(date: Date) -> DateTime:
    """A date where a date and time is wanted: its midnight at UTC (DMN 1.5, 10.3.2.9.4)."""
    return DateTime(date, Time(0, 0))


def _times(size: int, factor: Decimal) -> Decimal | None:
    return finite(DECIMALS.multiply(Decimal(size), factor))


Operation = Callable[[Any, Any], object]

_DURATIONS: Final[Mapping[tuple[str, type, type], Operation]] = {
    ("+", DaysDuration, DaysDuration): lambda a, b: _days(a.nanoseconds + b.nanoseconds),
    ("-", DaysDuration, DaysDuration): lambda a, b: _days(a.nanoseconds - b.nanoseconds),
    ("*", DaysDuration, Decimal): lambda a, b: _days(_times(a.nanoseconds, b)),
    ("*", Decimal, DaysDuration): lambda a, b: _days(_times(b.nanoseconds, a)),
    ("/", DaysDuration, Decimal): lambda a, b: _days(divide(Decimal(a.nanoseconds), b)),
    ("/", DaysDuration, DaysDuration): lambda a, b: divide(Decimal(a.nanoseconds), Decimal(b.nanoseconds)),
    ("+", MonthsDuration, MonthsDuration): lambda a, b: _months(a.total + b.total),
    ("-", MonthsDuration, MonthsDuration): lambda a, b: _months(a.total - b.total),
    ("*", MonthsDuration, Decimal): lambda a, b: _months(_times(a.total, b)),
    ("*", Decimal, MonthsDuration): lambda a, b: _months(_times(b.total, a)),
    ("/", MonthsDuration, Decimal): lambda a, b: _months(divide(Decimal(a.total), b)),
    ("/", MonthsDuration, MonthsDuration): lambda a, b: divide(Decimal(a.total), Decimal(b.total)),
}

OPERATIONS: Final[Mapping[tuple[str, type, type], Operation]] = {
    ("+", Decimal, Decimal): lambda a, b: finite(DECIMALS.add(a, b)),
    ("-", Decimal, Decimal): lambda a, b: finite(DECIMALS.subtract(a, b)),
    ("*", Decimal, Decimal): lambda a, b: finite(DECIMALS.multiply(a, b)),
    ("/", Decimal, Decimal): divide,
    ("**", Decimal, Decimal): power,
    ("+", str, str): _join,
    **_DURATIONS,
    ("+", Date, DaysDuration): lambda a, b: a.plus_days(_whole_days(b)),
    ("+", DaysDuration, Date): lambda a, b: b.plus_days(_whole_days(a)),
    ("-", Date, DaysDuration): lambda a, b: a.plus_days(_whole_days(_minus_days(b))),
    ("+", Date, MonthsDuration): lambda a, b: a.plus_months(b.total),
    ("+", MonthsDuration, Date): lambda a, b: b.plus_months(a.total),
    ("-", Date, MonthsDuration): lambda a, b: a.plus_months(-b.total),
    ("+", DateTime, DaysDuration): lambda a, b: a.plus(b),
    ("+", DaysDuration, DateTime): lambda a, b: b.plus(a),
    ("-", DateTime, DaysDuration): lambda a, b: a.plus(_minus_days(b)),
    ("+", DateTime, MonthsDuration): lambda a, b: a.plus_months(b),
    ("+", MonthsDuration, DateTime): lambda a, b: b.plus_months(a),
    ("-", DateTime, MonthsDuration): lambda a, b: a.plus_months(_minus_months(b)),
    ("+", Time, DaysDuration): lambda a, b: a.plus(b),
    ("+", DaysDuration, Time): lambda a, b: b.plus(a),
    ("-", Time, DaysDuration): lambda a, b: a.plus(_minus_days(b)),
    ("-", Time, Time): _between_times,
    ("-", Date, Date): lambda a, b: DaysDuration((a.ordinal - b.ordinal) * DAY),
    ("-", DateTime, DateTime): _between,
    ("-", DateTime, Date): lambda a, b: _between(a, midnight(b)),
    ("-", Date, DateTime): lambda a, b: _between(midnight(a), b),
}

NEGATIONS: Final[Mapping[type, Callable[[Any], object]]] = {
    Decimal: lambda value: DECIMALS.minus(value),
    DaysDuration: _minus_days,
    MonthsDuration: _minus_months,
}

COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": python.eq,
    "!=": python.ne,
    "<": python.lt,
    "<=": python.le,
    ">": python.gt,
    ">=": python.ge,
}
# Types whose Python comparison is FEEL's, both sides being of the same one.
DIRECT: Final = frozenset({Decimal, str, Date, DaysDuration, MonthsDuration})


def ranked(value: object, values: Sequence[str]) -> object:
    """The place of a string in an ordered enumeration, of a list those of its items; null for any other."""
    if isinstance(value, list):
        return Items(ranked(each, values) for each in value)
    return Decimal(values.index(value)) if isinstance(value, str) and value in values else None


def unranked(place: object, values: Sequence[str]) -> object:
    """The string at a place, or the list of those at a list of places."""
    if isinstance(place, list):
        return Items(unranked(each, values) for each in place)
    return values[int(place)] if isinstance(place, Decimal) else None


def arithmetic(operator: str, left: Any, right: Any) -> object:
    """`left operator right`; null when their types have no such operation."""
    operation = OPERATIONS.get((operator, type(left), type(right)))
    return None if operation is None else operation(left, right)


def compare(operator: str, left: Any, right: Any) -> bool | None:
    """`left operator right`; null when the values cannot be compared."""
    kind = type(left)
    if kind is type(right) and kind in DIRECT:
        return COMPARE[operator](left, right)
    if operator == "=":
        return equal(left, right)
    if operator == "!=":
        same = equal(left, right)
        return None if same is None else not same
    if kind is type(right) and kind in (Time, DateTime) and left.zoned == right.zoned:
        return COMPARE[operator](left.instant, right.instant)
    return None


def equal(left: Any, right: Any) -> bool | None:
    """Null for values of different types; times are equal by whole seconds (DMN 1.5, table 50)."""
    if left is None or right is None:
        return left is right
    kind = type(left)
    if kind is type(right):
        if kind in DIRECT or kind is bool:
            return bool(left == right)
        if kind in (Time, DateTime):
            return bool(left.zoned == right.zoned and left.instant // SECOND == right.instant // SECOND)
        if kind is RangeValue:
            return bool(left == right)
    if isinstance(left, list) and isinstance(right, list):
        return _equal_lists(left, right)
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return _equal_contexts(left, right)
    return None


def _equal_lists(left: list[object], right: list[object]) -> bool | None:
    if len(left) != len(right):
        return False
    return conjunction([equal(one, other) for one, other in zip(left, right, strict=True)])


def _equal_contexts(left: Mapping[str, object], right: Mapping[str, object]) -> bool | None:
    if left.keys() != right.keys():
        return False
    return conjunction([equal(read(left[name]), read(right[name])) for name in left])


def conjunction(values: list[Any]) -> bool | None:
    """Three-valued and: false wins over null; what is not a boolean counts as null."""
    if any(value is False for value in values):
        return False
    return True if all(value is True for value in values) else None


def disjunction(values: list[Any]) -> bool | None:
    """Three-valued or: true wins over null."""
    if any(value is True for value in values):
        return True
    return False if all(value is False for value in values) else None


def inside(value: object, range: RangeValue) -> bool | None:
    """Whether a value lies in a range; null when it cannot be compared with its ends."""
    if range.operator is not None:
        return compare(range.operator, value, range.low)
    sides = []
    if range.low is not None:
        sides.append(compare(">=" if range.low_included else ">", value, range.low))
    if range.high is not None:
        sides.append(compare("<=" if range.high_included else "<", value, range.high))
    return conjunction(sides)
