"""Which cases does a state open beside itself, which have ended, and which are no longer needed?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from crmflow.core.case import Case, CaseEvent
from crmflow.core.chart import State
from crmflow.core.trail import Done
from crmflow.workflow.course import Course
from crmflow.workflow.step import Child, Send

DEEPEST = 10
"""So many cases that open one another are a circle."""


def waits_for(state: State) -> tuple[str, ...]:
    """The places whose cases a state waits for."""
    return (state.id,) if state.opens is not None and state.opens.wait else state.branches


def open_children(course: Course, at: datetime) -> None:
    """A case for each branch of the present state, and the one that it opens; where cases open one another
    for ever it is refused, and the case stays."""
    state, case = course.state, course.case
    if state.opens is None and not state.branches:
        return
    depth = case.trail.depth + 1
    if depth > DEEPEST:
        return course.note("refused", at, code="CRM555", lines=(state.id,))
    awaited = frozenset(_awaited(course))
    data = {name: value for name, value in case.data.items() if name not in awaited}
    if len(data) < len(case.data):  # what was found another time does not count
        course.case = case.but(data=data)
    key = f"{case.key}|{state.id}:{case.entries[state.id]}"
    for branch in state.branches:
        course.children.append(Child(case.chart, f"{key}|{branch}", branch, at, depth, branch, data))
    if state.opens is not None:
        course.children.append(Child(state.opens.chart, key, state.id, at, depth, None, data))


def _awaited(course: Course) -> Iterator[str]:
    """The fields that the branches and the sub-case of the present state are to bring."""
    state = course.state
    for branch in state.branches:
        yield from (each.field.name for each in course.chart.states[branch].form)
    if state.opens is not None:
        yield from (field.name for field in state.opens.gives)


def joined(course: Course, event: CaseEvent) -> bool:
    """A case that the present state waits for has ended: what it brings back is kept. False: the state does
    not wait for it."""
    state, case = course.state, course.case
    branch = str(event.data.get("branch") or (state.id if state.opens else ""))
    if branch not in waits_for(state) or joined_key(branch) in case.fired:
        return False
    given = _brought(course, event.data, branch)
    trail = case.trail
    by, at = event.data.get("by"), event.data.get("at")
    if isinstance(by, str) and isinstance(at, datetime) and not event.data.get("cancelled"):
        trail = replace(trail, did={**trail.did, branch: Done(by, at)})
    course.case = case.but(data={**case.data, **given}, fired=(*case.fired, joined_key(branch)), trail=trail)
    course.note("joined", event.at, lines=(branch,), data=given)
    return True


def _brought(course: Course, data: Mapping[str, object], branch: str) -> dict[str, object]:
    """What a branch filled in, or the fields that a sub-case is asked for; or as it was sent."""
    said = data.get("given")
    values = said if isinstance(said, Mapping) else data
    opens = course.state.opens
    form = course.chart.states[branch].form if opens is None else ()
    wanted = [each.field.name for each in form] if opens is None else [each.name for each in opens.gives]
    return {name: values[name] for name in wanted if name in values}


def complete(course: Course) -> bool:
    """Whether as many have ended as the present state waits for."""
    needed = course.state.join or len(waits_for(course.state))
    return sum(joined_key(branch) in course.case.fired for branch in waits_for(course.state)) >= needed


def cancel_needless(course: Course, at: datetime) -> None:
    """Those that the present state still waits for are not needed when it is left."""
    waiting = [branch for branch in waits_for(course.state) if joined_key(branch) not in course.case.fired]
    if waiting:
        course.sends.append(Send("cancelled", at, branches=tuple(waiting)))


def cancel_all(course: Course, at: datetime) -> None:
    """Every case that this one opened and that still runs."""
    states = [course.chart.states[id] for id in course.case.entries if id in course.chart.states]
    opened = [state.id for state in states if state.opens is not None]
    branches = (*opened, *(branch for state in states for branch in state.branches))
    if branches:
        course.sends.append(Send("cancelled", at, branches=branches))


def tell_parent(course: Course, at: datetime, given: Mapping[str, object], *, cancelled: bool) -> None:
    """That this case has ended, with what it found out; nothing where no other case opened it."""
    case = course.case
    if case.parent_id is None or not case.trail.depth:
        return
    data: dict[str, object] = {"branch": case.branch, "given": dict(given), "by": course.actor, "at": at}
    course.sends.append(Send("joined", at, {**data, "cancelled": True} if cancelled else data))


def is_branch(course: Course) -> bool:
    """Whether the case is a branch of a parallel state, which its form alone ends."""
    return course.state.branch_of is not None and course.case.branch is not None


def joined_key(branch: str) -> str:
    """What `Case.fired` says of a case that the present state waited for and that has ended."""
    return f"joined:{branch}"


def of_parent(case: Case, child: Child, parent: Case) -> Case:
    """A new case with what it has from its parent."""
    trail = replace(case.trail, did=parent.trail.did if child.state else {}, depth=child.depth)
    return case.but(parent_id=parent.id, branch=child.branch, trail=trail)
