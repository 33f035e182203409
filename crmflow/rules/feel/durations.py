"""What are FEEL's two durations, and how are they written?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

SECOND: Final = 1_000_000_000  # nanoseconds
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

_DAYS: Final = re.compile(
    r"(-)?P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{0,9})\d*)?S)?)?", re.ASCII
)
_MONTHS: Final = re.compile(r"(-)?P(?=.)(?:(\d+)Y)?(?:(\d+)M)?", re.ASCII)
_DIGITS: Final = 18  # beyond this many digits a part of a duration is refused


@dataclass(frozen=True, slots=True, order=True)
class DaysDuration:
    """A days and time duration, exact to the nanosecond; the parts carry its sign."""

    nanoseconds: int

    @classmethod
    def parse(cls, text: str) -> DaysDuration | None:
        """`P2DT3H`, `-PT0.5S`; None for anything else."""
        match = _DAYS.fullmatch(text)
        if match is None or len(text) > 4 * _DIGITS:
            return None
        sign, days, hours, minutes, seconds, fraction = match.groups()
        total = int(days or 0) * DAY + int(hours or 0) * HOUR + int(minutes or 0) * MINUTE
        total += int(seconds or 0) * SECOND + int((fraction or "").ljust(9, "0"))
        return cls(-total if sign else total)

    def _part(self, unit: int, above: int | None) -> int:
        size = abs(self.nanoseconds)
        part = (size if above is None else size % above) // unit
        return -part if self.nanoseconds < 0 else part

    @property
    def days(self) -> int:
        return self._part(DAY, None)

    @property
    def hours(self) -> int:
        return self._part(HOUR, DAY)

    @property
    def minutes(self) -> int:
        return self._part(MINUTE, HOUR)

    @property
    def seconds(self) -> Decimal:
        whole, fraction = divmod(abs(self.nanoseconds) % MINUTE, SECOND)
        part = Decimal(f"{whole}.{fraction:09}".rstrip("0").rstrip("."))
        return part.copy_negate() if self.nanoseconds < 0 else part

    def __str__(self) -> str:
        if not self.nanoseconds:
            return "PT0S"
        parts = ((abs(self.hours), "H"), (abs(self.minutes), "M"), (f"{self.seconds.copy_abs():f}", "S"))
        clock = "".join(f"{value}{unit}" for value, unit in parts if value not in (0, "0"))
        days = f"{abs(self.days)}D" if self.days else ""
        return ("-" if self.nanoseconds < 0 else "") + "P" + days + (f"T{clock}" if clock else "")


@dataclass(frozen=True, slots=True, order=True)
class MonthsDuration:
    """A years and months duration; `years` and `months` carry its sign."""

    total: int

    @classmethod
    def parse(cls, text: str) -> MonthsDuration | None:
        """`P1Y6M`, `-P3M`; None for anything else."""
        match = _MONTHS.fullmatch(text)
        if match is None or len(text) > 2 * _DIGITS:
            return None
        sign, years, months = match.groups()
        total = int(years or 0) * 12 + int(months or 0)
        return cls(-total if sign else total)

    @property
    def years(self) -> int:
        return -(-self.total // 12) if self.total < 0 else self.total // 12

    @property
    def months(self) -> int:
        return self.total - self.years * 12

    def __str__(self) -> str:
        if not self.total:
            return "P0M"
        years = f"{abs(self.years)}Y" if self.years else ""
        months = f"{abs(self.months)}M" if self.months else ""
        return ("-" if self.total < 0 else "") + "P" + years + months
