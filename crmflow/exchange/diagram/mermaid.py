"""How does a chart look as a Mermaid state diagram (stateDiagram-v2)?"""

from __future__ import annotations

from collections.abc import Iterator

from crmflow.core.chart import Chart, Move
from crmflow.exchange.diagram.words import Words


def mermaid(chart: Chart, language: str) -> str:
    """The text of a diagram; it stands in Markdown as it is, in a block ```mermaid."""
    return "\n".join(_Diagram(chart, language).lines()) + "\n"


class _Diagram:
    """A chart whose states have short ids, for Mermaid allows neither blanks nor words of its own in one."""

    def __init__(self, chart: Chart, language: str) -> None:
        self.chart, self.words = chart, Words(chart, language)
        self.ids = {id: f"s{n}" for n, id in enumerate((*chart.states, *chart.outers))}

    def lines(self) -> Iterator[str]:
        yield "---"
        yield f"title: {quoted(self.words.text(self.chart.title))}"
        yield "---"
        yield "stateDiagram-v2"
        inner = {id for outer in self.chart.outers.values() for id in outer.states}
        for id, state in self.chart.states.items():
            if id not in inner and state.branch_of is None:
                yield from self.state(id, "  ")
        for outer in self.chart.outers.values():
            yield f"  state {quoted(self.words.text(outer.label))} as {self.ids[outer.id]}"
            yield f"  state {self.ids[outer.id]} {{"
            yield f"    [*] --> {self.ids[outer.start]}"
            for id in outer.states:
                if self.chart.states[id].around[0] == outer.id:
                    yield from self.state(id, "    ")
            yield "  }"
        yield f"  [*] --> {self.ids[self.chart.start]}"
        for move in self.chart.moves:
            for source in dict.fromkeys(move.outer.get(state, state) for state in move.sources):
                yield self.arrow(source, move)
        for id, state in self.chart.states.items():
            if state.end:
                yield f"  {self.ids[id]} --> [*]"

    def state(self, id: str, margin: str) -> Iterator[str]:
        state = self.chart.states[id]
        about = "".join(f"<br/>{escaped(line)}" for line in self.words.about(state))
        yield f"{margin}{self.ids[id]}: {escaped(self.words.title(id))}{about}"
        if state.branches:
            yield f"{margin}state {self.ids[id]} {{"
            for n, branch in enumerate(state.branches):
                yield from [f"{margin}  --"] if n else []
                yield from self.state(branch, margin + "  ")
            yield f"{margin}}}"

    def arrow(self, source: str, move: Move) -> str:
        says = [self.words.on(move), *self.words.conditions(move)]
        to = move.enters or move.to
        return f"  {self.ids[source]} --> {self.ids[to]}: {'<br/>'.join(map(escaped, says))}"


def escaped(text: str) -> str:
    """Signs that mean something to Mermaid, as its numbered entities."""
    return "".join(f"#{ord(sign)};" if sign in '#;:<>"{}' else sign for sign in text)


def quoted(text: str) -> str:
    """A title, in which a quotation mark is an entity."""
    return '"' + text.replace('"', "#quot;") + '"'
