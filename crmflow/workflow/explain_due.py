"""When is a case due, and which time counted on the way there? The intervals add up to the target."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby

from crmflow.core.calendar import ALWAYS
from crmflow.core.case import Moved
from crmflow.core.chart import Term
from crmflow.core.clock import Clock, ClockEvent
from crmflow.core.explanation import Explanation
from crmflow.core.interval import Interval, intervals
from crmflow.core.text import Text, listed
from crmflow.rules.chart.words import term as term_of
from crmflow.workflow.clock import LINE, NONE, STEP, clock_of, step_since
from crmflow.workflow.course import Course
from crmflow.workflow.words import Words, elapsed, say, term, worked

NOTHING = timedelta()
UNSAID = {"rest": "why-rest", "holiday": "why-holiday"}
"""Why a day without a name of its own does not count."""


def explain_due(words: Words, course: Course, as_of: datetime) -> Explanation:
    """Each clock of a case, that of the present step first, with the time that counted and that did not."""
    chart, case = course.chart, course.case
    because = [*_step(words, course, as_of)]
    for name, spec in chart.clocks.items() if course.state.branch_of is None else ():
        because.append(_clock(words, spec.label, clock_of(course, name), as_of, name))
    if not because:
        because = [Explanation(say("no-timer"), holds=False)]
    return Explanation(say("due-times", case=case.id, chart=chart.title), because=tuple(because))


def felt(words: Words, row: Moved) -> Text:
    """What clocks felt, as a line of the history has it."""
    said = filter(None, map(LINE.fullmatch, row.lines))
    return listed(_felt(words, each) for each in said if not each["idle"])


def recomputed(words: Words, row: Moved) -> dict[str, object]:
    """What a late event changed: the due time before and after, and what had fired by then."""
    before, after = (row.data.get(key) for key in ("before", "after"))
    fired = listed(words.escalation(id) for id in row.lines)
    step = say("step-time", state=words.state(row.state))
    return {
        "message": step if row.message == STEP else words.label(row.message),
        "before": words.moment(before) if isinstance(before, datetime) else "–",
        "after": words.moment(after) if isinstance(after, datetime) else "–",
        "fired": say("fired-before", escalations=fired) if row.lines else Text("", ""),
    }


def _felt(words: Words, said: re.Match[str]) -> Text:
    event, target = said["event"], said["target"]
    length = None if target in (None, NONE) else term_of(target)
    if event in ("start", "swap") and length is None:
        event = f"{event}-without"
    parts = {} if length is None else {"target": term(length)}
    return say(f"felt-{event}", clock=words.label(said["clock"]), **parts)


def _step(words: Words, course: Course, as_of: datetime) -> Iterator[Explanation]:
    allowed = course.state.term(course.case.level)
    if allowed is not None and course.case.closed_at is None:
        begins = ClockEvent("start", step_since(course.case), target=allowed)
        label = say("step-time", state=words.state(course.case.state))
        yield _clock(words, label, Clock(course.calendar).after(begins), as_of, "step")


def _clock(words: Words, label: Text, clock: Clock, as_of: datetime, name: str) -> Explanation:
    if clock.started_at is None or clock.target is None:
        sentence = "clock-waits" if clock.started_at is None else "clock-free"
        return Explanation(say(sentence, clock=label), name=name)
    late = clock.breached(as_of)
    sentence = "clock-paused"
    if clock.due is not None:
        sentence = "clock-overdue" if late else "clock-due"
        if clock.stopped_at is not None:
            sentence = "clock-missed" if late else "clock-met"
    parts = {
        "clock": label,
        "at": _moment(words, clock.due),
        "stopped": _moment(words, clock.stopped_at),
        "paused": _moment(words, clock.paused_at),
        "left": worked(max((clock.total or NOTHING) - clock.used(clock.paused_at or as_of), NOTHING)),
    }
    return Explanation(
        say(sentence, **parts),
        holds=not late,
        because=tuple(_account(words, clock, clock.started_at, clock.target, as_of)),
        name=name,
        value=clock.due,
    )


def _account(
    words: Words, clock: Clock, started_at: datetime, allowed: Term, as_of: datetime
) -> Iterator[Explanation]:
    """The target, each interval, and their sum."""
    calendar, total = clock.calendar, clock.total or NOTHING
    length = elapsed(timedelta(days=allowed.days) + allowed.time) if calendar is ALWAYS else term(allowed)
    target = {"target": length, "since": _moment(words, started_at)}
    says = say("clock-target", worked=worked(total), calendar=calendar.name, **target)
    yield Explanation(says, name="target", value=total)
    if clock.due is not None and calendar.provisional(clock.due):
        yield Explanation(say("clock-provisional", day=calendar.known_until), name="provisional", value=True)
    found = list(intervals(clock, clock.due or max(as_of, clock.paused_at or started_at)))
    yield from (_interval(words, each) for each in _joined(found))
    counted = sum((each.worked for each in found if each.counts), NOTHING)
    sentence = "counted-so-far" if clock.due is None else "add-up"
    yield Explanation(say(sentence, worked=worked(counted)), name="counted", value=counted)


def _joined(found: Iterable[Interval]) -> Iterator[Interval]:
    """A night, a weekend, and working time around the clock, each as one."""
    for _, group in groupby(found, lambda each: (each.why, each.day.kind, each.day.why)):
        joined: Interval | None = None
        for each in group:
            if joined is not None and each.why != "paused" and joined.end == each.start:
                joined = replace(joined, end=each.end, worked=joined.worked + each.worked)
            else:
                yield from [joined] if joined else []
                joined = each
        yield from [joined] if joined else []


def _interval(words: Words, each: Interval) -> Explanation:
    parts: dict[str, object] = {
        "span": _span(words, each),
        "worked": worked(each.worked),
        "day": Text("", ""),
    }
    why = each.day.why
    if each.why == "free":
        parts["why"] = why or say(UNSAID.get(each.day.kind, "why-closed"))
    elif each.why == "off":
        parts["why"] = say("why-off")
    elif each.counts and why is not None:
        parts["day"] = say("because-of", why=why)
    sentence = each.why if each.why in ("counted", "paused") else "skipped"
    source = {"start": each.start.astimezone(words.zone), "end": each.end.astimezone(words.zone)}
    return Explanation(
        say(sentence, **parts),
        holds=each.counts,
        name=each.day.kind if each.why == "free" else each.why,
        value=each.worked,
        source=source,
    )


def _span(words: Words, each: Interval) -> str:
    start, end = _moment(words, each.start), _moment(words, each.end)
    same_day = start[:10] == end[:10]
    return f"{start}–{end[11:]}" if same_day else f"{start} – {end}"


def _moment(words: Words, at: datetime | None) -> str:
    """To the second where it has one."""
    if at is None:
        return "–"
    local = at.astimezone(words.zone)
    return f"{local:%Y-%m-%d %H:%M:%S}" if local.second or local.microsecond else f"{local:%Y-%m-%d %H:%M}"
