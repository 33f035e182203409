"""Over which stretch of the past does a simulation go, and at which moments does it look?"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from crmflow.core.moment import end_of_day
from crmflow.core.simulation import Step
from crmflow.errors import SettingsError, StoreError

MONTH = re.compile(r"(\d{4})-(\d{1,2})")
MONTHS = 12
"""How long a simulation is where nobody says it."""
Day = date | str | None


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last, both included."""

    start: date
    end: date
    step: Step
    zone: ZoneInfo

    @classmethod
    def of(
        cls,
        start: Day,
        end: Day,
        step: Step,
        zone: ZoneInfo,
        span: tuple[datetime, datetime] | None,
        last_run: datetime | None,
    ) -> Period:
        """A month begins on its first day and ends on its last. Without an end it is the last run, else the
        last touchpoint; without a start it is twelve months.

        Raises StoreError CRM431 the end lies before the start, CRM432 there are no touchpoints, CRM433 all
        come later; SettingsError CRM827 neither a day nor a month.
        """
        if span is None:
            raise StoreError("CRM432")
        first, last = (moment.astimezone(zone).date() for moment in span)
        if last_run is not None:
            last = last_run.astimezone(zone).date()
        until = _day(end, last=True) or _last_of_month(last)
        since = _day(start, last=False) or _months_before(until, MONTHS - 1)
        if until < since:
            raise StoreError("CRM431", start=since, end=until)
        if until < first:
            raise StoreError("CRM433", end=until, first=first)
        return cls(since, until, step, zone)

    @property
    def since(self) -> datetime:
        """The last moment before it."""
        return end_of_day(self.start - timedelta(days=1), self.zone)

    def moments(self) -> list[datetime]:
        """The ends of its steps; the last one is its own end."""
        return [end_of_day(day, self.zone) for day in self._days()]

    def _days(self) -> Iterator[date]:
        day = self.start
        while True:
            match self.step:
                case "month":
                    last = _last_of_month(day)
                case "week":
                    last = day + timedelta(days=6)
                case "day":
                    last = day
            if last >= self.end:
                break
            yield last
            day = last + timedelta(days=1)
        yield self.end


def _day(said: Day, *, last: bool) -> date | None:
    """A day, or the first or last day of a month. Raises SettingsError CRM827."""
    if said is None or isinstance(said, date):
        return said
    try:
        if month := MONTH.fullmatch(said):
            first = date(int(month[1]), int(month[2]), 1)
            return _last_of_month(first) if last else first
        return date.fromisoformat(said)
    except ValueError:
        raise SettingsError("CRM827", value=said) from None


def _last_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def _months_before(day: date, months: int) -> date:
    """The first day of the month so many months before."""
    count = day.year * 12 + day.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)
