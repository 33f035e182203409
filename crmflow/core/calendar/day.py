"""What is a day in a calendar: a working day, a holiday, a make-up day, and why? Which days is a season?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from crmflow.core.calendar.shift import Shifts, Week
from crmflow.core.text import Text

Kind = Literal["working", "rest", "holiday", "make-up", "closed", "own"]


@dataclass(frozen=True, slots=True)
class Day:
    """A day with the shifts that start on it.

    `kind`: working, rest (its weekday has no shift), holiday, make-up (a working day in exchange for a
    holiday, 调休), closed (by the calendar's own list), own (with shifts of its own). `why` says it to
    readers, such as the name of the holiday or the season; None where the week alone says it.
    """

    date: date
    shifts: Shifts
    kind: Kind
    why: Text | None = None


MonthDay = tuple[int, int]
"""A month and a day of each year."""


@dataclass(frozen=True, slots=True)
class Season:
    """From `first` to `last`, both included, the weekdays in `week` have other shifts.

    Both are days of each year (and `last` may lie in the next), or both are dates; None: without end.
    """

    first: date | MonthDay
    last: date | MonthDay | None
    week: Week
    title: Text | None = None

    def covers(self, day: date) -> bool:
        first, last = self.first, self.last
        if isinstance(first, date):
            return first <= day and (not isinstance(last, date) or day <= last)
        at = day.month, day.day
        assert isinstance(last, tuple)
        return first <= at <= last if first <= last else at >= first or at <= last
