"""What becomes of a case that an incident takes in, and what when the incident is over? (C29)"""

from __future__ import annotations

from datetime import datetime

from crmflow.core.case import Case
from crmflow.core.incident import INCIDENT, OVER
from crmflow.workflow.clock import pause, resume
from crmflow.workflow.course import Course
from crmflow.workflow.holding import restart
from crmflow.workflow.step import Send


def is_grouped(case: Case) -> bool:
    """Whether it runs under an incident: it escalates nothing then, for the incident does."""
    return case.branch == INCIDENT


def belongs(course: Course, at: datetime) -> bool:
    """Whether the case is one of those that its chart groups."""
    group = course.chart.group_under
    return group is not None and (group.when is None or group.when.evaluate(course.names(at)) is True)


def take_in(course: Course, incident: int, at: datetime) -> None:
    """The case goes under an incident; with `clocks: paused` its clocks stand still."""
    course.case = course.case.but(parent_id=incident, branch=INCIDENT)
    if course.chart.group_under is not None and course.chart.group_under.paused:
        pause(course, at)
        course.case = course.case.but(late_at=None)
    course.note("grouped", at, lines=(str(incident),))


def let_go(course: Course, at: datetime) -> None:
    """The incident is over: its clocks go on, and the present step has its whole time from now on."""
    course.case = course.case.but(branch=None)
    if course.chart.group_under is not None and course.chart.group_under.paused:
        resume(course, at)
        restart(course, at)
    course.note("released", at, lines=(str(course.case.parent_id),))


def release_all(course: Course, at: datetime) -> None:
    """An incident has ended: every case under it hears of it."""
    if course.chart.about == "unit":
        course.sends.append(Send(OVER, at, branches=(INCIDENT,)))
