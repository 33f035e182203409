"""How does a calendar's file become a calendar? Plain weeks; holidays and make-up days are not read yet."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import Field

from crmflow.core.calendar import Calendar
from crmflow.rules.feel import nearest
from crmflow.rules.shape import Shape, Title, Whole
from crmflow.rules.source import Document, Findings

NOT_YET = ("based on", "make-up days")


class CalendarShape(Shape):
    """calendars/*.yaml"""

    format: Whole
    title: Title
    zone: str
    week: dict[str, list[str]]
    closed: list[str] = Field([])
    based_on: str | None = Field(None, alias="based on")
    make_up_days: list[str] = Field([], alias="make-up days")


def read_calendar(document: Document, shape: CalendarShape, findings: Findings) -> Calendar | None:
    """The calendar; None where a value cannot be read (CRM213) or asks for what is not there yet (CRM212)."""
    for key in NOT_YET:
        if key in document.data:
            findings.errors.append(document.diagnostic("CRM212", (key,), {"name": key}, key=True))
    try:
        zone = ZoneInfo(shape.zone)
    except (ZoneInfoNotFoundError, ValueError):
        near = nearest(shape.zone, sorted(available_timezones()))
        findings.errors.append(
            document.diagnostic("CRM126", ("zone",), {"name": shape.zone}, suggestion=near)
        )
        return None
    closed = []
    for n, text in enumerate(shape.closed):
        try:
            closed.append(date.fromisoformat(text))
        except ValueError:
            findings.errors.append(document.diagnostic("CRM069", ("closed", n), {"name": text}))
    week = {}
    for days, shifts in shape.week.items():
        try:
            Calendar.weekly(document.file.id, zone, {days: shifts})
            week[days] = shifts
        except ValueError:
            name = f"{days}: {', '.join(shifts)}"
            findings.errors.append(document.diagnostic("CRM213", ("week", days), {"name": name}, key=True))
    return Calendar.weekly(document.file.id, zone, week, closed)
