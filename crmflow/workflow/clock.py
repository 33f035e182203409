"""How far have the clocks of a case run: that of its present step, and those of its chart? (F26)

A clock of the chart lies in `Case.clocks` as the events that it felt, in order, and its due time, which is
None while it does not run. The fold is crmflow.core.clock; each event is a line of the case's history too.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from crmflow.core.calendar import ALWAYS, Calendar
from crmflow.core.case import Case, Moved
from crmflow.core.chart import Chart, ClockSpec, Term
from crmflow.core.clock import Clock, ClockEvent, EventName
from crmflow.rules.chart.words import term
from crmflow.rules.due import as_target
from crmflow.workflow.course import Course

STEP: Final = "step"
"""The clock of the present step, which every chart has; it runs by the step's `within`."""
EVENTS, DUE = "events", "due"
Felt = Sequence[Any]
"""An event as it lies in `Case.clocks`: its name, its moment, and the target of a start or a swap as text."""
LINE = re.compile(r"(?P<clock>.+): (?P<idle>\()?(?P<event>\w+)(?: (?P<target>[^\s)]+))?\)?")
"""What a clock felt, as a line of the history."""
NONE: Final = "-"
"""The target of a clock that has none, in a line of the history."""


def moment_at(course: Course, clock: str, share: float, offset: timedelta = timedelta()) -> datetime | None:
    """When `share` of a clock's target is used up, and `offset` of elapsed time after that (or before it).

    None while the clock does not run: it has not begun, is paused or stopped, or has no target. What would
    fall into a pause that is over comes at its end.
    """
    if course.case.closed_at is not None:
        return None
    if clock == STEP:
        allowed = course.state.term(course.case.level)
        if allowed is None:
            return None
        return _used_up(step_since(course.case), allowed, share, course.calendar) + offset
    due_at: datetime | None = _kept(course.case, clock).get(DUE)
    if due_at is None:
        return None
    if share == 1 and not offset:
        return due_at
    running = clock_of(course, clock)
    at = running.moment(share)
    return None if at is None else _after_pauses(running, at + offset)


def occasion(course: Course, clock: str) -> str:
    """What tells one run of a clock of the chart from the next: when it started, as text."""
    started = clock_of(course, clock).started_at if clock in course.chart.clocks else None
    return "" if started is None else started.isoformat()


def standing(course: Course, name: str, as_of: datetime) -> str:
    """Whether a clock of the chart is waiting, running, paused or stopped, or "late": its time was up."""
    clock = clock_of(course, name)
    return "late" if clock.breached(as_of) else clock.standing


def clock_of(course: Course, name: str) -> Clock:
    """A clock of the chart, folded from what it felt; once, until it feels more."""
    events = _kept(course.case, name).get(EVENTS, ())
    calendar = calendar_of(course, course.chart.clocks[name])
    felt, clock = course.folded.get(name, (None, None))
    if clock is None or felt is not events or clock.calendar is not calendar:
        clock = folded(events, calendar)
        course.folded[name] = events, clock
    return clock


def calendar_of(course: Course, spec: ClockSpec) -> Calendar:
    """That of the case's unit, or every hour."""
    if spec.elapsed:
        return ALWAYS
    return course.calendars.of(units=tuple(above.code for above in course.posts.upward(course.case.unit)))


def folded(events: Iterable[Felt], calendar: Calendar) -> Clock:
    """The clock after events that are in order."""
    clock = Clock(calendar)
    for event in events:
        clock = clock.after(_as_event(*event))
    return clock


# what moves them


def happened(course: Course, at: datetime, *words: str, left: str | None = None) -> bool:
    """What happened in the case is told to its clocks: `words` name it, `left` is the state that was left.
    Returns whether a clock felt it, which is then a line of the case's history."""
    if not course.chart.clocks or course.state.branch_of is not None:
        return False
    felt = {
        spec.name: [_event(course, spec, name, at) for name in felt_by(spec, words, course.case.state, left)]
        for spec in course.chart.clocks.values()
    }
    return _feel(course, felt, at, words[0])


def pause(course: Course, at: datetime) -> None:
    """All clocks of the case stand still."""
    _feel(course, {name: [("pause", at)] for name in course.chart.clocks}, at, "pause")


def resume(course: Course, at: datetime) -> None:
    """All clocks of the case go on."""
    _feel(course, {name: [("resume", at)] for name in course.chart.clocks}, at, "resume")


def retarget(course: Course, at: datetime) -> None:
    """A clock whose target is another by now, because facts or the level have changed, is swapped."""
    felt: dict[str, list[Felt]] = {}
    for spec in course.chart.clocks.values():
        events = _kept(course.case, spec.name).get(EVENTS, ())
        targets = [target for _, _, *target in events if target]
        if not targets or (target := target_of(course, spec, at)) == targets[-1][0]:
            continue
        if clock_of(course, spec.name).stopped_at is None:
            felt[spec.name] = [("swap", at, target)]
    _feel(course, felt, at, "swap")


def carried_over(course: Course, at: datetime, before: Chart, state: str) -> None:
    """The case has another chart by now, and was in `state` of the one before: a clock that stood still there
    goes on where the new chart counts, and the other way round."""
    felt: dict[str, list[Felt]] = {}
    for name, spec in course.chart.clocks.items():
        earlier = before.clocks.get(name)
        if earlier is not None and _kept(course.case, name):
            was, is_now = state in earlier.pause, course.case.state in spec.pause
            felt[name] = [] if was == is_now else [("pause" if is_now else "resume", at)]
    _feel(course, felt, at, "migrated")


