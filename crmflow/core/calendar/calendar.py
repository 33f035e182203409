"""When is it working time, and when is a term over that counts in working days and working time?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from crmflow.core.calendar.agenda import Agenda
from crmflow.core.calendar.day import Day, Season
from crmflow.core.calendar.holidays import FIRST, LAST
from crmflow.core.calendar.shift import AROUND_THE_CLOCK, DAY, Shift, Shifts, Stretch, Week, weekdays
from crmflow.core.calendar.wall import changes
from crmflow.core.chart import Term
from crmflow.errors import WorkflowError

LONGEST = 200
"""Years that a term may take."""


@dataclass(frozen=True)
class Calendar:
    """The working time of an office: the shifts of each weekday (0 is Monday), other ones in a season, and in
    `dates` the days that differ: holidays, make-up days, closed days, days with shifts of their own.

    Shifts are read off the clock on the wall: a boundary is the first instant at which the zone's clock shows
    that time or a later one. What lies between is real time, so a night in which the clock goes forward is
    an hour shorter. `known_until` is the last day for which the holidays are known (None: it needs none);
    after it the week alone counts. `sources` are the holiday data and their version.
    """

    name: str
    zone: ZoneInfo
    week: Week
    dates: Mapping[date, Day] = field(default_factory=dict)
    seasons: tuple[Season, ...] = ()
    known_until: date | None = None
    sources: tuple[str, ...] = ()

    @classmethod
    def weekly(
        cls, name: str, zone: ZoneInfo, week: Mapping[str, Sequence[str]], closed: Iterable[date] = ()
    ) -> Calendar:
        """From texts: {"mon-fri": ["08:30-12:00", "13:30-17:30"]}. Raises ValueError."""
        shifts: dict[int, Shifts] = {}
        for days, texts in week.items():
            shifts.update(dict.fromkeys(weekdays(days), tuple(sorted(map(Shift.of, texts)))))
        return cls(name, zone, shifts, {day: Day(day, (), "closed") for day in closed})

    # days

    def on(self, day: date) -> Day:
        """What a day is: its shifts, and why they are not those of its weekday."""
        found = self.dates.get(day)
        if found is not None:
            return found
        shifts, season = self.weekday(day), self.season(day)
        return Day(day, shifts, "working" if shifts else "rest", season.title if season else None)

    def shifts(self, day: date) -> Shifts:
        """The shifts that start on a day, in order."""
        return self.on(day).shifts

    def works(self, day: date) -> bool:
        """Whether it is a working day: one on which a shift starts."""
        return bool(self.on(day).shifts)

    def weekday(self, day: date) -> Shifts:
        """The shifts of the day's weekday, whatever the day is."""
        season = self.season(day)
        return (season.week if season else self.week).get(day.weekday(), ())

    def season(self, day: date) -> Season | None:
        """The season that says which shifts the day's weekday has: the last in the list."""
        for season in reversed(self.seasons):
            if day.weekday() in season.week and season.covers(day):
                return season
        return None

    def provisional(self, at: datetime) -> bool:
        """Whether a moment lies after the last day for which the holidays are known."""
        return self.known_until is not None and at.astimezone(self.zone).date() > self.known_until

    # working time

    def add(self, start: datetime, term: Term) -> datetime:
        """When a term is over, in UTC: it begins with the first working moment from `start` on; then come its
        working days, at the same time of day, then its working time. An empty term is over at once.

        Raises WorkflowError CRM501 where there is no working time, CRM540 where it takes 200 years.
        """
        at = start.astimezone(UTC)
        if not term.days and not term.time:
            return at
        years = 1
        while (due := self._agenda(at, years).after(at, term)) is None:
            years *= 2
        return due

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The working time from `start` to `end`. Raises WorkflowError CRM540 where these are 200 years."""
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        if end <= start:
            return timedelta()
        agenda = self._agenda(start, end.year - start.year + 1)
        return agenda.worked(end) - agenda.worked(start)

    def stretches(self, start: datetime) -> Iterator[Stretch]:
        """The working time from `start` on, in order, without end and without overlap.

        Raises WorkflowError CRM501 where three years go by without any, CRM540 after 200 years.
        """
        at, origin, years = start.astimezone(UTC), start.astimezone(UTC), 1
        while True:
            agenda = self._agenda(origin, years)
            while (place := agenda.next(at)) is not None:
                found = agenda.stretches[place]
                yield Stretch(found.day, max(at, found.start), found.end)
                at = found.end
            years *= 2

    def _agenda(self, start: datetime, years: int) -> Agenda:
        """From before `start`, whose shift may have begun the day before, to so many years after it."""
        first, last = (start - 3 * DAY).year, start.year + years
        known = self._laid_out[0] if self._laid_out else None
        if known and known.first <= first and last <= known.last:
            return known
        if last - first > LONGEST or last >= 9999:
            raise WorkflowError("CRM540", calendar=self.name, start=start.date(), years=LONGEST)
        if known and max(last, known.last) - min(first, known.first) <= LONGEST:
            first, last = min(first, known.first), max(last, known.last)
        begin = date(first, 1, 1)
        days = (self.on(begin + n * DAY) for n in range((date(last + 1, 1, 1) - begin).days))
        self._laid_out[:] = [agenda := Agenda.of(self.name, self.zone, first, last, days)]
        return agenda

    @cached_property
    def _laid_out(self) -> list[Agenda]:
        """At most one: the years asked for so far. Replaced as a whole, so that threads may share it."""
        return []

    # which version

    @cached_property
    def cited(self) -> str:
        """How the journal names it: the id and the version."""
        return f"{self.name}@{self.version}"

    @cached_property
    def version(self) -> str:
        """Over all that due times depend on: shifts, days, the holiday data's version, the zone's offsets."""
        said = (
            self.zone.key,
            changes(self.zone, FIRST, LAST),
            sorted(self.week.items()),
            [(each.first, each.last, sorted(each.week.items())) for each in self.seasons],
            [(day, each.shifts) for day, each in sorted(self.dates.items())],
            self.known_until,
            self.sources,
        )
        return hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()[:12]


ALWAYS = Calendar("24x7", ZoneInfo("UTC"), AROUND_THE_CLOCK)
