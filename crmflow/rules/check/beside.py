"""Do the branches, sub-cases and undoings of a chart come to an end, and do they bring what is asked?"""

from __future__ import annotations

from collections.abc import Iterator

from crmflow.core.chart import Chart, Move, State
from crmflow.core.diagnostic import Diagnostic
from crmflow.rules.chart.states import state_path
from crmflow.rules.check.paths import Paths, shown
from crmflow.rules.ruleset import Ruleset
from crmflow.rules.source import Document, Path


def beside(chart: Chart, document: Document, paths: Paths) -> Iterator[Diagnostic]:
    """What is doubtful in one chart beside its ordinary moves."""
    yield from _never_joined(chart, document)
    yield from _joined_by_nothing(chart, document)
    yield from _same_field(chart, document)
    yield from _circles(chart, document, paths)
    yield from _nothing_undone(chart, document)


def _never_joined(chart: Chart, document: Document) -> Iterator[Diagnostic]:
    """States that wait for cases whose end nothing asks for."""
    for id, state in chart.states.items():
        if _waits(state) and not chart.moves_from(id, "joined"):
            yield document.diagnostic("CRM281", state_path(document.data, id), {"name": id}, key=True)


def _joined_by_nothing(chart: Chart, document: Document) -> Iterator[Diagnostic]:
    """Moves on `joined` out of a state that waits for nothing."""
    for move in chart.moves:
        idle = [id for id in move.sources if move.trigger == "joined" and not _waits(chart.states[id])]
        if idle:
            parts = {"name": move.id, "state": idle[0]}
            yield document.diagnostic("CRM282", _row(document, move, 2), parts)


def _same_field(chart: Chart, document: Document) -> Iterator[Diagnostic]:
    """Fields that two branches of one state fill in, the later over the earlier."""
    for id, state in chart.states.items():
        filled: dict[str, str] = {}
        for branch in state.branches:
            for each in chart.states[branch].form:
                name = each.field.name
                other = filled.setdefault(name, branch)
                if other != branch:
                    parts = {"name": name, "branch": branch, "other": other, "state": id}
                    path = (*state_path(document.data, branch), "form", name)
                    yield document.diagnostic("CRM283", path, parts, key=True)


def _circles(chart: Chart, document: Document, paths: Paths) -> Iterator[Diagnostic]:
    """Moves at one moment that lead back to where they begin."""
    for way in paths.circles():
        first = way[0]
        parts = {"name": first.move.id, "path": shown(way, first.source)}
        yield document.diagnostic("CRM285", _row(document, first.move, 0), parts)


def _nothing_undone(chart: Chart, document: Document) -> Iterator[Diagnostic]:
    """Moves that undo what was done, where no state says how."""
    if any(state.undo for state in chart.states.values()):
        return
    for move in chart.moves:
        if move.undo:
            yield document.diagnostic("CRM286", _row(document, move, 5), {"name": move.id})


def subcases(ruleset: Ruleset) -> Iterator[Diagnostic]:
    """Charts whose cases open one another in a circle, and fields that a sub-case does not have."""
    opens = {
        id: {state.opens.chart: state for state in chart.states.values() if state.opens is not None}
        for id, chart in ruleset.charts.items()
    }
    for id, opened in opens.items():
        document = ruleset.documents[id]
        for other, state in opened.items():
            path = (*state_path(document.data, state.id), "opens")
            way = _way_back(opens, other, id)
            if way and id == min(way):
                parts = {"name": state.id, "path": " → ".join((id, *way))}
                yield document.diagnostic("CRM284", (*path, "chart"), parts)
            if other in ruleset.charts:
                yield from _not_given(state, ruleset.charts[other], document, path)


def _way_back(opens: dict[str, dict[str, State]], start: str, end: str) -> tuple[str, ...]:
    """The charts from `start` to `end`, each opened by the one before; none: there is no way."""
    ways: dict[str, tuple[str, ...]] = {start: (start,)}
    waiting = [start]
    for chart in waiting:
        if chart == end:
            return ways[chart]
        for opened in opens.get(chart, {}):
            if opened not in ways:
                ways[opened] = (*ways[chart], opened)
                waiting.append(opened)
    return ()


def _not_given(state: State, opened: Chart, document: Document, path: Path) -> Iterator[Diagnostic]:
    """Fields that a sub-case is asked for and never fills in, or as something else."""
    fields = {each.field.name: each.field for step in opened.states.values() for each in step.form}
    for wanted in () if state.opens is None else state.opens.gives:
        found = fields.get(wanted.name)
        if found is None or found.kind != wanted.kind:
            known = ", ".join(f"{name}: {each.kind}" for name, each in fields.items())
            parts = {"name": wanted.name, "chart": opened.id, "known": known}
            yield document.diagnostic("CRM287", (*path, "gives", wanted.name), parts, key=True)


def _waits(state: State) -> bool:
    return bool(state.branches) or (state.opens is not None and state.opens.wait)


def _row(document: Document, move: Move, column: int) -> Path:
    rows = document.data["moves"]
    return ("moves", next(n for n, row in enumerate(rows) if str(row[0]) == move.id), column)
