"""Which stretch of time does `over: P30D` or `over: P12M` mean?"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final, Self
from zoneinfo import ZoneInfo

_DURATION = re.compile(
    r"P(?:(?P<years>\d{1,6})Y)?(?:(?P<months>\d{1,6})M)?(?:(?P<weeks>\d{1,6})W)?(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,6})S)?)?",
    re.ASCII,
)
LONGEST: Final = 500  # years, so that every start and end is a date


@dataclass(frozen=True, slots=True)
class Window:
    """The window (T − P, T] of an ISO 8601 duration P: months and days of the calendar, then elapsed time."""

    months: int = 0
    days: int = 0
    time: timedelta = timedelta()

    @classmethod
    def parse(cls, text: str) -> Self:
        """From "P12M", "P30D", "P1Y6M", "PT36H". Raises ValueError for anything else, for an empty one
        and for more than 500 years."""
        match = _DURATION.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"not a duration: {text}")
        part = {name: int(digits or 0) for name, digits in match.groupdict().items()}
        window = cls(
            months=part["years"] * 12 + part["months"],
            days=part["weeks"] * 7 + part["days"],
            time=timedelta(hours=part["hours"], minutes=part["minutes"], seconds=part["seconds"]),
        )
        if window == cls():
            raise ValueError(f"an empty duration: {text}")
        if window.months > 12 * LONGEST or window.days + window.time.days > 365 * LONGEST:
            raise ValueError(f"a duration of more than {LONGEST} years: {text}")
        return window

    @property
    def longest(self) -> timedelta:
        """No window of this duration is longer: a month has at most 31 days."""
        return timedelta(days=self.days + self.months * 31) + self.time

    @property
    def shortest(self) -> timedelta:
        """No window of this duration is shorter: a month has at least 28 days."""
        return timedelta(days=self.days + self.months * 28) + self.time

    def start(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """T − P in UTC, itself outside the window. Where the month has no such day, it is the month's end,
        so that a window never takes back what it has lost."""
        local = _months_later((moment - self.time).astimezone(zone), -self.months)
        return (local - timedelta(days=self.days)).astimezone(UTC)

    def leaves(self, at: datetime, zone: ZoneInfo) -> datetime:
        """A lower bound: no window that ends before this moment has lost what happened at `at`."""
        local = _months_later(at.astimezone(zone) + timedelta(days=self.days), self.months)
        return local.astimezone(UTC) + self.time


@dataclass(frozen=True, slots=True)
class Span:
    """The stretch (T − ago − over, T − ago]: without `ago` it ends with T, without `over` it has no start.

    Months are counted back from T once, so that before March, at its end, lies the whole of February.
    """

    over: Window | None = None
    ago: Window | None = None

    @property
    def back(self) -> Window | None:
        """From T to the start."""
        if self.over is None or self.ago is None:
            return self.over
        months, days = self.over.months + self.ago.months, self.over.days + self.ago.days
        return Window(months, days, self.over.time + self.ago.time)

    def end(self, moment: datetime, zone: ZoneInfo) -> datetime:
        return moment if self.ago is None else self.ago.start(moment, zone)

    def start(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        return None if self.back is None else self.back.start(moment, zone)

    def leaves(self, at: datetime, zone: ZoneInfo) -> datetime | None:
        """A lower bound of the moment at which what happened at `at` is lost; None: never."""
        return None if self.back is None else self.back.leaves(at, zone)

    def enters(self, at: datetime, zone: ZoneInfo) -> datetime:
        """A lower bound of the moment at which what happened at `at` is seen."""
        return at if self.ago is None else self.ago.leaves(at, zone)


def _months_later(local: datetime, months: int) -> datetime:
    """The same day and time of another month; the month's last microsecond when it has no such day."""
    if not months:
        return local
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    if local.day <= last:
        return local.replace(year=year, month=month + 1)
    return datetime.combine(local.replace(year=year, month=month + 1, day=last), time.max, local.tzinfo)
