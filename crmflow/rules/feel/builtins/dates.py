"""Which functions does FEEL have for dates and times? (DMN 1.5, 10.3.4.6 and 10.3.4.7)"""

from __future__ import annotations

import datetime as python
from decimal import Decimal
from typing import Final

from crmflow.rules.feel.builtins.numbers import whole
from crmflow.rules.feel.builtins.registry import builtin
from crmflow.rules.feel.dates import Date, DateTime, Time, instant_in
from crmflow.rules.feel.durations import HOUR, MINUTE, SECOND, DaysDuration, MonthsDuration
from crmflow.rules.feel.values import DECIMALS, read

_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SPRING: Final = ("January", "February", "March", "April", "May", "June")
_AUTUMN: Final = ("July", "August", "September", "October", "November", "December")


@builtin("date(from: string) -> date")
def _date_from_text(text: str) -> Date | None:
    return Date.parse(text)


@builtin("date(from: date) -> date")
def _date_from_date(date: Date) -> Date:
    return date


@builtin("date(from: date and time) -> date")
def _date_from_moment(moment: DateTime) -> Date:
    return moment.date


@builtin("date(year: number, month: number, day: number) -> date")
def _date(year: Decimal, month: Decimal, day: Decimal) -> Date | None:
    parts = [whole(year), whole(month), whole(day)]
    return None if None in parts else Date.of(*parts)  # type: ignore[arg-type]


@builtin("time(from: string) -> time")
def _time_from_text(text: str) -> Time | None:
    return Time.parse(text)


@builtin("time(from: time) -> time")
def _time_from_time(time: Time) -> Time:
    return time


@builtin("time(from: date and time) -> time")
def _time_from_moment(moment: DateTime) -> Time:
    return moment.time


@builtin("time(hour: number, minute: number, second: number, offset?: days and time duration) -> time")
def _time(hour: Decimal, minute: Decimal, second: Decimal, offset: DaysDuration | None = None) -> Time | None:
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60) or None in (whole(hour), whole(minute)):
        return None
    nanoseconds = int(hour) * HOUR + int(minute) * MINUTE + int(DECIMALS.scaleb(second, 9))
    if offset is None:
        return Time(nanoseconds)
    seconds, rest = divmod(abs(offset.nanoseconds), SECOND)
    if rest or seconds > 14 * 3600:
        return None
    return Time(nanoseconds, -seconds if offset.nanoseconds < 0 else seconds)


@builtin("date and time(from: string) -> date and time")
def _moment_from_text(text: str) -> DateTime | None:
    return DateTime.parse(text)


@builtin("date and time(date: date, time: time) -> date and time")
def _moment(date: Date, time: Time) -> DateTime:
    return DateTime(date, time)


@builtin("date and time(date: date and time, time: time) -> date and time")
def _moment_of_day(moment: DateTime, time: Time) -> DateTime:
    return DateTime(moment.date, time)


@builtin("date and time(date: date and time, timezone: string) -> date and time")
def _moment_in_zone(moment: DateTime, zone: str) -> DateTime | None:
    return instant_in(zone, moment)


@builtin("duration(from: string) -> Any")
def _duration(text: str) -> DaysDuration | MonthsDuration | None:
    return MonthsDuration.parse(text) or DaysDuration.parse(text)


@builtin("years and months duration(from: date, to: date) -> years and months duration")
def _months_between(start: Date, end: Date) -> MonthsDuration:
    """Whole months, cut towards zero."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if months > 0 and end.day < start.day:
        months -= 1
    elif months < 0 and end.day > start.day:
        months += 1
    return MonthsDuration(months)


@builtin("years and months duration(from: date and time, to: date and time) -> years and months duration")
def _months_between_moments(start: DateTime, end: DateTime) -> MonthsDuration:
    return _months_between(start.date, end.date)


@builtin("day of year(date: date and time) -> number")
def _day_of_year(moment: DateTime) -> Decimal:
    return Decimal(moment.date.ordinal - Date(moment.date.year, 1, 1).ordinal + 1)


@builtin("day of week(date: date and time) -> string")
def _day_of_week(moment: DateTime) -> str:
    return _WEEKDAYS[moment.date.weekday - 1]


@builtin("month of year(date: date and time) -> string")
def _month_of_year(moment: DateTime) -> str:
    return (*_SPRING, *_AUTUMN)[moment.date.month - 1]


@builtin("week of year(date: date and time) -> number")
def _week_of_year(moment: DateTime) -> Decimal | None:
    """ISO 8601: the week of the year that holds its Thursday."""
    thursday = moment.date.plus_days(4 - moment.date.weekday)
    if thursday is None:
        return None
    return Decimal((thursday.ordinal - Date(thursday.year, 1, 1).ordinal) // 7 + 1)


@builtin("now() -> date and time")
def _now() -> object:
    return read(python.datetime.now().astimezone())


@builtin("today() -> date")
def _today() -> object:
    return read(python.datetime.now().astimezone().date())
