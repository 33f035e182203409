"""What happens when a step is late? The case goes one unit up, each level once. (F26)"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from crmflow.workflow.clock import late_key
from crmflow.workflow.course import Course
from crmflow.workflow.holding import place
from crmflow.workflow.levels import level_above


def late(course: Course, at: datetime) -> None:
    """One level up, where there is one, with a new holder and a new clock."""
    level = level_above(course.chart, course.case.unit, course.case.level, course.posts)
    if level is None:
        return
    course.case = replace(
        course.case,
        level=level,
        escalations=course.case.escalations + 1,
        fired=(*course.case.fired, late_key(level)),
    )
    place(course, at)
    course.note("late", at, key=f"{course.case.key}|{late_key(level)}")
