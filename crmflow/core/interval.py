"""Which time counted on the way to a due time, which did not, and why?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Literal

from crmflow.core.calendar import DAY, Calendar, Day
from crmflow.core.clock import Clock

Why = Literal["counted", "paused", "off", "free"]
NOTHING = timedelta()


@dataclass(frozen=True, slots=True)
class Interval:
    """From `start` to `end` (exclusive, in UTC), all of one kind, within one day unless it is a pause.

    `why`: counted, paused, off (no shift at that time of a working day), free (a day without a shift).
    `day` says which day it is in the calendar, and `worked` how much working time lies in it; of a pause that
    is what it takes out.
    """

    start: datetime
    end: datetime
    why: Why
    day: Day
    worked: timedelta = NOTHING

    @property
    def counts(self) -> bool:
        return self.why == "counted"


def intervals(clock: Clock, until: datetime) -> Iterator[Interval]:
    """From the start of a clock's run to `until`, without a gap and in order. Up to the due time, those that
    count add up to the target."""
    if clock.started_at is None:
        return
    at, end = clock.started_at.astimezone(UTC), until.astimezone(UTC)
    pauses = list(clock.pauses)
    if clock.paused_at is not None:
        pauses.append((clock.paused_at, end))
    for pause in pauses:
        start, stop = (min(moment.astimezone(UTC), end) for moment in pause)
        if start < stop:
            yield from _running(clock.calendar, at, start)
            lost = clock.calendar.between(start, stop)
            yield Interval(start, stop, "paused", clock.calendar.on(_date(clock.calendar, start)), lost)
            at = stop
    yield from _running(clock.calendar, at, end)


def _running(calendar: Calendar, start: datetime, end: datetime) -> Iterator[Interval]:
    """Working time and what lies between, cut where days begin."""
    if start >= end:
        return
    at = start
    for stretch in calendar.stretches(start):
        yield from _idle(calendar, at, min(stretch.start, end))
        if stretch.start >= end:
            return
        at = min(stretch.end, end)
        yield Interval(stretch.start, at, "counted", calendar.on(stretch.day), at - stretch.start)
        if at == end:
            return


def _idle(calendar: Calendar, start: datetime, end: datetime) -> Iterator[Interval]:
    if start >= end:
        return
    cuts = [start, *_midnights(calendar, start, end), end]
    for begins, ends in pairwise(cuts):
        day = calendar.on(_date(calendar, begins))
        yield Interval(begins, ends, "off" if day.shifts else "free", day)


def _midnights(calendar: Calendar, start: datetime, end: datetime) -> Iterator[datetime]:
    """Where days begin in between; one that the calendar of the zone leaves out begins nowhere."""
    last, day = start, _date(calendar, start) + DAY
    while (at := datetime.combine(day, time(), calendar.zone).astimezone(UTC)) < end:
        if at > last:
            yield at
            last = at
        day += DAY


def _date(calendar: Calendar, at: datetime) -> date:
    return at.astimezone(calendar.zone).date()
