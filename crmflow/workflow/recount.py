"""Which due times of a case are others, because another calendar counts by now? (F24)"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from crmflow.core.case import Case
from crmflow.workflow.clock import DUE, STEP, refold
from crmflow.workflow.course import Course

CALENDAR: Final = "calendar"
"""What a line of the history names as the cause of another due time."""


def recount(course: Course, at: datetime) -> bool:
    """Counts the clocks anew where they were counted by another calendar, or another version of it: one of a
    new release, of newer holiday data, or of a new holder. Each due time that changes is a line of the
    history; what has fired stays fired. Returns whether another calendar counted."""
    if course.case.closed_at is not None or course.case.calendar in (None, course.cited):
        return False
    before = _dues(course.case)
    refold(course)
    course.case = course.case.but(calendar=course.cited)
    for clock, due in _dues(course.case).items():
        if due != before[clock]:
            data = {"before": before[clock], "after": due}
            course.note("recomputed", at, move=CALENDAR, message=clock, data=data)
    return True


def _dues(case: Case) -> dict[str, datetime | None]:
    kept = {name: each for name, each in case.clocks.items() if isinstance(each, Mapping)}
    return {STEP: case.late_at, **{name: each.get(DUE) for name, each in kept.items()}}
