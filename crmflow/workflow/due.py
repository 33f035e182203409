"""What will happen to a case by itself, and what comes first? Moves in time and escalations. (F26, U15)"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time

from crmflow.core.calendar import DAY
from crmflow.core.chart import At, Move
from crmflow.workflow.clock import STEP, moment_at, occasion
from crmflow.workflow.course import Course
from crmflow.workflow.escalation import escalations_due
from crmflow.workflow.holding import back_at
from crmflow.workflow.nesting import AT, since, spent_key
from crmflow.workflow.timer import LOOKED, Timer, blocked_key


def timers(course: Course) -> list[Timer]:
    """The timers that have not fired, moves before escalations."""
    case = course.case
    if case.closed_at is not None:
        return []
    found = [] if case.trail.ahead else list(moves_due(course))
    found.extend(escalations_due(course))
    if case.blocked and (again := look_at(course)) is not None:
        found.append(Timer(again, look=True))
    return found


def moves_due(course: Course) -> Iterator[Timer]:
    """The moves that time alone makes, each at its moment; one from before the present state at once."""
    case = course.case
    for move in (*course.moves("after"), *course.moves("at")):
        if blocked_key(move) in case.fired or (move.outer and spent_key(case, move) in case.fired):
            continue
        at = moment_of(course, move)
        if at is not None and at_key(course, move) not in case.fired:
            yield Timer(max(at, case.entered_at), move)


def moment_of(course: Course, move: Move) -> datetime | None:
    """When time makes a move; None while its clock does not run, or the date is not known."""
    if move.after is not None:
        return since(course.case, move) + move.after
    at = move.at
    if at is None:
        return None
    if at.clock is not None:
        return moment_at(course, at.clock, at.share, at.offset)
    return _date_moment(course, at)


def at_key(course: Course, move: Move) -> str | None:
    """What `Case.fired` says of a move `at` a moment once it has been made: it is made once for each date,
    and once for each run of a clock. The step's clock ends with the step."""
    at = move.at
    if at is None or at.clock == STEP:
        return None
    when = moment_of(course, move) if at.clock is None else occasion(course, at.clock)
    return f"{AT}{move.id}@{when}"


def is_due(course: Course, move: Move, at: datetime) -> bool:
    """Whether a move that waited for a gate is still due: the moment of a timer may have moved on since."""
    if move.at is None:
        return True
    moment = moment_of(course, move)
    return moment is not None and moment <= at


def look_at(course: Course) -> datetime | None:
    """When the next day begins, where it may lift what keeps the case."""
    days = [key.removeprefix(LOOKED) for key in course.case.fired if key.startswith(LOOKED)]
    if not days:
        return None
    tomorrow = date.fromisoformat(days[-1]) + DAY
    return datetime.combine(tomorrow, time(), course.calendar.zone).astimezone(UTC)


def _date_moment(course: Course, at: At) -> datetime | None:
    """A day begins at midnight where the holder works, a moment without a zone is one there."""
    value = None if at.fact is None else at.fact.evaluate(course.names(course.case.entered_at))
    zone = course.calendar.zone
    if isinstance(value, datetime):
        moment = value if value.tzinfo is not None else value.replace(tzinfo=zone)
    elif isinstance(value, date):
        moment = datetime.combine(value, time(), zone)
    else:
        return None
    return moment.astimezone(UTC) + at.offset


def next_timer(course: Course) -> Timer | None:
    """The earliest timer that has not fired; a move comes before an escalation of the same moment."""
    return min(timers(course), key=lambda timer: timer.at, default=None)


def next_look(course: Course) -> datetime | None:
    """When the case is to be looked at next: for a timer, or because somebody who is missed will be back."""
    timer, back = next_timer(course), back_at(course)
    if timer is None or back is None:
        return back if timer is None else timer.at
    return min(timer.at, back)
