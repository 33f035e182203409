"""From when to when is work done on a day, and which days of the week are meant?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

DAY = timedelta(days=1)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKDAYS_ZH = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_TIME = re.compile(r"\s*(\d{1,2}):(\d{2})\s*")
_PLAIN = str.maketrans("：－–—至，", ":----,")


@dataclass(frozen=True, slots=True, order=True)
class Shift:
    """Working time from `start` to `end`, both counted from the midnight that begins the shift's day.

    One past midnight ends after 24 hours: 22:00-06:00 is 22 h to 30 h and belongs to the day it starts on.
    """

    start: timedelta
    end: timedelta

    @classmethod
    def of(cls, text: str) -> Shift:
        """From "08:30-12:00", "22:00-06:00" (past midnight) or "00:00-24:00". Raises ValueError."""
        start, _, end = text.translate(_PLAIN).partition("-")
        opens, closes = _time_of_day(start), _time_of_day(end)
        if opens >= DAY:
            raise ValueError(f"{text}: a shift starts before 24:00")
        return cls(opens, closes if closes > opens else closes + DAY)

    def __str__(self) -> str:
        """As a file writes it."""
        end = self.end if self.end <= DAY else self.end - DAY
        return f"{_clock(self.start)}-{_clock(end)}"


Shifts = tuple[Shift, ...]
Week = Mapping[int, Shifts]
"""The shifts of each weekday; 0 is Monday."""

AROUND_THE_CLOCK: Week = dict.fromkeys(range(7), (Shift(timedelta(), DAY),))


@dataclass(frozen=True, slots=True)
class Stretch:
    """Working time without a break, as instants in UTC, end exclusive; `day` is the day of its shift."""

    day: date
    start: datetime
    end: datetime


def weekdays(text: str) -> tuple[int, ...]:
    """The numbers of "mon-fri", "sat", "mon, thu" or "周一至周五". Raises ValueError."""
    found: list[int] = []
    for part in text.translate(_PLAIN).lower().split(","):
        first, _, last = part.strip().partition("-")
        start, end = _weekday(first), _weekday(last or first)
        if end < start:
            raise ValueError(f"{text}: the week begins on Monday")
        found += range(start, end + 1)
    return tuple(found)


def _weekday(text: str) -> int:
    for names in (WEEKDAYS, WEEKDAYS_ZH):
        if text.strip() in names:
            return names.index(text.strip())
    raise ValueError(f"{text}: not a weekday, such as mon")


def _time_of_day(text: str) -> timedelta:
    found = _TIME.fullmatch(text)
    hours, minutes = map(int, found.groups()) if found else (0, 60)
    clock = timedelta(hours=hours, minutes=minutes)
    if minutes >= 60 or clock > DAY:
        raise ValueError(f"{text}: not a time of day")
    return clock


def _clock(since: timedelta) -> str:
    hours, rest = divmod(since, timedelta(hours=1))
    return f"{hours:02d}:{rest // timedelta(minutes=1):02d}"
