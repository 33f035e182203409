"""When does the clock on the wall of a zone show a time, and when is it put forward or back?"""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

SECOND = timedelta(seconds=1)
WEEK = timedelta(days=7)


def instant(zone: ZoneInfo, day: date, clock: timedelta) -> datetime:
    """The first instant (UTC) at which the zone's clock shows that time of the day, or a later one.

    `clock` is counted from the day's midnight and may go past the next.
    """
    wall = datetime.combine(day, time()) + clock
    at = wall.replace(tzinfo=zone).astimezone(UTC)
    if shown(zone, at) == wall:
        return at
    # The clock leaps over that time; the leap lies between the readings by the old and the new offset.
    early = wall.replace(tzinfo=zone, fold=1, microsecond=0).astimezone(UTC)
    seconds = range((at - early) // SECOND)
    return early + SECOND * bisect_left(seconds, wall, key=lambda n: shown(zone, early + SECOND * n))


def shown(zone: ZoneInfo, at: datetime) -> datetime:
    """What the clock shows at an instant, without a zone."""
    return at.astimezone(zone).replace(tzinfo=None)


@cache
def changes(zone: ZoneInfo, first: int, last: int) -> tuple[tuple[datetime, timedelta], ...]:
    """The zone's offset at the beginning of the year `first`, and each other one up to the year `last` with
    the second from which it holds: what the time zone data say, whatever they are called."""
    at, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last + 1, 1, 1, tzinfo=UTC)
    found = [(at, _offset(zone, at))]
    while at < end:
        until = at + WEEK
        if _offset(zone, until) != found[-1][1]:
            before = found[-1][1]
            seconds = range(WEEK // SECOND)
            changed = bisect_left(seconds, True, key=lambda n: _offset(zone, at + SECOND * n) != before)
            found.append((at + SECOND * changed, _offset(zone, at + SECOND * changed)))
        at = until
    return tuple(found)


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()
