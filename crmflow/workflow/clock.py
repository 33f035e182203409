"""When does something happen to a case by itself? Late steps and `after` timers. (F26, U15)"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crmflow.core.calendar import Calendar
from crmflow.core.case import Case
from crmflow.core.chart import Chart, Move, Term
from crmflow.core.post import Posts
from crmflow.workflow.levels import level_above


@dataclass(frozen=True, slots=True)
class Timer:
    """Something that is due at a moment: a move, or (None) the step is late and goes one level up."""

    at: datetime
    move: Move | None = None


def late_at(
    chart: Chart, state: str, level: str | None, since: datetime, calendar: Calendar
) -> datetime | None:
    """When a step at `level` is late that began at `since`; None: it has no term.

    A chart may call it late at a share of the term: when that share of its working time is over.
    """
    term = chart.states[state].term(level)
    if term is None:
        return None
    due = calendar.add(since, term)
    if chart.late_at is None or chart.late_at == 1:
        return due
    return calendar.add(since, Term(time=calendar.between(since, due) * chart.late_at))


def timers(chart: Chart, case: Case, posts: Posts) -> list[Timer]:
    """The timers that have not fired, moves before a late step."""
    if case.closed_at is not None:
        return []
    found = [
        Timer(case.entered_at + move.after, move)
        for move in chart.moves_from(case.state, "after")
        if move.after is not None and blocked_key(move) not in case.fired
    ]
    above = level_above(chart, case.unit, case.level, posts) if chart.late_at is not None else None
    if case.late_at is not None and above is not None and late_key(above) not in case.fired:
        found.append(Timer(case.late_at))
    return found


def next_timer(chart: Chart, case: Case, posts: Posts) -> Timer | None:
    """The earliest timer that has not fired; a move comes before a late step of the same moment."""
    return min(timers(chart, case, posts), key=lambda timer: timer.at, default=None)


def late_key(level: str) -> str:
    """What `Case.fired` says once a late step has brought the case to `level`."""
    return f"late:{level}"


def blocked_key(move: Move) -> str:
    """What `Case.fired` says of a move that was due in the present state and could not go."""
    return f"blocked:{move.id}"
