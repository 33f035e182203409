"""Does every escalation of a chart come due, and does something come of it?"""

from __future__ import annotations

from collections.abc import Iterator

from crmflow.core.chart import Chart
from crmflow.core.diagnostic import Diagnostic
from crmflow.core.escalation import LATE, STEP, Escalation
from crmflow.rules.feel import nearest
from crmflow.rules.source import Document
from crmflow.rules.vocabulary import Vocabulary


def escalations(chart: Chart, document: Document, names: Vocabulary) -> Iterator[Diagnostic]:
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
        message = names.messages.get(each.send or "")
        deaf = next(_without_holder(chart, each), None)
        if deaf is not None and (each.goal is not None or (message is not None and message.to == "holder")):
            parts = {"name": each.id, "clock": each.clock, "state": deaf}
            yield document.diagnostic("CRM289", path, parts, key=True)


def _without_holder(chart: Chart, escalation: Escalation) -> Iterator[str]:
    """States in which the clock may run while other cases do the work: nobody holds the case itself."""
    clock = chart.clocks.get(escalation.clock)
    for id, state in chart.states.items() if clock is not None else ():
        waits = bool(state.branches) or (state.opens is not None and state.opens.wait)
        if clock is not None and waits and id not in clock.pause | clock.stop:
            yield id
