"""What does one calendar's file say, and what does it leave to the calendar on top of which it lies?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from zoneinfo import ZoneInfo

from crmflow.core.calendar.calendar import Calendar
from crmflow.core.calendar.day import Day, Kind, MonthDay, Season
from crmflow.core.calendar.holidays import FIRST, LAST, Holidays
from crmflow.core.calendar.shift import DAY, Shifts, Week
from crmflow.core.text import Text


@dataclass(frozen=True, slots=True)
class OwnDay:
    """A day that the file itself names: closed, or with shifts of its own."""

    shifts: Shifts
    why: Text | None = None

    @property
    def kind(self) -> Kind:
        return "own" if self.shifts else "closed"


@dataclass(frozen=True, slots=True)
class Layer:
    """What a file says; None, or empty: what the calendar below says.

    `worked` are the names and days of holidays on which one works all the same, `made_up` the shifts of a
    make-up working day (None: those of the first working weekday), `days` the days that the file names, once
    or each year.
    """

    zone: ZoneInfo | None = None
    week: Week | None = None
    seasons: tuple[Season, ...] = ()
    holidays: tuple[Holidays, ...] | None = None
    worked: tuple[str | date | MonthDay, ...] = ()
    made_up: Shifts | None = None
    days: Mapping[date | MonthDay, OwnDay] = field(default_factory=dict)

    def over(self, below: Layer) -> Layer:
        """On top of another: its weekdays count in the seasons of the other too."""
        own = () if self.week is None else (Season(date.min, None, self.week),)
        return Layer(
            self.zone or below.zone,
            below.week,
            (*below.seasons, *own, *self.seasons),
            below.holidays if self.holidays is None else self.holidays,
            (*below.worked, *self.worked),
            below.made_up if self.made_up is None else self.made_up,
            {**below.days, **self.days},
        )

    def calendar(self, name: str) -> Calendar:
        """The calendar of this name; a layer with nothing below it has a zone and a week."""
        assert self.zone is not None
        week = Calendar(name, self.zone, self.week or {}, seasons=self.seasons)
        holidays = [each.but(self.worked) for each in self.holidays or ()]
        known = [each.known_until for each in holidays]
        if any(isinstance(day, tuple) for day in self.days):
            known.append(date(LAST, 12, 31))
        return replace(
            week,
            dates={day.date: day for day in (*self._public(holidays, week), *self._own())},
            known_until=min(known, default=None),
            sources=tuple(sorted({each.source for each in holidays})),
        )

    def _public(self, holidays: list[Holidays], week: Calendar) -> Iterator[Day]:
        """Make-up days, and holidays over them where several countries count."""
        for each in holidays:
            for day, why in each.made_up.items():
                shifts = _first_working(week, day) if self.made_up is None else self.made_up
                yield Day(day, shifts, "make-up", why)
        for each in holidays:
            for day, why in each.closed.items():
                yield Day(day, (), "holiday", why)

    def _own(self) -> Iterator[Day]:
        """Days of each year first: a date overrides them."""
        for day, own in self.days.items():
            if isinstance(day, tuple):
                yield from (Day(each, own.shifts, own.kind, own.why) for each in _each_year(day))
        for day, own in self.days.items():
            if isinstance(day, date):
                yield Day(day, own.shifts, own.kind, own.why)


def _first_working(week: Calendar, day: date) -> Shifts:
    """The shifts of the first working weekday of the day's week."""
    monday = day - day.weekday() * DAY
    return next(filter(None, (week.weekday(monday + n * DAY) for n in range(7))), ())


def _each_year(day: MonthDay) -> Iterator[date]:
    for year in range(FIRST, LAST + 1):
        if day != (2, 29) or year % 4 == 0:  # true of all these years
            yield date(year, *day)
