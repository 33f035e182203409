"""Which functions does FEEL have for lists? (DMN 1.5, 10.3.4.4)"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from decimal import Decimal
from functools import cmp_to_key, reduce
from typing import Any, Final

from crmflow.rules.feel.builtins.numbers import whole
from crmflow.rules.feel.builtins.registry import builtin
from crmflow.rules.feel.coercion import invoke
from crmflow.rules.feel.dates import DateTime, Time
from crmflow.rules.feel.durations import SECOND, DaysDuration, MonthsDuration
from crmflow.rules.feel.operations import DIRECT, arithmetic, compare, equal
from crmflow.rules.feel.values import DECIMALS, Function, RangeValue, finite, read

Items = list[Any]

_SUMMED: Final = frozenset({Decimal, DaysDuration, MonthsDuration})


def same(left: object, right: object) -> bool:
    """Whether FEEL's `=` is true of two values."""
    return equal(left, right) is True


@builtin("list contains(list: list<Same>, element: Same) -> boolean")
def _list_contains(list: Items, element: object) -> bool:
    return any(same(item, element) for item in list)


@builtin("count(list: list) -> number")
def _count(list: Items) -> Decimal:
    return Decimal(len(list))


def _extreme(values: Items, operator: str) -> object:
    best = values[0] if values else None
    for value in values:
        better = compare(operator, value, best)
        if better is None:
            return None
        if better:
            best = value
    return best


@builtin("min(list: list<Ordered>) -> Ordered")
def _min(list: Items) -> object:
    return _extreme(list, "<")


@builtin("min(...c: Ordered) -> Ordered")
def _min_of(*values: object) -> object:
    return _extreme([*values], "<")


@builtin("max(list: list<Ordered>) -> Ordered")
def _max(list: Items) -> object:
    return _extreme(list, ">")


@builtin("max(...c: Ordered) -> Ordered")
def _max_of(*values: object) -> object:
    return _extreme([*values], ">")


def _sum(values: Items) -> object:
    """Numbers, or durations of one kind."""
    kinds = {type(value) for value in values}
    if len(kinds) != 1 or not kinds <= _SUMMED:
        return None
    return reduce(lambda total, value: arithmetic("+", total, value), values)


@builtin("sum(list: list<Quantity>) -> Quantity")
def _sum_list(list: Items) -> object:
    return _sum(list)


@builtin("sum(...n: Quantity) -> Quantity")
def _sum_of(*values: object) -> object:
    return _sum([*values])


def _mean(values: Items) -> object:
    return arithmetic("/", _sum(values), Decimal(len(values))) if values else None


@builtin("mean(list: list<Quantity>) -> Quantity")
def _mean_list(list: Items) -> object:
    return _mean(list)


@builtin("mean(...n: Quantity) -> Quantity")
def _mean_of(*values: object) -> object:
    return _mean([*values])


@builtin("product(list: list<number>) -> number", "product(...n: number) -> number")
def _product(*values: Any) -> Decimal | None:
    numbers = _listed(values)
    return finite(reduce(DECIMALS.multiply, numbers)) if numbers else None


@builtin("median(list: list<number>) -> number", "median(...n: number) -> number")
def _median(*values: Any) -> Decimal | None:
    numbers: list[Decimal] = sorted(_listed(values))
    if not numbers:
        return None
    middle = len(numbers) // 2
    if len(numbers) % 2:
        return numbers[middle]
    return DECIMALS.divide(DECIMALS.add(numbers[middle - 1], numbers[middle]), Decimal(2))


@builtin("stddev(list: list<number>) -> number", "stddev(...n: number) -> number")
def _stddev(*values: Any) -> Decimal | None:
    """Of a sample: the squares are divided by one less than their number."""
    numbers = _listed(values)
    if len(numbers) < 2:
        return None
    mean = DECIMALS.divide(reduce(DECIMALS.add, numbers), Decimal(len(numbers)))
    squares = [DECIMALS.power(DECIMALS.subtract(number, mean), Decimal(2)) for number in numbers]
    return finite(DECIMALS.sqrt(DECIMALS.divide(reduce(DECIMALS.add, squares), Decimal(len(numbers) - 1))))


@builtin("mode(list: list<number>) -> list<number>", "mode(...n: number) -> list<number>")
def _mode(*values: Any) -> list[Decimal]:
    """The most frequent ones, ascending."""
    counts = Counter(_listed(values))
    most = max(counts.values(), default=0)
    return sorted(number for number, count in counts.items() if count == most)


