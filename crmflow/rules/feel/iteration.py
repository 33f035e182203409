"""Which values does a loop go through, and which item has a place in a list?"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from crmflow.rules.feel.dates import Date
from crmflow.rules.feel.values import DECIMALS, RangeValue

_WHOLE_LIMIT: Final = 10**34  # beyond it one number is not followed by the next


def iterated(source: object) -> Iterator[object] | None:
    """The values that a loop takes from a source: items, steps of a range, or itself; None for null."""
    if isinstance(source, RangeValue):
        low = _next(source.low) if not source.low_included else source.low
        return steps(low, source.high, source.high_included)
    if source is None:
        return None
    return iter(source if isinstance(source, list) else [source])


def _next(value: object) -> object:
    match value:
        case Decimal():
            return DECIMALS.add(value, Decimal(1))
        case Date():
            return value.plus_days(1)
    return None


def steps(low: object, high: object, high_included: bool = True) -> Iterator[object] | None:
    """Whole steps from low to high, downwards when low is the greater; numbers and dates only."""
    match low, high:
        case Decimal(), Decimal() if _is_whole(low) and _is_whole(high):
            first, last, make = int(low), int(high), Decimal
        case Date(), Date():
            first, last, make = low.ordinal, high.ordinal, Date.from_ordinal  # type: ignore[assignment]
        case _:
            return None
    step = 1 if first <= last else -1
    return map(make, range(first, last + step if high_included else last, step))


def _is_whole(number: Decimal) -> bool:
    return abs(number) < _WHOLE_LIMIT and number == int(number)


def item_at(items: list[object], index: object) -> object:
    """From 1, or from -1 backwards."""
    if not isinstance(index, Decimal) or index != int(index) or not 1 <= abs(index) <= len(items):
        return None
    return items[int(index) - 1 if index > 0 else int(index)]
