"""What does an event change that comes late? No move any more, but clocks count as if it had come in time."""

from __future__ import annotations

from datetime import datetime

from crmflow.core.case import CaseEvent
from crmflow.workflow.clock import clock_of, happened
from crmflow.workflow.course import Course
from crmflow.workflow.escalation import mark_of


def is_late(course: Course, event: CaseEvent) -> bool:
    """Whether the case has moved on, or ended, since then, and a clock waits for such an event."""
    case = course.case
    if event.name == "done":  # of which step, nobody can say any more
        return False
    passed = event.at < (case.entered_at if case.closed_at is None else case.closed_at)
    return passed and any(event.name in spec.words for spec in course.chart.clocks.values())


def recompute(course: Course, event: CaseEvent) -> None:
    """Folds the event in at its own moment. For each clock whose due time that changes there is a line in the
    history, which names the escalations that would be due at another moment now; they stay fired."""
    before, fired = _dues(course), _fired(course)
    happened(course, event.at, event.name)
    after, moved = _dues(course), _fired(course)
    for name, due in after.items():
        if due != before[name]:
            course.note(
                "recomputed",
                event.at,
                message=name,
                lines=tuple(
                    id for (clock, id), at in fired.items() if clock == name and moved.get((clock, id)) != at
                ),
                data={"before": before[name], "after": due},
            )


def _dues(course: Course) -> dict[str, datetime | None]:
    return {name: clock_of(course, name).due for name in course.chart.clocks}


def _fired(course: Course) -> dict[tuple[str, str], datetime | None]:
    """The escalations by clocks of the chart that have fired, and when they would be due."""
    return {
        (each.clock, each.id): clock_of(course, each.clock).moment(each.share)
        for each in course.chart.escalations
        if each.clock in course.chart.clocks and mark_of(course, each) in course.case.fired
    }
