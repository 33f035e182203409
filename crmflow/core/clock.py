"""When is a target over that counts only while a clock runs, and which time counted on the way?

A clock is a fold over its events. What each means, in a line:

start    the target begins; a clock that runs goes on as it was, one that was stopped begins anew
pause    time no longer counts; before the start: the clock begins paused
resume   time counts again, and the due time has moved by the working time of the pause
stop     the clock is done, a pause ends with it; its due time stays for the record
reopen   a stopped clock goes on: the time in between is a pause
swap     another target, perhaps another calendar, from the start on: what was paused stays paused

A pause moves the due time by the working time that it takes out, so that as much is left after it as before:
one while nothing counts moves nothing, and one that begins when the target is over has no effect on that.
An event that finds nothing to do (a second pause, a resume of what runs) is kept and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from typing import Literal, get_args

from crmflow.core.calendar import Calendar
from crmflow.core.chart import Term

EventName = Literal["start", "pause", "resume", "stop", "reopen", "swap"]
EVENT_NAMES: tuple[EventName, ...] = get_args(EventName)
Standing = Literal["waiting", "running", "paused", "stopped"]
Pause = tuple[datetime, datetime]
"""From the moment that it began to that of the resume, the end exclusive."""
NOTHING = timedelta()


@dataclass(frozen=True, slots=True)
class ClockEvent:
    """Something that happened to a clock at a moment. `target` is that of a start or a swap (None: it has no
    due time), `calendar` that of a swap (None: as it was)."""

    name: EventName
    at: datetime
    recorded_at: datetime | None = None
    id: int = 0
    target: Term | None = None
    calendar: Calendar | None = None

    @property
    def order(self) -> tuple[datetime, datetime, int]:
        """By when it was true, then by when it was known (at once, unless told otherwise), then by id."""
        return self.at, self.recorded_at or self.at, self.id


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock after some events. `due_at` is in UTC and, while it is paused, the due time were it to go on at
    the moment of the pause; None without a start or a target. `pauses` are those of this run that are over,
    `ignored` the events that found nothing to do."""

    calendar: Calendar
    target: Term | None = None
    started_at: datetime | None = None
    paused_at: datetime | None = None
    stopped_at: datetime | None = None
    pauses: tuple[Pause, ...] = ()
    due_at: datetime | None = None
    ignored: tuple[ClockEvent, ...] = ()

    def fold(self, events: Iterable[ClockEvent]) -> Clock:
        """The clock after events that may come in any order."""
        return reduce(Clock.after, sorted(events, key=lambda event: event.order), self)

    def after(self, event: ClockEvent) -> Clock:
        """The clock after one event that is not earlier than those before."""
        match event.name:
            case "start" if self.started_at is None or self.stopped_at is not None:
                return self._start(event)
            case "pause" if self.paused_at is None and self.stopped_at is None:
                return replace(self, paused_at=event.at)
            case "resume" if self.paused_at is not None:
                return self._resume(event.at)
            case "stop" if self.started_at is not None and self.stopped_at is None:
                return replace(self._resume(event.at), stopped_at=event.at)
            case "reopen" if self.stopped_at is not None:
                return replace(self, paused_at=self.stopped_at, stopped_at=None)._resume(event.at)
            case "swap":
                swapped = replace(self, target=event.target, calendar=event.calendar or self.calendar)
                return replace(swapped, due_at=swapped.recomputed())
        return replace(self, ignored=(*self.ignored, event))

    def recomputed(self) -> datetime | None:
        """`due_at` from the start, the target and the pauses alone."""
        if self.started_at is None or self.target is None:
            return None
        return self._moved(self.calendar.add(self.started_at, self.target))

    # what can be read off it

    @property
    def standing(self) -> Standing:
        """Where it stands after its events."""
        if self.started_at is None:
            return "waiting"
        if self.stopped_at is not None:
            return "stopped"
        return "running" if self.paused_at is None else "paused"

    @property
    def due(self) -> datetime | None:
        """When the target is over, in UTC; None while that is open: no start, no target, or paused before."""
        return self.due_at if self.paused_at is None or self._over_by(self.paused_at) else None

    @property
    def total(self) -> timedelta | None:
        """The target as working time; None without a start or a target."""
        if self.started_at is None or self.target is None:
            return None
        return self.calendar.between(self.started_at, self.calendar.add(self.started_at, self.target))

    def used(self, as_of: datetime) -> timedelta:
        """The working time that has counted by a moment, which goes on when the target is over."""
        if self.started_at is None:
            return NOTHING
        end = min(each for each in (self.stopped_at, self.paused_at, as_of) if each is not None)
        if end <= self.started_at:
            return NOTHING
        paused = (self.calendar.between(start, min(stop, end)) for start, stop in self.pauses if start < end)
        return self.calendar.between(self.started_at, end) - sum(paused, NOTHING)

    def breached(self, as_of: datetime) -> bool:
        """Whether the target was over before the clock was stopped, or paused, or by `as_of`."""
        return self.due is not None and self._over_by(min(self.stopped_at or as_of, as_of))

    def moment(self, share: float) -> datetime | None:
        """When a share of the target is used up (1.5: half as much again), with the pauses so far; None where
        there is no due time."""
        total = self.total
        if share == 1 or self.started_at is None or total is None or self.due is None:
            return self.due
        return self._moved(self.calendar.add(self.started_at, Term(time=total * share)))

    # the fold

    def _start(self, event: ClockEvent) -> Clock:
        begun = replace(
            self,
            target=event.target,
            started_at=event.at,
            paused_at=None if self.paused_at is None else event.at,
            stopped_at=None,
            pauses=(),
        )
        return replace(begun, due_at=begun.recomputed())

    def _resume(self, at: datetime) -> Clock:
        """The open pause is over; there may be none."""
        if self.paused_at is None or self.started_at is None:
            return replace(self, paused_at=None)
        pause = self.paused_at, at
        due_at = None if self.due_at is None else self._moved_by(pause, self.due_at)
        return replace(self, paused_at=None, pauses=(*self.pauses, pause), due_at=due_at)

    def _moved(self, at: datetime) -> datetime:
        for pause in self.pauses:
            at = self._moved_by(pause, at)
        return at

    def _moved_by(self, pause: Pause, at: datetime) -> datetime:
        """A target of days alone is never over at closing time but at the opening that follows it."""
        start, end = pause
        if start >= at or not (lost := self.calendar.between(start, end)):
            return at
        moved = self.calendar.add(at, Term(time=lost))
        if self.target is not None and self.target.days and not self.target.time:
            return next(self.calendar.stretches(moved)).start
        return moved

    def _over_by(self, at: datetime) -> bool:
        return self.due_at is not None and self.due_at <= at
