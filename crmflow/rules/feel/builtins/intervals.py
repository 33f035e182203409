"""How do points and ranges lie to each other? (DMN 1.5, 10.3.4.10)

A point is the range from itself to itself. A relation compares ends: by value and, at equal values,
by whether the value is included.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any, Final

from crmflow.rules.feel.builtins.registry import builtin
from crmflow.rules.feel.dates import DateTime, Time
from crmflow.rules.feel.operations import compare
from crmflow.rules.feel.values import RangeValue

End = tuple[Any, ...]
Relation = Callable[[End, End, End, End], bool]

_SHAPES: Final = {
    "ranges": "(range1: range, range2: range)",
    "point, range": "(point: Any, range: range)",
    "range, point": "(range: range, point: Any)",
    "points": "(point1: Any, point2: Any)",
}


def _relation(name: str, *shapes: str) -> Callable[[Relation], Relation]:
    """Declares a relation between [low, high] of one and [low, high] of the other as a builtin."""

    def declare(relation: Relation) -> Relation:
        @builtin(*(f"{name}{_SHAPES[shape]} -> boolean" for shape in shapes))
        def call(one: object, other: object) -> bool | None:
            first, second = _as_range(one), _as_range(other)
            return relation(*_ends(first), *_ends(second)) if _comparable(first, second) else None

        return relation

    return declare


def _as_range(value: object) -> RangeValue:
    return value if isinstance(value, RangeValue) else RangeValue(value, value, True, True)


def _comparable(one: RangeValue, other: RangeValue) -> bool:
    pairs = product((one.low, one.high), (other.low, other.high))
    bare = one.low is one.high is None or other.low is other.high is None
    return not bare and all(
        compare("<=", left, right) is not None
        for left, right in pairs
        if left is not None and right is not None
    )


def _ends(range: RangeValue) -> tuple[End, End]:
    """Low and high as tuples that sort: just after a value is above it, just before it below."""
    low = (-1,) if range.low is None else (0, _sortable(range.low), 0 if range.low_included else 1)
    high = (1,) if range.high is None else (0, _sortable(range.high), 0 if range.high_included else -1)
    return low, high


def _sortable(value: Any) -> Any:
    return value.instant if isinstance(value, Time | DateTime) else value


@_relation("before", "ranges", "point, range", "range, point", "points")
def _before(low: End, high: End, other_low: End, other_high: End) -> bool:
    return high < other_low


@_relation("after", "ranges", "point, range", "range, point", "points")
def _after(low: End, high: End, other_low: End, other_high: End) -> bool:
    return other_high < low


@_relation("meets", "ranges")
def _meets(low: End, high: End, other_low: End, other_high: End) -> bool:
    return high == other_low


@_relation("met by", "ranges")
def _met_by(low: End, high: End, other_low: End, other_high: End) -> bool:
    return other_high == low


@_relation("overlaps", "ranges")
def _overlaps(low: End, high: End, other_low: End, other_high: End) -> bool:
    return low <= other_high and other_low <= high


@_relation("overlaps before", "ranges")
def _overlaps_before(low: End, high: End, other_low: End, other_high: End) -> bool:
    return low < other_low <= high <= other_high


@_relation("overlaps after", "ranges")
def _overlaps_after(low: End, high: End, other_low: End, other_high: End) -> bool:
    return other_low < low <= other_high <= high


@_relation("finishes", "ranges", "point, range")
def _finishes(low: End, high: End, other_low: End, other_high: End) -> bool:
    return high == other_high and low >= other_low


@_relation("finished by", "ranges", "range, point")
def _finished_by(low: End, high: End, other_low: End, other_high: End) -> bool:
    return _finishes(other_low, other_high, low, high)


@_relation("includes", "ranges", "range, point")
def _includes(low: End, high: End, other_low: End, other_high: End) -> bool:
    return low <= other_low and other_high <= high


@_relation("during", "ranges", "point, range")
def _during(low: End, high: End, other_low: End, other_high: End) -> bool:
    return _includes(other_low, other_high, low, high)


@_relation("starts", "ranges", "point, range")
def _starts(low: End, high: End, other_low: End, other_high: End) -> bool:
    return low == other_low and high <= other_high


@_relation("started by", "ranges", "range, point")
def _started_by(low: End, high: End, other_low: End, other_high: End) -> bool:
    return _starts(other_low, other_high, low, high)


@_relation("coincides", "ranges", "points")
def _coincides(low: End, high: End, other_low: End, other_high: End) -> bool:
    return (low, high) == (other_low, other_high)
