"""How much working time lies before a moment? Some years of a calendar in order, with running totals."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo

from crmflow.core.calendar.day import Day
from crmflow.core.calendar.shift import DAY, Stretch
from crmflow.core.calendar.wall import instant, shown
from crmflow.core.chart import Term
from crmflow.errors import WorkflowError

LONGEST_BREAK = 3 * 366  # after so many days without a shift there is no working time at all


@dataclass(frozen=True, slots=True)
class Agenda:
    """The working `days` from the year `first` to the year `last`, and their `stretches`, without overlap.

    `midnights` begin the days, `starts` and `ends` are the stretches', `totals` the working time up to each
    end, `resumed` the working days that come after a break which is too long.
    """

    calendar: str
    zone: ZoneInfo
    first: int
    last: int
    days: Sequence[date]
    midnights: Sequence[datetime | None]
    resumed: Sequence[date]
    stretches: Sequence[Stretch]
    starts: Sequence[datetime]
    ends: Sequence[datetime]
    totals: Sequence[timedelta]

    @classmethod
    def of(cls, calendar: str, zone: ZoneInfo, first: int, last: int, days: Iterable[Day]) -> Agenda:
        """`days` are all days of these years, in order."""
        working = [day for day in days if day.shifts]
        dates = [day.date for day in working]
        midnights = [_midnight(zone, day) for day in dates]
        stretches = list(_stretches(zone, working, midnights))
        return cls(
            calendar,
            zone,
            first,
            last,
            dates,
            midnights,
            [day for before, day in pairwise(dates) if (day - before).days > LONGEST_BREAK],
            stretches,
            [each.start for each in stretches],
            [each.end for each in stretches],
            list(accumulate(each.end - each.start for each in stretches)),
        )

    def next(self, at: datetime) -> int | None:
        """The place of the stretch in which `at` lies, else of the next; None: it lies after these years.

        Raises WorkflowError CRM501 where three years go by without any.
        """
        place = bisect_right(self.ends, at)
        if place == len(self.stretches):
            self._demand_more(at.date())
            return None
        day = self.stretches[place].day
        if (day - at.date()).days > LONGEST_BREAK:
            raise WorkflowError("CRM501", calendar=self.calendar, day=day)
        return place

    def after(self, start: datetime, term: Term) -> datetime | None:
        """When a term is over, in UTC; None: after these years. Raises WorkflowError CRM501."""
        place = self.next(start)
        if place is None:
            return None
        first = self.stretches[place]
        at = max(start, first.start)
        if term.days:
            day = bisect_left(self.days, first.day)
            if day + term.days >= len(self.days):
                self._demand_more(first.day)
                return None
            self._demand_no_break(first.day, self.days[day + term.days])
            at = self._same_time(at, day, day + term.days)
        if not term.time:
            return at
        total = self.worked(at) + term.time
        end = bisect_left(self.totals, total)
        if end == len(self.totals):
            self._demand_more(first.day)
            return None
        self._demand_no_break(first.day, self.stretches[end].day)
        return self.ends[end] - (self.totals[end] - total)

    def worked(self, until: datetime) -> timedelta:
        """The working time of these years up to a moment."""
        place = bisect_right(self.ends, until)
        if place == len(self.ends):
            return self.totals[-1] if self.totals else timedelta()
        return self.totals[place] - (self.ends[place] - max(until, self.starts[place]))

    def _same_time(self, at: datetime, day: int, later: int) -> datetime:
        """The moment of a later working day at which the clock shows what it shows `at`."""
        midnight, other = self.midnights[day], self.midnights[later]
        if midnight is not None and other is not None:
            return other + (at - midnight)
        clock = shown(self.zone, at) - datetime.combine(self.days[day], time())
        return instant(self.zone, self.days[later], clock)

    def _demand_more(self, since: date) -> None:
        """There may be working time after these years, unless it has been missing for too long already."""
        newest = max(since, self.days[-1]) if self.days else since
        if (date(self.last, 12, 31) - newest).days > LONGEST_BREAK:
            raise WorkflowError("CRM501", calendar=self.calendar, day=newest + LONGEST_BREAK * DAY)

    def _demand_no_break(self, since: date, until: date) -> None:
        """Between two working moments there is no break that is too long."""
        for day in self.resumed:
            if since < day <= until:
                raise WorkflowError("CRM501", calendar=self.calendar, day=day)


def _midnight(zone: ZoneInfo, day: date) -> datetime | None:
    """When a day begins; None where the clock is put forward or back until the end of the next day, so that
    its time is not the time since then."""
    begins, ends = (datetime.combine(day + n * DAY, time(), zone) for n in (0, 2))
    return begins.astimezone(UTC) if begins.utcoffset() == ends.utcoffset() else None


def _stretches(
    zone: ZoneInfo, days: Iterable[Day], midnights: Iterable[datetime | None]
) -> Iterator[Stretch]:
    """Shifts that overlap count once; a day that the zone's clock leaves out has none."""
    at = datetime.min.replace(tzinfo=UTC)
    for day, midnight in zip(days, midnights, strict=True):
        for shift in day.shifts:
            if midnight is None:
                begins, ends = (instant(zone, day.date, clock) for clock in (shift.start, shift.end))
            else:
                begins, ends = midnight + shift.start, midnight + shift.end
            begins = max(at, begins)
            if begins < ends:
                yield Stretch(day.date, begins, ends)
                at = ends
