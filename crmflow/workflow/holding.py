"""Who does the present step, and until when? A holder at the present level, and the step's clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from crmflow.core.post import Holder
from crmflow.workflow.clock import late_at
from crmflow.workflow.course import Course
from crmflow.workflow.levels import unit_at


def place(course: Course, at: datetime) -> None:
    """A holder for the step at the present level, and its clock from `at` on."""
    holder = holder_of(course)
    course.case = replace(
        course.case,
        holder=holder.staff if holder else None,
        holder_unit=holder.unit if holder else None,
        late_at=late_at(course.chart, course.case.state, course.case.level, at, course.calendar),
    )


def holder_of(course: Course) -> Holder | None:
    """Who does the present step. Where only the accused would be left it is somebody one unit up, and the
    level stays, because this step alone goes there. Nobody at all is a state that listings report.
    """
    if course.state.by is None:
        return None
    unit = unit_at(course.chart, course.case.unit, course.case.level, course.posts)
    return course.posts.holder(
        course.state.by, unit.code if unit else None, not_by=barred(course), turn=course.case.id
    )


def assign(course: Course, at: datetime) -> None:
    """Another holder where the present one no longer fills the role."""
    case, by = course.case, course.state.by
    if by is None or (case.holder_unit and case.holder in course.posts.holders(by, case.holder_unit)):
        return
    holder = holder_of(course)
    staff, unit = (holder.staff, holder.unit) if holder else (None, None)
    if staff != case.holder:
        course.case = replace(case, holder=staff, holder_unit=unit)
        course.note("assigned", at)


def barred(course: Course) -> frozenset[str]:
    """The staff who may not do the present step."""
    return frozenset(code for fact in course.state.not_by for code in staff_named(course, fact))


def staff_named(course: Course, fact: str) -> frozenset[str]:
    """The staff codes in a fact of the case: one code, several, or a person with an id."""
    value = course.case.data.get(fact, course.context.get(fact))
    people = value if isinstance(value, list | tuple) else [value]
    return frozenset(
        str(person["id"] if isinstance(person, Mapping) else person)
        for person in people
        if person is not None
    )
