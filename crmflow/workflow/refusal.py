"""Why was an event refused: as an error to raise, and in the words of a chart's test?"""

from __future__ import annotations

from crmflow.core.case import Case, Moved
from crmflow.core.chart import Chart, Move
from crmflow.errors import WorkflowError, catalogue


def refusal(chart: Chart, row: Moved, case: Case | None = None) -> WorkflowError:
    """The error of a row of kind "refused", with everything that its message names; the case, as it is, knows
    who did a step before."""
    moves = [move for move in chart.moves if row.state in move.sources]
    form = chart.states[row.state].form
    second = row.lines[0] if row.lines else ""
    first = case.trail.did.get(second) if case is not None else None
    return WorkflowError(
        row.code or "",
        state=row.state,
        actor=row.actor,
        at=row.at.isoformat(),
        lines=", ".join(row.lines),
        second=second,
        by=first.actor if first else "",
        when=first.at.isoformat() if first else "",
        fields=", ".join(form_field.field.name for form_field in form),
        events=", ".join(dict.fromkeys(event_of(move) for move in moves)),
        moves=", ".join(move.id for move in moves if move.trigger == "done"),
    )


def event_of(move: Move) -> str:
    """What a move waits for, as its row says it: "done", "change", "after", or the name of an event."""
    return move.event or move.trigger


def refused_words(row: Moved) -> str:
    """A refusal as a test expects it: the name of its code and what it names, "missing measure"."""
    name = catalogue()[row.code or ""].name.partition(".")[2].replace("-", " ")
    return f"{name} {', '.join(row.lines)}".strip()
