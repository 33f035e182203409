"""How do the gates and the rows of the moves table of a chart's file become gates and moves?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crmflow.core.chart import Gate, Line, Move, Outer
from crmflow.rules.chart.moment import MomentReader
from crmflow.rules.chart.states import Written
from crmflow.rules.chart.words import ChartWords
from crmflow.rules.condition import condition, conditions
from crmflow.rules.feel import nearest
from crmflow.rules.shape import as_text
from crmflow.rules.source import Path

COLUMNS = ("id", "from", "on", "when", "to", "and")
ANY = "-"
ALSO = ("up", "undo")
"""What a move may do besides: take the case one level up, undo what was done."""


class MoveReader:
    """Reads gates, then the moves that pass them, between the `states` and the `outers` around them; `clocks`
    are the names of the chart's clocks."""

    def __init__(
        self,
        words: ChartWords,
        states: Mapping[str, Written],
        outers: Mapping[str, Outer],
        clocks: Iterable[str] = (),
    ) -> None:
        self.words, self.states, self.outers = words, states, outers
        self.moments = MomentReader(words, clocks)

    def gate(self, id: str) -> Gate:
        shapes = self.words.shape.gates[id]
        paths: list[Path] = [("gates", id, name, "when") for name in shapes]
        whens = conditions(self.words.document, paths, self.words.scope, self.words.findings)
        lines = [
            Line(name, shape.label(name), when)
            for (name, shape), when in zip(shapes.items(), whens, strict=True)
            if when is not None
        ]
        return Gate(id, tuple(lines))

    def moves(self, gates: Mapping[str, Gate]) -> tuple[Move, ...]:
        found, seen = [], set()
        for n, row in enumerate(self.words.shape.moves):
            path = ("moves", n)
            if len(row) not in (5, 6):
                parts = {
                    "name": str(row[0]) if row else "",
                    "found": len(row),
                    "expected": "5–6",
                    "known": ", ".join(COLUMNS),
                }
                self.words.findings.errors.append(self.words.document.diagnostic("CRM070", path, parts))
                continue
            if row[0] in seen:
                self.words.complain("CRM148", (*path, 0), str(row[0]), ())
            seen.add(row[0])
            found.append(self.move(path, row, gates))
        return tuple(found)

    def move(self, path: Path, row: list[Any], gates: Mapping[str, Gate]) -> Move:
        written = row[1] if isinstance(row[1], list) else [row[1]]
        sources: dict[str, str] = {}  # each state that it leaves, by the word that names it
        for n, word in enumerate(written):
            place = (*path, 1, n) if isinstance(row[1], list) else (*path, 1)
            sources |= dict.fromkeys(self.leaves(place, str(as_text(word))), str(as_text(word)))
        to = str(as_text(row[4]))
        self.leaves((*path, 4), to)
        also = str(as_text(row[5])) if len(row) == 6 else None
        if also not in (None, *ALSO):
            parts = {"name": also, "key": "and", "expected": ", ".join(ALSO)}
            self.words.findings.errors.append(
                self.words.document.diagnostic("CRM067", (*path, 5), parts, suggestion=nearest(also, ALSO))
            )
        when = None
        passed: tuple[Gate, ...] = ()
        if row[3] in gates:
            passed = (gates[row[3]],)
        elif row[3] != ANY:
            when = condition(self.words.document, (*path, 3), self.words.scope, self.words.findings)
        on = str(as_text(row[2]))
        trigger, after, at = self.moments.trigger((*path, 2), on)
        return Move(
            id=str(as_text(row[0])),
            sources=tuple(sources),
            trigger=trigger,
            to=self.outers[to].start if to in self.outers else to,
            when=when,
            gates=passed,
            after=after,
            event=on if trigger == "event" else None,
            up=also == "up",
            undo=also == "undo",
            at=at,
            outer={state: word for state, word in sources.items() if word != state},
            enters=to if to in self.outers else None,
        )

    def leaves(self, path: Path, word: str) -> Sequence[str]:
        """The states that a word of a row names; a branch is left by its form alone."""
        if word in self.outers:
            return self.outers[word].states
        known = [id for id, each in self.states.items() if each.branch_of is None]
        if word not in known:
            parent = self.states[word].branch_of if word in self.states else None
            if parent is not None:
                parts = {"name": word, "state": parent}
                self.words.findings.errors.append(self.words.document.diagnostic("CRM185", path, parts))
            else:
                self.words.complain("CRM135", path, word, [*known, *self.outers])
        return (word,)
