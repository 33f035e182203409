"""When is it working time, and when is a term over that counts in working days and working time?"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from crmflow.core.chart import Term
from crmflow.errors import WorkflowError

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST_BREAK = 3 * 366  # after so many days without a shift there is no working time at all


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
        start, _, end = text.partition("-")
        opens, closes = _time_of_day(start), _time_of_day(end)
        if opens >= DAY:
            raise ValueError(f"{text}: a shift starts before 24:00")
        return cls(opens, closes if closes > opens else closes + DAY)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Working time without a break, as instants in UTC, end exclusive; `day` is the day of its shift."""

    day: date
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working time of an office: the shifts of each weekday (0 is Monday) and, in `dates`, of the days
    that differ from their weekday: no shift on a closed day, its own shifts on a make-up day.

    Shifts are read off the clock on the wall: a boundary is the first instant at which the zone's clock shows
    that time or a later one. What lies between is real time, so a night in which the clock goes forward is
    an hour shorter.
    """

    name: str
    zone: ZoneInfo
    week: Mapping[int, tuple[Shift, ...]]
    dates: Mapping[date, tuple[Shift, ...]] = field(default_factory=dict)

    @classmethod
    def weekly(
        cls, name: str, zone: ZoneInfo, week: Mapping[str, Sequence[str]], closed: Iterable[date] = ()
    ) -> Calendar:
        """From texts: {"mon-fri": ["08:30-12:00", "13:30-17:30"]}. Raises ValueError."""
        shifts: dict[int, tuple[Shift, ...]] = {}
        for days, texts in week.items():
            for weekday in _weekdays(days):
                shifts[weekday] = tuple(sorted(Shift.of(text) for text in texts))
        return cls(name, zone, shifts, dict.fromkeys(closed, ()))

    def shifts(self, day: date) -> tuple[Shift, ...]:
        """The shifts that start on a day, in order."""
        return self.dates.get(day, self.week.get(day.weekday(), ()))

    def works(self, day: date) -> bool:
        """Whether it is a working day: one on which a shift starts."""
        return bool(self.shifts(day))

    def add(self, start: datetime, term: Term) -> datetime:
        """When a term is over, in UTC: it begins with the first working moment from `start` on; then come its
        working days, at the same time of day, then its working time. An empty term is over at once.

        Raises WorkflowError CRM501 where there is no working time.
        """
        if term == Term():
            return start.astimezone(UTC)
        first = next(self.stretches(start))
        at = self._days_after(first, term.days) if term.days else first.start
        left = term.time
        if not left:
            return at
        for stretch in self.stretches(at):
            if left <= stretch.end - stretch.start:
                return stretch.start + left
            left -= stretch.end - stretch.start
        raise AssertionError("working time goes on for ever")

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The working time from `start` to `end`. Raises WorkflowError CRM501 where there is none at all."""
        worked = timedelta()
        for stretch in self.stretches(start):
            if stretch.start >= end:
                break
            worked += min(stretch.end, end) - stretch.start
        return worked

    def stretches(self, start: datetime) -> Iterator[Stretch]:
        """The working time from `start` on, in order, without end and without overlap.

        Raises WorkflowError CRM501 where three years go by without any.
        """
        at = start.astimezone(UTC)
        yesterday = start.astimezone(self.zone).date() - DAY  # its last shift may go past midnight
        for day in self._working_days(yesterday):
            for shift in self.shifts(day):
                begins = max(at, self._instant(day, shift.start))
                ends = self._instant(day, shift.end)
                if begins < ends:
                    yield Stretch(day, begins, ends)
                    at = ends

    def _days_after(self, first: Stretch, days: int) -> datetime:
        clock = first.start.astimezone(self.zone).replace(tzinfo=None)
        day = next(islice(self._working_days(first.day + DAY), days - 1, None))
        return self._instant(day, clock - datetime.combine(first.day, time()))

    def _working_days(self, day: date) -> Iterator[date]:
        """From `day` on."""
        idle = 0
        while idle < LONGEST_BREAK:
            if self.works(day):
                yield day
                idle = 0
            idle += 1
            day += DAY
        raise WorkflowError("CRM501", calendar=self.name, day=day)

    def _instant(self, day: date, clock: timedelta) -> datetime:
        """The first instant at which the zone's clock shows that time of the day, or a later one."""
        wall = datetime.combine(day, time()) + clock
        at = wall.replace(tzinfo=self.zone).astimezone(UTC)
        if self._wall(at) == wall:
            return at
        # The clock leaps over that time; the leap lies between the readings by the old and the new offset.
        early = wall.replace(tzinfo=self.zone, fold=1, microsecond=0).astimezone(UTC)
        seconds = range((at - early) // SECOND)
        return early + SECOND * bisect_left(seconds, wall, key=lambda n: self._wall(early + SECOND * n))

    def _wall(self, at: datetime) -> datetime:
        return at.astimezone(self.zone).replace(tzinfo=None)


ALWAYS = Calendar("24x7", ZoneInfo("UTC"), dict.fromkeys(range(7), (Shift(timedelta(), DAY),)))


def _time_of_day(text: str) -> timedelta:
    hours, _, minutes = text.strip().partition(":")
    clock = timedelta(hours=int(hours), minutes=int(minutes or 0))
    if not timedelta() <= clock <= DAY:
        raise ValueError(f"{text}: not a time of day")
    return clock


def _weekdays(text: str) -> range:
    """The numbers of "mon-fri" or "sat"."""
    first, _, last = text.strip().lower().partition("-")
    if first not in WEEKDAYS or (last and last not in WEEKDAYS):
        raise ValueError(f"{text}: not weekdays, such as mon or mon-fri")
    start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    if end < start:
        raise ValueError(f"{text}: the week begins on Monday")
    return range(start, end + 1)
