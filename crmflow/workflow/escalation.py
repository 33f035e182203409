"""What happens when a clock has come so far? The case goes up, somebody is told, each level once. (F26)"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from crmflow.core.escalation import LATE, STEP, Escalation, Goal
from crmflow.core.incident import INCIDENT
from crmflow.workflow.clock import moment_at, occasion, step_since
from crmflow.workflow.course import Course
from crmflow.workflow.holding import GIVEN, give_to, place
from crmflow.workflow.levels import level_above, unit_at
from crmflow.workflow.repeat import next_slot, slot_at, with_slot
from crmflow.workflow.timer import Timer

ASKED, OF_THE_STEP = "asked:", "step:"


def escalations_due(course: Course) -> Iterator[Timer]:
    """The escalations that have not fired, each at its moment; one from before the present state at once.
    Under an incident there are none."""
    for each in course.chart.escalations if course.case.branch != INCIDENT else ():
        at = next_at(course, each)
        if at is not None:
            yield Timer(max(at, course.case.entered_at), escalation=each)


def next_at(course: Course, escalation: Escalation) -> datetime | None:
    """When it fires next; None: it has fired, its clock does not run, nothing would come of it, or its
    condition was not true when it was due and waits for a change of facts."""
    fired = course.case.fired
    if (escalation.id == LATE and course.case.late_at is None) or f"{ASKED}{escalation.id}" in fired:
        return None
    level = _level(course, escalation)
    if not _leads_anywhere(escalation, level) or (mark := _mark(course, escalation, level)) in fired:
        return None
    at = moment_of(course, escalation)
    if at is None or escalation.repeat is None:
        return at
    return next_slot(fired, mark, escalation.repeat, at, step_since(course.case), course.calendar)


def moment_of(course: Course, escalation: Escalation) -> datetime | None:
    """When its clock has come so far; None while the clock does not run."""
    if escalation.id == LATE:
        return course.case.late_at
    return moment_at(course, escalation.clock, escalation.share, escalation.offset)


def escalate(course: Course, escalation: Escalation, at: datetime) -> bool:
    """Once, by its key: the case goes up or to another role, and whoever holds it then is told. False where
    its condition is not true; it is asked again when facts change."""
    if escalation.when is not None and escalation.when.evaluate(course.names(at)) is not True:
        course.case = course.case.but(fired=(*course.case.fired, f"{ASKED}{escalation.id}"))
        return False
    key = _remember(course, escalation, at)
    rose = escalation.goal is not None and _go(course, escalation.goal, at)
    if rose:
        course.note("late", at, move=None if escalation.id == LATE else escalation.id, key=key)
    if escalation.send is not None:
        course.note("sent", at, move=escalation.id, message=escalation.send, key=f"{key}|sent")
    elif not rose:
        course.note("fired", at, move=escalation.id, key=key)
    return True


def _remember(course: Course, escalation: Escalation, at: datetime) -> str:
    """Marks it as fired; gives the key under which the journal takes it once."""
    case, mark = course.case, mark_of(course, escalation)
    key = f"{case.key}|{mark}"
    if mark.startswith(OF_THE_STEP):
        key += f":{case.state}:{case.entries[case.state]}:{case.level}"
    if escalation.repeat is None:
        course.case = case.but(fired=(*case.fired, mark))
        return key
    slot = slot_at(case.fired, mark, escalation.repeat, moment_of(course, escalation) or at, at)
    course.case = case.but(fired=with_slot(case.fired, mark, slot))
    return f"{key}#{slot.number}"


def asked_again(course: Course, at: datetime) -> Iterator[Escalation]:
    """Facts have changed: the escalations whose condition was not true when they were due, and is now."""
    waiting = [each for each in course.chart.escalations if f"{ASKED}{each.id}" in course.case.fired]
    for each in waiting:
        fired = tuple(key for key in course.case.fired if key != f"{ASKED}{each.id}")
        course.case = course.case.but(fired=fired)
        due = next_at(course, each)
        if due is not None and due <= at:
            yield each


def level_reached(course: Course, goal: Goal) -> str | None:
    """The level to which a goal takes the case: that of the unit there; None where it would not rise."""
    case, levels, posts = course.case, course.chart.levels, course.posts
    if goal.up:
        return level_above(course.chart, case.unit, case.level, posts)
    if goal.level is None or case.level not in levels or goal.level not in levels:
        return None
    unit = unit_at(course.chart, case.unit, goal.level, posts)
    if unit is None or unit.level not in levels:
        return None
    return unit.level if levels.index(unit.level) > levels.index(case.level) else None


def mark_of(course: Course, escalation: Escalation) -> str:
    """What `Case.fired` says once it has fired: for a way up by the step's clock the level that it leads to,
    for a clock of the chart the occasion on which the clock runs; else it counts for this step at this level.
    """
    return _mark(course, escalation, _level(course, escalation))


def _level(course: Course, escalation: Escalation) -> str | None:
    """The level to which it would take the case."""
    return None if escalation.goal is None else level_reached(course, escalation.goal)


def _mark(course: Course, escalation: Escalation, level: str | None) -> str:
    id, goal = escalation.id, escalation.goal
    if escalation.clock != STEP:
        mark = f"{LATE}:{id}@{occasion(course, escalation.clock)}"
        anew = escalation.repeat is not None and (goal is None or not goal.rises)
        return f"{mark}:{course.case.level}" if anew else mark
    if level is None:
        return f"{OF_THE_STEP}{id}"
    return f"{LATE}:{level}" if id == LATE else f"{LATE}:{id}:{level}"


def _leads_anywhere(escalation: Escalation, level: str | None) -> bool:
    """Whether it does anything by now: at the top of the tree nothing goes up."""
    if escalation.send is not None or escalation.event is not None or level is not None:
        return True
    return escalation.goal is not None and escalation.goal.role is not None


def _go(course: Course, goal: Goal, at: datetime) -> bool:
    """To a higher level, with a new holder and a new clock; or to another role at the same level, by the same
    clock. False where there is neither."""
    level = level_reached(course, goal)
    if level is None and goal.role is None:
        return False
    case = course.case
    over = (GIVEN,) if level is None else (GIVEN, ASKED, OF_THE_STEP)
    fired = tuple(key for key in case.fired if not key.startswith(over))
    if goal.role is not None:
        fired = (*fired, f"{GIVEN}{goal.role}")
    course.case = case.but(level=level or case.level, escalations=case.escalations + 1, fired=fired)
    if level is not None:
        place(course, at)
    else:
        give_to(course, str(goal.role))
    return True
