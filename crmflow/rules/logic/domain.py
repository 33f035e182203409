"""Which values can a quantity have at all, and which value stands for those between two others?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Final, Literal

from crmflow.rules.feel import MonthsDuration, types
from crmflow.rules.feel.types import Enumeration, ListType, Type

Kind = Literal[
    "number", "string", "boolean", "date", "instant", "time", "duration", "months", "list", "thing"
]
KINDS: Final[dict[Type, Kind]] = {
    types.number: "number",
    types.string: "string",
    types.boolean: "boolean",
    types.date: "date",
    types.date_time: "instant",
    types.time: "time",
    types.days_duration: "duration",
    types.months_duration: "months",
}
WORDS: Final = ("other", "another", "m", "n", "x", "其他")
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Domain:
    """The values of a quantity: of `kind` (None: whatever its tests compare it with), a closed list of
    `values`, or all from `low` to `high`, both included; numbers are multiples of `step`."""

    kind: Kind | None
    values: tuple[Any, ...] | None = None
    low: Any = None
    high: Any = None
    step: Decimal | None = None
    nullable: bool = True

    def between(self, low: Any, high: Any) -> Any:
        """A value strictly between two ends (None: open to that side); None where there is none."""
        if self.kind not in _BETWEEN:
            return None
        return next((each for each in self._candidates(low, high) if self._inside(each, low, high)), None)

    def has(self, value: Any) -> bool:
        """Whether a value that tests name is one of the domain."""
        if self.values is not None:
            return value in self.values
        on_grid = self.step is None or value % self.step == 0
        return (
            on_grid and (self.low is None or value >= self.low) and (self.high is None or value <= self.high)
        )

    def _inside(self, value: Any, low: Any, high: Any) -> bool:
        return (low is None or value > low) and (high is None or value < high) and self.has(value)

    def _candidates(self, low: Any, high: Any) -> Iterator[Any]:
        """Round values first."""
        if low is None and self.low is not None:
            yield self.low
        if high is None and self.high is not None:
            yield self.high
        try:
            yield from _BETWEEN[self.kind](low, high, self.step)
        except (OverflowError, ValueError):  # beyond the last day there is
            return


def domain_of(type: Type, nullable: bool = True) -> Domain:
    """The domain that a type alone tells."""
    if isinstance(type, Enumeration):
        return Domain("string", type.values, nullable=nullable)
    if type == types.boolean:
        return Domain("boolean", (True, False), nullable=nullable)
    if type == types.any_:
        return Domain(None, nullable=nullable)
    if isinstance(type, ListType):
        return Domain("list", nullable=nullable)
    return Domain(KINDS.get(type, "thing"), nullable=nullable)


def _numbers(low: Decimal | None, high: Decimal | None, step: Decimal | None) -> Iterator[Decimal]:
    """Whole numbers, then the next on the grid, then the middle."""
    one = max(step or Decimal(1), Decimal(1))
    if low is None:
        start = Decimal(0) if high is None else high
        yield (start / one).to_integral_value(ROUND_CEILING) * one - (0 if high is None else one)
        if step is not None and high is not None:
            yield (high / step).to_integral_value(ROUND_CEILING) * step - step
        return
    yield (low / one).to_integral_value(ROUND_FLOOR) * one + one
    if step is not None:
        yield (low / step).to_integral_value(ROUND_FLOOR) * step + step
    elif high is not None:
        middle = (low + high) / 2
        for digits in range(1, 34):
            yield round(middle, digits)


def _days(low: date | None, high: date | None, step: object) -> Iterator[date]:
    yield date(2026, 1, 1)
    if low is not None:
        yield low + DAY
    elif high is not None:
        yield high - DAY


def _instants(low: datetime | None, high: datetime | None, step: object) -> Iterator[datetime]:
    zone = (low or high or datetime.now(UTC)).tzinfo
    yield datetime(2026, 1, 1, 12, tzinfo=zone)
    if low is not None:
        yield low + DAY
    if high is not None:
        yield high - DAY
    if low is not None and high is not None:
        yield low + (high - low) / 2


def _times(low: time | None, high: time | None, step: object) -> Iterator[time]:
    zone = (low or high or time()).tzinfo
    seconds = [0 if low is None else _seconds(low), 86_400 if high is None else _seconds(high)]
    yield time(12, tzinfo=zone)
    middle = sum(seconds) // 2
    yield time(middle // 3600, middle % 3600 // 60, middle % 60, tzinfo=zone)


def _seconds(value: time) -> int:
    return value.hour * 3600 + value.minute * 60 + value.second


def _durations(low: timedelta | None, high: timedelta | None, step: object) -> Iterator[timedelta]:
    yield DAY
    if low is not None:
        yield low + DAY
    if high is not None:
        yield high - DAY
    if low is not None and high is not None:
        yield low + (high - low) / 2


def _months(
    low: MonthsDuration | None, high: MonthsDuration | None, step: object
) -> Iterator[MonthsDuration]:
    if low is not None:
        yield MonthsDuration(low.total + 1)
    elif high is not None:
        yield MonthsDuration(high.total - 1)
    else:
        yield MonthsDuration(12)


def _words(low: str | None, high: str | None, step: object) -> Iterator[str]:
    yield from WORDS
    yield f"{low or ''}x"
    for sign in ("a", "0", " ", "\x01"):
        yield f"{low or ''}{sign}"
    if high:
        yield high[:-1]


_BETWEEN: Final[dict[Any, Any]] = {
    "number": _numbers,
    "string": _words,
    "date": _days,
    "instant": _instants,
    "time": _times,
    "duration": _durations,
    "months": _months,
}
