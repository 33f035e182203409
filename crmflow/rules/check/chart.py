"""Does every case of a chart come to its end, by the steps it needs, with somebody to do each?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from crmflow.core.chart import Chart, Move, State
from crmflow.core.diagnostic import Diagnostic
from crmflow.core.escalation import LATE
from crmflow.rules.chart.states import state_path
from crmflow.rules.check.beside import beside, subcases
from crmflow.rules.check.escalation import escalations
from crmflow.rules.check.paths import Dead, Paths, shown
from crmflow.rules.feel import to_xsd
from crmflow.rules.ruleset import Ruleset
from crmflow.rules.source import Document, Path
from crmflow.rules.trigger import trigger_meant
from crmflow.rules.vocabulary import Vocabulary, Word


def charts(ruleset: Ruleset) -> Iterator[Diagnostic]:
    """What is doubtful in the charts, each with the way through the chart that shows it."""
    for id, chart in ruleset.charts.items():
        document, paths = ruleset.documents[id], Paths(chart)
        yield from _Look(chart, document, ruleset.vocabulary, paths).findings()
        yield from beside(chart, document, paths)
    yield from subcases(ruleset)


@dataclass(frozen=True, slots=True)
class _Look:
    """A closer look at one chart."""

    chart: Chart
    document: Document
    names: Vocabulary
    paths: Paths

    def findings(self) -> Iterator[Diagnostic]:
        yield from self.unreachable()
        yield from self.endless()
        yield from (self.dead(each) for each in self.paths.dead)
        yield from self.misspelt_events()
        yield from self.without_holder()
        yield from self.lateness()
        yield from escalations(self.chart, self.document, self.names)
        yield from self.needs()
        yield from self.barred()

    # states

    def unreachable(self) -> Iterator[Diagnostic]:
        for state in self.chart.states:
            if state not in self.paths.reached:
                parts = {"name": state, "known": ", ".join(self.paths.reached)}
                yield self.at_state(state, "CRM530", parts)

    def endless(self) -> Iterator[Diagnostic]:
        """States from which no end is reached; of several in one circle the first."""
        said: set[str] = set()
        for state, way in self.paths.reached.items():
            onward = self.paths.ways(state)
            if state in said or any(self.chart.states[each].end for each in onward):
                continue
            if self.chart.states[state].branch_of or state in self.paths.undoing:
                continue  # it ends with its form, or leads where the undoing leads
            said |= onward.keys()
            parts = {"name": state, "path": shown(way, self.chart.start), "known": ", ".join(onward)}
            yield self.at_state(state, "CRM531", parts)

    def without_holder(self) -> Iterator[Diagnostic]:
        """Steps that wait for a form that nobody fills in."""
        for id, state in self.chart.states.items():
            waits = any(move.trigger == "done" for move in self.paths.live[id])
            if state.by is None and not state.end and (waits or state.form or state.branch_of):
                yield self.at_state(id, "CRM535", {"name": id})

    # moves

    def dead(self, dead: Dead) -> Diagnostic:
        """A move, or a timer, that is never taken."""
        timer = dead.move.trigger == "after"
        code = "CRM532" if timer else "CRM533"
        before = dead.before
        parts = {
            "name": dead.move.id,
            "state": dead.source,
            "other": dead.source if before is None else before.id,
            "on": "end" if before is None else _on(before),
        }
        return self.document.diagnostic(code, self.move_path(dead.move, 2 if timer else 0), parts)

    def misspelt_events(self) -> Iterator[Diagnostic]:
        """Words that are taken as the name of an event, and look like a trigger."""
        for move in self.chart.moves:
            near = None if move.event is None else trigger_meant(move.event)
            if near is not None:
                parts = {"name": move.event, "near": near}
                yield self.document.diagnostic("CRM537", self.move_path(move, 2), parts)

    # levels

    def lateness(self) -> Iterator[Diagnostic]:
        """A way up that leads nowhere in the levels that the chart was written for, and lateness that no step
        can come to."""
        levels = self.names.with_levels_of(self.document.pack).levels
        places = [(move.id, self.move_path(move, 5)) for move in self.chart.moves if move.up]
        if self.chart.late_at is not None:
            places.append(("late", ("late",)))
        places += [
            (each.id, ("escalations", each.id, "to"))
            for each in self.chart.escalations
            if each.id != LATE and each.goal is not None and each.goal.rises
        ]
        for name, path in places if len(levels) < 2 else ():
            parts = {"name": name, "known": ", ".join(levels)}
            yield self.document.diagnostic("CRM539", path, parts, key=path == ("late",))
        if self.chart.late_at is None:
            return
        if not any(state.within for state in self.chart.states.values()):
            yield self.document.diagnostic("CRM538", ("late",), {"name": self.chart.id}, key=True)

    # what must have been done, and by whom not

    def needs(self) -> Iterator[Diagnostic]:
        """States that a case may come to without a step that it needs."""
        for id, state in self.chart.states.items():
            for needed in state.needs:
                yield from self.without(id, needed, {needed})
        kind = self.names.cases.get(self.chart.case)
        for needed in () if kind is None else kind.closed_after:
            steps = {id for id, state in self.chart.states.items() if _called(id, state, needed)}
            for id, state in self.chart.states.items():
                if state.end and not steps & set(state.needs):
                    yield from self.without(id, needed, steps, kind)

    def without(
        self, state: str, needed: str, steps: set[str], kind: Word | None = None
    ) -> Iterator[Diagnostic]:
        """That a case may come to a state without having done one of the steps."""
        way = self.paths.around(steps).get(state)
        if way is not None and state in self.paths.reached:
            asks = self.chart.states[state].label if kind is None else kind.label
            parts = {"name": state, "asks": asks, "needed": needed, "path": shown(way, self.chart.start)}
            yield self.at_state(state, "CRM536", parts)

    def barred(self) -> Iterator[Diagnostic]:
        """Ends that somebody barred from them may bring about."""
        for id, state in self.chart.states.items():
            for fact in state.not_by if state.end else ():
                for source, moves in self.paths.live.items():
                    closing = next((m for m in moves if m.to == id and m.trigger == "done"), None)
                    step = self.chart.states[source]
                    if closing is not None and source in self.paths.reached and fact not in step.not_by:
                        parts = {"name": id, "fact": fact, "state": source, "move": closing.id}
                        yield self.at_state(source, "CRM534", parts)

    # places

    def at_state(self, id: str, code: str, parts: Mapping[str, object]) -> Diagnostic:
        return self.document.diagnostic(code, state_path(self.document.data, id), parts, key=True)

    def move_path(self, move: Move, column: int) -> Path:
        rows = self.document.data["moves"]
        return ("moves", next(n for n, row in enumerate(rows) if str(row[0]) == move.id), column)


def _called(id: str, state: State, name: str) -> bool:
    return name in (id, state.label.en, state.label.zh)


def _on(move: Move) -> str:
    """When a move is taken, as its row says it."""
    if move.after is None:
        return move.event or move.trigger
    return f"after {to_xsd(move.after)}"
