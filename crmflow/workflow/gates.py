"""What do a chart's conditions see of a case, and which lines keep a move from going? Null is not true."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from crmflow.core.calendar import DAY, Calendar
from crmflow.core.case import Case
from crmflow.core.chart import Chart, Move


def view(
    chart: Chart, case: Case, context: Mapping[str, object], at: datetime, calendar: Calendar
) -> dict[str, object]:
    """The names that conditions read at a moment: the facts of the customer and holding, the chart's params,
    what forms and events brought, the case's own counts, and the chart's facts, which read all of these."""
    tomorrow = at.astimezone(calendar.zone).date() + DAY
    names = {
        "next day works": calendar.works(tomorrow),
        **context,
        **chart.params,
        **case.data,
        "entries": case.entries.get(case.state, 0),
        "channels used": len(case.channels.get(case.state, ())),
        "level": case.level,
        "escalations": case.escalations,
    }
    for name, fact in chart.facts.items():
        names[name] = fact.evaluate(names)
    return names


def applies(move: Move, names: Mapping[str, object]) -> bool:
    """Whether the move's own condition is true; a move without one always applies."""
    return move.when is None or move.when.evaluate(names) is True


def failing(move: Move, names: Mapping[str, object]) -> tuple[str, ...]:
    """The ids of the gate lines that are not true."""
    return tuple(
        line.id for gate in move.gates for line in gate.lines if line.when.evaluate(names) is not True
    )


def reasons(move: Move, names: Mapping[str, object]) -> tuple[str, ...]:
    """Why the move may not go: its failing gate lines, and its own id where its condition is not true."""
    return failing(move, names) if applies(move, names) else (*failing(move, names), move.id)
