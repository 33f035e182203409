"""What are FEEL's date, time and date and time, of any year, to the nanosecond, in any zone?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final, Self
from zoneinfo import ZoneInfo

from crmflow.rules.feel.durations import DAY, HOUR, MINUTE, SECOND, DaysDuration, MonthsDuration

YEAR_LIMIT: Final = 999_999_999

_DATE: Final = re.compile(r"(-?(?:\d{4}|[1-9]\d{4,8}))-(\d\d)-(\d\d)", re.ASCII)
_TIME: Final = re.compile(
    r"(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(?:(Z)|([+-])(\d\d):(\d\d)(?::(\d\d))?|@([A-Za-z][\w+/-]*))?",
    re.ASCII,
)
_OFFSET_LIMIT: Final = 14 * 3600
_MONTH_DAYS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def is_leap(year: int) -> bool:
    """Whether a year has a 29 February."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def month_days(year: int, month: int) -> int:
    """How many days a month has, counted from 1."""
    return 29 if month == 2 and is_leap(year) else _MONTH_DAYS[month - 1]


@dataclass(frozen=True, slots=True, order=True)
class Date:
    """A day of the proleptic Gregorian calendar; make it with `of` where it may not exist."""

    year: int
    month: int
    day: int

    @classmethod
    def of(cls, year: int, month: int, day: int) -> Date | None:
        """None for a day that does not exist."""
        if abs(year) <= YEAR_LIMIT and 1 <= month <= 12 and 1 <= day <= month_days(year, month):
            return cls(year, month, day)
        return None

    @classmethod
    def parse(cls, text: str) -> Date | None:
        """`2026-02-28`; years of up to nine digits, negative ones too."""
        match = _DATE.fullmatch(text)
        return cls.of(int(match[1]), int(match[2]), int(match[3])) if match else None

    @classmethod
    def from_ordinal(cls, ordinal: int) -> Date | None:
        """The inverse of `ordinal`. The year is counted from March, so that the leap day comes last."""
        era, day_of_era = divmod(ordinal + 719_468, 146_097)
        year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
        day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
        shifted = (5 * day_of_year + 2) // 153
        month = shifted + 3 if shifted < 10 else shifted - 9
        year = year_of_era + era * 400 + (month <= 2)
        return cls.of(year, month, day_of_year - (153 * shifted + 2) // 5 + 1)

    @property
    def ordinal(self) -> int:
        """Days since 1970-01-01."""
        year = self.year - (self.month <= 2)
        era, year_of_era = divmod(year, 400)
        day_of_year = (153 * (self.month - 3 if self.month > 2 else self.month + 9) + 2) // 5 + self.day - 1
        return (
            era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719_468
        )

    @property
    def weekday(self) -> int:
        """1 is Monday."""
        return (self.ordinal + 3) % 7 + 1

    def plus_days(self, days: int) -> Date | None:
        return Date.from_ordinal(self.ordinal + days)

    def plus_months(self, months: int) -> Date | None:
        """The same day of the month, or the last one of a shorter month."""
        years, month = divmod(self.year * 12 + self.month - 1 + months, 12)
        return Date.of(years, month + 1, min(self.day, month_days(years, month + 1)))

    def __str__(self) -> str:
        return f"{'-' if self.year < 0 else ''}{abs(self.year):04}-{self.month:02}-{self.day:02}"


@dataclass(frozen=True, slots=True)
class Time:
    """A time of day in nanoseconds, with an offset in seconds or a named zone or neither."""

    nanoseconds: int
    offset: int | None = None
    zone: str | None = None

    @classmethod
    def parse(cls, text: str) -> Time | None:
        """`08:30:00`, `08:30:00.5+08:00`, `08:30:00@Asia/Shanghai`."""
        parsed = parse_clock(text)
        return None if parsed is None else cls(parsed[0] % DAY, *parsed[1:])

    @property
    def hour(self) -> int:
        return self.nanoseconds // HOUR

    @property
    def minute(self) -> int:
        return self.nanoseconds % HOUR // MINUTE

    @property
    def second(self) -> int:
        return self.nanoseconds % MINUTE // SECOND

    @property
    def zoned(self) -> bool:
        return self.offset is not None or self.zone is not None

    @property
    def instant(self) -> int:
        """Nanoseconds of the day at UTC, or of the local day when no zone is known."""
        return self.nanoseconds - (self.seconds_east() or 0) * SECOND

    def seconds_east(self, date: Date | None = None) -> int | None:
        if self.zone is not None:
            return zone_offset(self.zone, date or Date(1970, 1, 1), self.nanoseconds)
        return self.offset

    def plus(self, duration: DaysDuration) -> Time:
        return Time((self.nanoseconds + duration.nanoseconds) % DAY, self.offset, self.zone)

    def __str__(self) -> str:
        fraction = self.nanoseconds % SECOND
        said = f"{self.hour:02}:{self.minute:02}:{self.second:02}"
        if fraction:
            said += f".{fraction:09}".rstrip("0")
        if self.zone is not None:
            return f"{said}@{self.zone}"
        return said if self.offset is None else said + _said_offset(self.offset)


@dataclass(frozen=True, slots=True)
class DateTime:
    """A date and a time of day, with the zone of the time."""

    date: Date
    time: Time

    @classmethod
    def parse(cls, text: str) -> DateTime | None:
        """A date, `T` and a time; `24:00:00` is the next midnight. A date alone is its midnight."""
        day, separator, clock = text.partition("T")
        date = Date.parse(day)
        if date is None or not separator:
            return None if date is None else cls(date, Time(0))
        parsed = parse_clock(clock)
        return None if parsed is None else cls.of_local(date.ordinal * DAY + parsed[0], *parsed[1:])

    @classmethod
    def of_local(cls, nanoseconds: int, offset: int | None = None, zone: str | None = None) -> Self | None:
        """From nanoseconds since 1970-01-01 by the clock on the wall."""
        days, rest = divmod(nanoseconds, DAY)
        date = Date.from_ordinal(days)
        return None if date is None else cls(date, Time(rest, offset, zone))

    @property
    def local(self) -> int:
        """Nanoseconds since 1970-01-01 by the clock on the wall."""
        return self.date.ordinal * DAY + self.time.nanoseconds

    @property
    def instant(self) -> int:
        """Nanoseconds since 1970-01-01 at UTC, or by the wall when no zone is known."""
        return self.local - (self.time.seconds_east(self.date) or 0) * SECOND

    @property
    def zoned(self) -> bool:
        return self.time.zoned

    def plus(self, duration: DaysDuration) -> DateTime | None:
        """As much later as the duration says; a clock that was changed in between shows another hour."""
        if self.time.zone is not None:
            return at_instant(self.instant + duration.nanoseconds, self.time.zone)
        return DateTime.of_local(self.local + duration.nanoseconds, self.time.offset)

    def plus_months(self, duration: MonthsDuration) -> DateTime | None:
        date = self.date.plus_months(duration.total)
        return None if date is None else DateTime(date, self.time)

    def __str__(self) -> str:
        return f"{self.date}T{self.time}"


def parse_clock(text: str) -> tuple[int, int | None, str | None] | None:
    """Nanoseconds of the day (24:00:00 included), offset, zone."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    hour, minute, second = int(match[1]), int(match[2]), int(match[3])
    nanoseconds = hour * HOUR + minute * MINUTE + second * SECOND + int((match[4] or "").ljust(9, "0"))
    if minute > 59 or second > 59 or nanoseconds > DAY:
        return None
    if match[10]:
        return None if _zone(match[10]) is None else (nanoseconds, None, match[10])
    if match[5]:
        return nanoseconds, 0, None
    if not match[6]:
        return nanoseconds, None, None
    if int(match[8]) > 59 or int(match[9] or 0) > 59:
        return None
    offset = int(match[7]) * 3600 + int(match[8]) * 60 + int(match[9] or 0)
    return None if offset > _OFFSET_LIMIT else (nanoseconds, -offset if match[6] == "-" else offset, None)


def zone_offset(zone: str, date: Date, nanoseconds: int) -> int:
    """Seconds east of UTC, at a time of day by the clock of a known zone."""
    return _seconds_east(_python(date, nanoseconds, _zone(zone)))


def at_instant(instant: int, zone: str) -> DateTime | None:
    """The moment that is so many nanoseconds after 1970-01-01 at UTC, by the clock of a known zone."""
    days, rest = divmod(instant, DAY)
    date = Date.from_ordinal(days)
    if date is None:
        return None
    east = _seconds_east(_python(date, rest, UTC).astimezone(_zone(zone)))
    return DateTime.of_local(instant + east * SECOND, None, zone)


def _python(date: Date, nanoseconds: int, zone: tzinfo | None) -> datetime:
    """By whole seconds; a year beyond datetime's becomes one with the same place in the 400-year cycle."""
    year = date.year if 1 < date.year < 9999 else date.year % 400 + (2000 if date.year > 1 else 400)
    seconds = nanoseconds // SECOND
    hour, minute = seconds // 3600, seconds % 3600 // 60
    return datetime(year, date.month, date.day, hour, minute, seconds % 60, tzinfo=zone)


def _seconds_east(moment: datetime) -> int:
    return int((moment.utcoffset() or timedelta()).total_seconds())


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def instant_in(zone: str, moment: DateTime) -> DateTime | None:
    """The same instant by the clock of a named zone; None for an unknown zone."""
    return None if _zone(zone) is None else at_instant(moment.instant, zone)


def _said_offset(offset: int) -> str:
    if offset == 0:
        return "Z"
    size = abs(offset)
    seconds = f":{size % 60:02}" if size % 60 else ""
    return f"{'-' if offset < 0 else '+'}{size // 3600:02}:{size % 3600 // 60:02}{seconds}"
