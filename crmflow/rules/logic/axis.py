"""Into which regions do the tests of one quantity cut its values?

On one region every test has one outcome. A set of regions is an int with a bit a region; bit 0 is null.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from crmflow.rules.feel import MonthsDuration
from crmflow.rules.index import Span, Taken
from crmflow.rules.logic.domain import Domain, Kind
from crmflow.rules.logic.formula import Quantity

NULL: Final = 1
BELOW: Final = 2  # what lies below the first break
KIND_OF: Final[dict[type, Kind]] = {
    Decimal: "number",
    str: "string",
    bool: "boolean",
    date: "date",
    datetime: "instant",
    time: "time",
    timedelta: "duration",
    MonthsDuration: "months",
}
SOMETHING: Final = "…"  # stands for a value that no test looks into


class Axis:
    """The regions of one quantity.

    Bit 0 is null. Then come the values of a closed list; or of words that are only tested for equality each
    tested one, then all others; or else in turn what lies below a break and the break itself, and last what
    lies above the last.
    """

    def __init__(self, quantity: Quantity, domain: Domain, tests: Iterable[Taken]) -> None:
        spans = [span for taken in tests for span in taken.spans]
        kind = domain.kind or next((KIND_OF.get(type(end)) for span in spans for end in _ends(span)), None)
        self.quantity = quantity
        self.domain: Domain = replace(domain, kind=kind or "thing")
        if kind == "boolean" and domain.values is None:
            self.domain = replace(self.domain, values=(True, False))
        kept = [end for span in spans for end in _ends(span) if KIND_OF.get(type(end)) == kind]
        self.ordered = self.domain.values is None and (
            kind != "string" or any(span.low != span.high for span in spans)
        )
        self.breaks: list[Any] = list(self.domain.values or sorted(set(kept)))
        self.values: list[Any] = [None, *self._values()]

    @property
    def closed(self) -> bool:
        return self.domain.values is not None

    @cached_property
    def whole(self) -> int:
        """All regions that have a value, and null where there may be none."""
        known = sum(1 << n for n, value in enumerate(self.values) if n and value is not None)
        return known | NULL if self.domain.nullable else known

    def mask(self, taken: Taken) -> int:
        """The regions whose values are taken."""
        key = taken
        if key not in self._masks:
            self._masks[key] = self._mask(taken) & self.whole
        return self._masks[key]

    @cached_property
    def _masks(self) -> dict[Taken, int]:
        return {}

    def region(self, value: Any) -> int:
        """The set of the one region that a value lies in; none of them for a value of another kind."""
        if value is None:
            return NULL
        if self.domain.kind in ("thing", "list"):
            return 1 << 1
        if KIND_OF.get(type(value)) != self.domain.kind:
            return 0
        if not self.ordered:
            return 1 << 1 + self.breaks.index(value) if value in self.breaks else 1 << len(self.values) - 1
        at = bisect_left(self.breaks, value)
        return 1 << 1 + 2 * at + (at < len(self.breaks) and self.breaks[at] == value)

    def _mask(self, taken: Taken) -> int:
        inside = 0
        for span in taken.spans:
            inside |= self._stretch(span)
        if taken.inverse:
            inside = ~inside & (1 << len(self.values)) - 1
        return (inside | NULL) if taken.null else inside & ~NULL

    def _stretch(self, span: Span) -> int:
        if any(KIND_OF.get(type(end)) != self.domain.kind for end in _ends(span)):
            return 0
        if not self.ordered:
            return sum(1 << n for n, value in enumerate(self.breaks, 1) if value in span)
        last = 2 * len(self.breaks)
        low = 0 if span.low is None else 2 * bisect_left(self.breaks, span.low) + 2 - span.low_included
        high = last if span.high is None else 2 * bisect_left(self.breaks, span.high) + span.high_included
        return (1 << high + 2) - (1 << low + 1) if low <= high else 0

    def _values(self) -> Iterator[Any]:
        """A value of each region but null; None where it has none."""
        if self.closed:
            yield from self.breaks
        elif not self.ordered:
            yield from self.breaks
            yield next((word for word in _words() if word not in self.breaks), None)
        elif not self.breaks and self.domain.kind in ("thing", "list"):
            yield SOMETHING
        else:
            below = None
            for each in self.breaks:
                yield self.domain.between(below, each)
                yield each if self.domain.has(each) else None
                below = each
            yield self.domain.between(below, None)


def _ends(span: Span) -> Iterator[Any]:
    if span.low is not None:
        yield span.low
    if span.high is not None and span.high is not span.low:
        yield span.high


def _words() -> Iterator[str]:
    yield "other"
    number = 2
    while True:
        yield f"other {number}"
        number += 1


def regions(mask: int) -> Iterator[int]:
    """The regions of a set, the first first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
