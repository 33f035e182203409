"""Which moves do the tests of a chart take, and what keeps cases from moving in them?"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from crmflow.core.case import Moved
from crmflow.core.chart import Chart, Move
from crmflow.core.escalation import LATE as LATE_ID
from crmflow.errors import CrmflowError
from crmflow.rules.cases import Rehearse
from crmflow.rules.chart.states import state_path
from crmflow.rules.coverage.tally import Point, Tally
from crmflow.rules.scenario import Case, ChartCase
from crmflow.rules.source import Document

LATE = ("late",)
ESCALATED = ("late", "sent", "fired")
"""Kinds of rows that an escalation leaves, which they name as their move."""
NO_MOVE = "CRM516"
NOT_BY = "CRM510"


def chart_tally(chart: Chart, document: Document, cases: Sequence[Case], rehearse: Rehearse) -> Tally:
    """The moves of a chart, and what refuses them; and those that its tests reach."""
    tally = Tally(document, dict(points(chart, document)))
    for case in cases:
        if isinstance(case, ChartCase):
            try:
                history = rehearse(case.chart, case.play).history
            except CrmflowError:
                continue
            tally.reach(reached(chart, history))
    return tally


def points(chart: Chart, document: Document) -> Iterator[tuple[Hashable, Point]]:
    """Each move; its condition not being true although it is asked; each line of a gate with both outcomes;
    a step done by who must not; a late step."""
    gated = {gate.id: gate for move in chart.moves for gate in move.gates}
    for n, move in enumerate(chart.moves):
        missed = document.diagnostic("CRM308", ("moves", n, 0), {"name": move.id})
        yield ("move", move.id), Point("moves", missed)
        if move.when is not None and _may_be_passed_over(chart, move):
            parts = {"name": move.when.text, "rule": move.id}
            yield ("not", move.id), Point("branches", document.diagnostic("CRM306", ("moves", n, 3), parts))
    for gate in gated.values():
        for line in gate.lines:
            parts = {"name": line.when.text, "rule": f"{gate.id}, {line.id}"}
            for code, holds in (("CRM305", True), ("CRM306", False)):
                missed = document.diagnostic(code, ("gates", gate.id, line.id, "when"), parts)
                yield ("line", gate.id, line.id, holds), Point("branches", missed)
    for id, state in chart.states.items():
        for fact in () if state.end else state.not_by:
            parts = {"name": id, "fact": fact}
            missed = document.diagnostic("CRM310", (*state_path(document.data, id), "not by"), parts)
            yield ("not by", id, fact), Point("branches", missed)
    for each in chart.escalations:
        if each.id != LATE_ID:
            missed = document.diagnostic("CRM294", ("escalations", each.id), {"name": each.id}, key=True)
            yield ("escalation", each.id), Point("branches", missed)
    if chart.late_at is not None and any(state.within for state in chart.states.values()):
        yield LATE, Point("branches", document.diagnostic("CRM309", ("late",), {"name": chart.id}, key=True))


def _may_be_passed_over(chart: Chart, move: Move) -> bool:
    """Whether a history shows that a move was asked in vain: not of the last answer to a form, which is what
    is left over, and not of a change, of which there is no line."""
    if move.trigger in ("done", "event"):
        return any(
            set(each.sources) & set(move.sources)
            for each in chart.moves[chart.moves.index(move) + 1 :]
            if (each.trigger, each.event) == (move.trigger, move.event)
        )
    return move.trigger != "change"


def reached(chart: Chart, history: Sequence[Moved]) -> Iterator[Hashable]:
    """The points that the history of one case reaches."""
    by_id = {move.id: move for move in chart.moves}
    yield from (("escalation", row.move) for row in history if row.kind in ESCALATED and row.move)
    rows = [row for row in history if row.kind not in ("sent", "assigned")]
    for n, row in enumerate(rows):
        following = rows[n + 1] if n + 1 < len(rows) else None
        if row.kind in ("opened", "moved") and row.to is not None:
            taken = by_id.get(following.move or "") if following is not None else None
            yield from _passed_over(chart.moves_from(row.to, "enter"), taken)
        if row.kind == "moved" and row.move in by_id:
            yield from _taken(chart, row.state, by_id[row.move])
        elif row.kind == "late" and row.move is None:
            yield LATE
        elif row.kind == "blocked":
            yield from _blocked(chart, row)
        elif row.code == NOT_BY:
            yield from (("not by", row.state, fact) for fact in row.lines)
        elif row.code == NO_MOVE:
            done = chart.moves_from(row.state, "done") or chart.moves_from(row.state, "event")
            yield from (("not", move.id) for move in done)


def _taken(chart: Chart, state: str, move: Move) -> Iterator[Hashable]:
    """A move, the lines of its gates, and the moves that were asked before it."""
    yield ("move", move.id)
    yield from (("line", gate.id, line.id, True) for gate in move.gates for line in gate.lines)
    if move.trigger in ("done", "event"):
        asked = [each for each in chart.moves_from(state, move.trigger) if each.event == move.event]
        yield from _passed_over(asked, move)


def _passed_over(moves: Sequence[Move], taken: Move | None) -> Iterator[Hashable]:
    """The moves before the one that was taken; all where none of them was."""
    before = moves[: moves.index(taken)] if taken in moves else moves
    yield from (("not", move.id) for move in before if not move.gates)


def _blocked(chart: Chart, row: Moved) -> Iterator[Hashable]:
    """What kept a case in its state, and what did not."""
    for move in chart.moves:
        if row.state in move.sources:
            for gate in move.gates:
                for line in gate.lines:
                    yield ("line", gate.id, line.id, line.id not in row.lines)
            if move.id in row.lines:
                yield ("not", move.id)
