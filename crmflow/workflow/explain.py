"""Where does a case stand, since when, who holds it and why them, what comes next, and what happened?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from crmflow.core.calendars import Calendars
from crmflow.core.case import Case, Moved
from crmflow.core.chart import Chart
from crmflow.core.explanation import Explanation
from crmflow.core.post import Posts
from crmflow.core.text import Text, listed
from crmflow.errors import catalogue
from crmflow.workflow.course import Course
from crmflow.workflow.due import next_timer, timers
from crmflow.workflow.explain_due import felt, recomputed
from crmflow.workflow.explain_escalation import escalated, escalates, waiting
from crmflow.workflow.holding import role_of
from crmflow.workflow.levels import unit_at
from crmflow.workflow.recount import CALENDAR
from crmflow.workflow.timer import Timer
from crmflow.workflow.words import Words, elapsed, say, term


def explain_case(
    chart: Chart,
    case: Case,
    history: Iterable[Moved],
    *,
    posts: Posts,
    calendars: Calendars,
    as_of: datetime,
    zone: ZoneInfo,
    show_personal: bool = False,
    context: Mapping[str, object] | None = None,
) -> Explanation:
    """A tree: where it stands; below that who, by when, what next, what blocks it, and its history."""
    words = Words(chart, posts, zone, show_personal=show_personal)
    since = case.closed_at or case.entered_at
    course = Course(chart, case, context or {}, posts, calendars, actor="")
    open_parts: Iterable[Explanation] = ()
    if case.closed_at is None:
        open_parts = (
            _who(words, course),
            *_deadline(words, case, as_of),
            _next(words, course),
            *waiting(words, course),
            *_blocked(words, case),
        )
    return Explanation(
        say(
            "stands" if case.closed_at is None else "is-closed",
            case=case.id,
            chart=chart.title,
            state=words.state(case.state),
            since=words.moment(since),
        ),
        since=since,
        because=(*open_parts, Explanation(say("history"), because=tuple(_history(words, history)))),
    )


def _who(words: Words, course: Course) -> Explanation:
    case, role = course.case, role_of(course)
    if role is None:
        return Explanation(say("no-holder"))
    unit = unit_at(words.chart, case.unit, case.level, words.posts)
    barred = tuple(_barred(words, case))
    parts = {"role": words.label(role), "unit": words.unit(unit.code if unit else case.unit)}
    if case.holder is None or case.holder_unit is None:
        return Explanation(say("nobody", **parts), holds=False, because=barred)
    if unit is not None and case.holder_unit != unit.code:
        barred = (*barred, Explanation(say("unit-above", **parts)))
    appointed = case.holder in words.posts.appointed(role, case.holder_unit)
    parts |= {"holder": words.person(case.holder), "unit": words.unit(case.holder_unit)}
    return Explanation(say("holder" if appointed else "deputy", **parts), because=barred)


def _barred(words: Words, case: Case) -> Iterator[Explanation]:
    for fact in words.chart.states[case.state].not_by:
        person = case.data.get(fact)
        if isinstance(person, str):
            yield Explanation(say("not-by", person=words.person(person), fact=words.label(fact)))
    for step in words.chart.states[case.state].not_who_did:
        if (done := case.trail.did.get(step)) is not None:
            who, did = words.person(done.actor), words.state(step)
            yield Explanation(say("not-who-did", person=who, state=did))


def _deadline(words: Words, case: Case, as_of: datetime) -> Iterator[Explanation]:
    allowed = words.chart.states[case.state].term(case.level)
    if allowed is None or case.late_at is None:
        return
    sentence = "due" if as_of < case.late_at else "overdue"
    at = words.moment(case.late_at)
    yield Explanation(say(sentence, at=at, term=term(allowed), where=words.where(case.level)))


def _next(words: Words, course: Course) -> Explanation:
    timer = next_timer(course)
    return Explanation(say("no-timer")) if timer is None else _fires(words, course, timer)


def _fires(words: Words, course: Course, timer: Timer) -> Explanation:
    at, move, case = words.moment(timer.at), timer.move, course.case
    if timer.escalation is not None:
        return escalates(words, course, timer.escalation, timer.at)
    if move is None:
        return Explanation(say("looks-again", at=at))
    sentence = "goes-on-if" if move.gates or move.when is not None else "goes-on"
    return Explanation(
        say(sentence, at=at, to=words.state(move.to), after=elapsed(timer.at - case.entered_at))
    )


def explain_timers(
    chart: Chart,
    case: Case,
    *,
    posts: Posts,
    calendars: Calendars,
    as_of: datetime,
    zone: ZoneInfo,
    context: Mapping[str, object] | None = None,
) -> Explanation:
    """Every timer of a case that has not fired, the earliest first, and since when each runs."""
    words = Words(chart, posts, zone)
    state = words.state(case.state)
    course = Course(chart, case, context or {}, posts, calendars, actor="")
    running = sorted(timers(course), key=lambda timer: timer.at)
    because = [_timer(words, course, timer) for timer in running]
    if case.closed_at is not None:
        because = [Explanation(say("timers-closed"), since=case.closed_at)]
    elif not because:
        because = [Explanation(say("no-timer"), holds=False)]
    since = words.moment(case.entered_at)
    says = say("timers", case=case.id, chart=chart.title, state=state, since=since)
    return Explanation(says, since=case.entered_at, because=(*because, *_deadline(words, case, as_of)))


def _timer(words: Words, course: Course, timer: Timer) -> Explanation:
    return replace(_fires(words, course, timer), name="fires", value=timer.at)


def _blocked(words: Words, case: Case) -> Iterator[Explanation]:
    lines = tuple(Explanation(say("line", line=words.line(line)), holds=False) for line in case.blocked)
    if lines:
        yield Explanation(say("waits"), holds=False, because=lines)


def _history(words: Words, history: Iterable[Moved]) -> Iterator[Explanation]:
    level = None
    done: dict[str, Moved] = {}
    for row in history:
        if row.kind == "clock" and not felt(words, row).en:
            continue
        if row.kind in ("moved", "joined"):
            done[row.lines[0] if row.kind == "joined" and row.lines else row.state] = row
        rose = row.kind == "moved" and row.level != level
        sentence = escalated(row, level) or ("moved-up" if rose else row.kind)
        yield Explanation(_row(words, row, sentence, done), since=row.at)
        level = row.level


def _row(words: Words, row: Moved, sentence: str, done: Mapping[str, Moved]) -> Text:
    """`done` is by which row each step was left last, for whoever came second."""
    second = row.lines[0] if row.lines else ""
    first = done.get(second, row)
    parts: dict[str, object] = {
        "second": words.state(second),
        "by": words.person(first.actor),
        "when": words.moment(first.at),
        "at": words.moment(row.at),
        "actor": words.person(row.actor),
        "state": words.state(row.state),
        "to": words.state(row.to),
        "level": words.label(row.level),
        "where": words.where(row.level),
        "holder": words.person(row.holder),
        "with": say("with", holder=words.person(row.holder)) if row.holder else Text("", ""),
        "message": words.label(row.message),
        "move": words.escalation(row.move),
        "incident": ", ".join(row.lines),
        "lines": listed(words.line(line) for line in row.lines),
        "filled": words.filled(row.data),
    }
    if row.kind == "clock":
        parts["felt"] = felt(words, row)
    elif row.kind == "recomputed":
        parts |= recomputed(words, row)
        sentence = "recounted" if row.move == CALENDAR else sentence
    if row.kind == "error":
        parts["reason"] = ", ".join(row.lines)
    elif row.code is not None:
        message = catalogue()[row.code].message
        parts["reason"] = Text(message["en"], message["zh"]).filled(**parts)
    if row.kind == "assigned" and row.holder is None:
        sentence = "unassigned"
    return say(sentence, **parts)
