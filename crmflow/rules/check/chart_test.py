"""Do the tests of a chart speak of states, events, levels and steps that there are?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import get_args

from crmflow.core.chart import Chart
from crmflow.core.clock import Standing
from crmflow.core.diagnostic import Diagnostic
from crmflow.rules import spoken
from crmflow.rules.feel import nearest
from crmflow.rules.params import duration
from crmflow.rules.ruleset import Ruleset
from crmflow.rules.source import Document, Path

FROM_OTHERS = ("joined", "cancelled")
"""What cases send to one another, whether or not a move waits for it."""
STEPS = ("done", "wait", "set", "event")
BESIDE = ("by", "data", "in", "ago")
TOLD = (
    *("state", "level", "escalations", "refused", "blocked by", "went", "sent", "holder", "closed"),
    *("undone", "branches", "clocks"),
)
STANDINGS = (*get_args(Standing), "late")


def chart_tests(ruleset: Ruleset) -> Iterator[Diagnostic]:
    """CRM311 and CRM312 of the tests of all charts."""
    for id, chart in ruleset.charts.items():
        document = ruleset.documents[id]
        for n, test in enumerate(document.data.get("tests") or ()):
            look = _Look(document, chart, ("tests", n))
            yield from look.steps(test.get("do") or ())
            yield from look.expected(test.get("expect") or {})


class _Look:
    """One test in its file."""

    def __init__(self, document: Document, chart: Chart, path: Path) -> None:
        self.document, self.chart, self.path = document, chart, path

    def steps(self, steps: Iterable[object]) -> Iterator[Diagnostic]:
        events = sorted({move.event for move in self.chart.moves if move.event})
        events += ["acknowledge"] if self.chart.repeats else []
        events += sorted({word for clock in self.chart.clocks.values() for word in clock.words})
        branches = [state.id for state in self.chart.states.values() if state.branch_of]
        for n, step in enumerate(steps):
            if not isinstance(step, dict):
                continue
            at: Path = (*self.path, "do", n)
            for key in step:
                yield from self.known((*at, key), str(key), (*STEPS, *BESIDE), key=True)
            if "event" in step:
                yield from self.known((*at, "event"), str(step["event"]), (*events, *FROM_OTHERS))
            if "in" in step:
                yield from self.known((*at, "in"), str(step["in"]), branches)
            for key in ("wait", "ago"):
                if key in step and not _is_duration(step[key]):
                    found = self.document.written((*at, key))
                    parts, suggestion = {"name": found}, spoken.length(found)
                    yield self.document.diagnostic("CRM312", (*at, key), parts, suggestion=suggestion)

    def expected(self, expect: dict[str, object]) -> Iterator[Diagnostic]:
        at: Path = (*self.path, "expect")
        chart = self.chart
        lines = {line.id for move in chart.moves for gate in move.gates for line in gate.lines}
        known = {
            "state": tuple(chart.states),
            "went": tuple(chart.states),
            "blocked by": sorted(lines),
            "undone": tuple(chart.states),
            "branches": tuple(chart.states),
        }
        for key, value in expect.items():
            yield from self.known((*at, key), key, TOLD, key=True)
            if key == "clocks" and isinstance(value, dict):
                for clock, standing in value.items():
                    yield from self.known((*at, key, clock), clock, tuple(chart.clocks), key=True)
                    yield from self.known((*at, key, clock), str(standing), STANDINGS)
            if key in known:
                several = isinstance(value, list)
                for n, each in enumerate(value if isinstance(value, list) else [value]):
                    if each is not None:
                        yield from self.known((*at, key, n) if several else (*at, key), str(each), known[key])

    def known(
        self, path: Path, name: str, known: Iterable[str], *, key: bool = False
    ) -> Iterator[Diagnostic]:
        known = tuple(known)
        if name not in known:
            parts = {"name": name, "known": ", ".join(known)}
            suggestion = nearest(name, known)
            yield self.document.diagnostic("CRM311", path, parts, key=key, suggestion=suggestion)


def _is_duration(value: object) -> bool:
    try:
        duration(str(value))
    except ValueError:
        return False
    return True
