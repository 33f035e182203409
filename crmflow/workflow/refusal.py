"""Why was an event refused: as an error to raise, and in the words of a chart's test?"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from crmflow.core.case import Case, Moved
from crmflow.core.chart import Chart
from crmflow.core.incident import OVER
from crmflow.core.moment import shown
from crmflow.core.text import Text
from crmflow.errors import WorkflowError, catalogue

DONE = "done"
BY_ITSELF = ("cancelled", OVER)
"""Events that cases tell one another; nobody sends them."""
NONE = Text("none", "无")


def refusal(chart: Chart, row: Moved, zone: ZoneInfo, case: Case | None = None) -> WorkflowError:
    """The error of a row of kind "refused", with everything that its message names, its moments in `zone`;
    the case, as it is, knows who did a step before."""
    moves = [move for move in chart.moves if row.state in move.sources]
    sent = [move.event or DONE for move in moves if move.event or move.trigger == DONE]
    form = chart.states[row.state].form
    second = row.lines[0] if row.lines else ""
    first = case.trail.did.get(second) if case is not None else None
    return WorkflowError(
        row.code or "",
        state=row.state,
        actor=row.actor,
        at=shown(row.at, zone),
        lines=", ".join(row.lines),
        second=second,
        by=first.actor if first else "",
        when=shown(first.at, zone) if first else "",
        fields=", ".join(form_field.field.name for form_field in form) or NONE,
        events=", ".join(dict.fromkeys(each for each in sent if each not in BY_ITSELF)) or NONE,
        moves=", ".join(move.id for move in moves if move.trigger == "done"),
    )


def refused_words(row: Moved) -> str:
    """A refusal as a test expects it: the name of its code and what it names, "missing measure"."""
    name = catalogue()[row.code or ""].name.partition(".")[2].replace("-", " ")
    return f"{name} {', '.join(row.lines)}".strip()
