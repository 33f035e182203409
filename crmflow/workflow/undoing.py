"""What has a case done that can be undone, and in which order is it undone?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from crmflow.workflow.course import Course

CLOSES = ""
"""Where an undoing leads whose case ends where it is."""


def remember(course: Course) -> None:
    """The present state has done its work; what undoes it is known by the number of the entry."""
    if course.state.undo is not None:
        case = course.case
        mark = f"{case.state}:{case.entries[case.state]}"
        course.case = case.but(trail=replace(case.trail, done=(*case.trail.done, mark)))


def begin(course: Course, at: datetime, to: str) -> str:
    """Undoes what was done, the newest first; the state in which the case goes on: a step that undoes
    something, or `to` when nothing is left."""
    trail = course.case.trail
    ahead = (*reversed(trail.done), to)
    course.case = course.case.but(trail=replace(trail, done=(), ahead=ahead))
    return onward(course, at)


def onward(course: Course, at: datetime) -> str:
    """The next state of an undoing. Messages go out on the way; each thing is undone once, by its key."""
    trail = course.case.trail
    *marks, to = trail.ahead
    while marks:
        mark = marks.pop(0)
        done = mark.rpartition(":")[0]
        undo = course.chart.states[done].undo
        is_step = undo in course.chart.states
        key = f"{course.case.key}|undone:{mark}"
        course.note("undone", at, to=undo if is_step else None, lines=(done,), key=key)
        if is_step:
            course.case = course.case.but(trail=replace(trail, ahead=(*marks, to)))
            return str(undo)
        course.note("sent", at, message=undo, key=f"{key}|sent")
    course.case = course.case.but(trail=replace(trail, ahead=()))
    return to
