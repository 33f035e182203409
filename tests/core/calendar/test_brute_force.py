"""Is working time what counting its minutes one by one gives, in zones whose clocks do strange things?"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate, groupby
from random import Random
from zoneinfo import ZoneInfo

import pytest

from crmflow.core.calendar import Calendar, Day, Season
from crmflow.core.calendar.shift import Shift
from crmflow.core.calendar.wall import changes
from crmflow.core.chart import Term

FIRST, LAST = 2006, 2025
SAMPLE = 2011, 2015  # in these years each of the zones does what it is here for
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
ZONES = {
    "Africa/Casablanca": "the clock goes back for Ramadan",
    "America/New_York": "small hours that are there twice, or not at all",
    "America/Sao_Paulo": "a day that began at one o'clock",
    "Asia/Kathmandu": "45 minutes beside the hour",
    "Asia/Shanghai": "one offset",
    "Asia/Tehran": "a change at midnight",
    "Australia/Lord_Howe": "half an hour of summer time",
    "Europe/London": "nought in winter",
    "Pacific/Apia": "a day that was left out",
    "UTC": "no zone at all",
}


def shifts(*texts: str) -> tuple[Shift, ...]:
    return tuple(map(Shift.of, texts))


def office(zone: str) -> Calendar:
    """Split days, a night past midnight, minutes around midnight, summers, days off."""
    week = dict.fromkeys(range(4), shifts("08:30-12:00", "13:30-17:30"))
    summer = dict.fromkeys(range(3), shifts("00:15-02:45", "23:00-24:00"))
    off = [date(year, month, 1) for year in range(FIRST - 1, LAST + 2) for month in (1, 5, 10)]
    own = [date(year, 3, 29) for year in range(FIRST - 1, LAST + 2)]
    days = [
        *(Day(day, (), "closed") for day in off),
        *(Day(day, shifts("01:30-03:30"), "own") for day in own),
    ]
    return Calendar(
        zone,
        ZoneInfo(zone),
        {**week, 4: shifts("22:00-06:00"), 5: shifts("23:59-00:30")},
        {day.date: day for day in days},
        (Season((10, 20), (11, 10), summer), Season(date(2012, 1, 1), date(2012, 6, 30), summer)),
    )


def open_minutes(calendar: Calendar, first: datetime, count: int) -> Iterator[date | None]:
    """Of each minute the day whose shift it is in, else None. A shift lasts from the first minute at which
    the clock shows its start or a later time to the first that shows its end or a later one: what has been
    shown once counts, though the clock be put back."""
    latest = datetime(1, 1, 1)  # noqa: DTZ001 - what a clock on the wall shows
    shifts_of = cache(calendar.shifts)
    for n in range(-3 * 24 * 60, count):
        wall = (first + n * MINUTE).astimezone(calendar.zone).replace(tzinfo=None)
        latest = max(latest, wall)
        if n >= 0:
            yield _open(shifts_of, latest)


def _open(shifts_of: Callable[[date], Iterable[Shift]], latest: datetime) -> date | None:
    today = latest.date()
    since = latest - datetime.combine(today, datetime.min.time())
    if any(shift.start <= since + DAY < shift.end for shift in shifts_of(today - DAY)):
        return today - DAY
    return today if any(shift.start <= since < shift.end for shift in shifts_of(today)) else None


def compare(calendar: Calendar, first: datetime, count: int) -> None:
    minutes = list(open_minutes(calendar, first, count))
    spans, at = [], 0
    for day, group in groupby(minutes):
        length = sum(1 for _ in group)
        if day is not None:
            spans.append((day, first + at * MINUTE, first + (at + length) * MINUTE))
        at += length
    last = first + count * MINUTE
    found = []
    for stretch in calendar.stretches(first):
        if stretch.start >= last:
            break
        found.append((stretch.day, stretch.start, min(stretch.end, last)))
    assert found == spans
    worked = list(accumulate((day is not None for day in minutes), initial=0))
    random = Random(count)
    for _ in range(count // 100):
        one, other = sorted((random.randrange(count), random.randrange(count)))
        assert calendar.between(first + one * MINUTE, first + other * MINUTE) == MINUTE * (
            worked[other] - worked[one]
        )
        wanted = random.randrange(1, 3000)
        due = bisect_left(worked, worked[one] + wanted)
        if due <= count and worked[-1] >= worked[one] + wanted:
            assert calendar.add(first + one * MINUTE, Term(time=wanted * MINUTE)) == first + due * MINUTE


@pytest.mark.parametrize("zone", ZONES, ids=ZONES.get)
def test_around_every_change_of_the_clock(zone: str) -> None:
    calendar = office(zone)
    ordinary = [(datetime(2013, 4, 30, tzinfo=UTC), timedelta())]
    for at, _ in [*changes(calendar.zone, *SAMPLE)[1:], *ordinary]:
        compare(calendar, at.replace(second=0) - DAY, 3 * 24 * 60)


@pytest.mark.long
@pytest.mark.parametrize("zone", ZONES, ids=ZONES.get)
def test_every_minute_of_twenty_years(zone: str) -> None:
    first, last = datetime(FIRST, 1, 1, tzinfo=UTC), datetime(LAST + 1, 1, 1, tzinfo=UTC)
    compare(office(zone), first, (last - first) // MINUTE)
