"""Does every escalation of a chart come due, and does something come of it?"""

from __future__ import annotations

from collections.abc import Iterator

from crmflow.core.chart import Chart
from crmflow.core.diagnostic import Diagnostic
from crmflow.core.escalation import LATE, STEP
from crmflow.rules.feel import nearest
from crmflow.rules.source import Document


def escalations(chart: Chart, document: Document) -> Iterator[Diagnostic]:
    """What is doubtful in `escalations`; `late` has its own words (CRM538)."""
    events = sorted({move.event for move in chart.moves if move.event is not None})
    timed = any(state.within for state in chart.states.values())
    for each in chart.escalations:
        if each.id == LATE:
            continue
        path = ("escalations", each.id)
        if each.goal is None and each.send is None and each.event is None:
            yield document.diagnostic("CRM291", path, {"name": each.id}, key=True)
        if each.clock == STEP and not timed:
            yield document.diagnostic("CRM292", path, {"name": each.id}, key=True)
        if each.event is not None and each.event not in events:
            parts = {"name": each.id, "event": each.event, "known": ", ".join(events)}
            suggestion = nearest(each.event, events)
            yield document.diagnostic("CRM293", (*path, "event"), parts, suggestion=suggestion)
