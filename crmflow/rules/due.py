"""When is a target over that began then, in this calendar, with these pauses?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from os import PathLike
from pathlib import Path

from crmflow.core.calendar import Calendar
from crmflow.core.chart import Term
from crmflow.core.clock import EVENT_NAMES, Clock, ClockEvent
from crmflow.core.moment import EARLIEST, LATEST, in_zone
from crmflow.errors import ImportFileError, WorkflowError
from crmflow.rules.calendar.site import calendar_at
from crmflow.rules.chart.words import term
from crmflow.rules.feel import nearest

Given = ClockEvent | Mapping[str, object] | tuple[str, object]
KEYS = {"event", "at", "target", "calendar"}


def due(
    start: datetime | str,
    target: Term | timedelta | str,
    calendar: Calendar | str | PathLike[str],
    events: Iterable[Given] = (),
) -> datetime:
    """When `target` is over, in the calendar's zone.

    `target` is an ISO 8601 duration ("P10D", "PT4H", "P1DT2H") or a timedelta: its day part counts working
    days, at the same time of day, the rest working time. `calendar` may be a calendar's file. Moments without
    a zone, as text too, are read off the clock on the calendar's wall.
    `events` come in any order, as (name, moment), {"event": name, "at": moment} or ClockEvent: pause, resume,
    stop, reopen, start (anew, after a stop), and swap, which has a "target" or a "calendar" or both.

    Raises WorkflowError: no working time CRM501, paused for ever CRM546, unknown event CRM547, not a target
    CRM548, not an event or a moment CRM549; and what load_calendar raises for a file.
    """
    calendar = as_calendar(calendar)
    begins = ClockEvent("start", as_moment(start, calendar), target=as_target(target))
    clock = Clock(calendar).fold((begins, *_read(events, begins.target, calendar)))
    if clock.due is None:
        raise WorkflowError("CRM546", at=clock.paused_at)
    return clock.due.astimezone(calendar.zone)


def as_target(target: object) -> Term:
    """Raises WorkflowError CRM548."""
    found = target if isinstance(target, Term) else term(target)
    if found is None or found.days < 0 or found.time < timedelta():
        raise WorkflowError("CRM548", target=target)
    return found


def load_calendar(path: str | PathLike[str]) -> Calendar:
    """The calendar of a file, without a site; what it lies on top of is a file beside it.

    Raises RuleFileError CRM090 with the `diagnostics`, ImportFileError CRM450 unreadable.
    """
    try:
        return calendar_at(Path(path))
    except OSError as error:
        raise ImportFileError("CRM450", path=path, reason=error.strerror) from error


def as_calendar(calendar: object) -> Calendar:
    """The calendar, read where it is a file."""
    return calendar if isinstance(calendar, Calendar) else load_calendar(str(calendar))


def as_moment(moment: object, calendar: Calendar) -> datetime:
    """In UTC. Raises WorkflowError CRM549."""
    try:
        read = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    except ValueError:
        read = None
    if not isinstance(read, datetime) or not EARLIEST <= read.year <= LATEST:
        raise WorkflowError("CRM549", event=moment)
    return in_zone(read, calendar.zone)


def _read(events: Iterable[Given], target: Term | None, calendar: Calendar) -> Iterator[ClockEvent]:
    """In the order given, which decides between events of one moment."""
    for number, event in enumerate(events, 1):
        if isinstance(event, ClockEvent):
            yield event
        elif isinstance(event, Mapping) and {"event", "at"} <= event.keys() <= KEYS:
            yield _event(event, number, target, calendar)
        elif isinstance(event, tuple | list) and len(event) == 2:
            yield _event(dict(zip(("event", "at"), event, strict=True)), number, target, calendar)
        else:
            raise WorkflowError("CRM549", event=event)


def _event(given: Mapping[str, object], number: int, target: Term | None, calendar: Calendar) -> ClockEvent:
    name = next((each for each in EVENT_NAMES if each == given["event"]), None)
    if name is None:
        near = nearest(str(given["event"]), EVENT_NAMES)
        raise WorkflowError("CRM547", name=given["event"], near=near, known=", ".join(EVENT_NAMES))
    if name == "swap" and not {"target", "calendar"} & given.keys():
        raise WorkflowError("CRM549", event=given)
    return ClockEvent(
        name,
        as_moment(given["at"], calendar),
        id=number,
        target=as_target(given["target"]) if "target" in given else target,
        calendar=as_calendar(given["calendar"]) if "calendar" in given else None,
    )
