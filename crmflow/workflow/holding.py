"""Who does the present step, and until when? A holder at the present level, and the step's clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from crmflow.core.incident import INCIDENT
from crmflow.core.post import Holder
from crmflow.workflow.clock import STEP, late_at
from crmflow.workflow.course import Course
from crmflow.workflow.levels import unit_at
from crmflow.workflow.words import ACTORS

GIVEN = "to:"
"""Begins what `Case.fired` says of a step that an escalation gave to another role."""


def place(course: Course, at: datetime) -> None:
    """A holder for the step at the present level, and its clock from `at` on."""
    case, holder, group = course.case, holder_of(course), course.chart.group_under
    staff, unit = (holder.staff, holder.unit) if holder else (None, None)
    clocks = {name: each for name, each in case.clocks.items() if name != STEP}
    if at != case.entered_at:
        clocks[STEP] = at
    due = late_at(course.chart, case.state, case.level, at, course.calendar_of(staff, unit))
    stands_still = case.branch == INCIDENT and group is not None and group.paused
    late = None if stands_still else due
    course.case = case.but(holder=staff, holder_unit=unit, clocks=clocks, late_at=late)


def restart(course: Course, at: datetime) -> None:
    """The step's clock begins anew, with the same holder."""
    due = late_at(course.chart, course.case.state, course.case.level, at, course.calendar)
    course.case = course.case.but(late_at=due, clocks={**course.case.clocks, STEP: at})


def holder_of(course: Course) -> Holder | None:
    """Who does the present step. Where only the accused would be left it is somebody one unit up, and the
    level stays, because this step alone goes there. Nobody at all is a state that listings report.
    """
    role = role_of(course)
    if role is None:
        return None
    unit = unit_at(course.chart, course.case.unit, course.case.level, course.posts)
    return course.posts.holder(role, unit.code if unit else None, not_by=barred(course), turn=course.case.id)


def role_of(course: Course) -> str | None:
    """The role that does the present step: that of the state, unless an escalation gave it to another."""
    given = (key for key in course.case.fired if key.startswith(GIVEN))
    return next((key.removeprefix(GIVEN) for key in given), course.state.by)


def give_to(course: Course, role: str) -> None:
    """The step goes to somebody of a role in the holder's unit, or the nearest above that has another than
    the present holder; its clock goes on. Where there is nobody it stays."""
    case = course.case
    home = unit_at(course.chart, case.unit, case.level, course.posts)
    unit = case.holder_unit or (home.code if home else None)
    others = barred(course) | {case.holder or ""}
    holder = course.posts.holder(role, unit, not_by=others, turn=case.id)
    if holder is not None:
        course.case = case.but(holder=holder.staff, holder_unit=holder.unit)


def assign(course: Course, at: datetime) -> None:
    """Another holder where the present one no longer fills the role; the clock goes on."""
    if role_of(course) is None:
        return
    case, holder = course.case, holder_of(course)
    if _may_keep(course, holder):
        return
    staff, unit = (holder.staff, holder.unit) if holder else (None, None)
    if (staff, unit) != (case.holder, case.holder_unit):
        course.case = case.but(holder=staff, holder_unit=unit)
        course.note("assigned", at)


def back_at(course: Course) -> datetime | None:
    """When the holder is to be looked at again: at the end of the first absence because of which the step
    lies with a deputy, with a unit above, or with nobody; None where nobody is missed."""
    posts, case = course.posts, course.case
    if not posts.away or (role := role_of(course)) is None or (case.holder and not course.chart.hand_back):
        return None
    missed = []
    home = unit_at(course.chart, case.unit, case.level, posts)
    for unit in posts.upward(home.code if home else None):
        appointed = posts.appointed(role, unit.code)
        if case.holder in appointed and case.holder_unit == unit.code:
            break
        missed += [until for code in appointed if (until := posts.returns(code)) is not None]
        if case.holder_unit == unit.code:
            break
    return min(missed, default=None)


def _may_keep(course: Course, best: Holder | None) -> bool:
    """Whether the present holder still fills the role, and is not needed only because those below were away:
    what went up for want of anybody comes back."""
    case, posts = course.case, course.posts
    if case.holder is None or case.holder_unit is None or case.holder in barred(course):
        return False
    if not course.chart.hand_back and posts.present(case.holder):
        return True
    if case.holder not in posts.holders(str(role_of(course)), case.holder_unit):
        return False
    below = best is not None and best.unit != case.holder_unit
    return not (
        below and case.holder_unit in {above.code for above in posts.upward(best.unit if best else None)}
    )


def barred(course: Course) -> frozenset[str]:
    """The staff who may not do the present step."""
    if not course.state.not_by and not course.state.not_who_did:
        return frozenset()
    named = frozenset(code for fact in course.state.not_by for code in staff_named(course, fact))
    return named.union(who_did(course).values())


def barred_from(course: Course, actor: str) -> tuple[str, ...]:
    """Why somebody may not do the present step: the facts that name them, and the steps that they did."""
    facts = [fact for fact in course.state.not_by if actor in staff_named(course, fact)]
    steps = [f"who did {step}" for step, who in who_did(course).items() if who == actor]
    return (*facts, *steps)


def is_stranger(course: Course, actor: str) -> bool:
    """Whether it cannot be told that somebody may do a step that not everybody may: they are no member of
    staff. Of the past, and where no staff is known, nobody asks."""
    asks = bool(course.state.not_by or course.state.not_who_did)
    return asks and not course.is_past and bool(course.posts.staff) and actor not in course.posts.staff


def who_did(course: Course) -> dict[str, str]:
    """By whom the steps were done whose doers may not do the present one; a host that does not say who acts
    is nobody."""
    did = course.case.trail.did
    doers = {step: did[step].actor for step in course.state.not_who_did if step in did}
    return {step: actor for step, actor in doers.items() if actor not in ACTORS}


def staff_named(course: Course, fact: str) -> frozenset[str]:
    """The staff codes in a fact of the case: one code, several, or a person with an id."""
    value = course.case.data[fact] if fact in course.case.data else course.context.get(fact)
    people = value if isinstance(value, list | tuple) else [value]
    return frozenset(
        str(person["id"] if isinstance(person, Mapping) else person)
        for person in people
        if person is not None
    )
