"""Which calendars does a site have, and what are the days of a month in one of them?"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from crmflow.core.calendar import Calendar
from crmflow.core.calendars import Calendars
from crmflow.core.listing import Listing
from crmflow.core.text import choices
from crmflow.engine.listings import WORDS, listing
from crmflow.errors import RuleFileError

HOUR = timedelta(hours=1)
KINDS = {kind: WORDS[f"days.{kind}"] for kind in ("working", "rest", "holiday", "make-up", "closed", "own")}


def named(calendars: Calendars, name: str) -> Calendar:
    """The calendar with an id, such as calendars/default, or with the last part of one.

    Raises RuleFileError CRM170.
    """
    found = calendars.called(name)
    if found is None:
        raise RuleFileError("CRM170", name=name, known=choices(calendars.named, name))
    return found


def calendars_of(calendars: Calendars) -> Listing:
    """A row a calendar: whose it is, its zone, its version, and how far its holidays are known."""
    columns = "calendar staff role unit zone version known_until"
    return listing("calendars", columns, (_row(calendars, each) for each in calendars.named.values()))


def month(calendar: Calendar, first: date) -> Listing:
    """A row a day of the month that begins on a date: shifts, hours, and why it is not as its weekday."""
    count = monthrange(first.year, first.month)[1]
    days = (first + timedelta(days=n) for n in range(count))
    columns = "date weekday kind shifts hours why"
    return listing("calendar", columns, (_day(calendar, day) for day in days), {"kind": KINDS})


def _row(calendars: Calendars, calendar: Calendar) -> Mapping[str, Any]:
    return {
        "calendar": calendar.name,
        **{
            column: ", ".join(_owners(whose, calendar))
            for column, whose in (
                ("staff", calendars.staff),
                ("role", calendars.roles),
                ("unit", calendars.units),
            )
        },
        "zone": calendar.zone.key,
        "version": calendar.version,
        "known_until": calendar.known_until,
    }


def _owners(whose: Mapping[str, Calendar], calendar: Calendar) -> Iterator[str]:
    return (code for code, each in whose.items() if each is calendar)


def _day(calendar: Calendar, day: date) -> Mapping[str, Any]:
    found = calendar.on(day)
    hours = sum((shift.end - shift.start for shift in found.shifts), timedelta())
    later = calendar.known_until is not None and day > calendar.known_until
    return {
        "date": day,
        "weekday": WORDS[f"weekdays.{day.weekday()}"],
        "kind": found.kind,
        "shifts": ", ".join(map(str, found.shifts)),
        "hours": Decimal(hours // timedelta(minutes=1)) / 60 if hours else None,
        "why": WORDS["days.provisional"].filled(until=calendar.known_until) if later else found.why,
    }
