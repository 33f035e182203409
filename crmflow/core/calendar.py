"""When is it working time, and when is a term over that counts in working days and working time?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from crmflow.core.chart import Term
from crmflow.errors import WorkflowError

DAY = timedelta(days=1)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST_BREAK = 3 * 366  # days without a shift after which a calendar counts as one without working time


@dataclass(frozen=True, slots=True, order=True)
class Shift:
    """Working time from `start` to `end`, both since the midnight at which the shift's day begins.

    A shift past midnight ends after 24 hours: 22:00-06:00 is 22 h to 30 h and belongs to the day it starts on.
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
class Open:
    """A shift on one `day` as instants, end exclusive."""

    day: date
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working time of one office: the shifts of each weekday (0 = Monday) and, in `dates`, of the days
    that differ from their weekday: no shifts on a closed day, own shifts on a make-up day."""

    name: str
    zone: ZoneInfo
    week: Mapping[int, tuple[Shift, ...]]
    dates: Mapping[date, tuple[Shift, ...]] = field(default_factory=dict)

    @classmethod
    def weekly(
        cls, name: str, zone: ZoneInfo, week: Mapping[str, Sequence[str]], closed: Iterable[date] = ()
    ) -> Calendar:
        """From the form in which files write it: {"mon-fri": ["08:30-12:00", "13:30-17:30"]}.

        Raises ValueError for a weekday or shift that cannot be read.
        """
        shifts: dict[int, tuple[Shift, ...]] = {}
        for days, texts in week.items():
            for weekday in _weekdays(days):
                shifts[weekday] = tuple(sorted(Shift.of(text) for text in texts))
        return cls(name, zone, shifts, {day: () for day in closed})

    def shifts(self, day: date) -> tuple[Shift, ...]:
        """The shifts that start on a day, in order."""
        return self.dates.get(day, self.week.get(day.weekday(), ()))

    def works(self, day: date) -> bool:
        """Whether it is a working day: one on which a shift starts."""
        return bool(self.shifts(day))

    def add(self, start: datetime, term: Term) -> datetime:
        """When a term is over that begins at `start`, in UTC.

        It begins with the first working moment at or after `start`; then come the working days, at the same
        time of day, then the working time. Raises WorkflowError CRM501 where there is no working time.
        """
        if not term.days and not term.time:
            return start.astimezone(UTC)
        at = self._days_later(start, term.days) if term.days else start
        left = term.time
        if not left:
            return at
        for shift in self.open_from(at):
            begins = max(at, shift.start)
            if begins + left <= shift.end:
                return begins + left
            left -= shift.end - begins
            at = shift.end
        raise AssertionError("open_from never ends")

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The working time from `start` to `end`. Raises WorkflowError CRM501 where there is none at all."""
        worked, at = timedelta(), start
        for shift in self.open_from(start):
            if shift.start >= end:
                break
            worked += min(shift.end, end) - max(shift.start, at)
            at = shift.end
        return worked

    def open_from(self, start: datetime) -> Iterator[Open]:
        """The shifts that end after `start`, in order, without end; where shifts overlap, only what is new.

        Raises WorkflowError CRM501 after three years without one.
        """
        at, shut = start.astimezone(UTC), 0
        day = start.astimezone(self.zone).date() - DAY
        while shut < LONGEST_BREAK:
            shut += 1
            for shift in self.shifts(day):
                begins, ends = self._instant(day, shift.start), self._instant(day, shift.end)
                if ends > at and ends > begins:
                    yield Open(day, max(begins, at) if begins < at and shut > 2 else begins, ends)
                    at, shut = ends, 0
            day += DAY
        raise WorkflowError("CRM501", calendar=self.name, day=day.isoformat())

