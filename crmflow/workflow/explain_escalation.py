"""Why did a case go up, what comes next, and who is told? In both languages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from crmflow.core.case import Moved
from crmflow.core.escalation import LATE, Escalation
from crmflow.core.explanation import Explanation
from crmflow.core.incident import INCIDENT
from crmflow.core.text import Text, listed
from crmflow.workflow.course import Course
from crmflow.workflow.escalation import ASKED, level_reached, moment_of
from crmflow.workflow.repeat import ACKNOWLEDGED
from crmflow.workflow.words import Words, elapsed, say


def escalates(words: Words, course: Course, escalation: Escalation, at: datetime) -> Explanation:
    """What an escalation will do at its moment, to whom."""
    goal = escalation.goal
    level = None if goal is None else level_reached(course, goal)
    if escalation.id == LATE:
        return Explanation(say("goes-up", at=words.moment(at), level=words.label(level)))
    parts = {
        "at": words.moment(at),
        "escalation": escalation.label,
        "does": listed(_does(words, escalation, level)),
    }
    if escalation.when is None:
        return Explanation(say("escalates", **parts))
    return Explanation(say("escalates-if", **parts, condition=_condition(words, escalation)))


def waiting(words: Words, course: Course) -> Iterator[Explanation]:
    """The escalations that were due and wait for their condition, and those that fell silent, perhaps all of
    them under an incident."""
    fired = course.case.fired
    if course.case.branch == INCIDENT:
        yield Explanation(say("under-incident", incident=course.case.parent_id))
    for each in course.chart.escalations:
        at = moment_of(course, each) if f"{ASKED}{each.id}" in fired else None
        if at is not None:
            parts = {"escalation": each.label, "at": words.moment(at), "condition": _condition(words, each)}
            yield Explanation(say("escalation-waits", **parts), holds=False)
    if any(key.endswith(f"#{ACKNOWLEDGED}") for key in fired):
        yield Explanation(say("quiet"))


def escalated(row: Moved, before: str | None) -> str | None:
    """The sentence of a row that tells of an escalation, which found the case at the level `before`; None: of
    something else."""
    if row.kind == "sent" and row.move is not None:
        return "told" if row.holder is not None else "told-nobody"
    if row.kind != "late" or row.move is None:
        return None
    if row.level != before:
        return "escalated"
    return "given" if row.holder is not None else "given-nobody"


def _does(words: Words, escalation: Escalation, level: str | None) -> Iterator[Text]:
    goal = escalation.goal
    if level is not None:
        yield say("up-to", level=words.label(level))
    if goal is not None and goal.role is not None:
        yield say("to-role", role=words.label(goal.role))
    if escalation.send is not None:
        yield say("tells", message=words.label(escalation.send))
    if escalation.event is not None:
        yield say("gives-event", event=escalation.event)
    if escalation.repeat is not None:
        yield say("again-every", every=elapsed(escalation.repeat.every))


def _condition(words: Words, escalation: Escalation) -> Text:
    text = escalation.when.text if escalation.when is not None else ""
    return words.chart.labels.get(text, Text(text, text))