@builtin("sublist(list: list<T>, start position: number, length?: number) -> list<T>")
def _sublist(list: Items, start: Decimal, length: Decimal | None = None) -> Items | None:
    at = place(list, start)
    if at is None:
        return None
    if length is None:
        return list[at:]
    return list[at : at + int(length)] if length >= 0 and at + int(length) <= len(list) else None


@builtin("append(list: list<T>, ...item: T) -> list<T>")
def _append(list: Items, *items: object) -> Items:
    return [*list, *items]


@builtin("concatenate(...list: list<T>) -> list<T>")
def _concatenate(*lists: Items) -> Items:
    return [item for list in lists for item in list]


@builtin("insert before(list: list<T>, position: number, newItem: T) -> list<T>")
def _insert_before(list: Items, position: Decimal, item: object) -> Items | None:
    at = place(list, position)
    return None if at is None else [*list[:at], item, *list[at:]]


@builtin("remove(list: list<T>, position: number) -> list<T>")
def _remove(list: Items, position: Decimal) -> Items | None:
    at = place(list, position)
    return None if at is None else list[:at] + list[at + 1 :]


@builtin("list replace(list: list<T>, position: number, newItem: T) -> list<T>")
def _replace_at(list: Items, position: Decimal, item: object) -> Items | None:
    at = place(list, Decimal(int(position)))
    return None if at is None else [*list[:at], item, *list[at + 1 :]]


@builtin("list replace(list: list<T>, match: function<T, T> -> boolean, newItem: T) -> list<T>")
def _replace_where(list: Items, match: Function, item: object) -> Items | None:
    answers = [invoke(match, [each, item]) for each in list]
    if not all(isinstance(answer, bool) for answer in answers):
        return None
    return [item if answer else each for each, answer in zip(list, answers, strict=True)]


@builtin("reverse(list: list<T>) -> list<T>")
def _reverse(list: Items) -> Items:
    return list[::-1]


@builtin("index of(list: list<Same>, match: Same) -> list<number>")
def _index_of(list: Items, match: object) -> Items:
    return [Decimal(at) for at, item in enumerate(list, 1) if same(item, match)]


@builtin("distinct values(list: list<T>) -> list<T>")
def _distinct_values(list: Items) -> Items:
    return _distinct(list)


@builtin("union(...list: list<T>) -> list<T>")
def _union(*lists: Items) -> Items:
    return _distinct([item for list in lists for item in list])


def _distinct(items: Items) -> Items:
    kept: dict[Hashable, Any] = {}
    for item in items:
        kept.setdefault(_identity(item), item)
    return [*kept.values()]


def _identity(value: Any) -> Hashable:
    """The same for values of which FEEL's `=` is true."""
    kind = type(value)
    if kind in DIRECT or kind in (bool, RangeValue) or value is None:
        return kind, value
    if kind in (Time, DateTime):
        return kind, value.zoned, value.instant // SECOND
    if isinstance(value, list):
        return kind, tuple(map(_identity, value))
    if isinstance(value, Mapping):
        return frozenset((name, _identity(read(each))) for name, each in value.items())
    return object()


@builtin("flatten(list: list) -> list")
def _flatten(list: Items) -> Items:
    flat: Items = []
    left = list[::-1]
    while left:
        item = left.pop()
        if type(item) is type(list):
            left += item[::-1]
        else:
            flat.append(item)
    return flat


@builtin("sort(list: list<T>, precedes: function<T, T> -> boolean) -> list<T>")
def _sort_by(list: Items, precedes: Function) -> Items:
    """Stable: items of which neither precedes the other keep their order."""

    def order(one: object, other: object) -> int:
        return (invoke(precedes, [other, one]) is True) - (invoke(precedes, [one, other]) is True)

    return sorted(list, key=cmp_to_key(order))


@builtin("sort(list: list<Ordered>) -> list<Ordered>")
def _sort(list: Items) -> Items | None:
    """Ascending; null when two items cannot be compared, as for min and max."""
    if len(list) > 1 and any(compare("<", list[0], item) is None for item in list):
        return None
    return sorted(list, key=cmp_to_key(lambda one, other: -1 if compare("<", one, other) else 1))


def place(items: Items, position: Decimal) -> int | None:
    """The index of a position counted from 1, or backwards from -1; None outside the list."""
    at = whole(position)
    if at is None or not 1 <= abs(at) <= len(items):
        return None
    return at - 1 if at > 0 else len(items) + at


def _listed(values: tuple[Any, ...]) -> Items:
    return values[0] if len(values) == 1 and isinstance(values[0], list) else [*values]
