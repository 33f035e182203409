"""What do a chart's conditions see of a case, and which lines keep a move from going? Null is not true."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Final

from crmflow.core.calendar import DAY, Calendar
from crmflow.core.case import Case
from crmflow.core.chart import Chart, Move

NEXT_DAY: Final = "next day works"


class View(Mapping[str, object]):
    """The names that conditions read at a moment: the chart's facts, the case's own counts, what forms and
    events brought, the chart's params, and the facts of the customer and holding.

    Each is looked up when it is first asked, and what is not asked costs nothing: a sweep asks for little.
    """

    __slots__ = ("at", "calendar", "case", "chart", "context", "known")

    def __init__(
        self, chart: Chart, case: Case, context: Mapping[str, object], at: datetime, calendar: Calendar
    ) -> None:
        self.chart, self.case, self.context, self.at, self.calendar = chart, case, context, at, calendar
        self.known: dict[str, object] = {
            "entries": case.entries.get(case.state, 0),
            "channels used": len(case.channels.get(case.state, ())),
            "level": case.level,
            "escalations": case.escalations,
        }

    def __getitem__(self, name: str) -> object:
        if name not in self.known:
            self.known[name] = self._found(name)
        return self.known[name]

    def get(self, name: str, default: object = None) -> object:
        try:
            return self[name]
        except KeyError:
            return default

    def __iter__(self) -> Iterator[str]:
        named = (self.known, self.chart.facts, self.case.data, self.chart.params, self.context)
        return iter(dict.fromkeys((*chain.from_iterable(named), NEXT_DAY)))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _found(self, name: str) -> object:
        fact = self.chart.facts.get(name)
        if fact is not None:
            return fact.evaluate(self)
        for named in (self.case.data, self.chart.params, self.context):
            if name in named:
                return named[name]
        if name == NEXT_DAY:
            return self.calendar.works(self.at.astimezone(self.calendar.zone).date() + DAY)
        raise KeyError(name)


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