def felt_by(spec: ClockSpec, words: Iterable[str], here: str, left: str | None = None) -> Iterator[EventName]:
    """What a happening is to a clock, in the order in which it counts: a clock that is stopped and started by
    the same word begins anew, and one that starts in a state in which it does not count begins paused."""
    said = frozenset(words)
    entered = here if left is not None else None
    if said & spec.stop:
        yield "stop"
    if said & spec.reopen:
        yield "reopen"
    if said & spec.start:
        yield "start"
    was, is_now = left in spec.pause, here in spec.pause
    if said & spec.resume or (was and not is_now):
        yield "resume"
    if (said - {entered}) & spec.pause or (is_now and not was and (entered or said & spec.start)):
        yield "pause"


def target_of(course: Course, spec: ClockSpec, at: datetime) -> str:
    """How long it may take by what the case knows now, as text; NONE where that is not said.

    Raises WorkflowError CRM548 where an expression gives something else than a length.
    """
    if isinstance(spec.target, Mapping):
        found: Term | None = spec.target.get(course.case.level, spec.target.get(None))
    else:
        value = spec.target.evaluate(course.names(at))
        found = None if value is None else as_target(value)
    return NONE if found is None else str(found)


def refold(course: Course) -> None:
    """The step's and the chart's clocks anew, by the calendars as they are now."""
    case = course.case
    clocks = dict(case.clocks)
    for name in course.chart.clocks:
        if name in clocks:
            clocks[name] = _keep(_kept(case, name)[EVENTS], clock_of(course, name))
    since = step_since(case)
    at = late_at(course.chart, case.state, case.level, since, course.calendar)
    course.case = case.but(late_at=at, clocks=clocks)


def events_in(history: Iterable[Moved]) -> dict[str, list[Felt]]:
    """What each clock felt, by the lines of a case's history."""
    found: dict[str, list[Felt]] = {}
    for row in history:
        for line in row.lines if row.kind == "clock" else ():
            if (said := LINE.fullmatch(line)) is not None:
                event = said["event"], row.at, *([said["target"]] if said["target"] else [])
                _insert(found.setdefault(said["clock"], []), event)
    return found


# the present step


def late_at(
    chart: Chart, state: str, level: str | None, since: datetime, calendar: Calendar
) -> datetime | None:
    """When a step at `level` is late that began at `since`; None: it has no term.

    A chart may call it late at a share of the term: when that share of its working time is over.
    """
    allowed = chart.states[state].term(level)
    if allowed is None:
        return None
    return _used_up(since, allowed, chart.late_at or 1.0, calendar)


def step_since(case: Case) -> datetime:
    """When the present step's clock began: on entering the state, or with the last escalation in it."""
    since = case.clocks.get(STEP)
    return since if isinstance(since, datetime) else case.entered_at


# how they are kept


def _event(course: Course, spec: ClockSpec, name: EventName, at: datetime) -> Felt:
    return (name, at, target_of(course, spec, at)) if name == "start" else (name, at)


def _feel(course: Course, felt: Mapping[str, Sequence[Felt]], at: datetime, word: str) -> bool:
    clocks, lines = dict(course.case.clocks), []
    for name, news in felt.items():
        if not news:
            continue
        events = list(_kept(course.case, name).get(EVENTS, ()))
        clock = clock_of(course, name)
        for event in news:
            late = bool(events) and event[1] < events[-1][1]
            _insert(events, event)
            before = clock
            clock = folded(events, clock.calendar) if late else clock.after(_as_event(*event))
            lines.append(_line(name, event, idle=len(clock.ignored) > len(before.ignored)))
        clocks[name] = _keep(events, clock)
    if lines:
        course.case = course.case.but(clocks=clocks)
        course.note("clock", at, message=word, lines=tuple(lines))
    return bool(lines)


def _line(name: str, event: Felt, *, idle: bool) -> str:
    """As the history has it; in brackets where the clock found nothing to do."""
    said = " ".join(str(each) for each in (event[0], *event[2:]))
    return f"{name}: ({said})" if idle else f"{name}: {said}"


def _keep(events: Sequence[Felt], clock: Clock) -> Mapping[str, object]:
    return {EVENTS: events, DUE: clock.due_at if clock.standing == "running" else None}


def _insert(events: list[Felt], event: Felt) -> None:
    """At its moment, after those of the same moment that were known before."""
    events.insert(bisect_right(events, event[1], key=lambda each: each[1]), event)


def _kept(case: Case, name: str) -> Mapping[str, Any]:
    kept = case.clocks.get(name)
    return kept if isinstance(kept, Mapping) else {}


def _as_event(name: EventName, at: datetime, target: str = NONE) -> ClockEvent:
    return ClockEvent(name, at, target=_length(target))


@lru_cache(maxsize=1024)
def _length(target: str) -> Term | None:
    return None if target == NONE else term(target) or Term()


def _after_pauses(clock: Clock, at: datetime) -> datetime:
    return next((end for start, end in clock.pauses if start <= at < end), at)


def _used_up(since: datetime, allowed: Term, share: float, calendar: Calendar) -> datetime:
    due = calendar.add(since, allowed)
    if share == 1:
        return due
    return calendar.add(since, Term(time=calendar.between(since, due) * share))
