"""How do the gates and the rows of the moves table of a chart's file become gates and moves?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from crmflow.core.chart import Gate, Line, Move, Trigger
from crmflow.rules.chart.words import ChartWords, term
from crmflow.rules.condition import condition, conditions
from crmflow.rules.shape import as_text
from crmflow.rules.source import Path

_AFTER = re.compile(r"after +(\S+)")
TRIGGERS: Mapping[str, Trigger] = {"enter": "enter", "done": "done", "change": "change"}
COLUMNS = ("id", "from", "on", "when", "to", "and")
ANY = "-"


class MoveReader:
    """Reads gates, then the moves that pass them."""

    def __init__(self, words: ChartWords) -> None:
        self.words = words

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
        sources = row[1] if isinstance(row[1], list) else [row[1]]
        for n, state in enumerate(sources):
            if state not in self.words.shape.states:
                at = (*path, 1, n) if isinstance(row[1], list) else (*path, 1)
                self.words.complain("CRM135", at, str(as_text(state)), self.words.shape.states)
        if row[4] not in self.words.shape.states:
            self.words.complain("CRM135", (*path, 4), str(as_text(row[4])), self.words.shape.states)
        if len(row) == 6 and row[5] != "up":
            parts = {"name": as_text(row[5]), "key": "and", "expected": "up"}
            self.words.findings.errors.append(
                self.words.document.diagnostic("CRM067", (*path, 5), parts, suggestion="up")
            )
        when = None
        passed: tuple[Gate, ...] = ()
        if row[3] in gates:
            passed = (gates[row[3]],)
        elif row[3] != ANY:
            when = condition(self.words.document, (*path, 3), self.words.scope, self.words.findings)
        on = str(as_text(row[2]))
        after = _AFTER.fullmatch(on)
        move = Move(
            id=str(as_text(row[0])),
            sources=tuple(str(as_text(state)) for state in sources),
            trigger="after" if after else TRIGGERS.get(on, "event"),
            to=str(as_text(row[4])),
            when=when,
            gates=passed,
            event=None if after or on in TRIGGERS else on,
            up=len(row) == 6,
        )
        return move if after is None else replace(move, after=self.elapsed((*path, 2), after[1]))

    def elapsed(self, path: Path, text: str) -> timedelta | None:
        length = term(text)
        if length is None:
            self.words.complain("CRM068", path, text, ())
            return None
        return timedelta(days=length.days) + length.time
