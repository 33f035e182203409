"""How does a clock of a chart's file become a clock: how long, and what starts, pauses and stops it?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches

from crmflow.core.chart import ClockSpec, Condition, Outer, Term
from crmflow.rules import feel
from crmflow.rules.chart.moment import STEP
from crmflow.rules.chart.shape import ClockShape
from crmflow.rules.chart.step import StepReader
from crmflow.rules.chart.words import ChartWords, term
from crmflow.rules.condition import expression
from crmflow.rules.feel import Expression
from crmflow.rules.feel.tree import BuiltinName, Call, If, Literal, Node
from crmflow.rules.source import Path

HAPPENINGS = ("open", "end", "done")
"""What happens in every chart, besides entering states, moves and events."""
SLIP = 0.85
"""So much like a known word is a misspelt one."""
LENGTHS = (feel.days_duration, feel.string, feel.any_, feel.null)


class ClockReader:
    """Reads the clocks once the states are known; `steps` reads a length by level."""

    def __init__(self, words: ChartWords, steps: StepReader, outers: Mapping[str, Outer]) -> None:
        self.words, self.steps, self.outers = words, steps, outers

    def clocks(self) -> dict[str, ClockSpec]:
        found = {}
        for name, shape in self.words.shape.clocks.items():
            if name == STEP:
                taken = self.words.document.diagnostic("CRM173", ("clocks", name), {"name": name}, key=True)
                self.words.findings.errors.append(taken)
            spec = self.clock(name, shape)
            if spec is not None:
                found[name] = spec
        return found

    def clock(self, name: str, shape: ClockShape) -> ClockSpec | None:
        path = ("clocks", name)
        target = self.target((*path, "target"), shape.target)
        if target is None:
            return None
        return ClockSpec(
            name,
            shape.label(name),
            target,
            **{
                key: frozenset(self.triggers((*path, key), getattr(shape, key)))
                for key in ("start", "stop", "pause", "resume", "reopen")
            },
            elapsed=shape.counts == "elapsed",
        )

    def target(self, path: Path, text: str) -> Mapping[str | None, Term] | Condition | None:
        """A duration, a param that holds one for all or one by level, or an expression."""
        words = self.words
        if text in words.params or any(text in param.spellings for param in words.params.values()):
            return self.steps.within(path, text)
        allowed = term(text)
        if allowed is not None:
            return {None: allowed}
        if text[:1] == "P" and text[1:2] in "T0123456789":  # a duration with a slip, such as P10
            words.complain("CRM068", path, text, ())
            return None
        read = expression(words.document, path, words.scope, words.findings)
        if read is None:
            return None
        if read.type not in LENGTHS:
            parts = {"name": read.text, "found": read.type}
            words.findings.errors.append(words.document.diagnostic("CRM174", path, parts))
        return as_written(read)

    def triggers(self, path: Path, said: Iterable[str]) -> Iterable[str]:
        """The words, an outer state as its inner ones; one that is almost a known word is a slip, and any
        other is an event that a host sends."""
        known, called = self.known(), self.called()
        for n, word in enumerate(said):
            if word in self.outers:
                yield from self.outers[word].states
                continue
            if word not in known:
                at = (*path, n) if (*path, n) in self.words.document.places else path
                if word in called or get_close_matches(word, known, 1, SLIP):
                    self.words.complain("CRM172", at, word, [called[word]] if word in called else known)
            yield word

    def called(self) -> dict[str, str]:
        """The states by their labels, which name none here."""
        states = ((id, each.shape.label(id)) for id, each in self.steps.states.items())
        return {label: id for id, text in states for label in (text.en, text.zh) if label != id}

    def known(self) -> list[str]:
        """What may be named: what happens in every chart, states, moves and their events."""
        rows = [row for row in self.words.shape.moves if len(row) > 2]
        said = (str(each) for row in rows for each in (row[0], row[2]))
        return list(dict.fromkeys((*HAPPENINGS, *self.steps.states, *self.outers, *said)))


def as_written(read: Expression) -> Expression:
    """With each `duration("PT24H")` that it may give as the text "PT24H": as a value of the language it would
    be one day, and a day counts otherwise than 24 hours."""
    return replace(read, tree=_as_written(read.tree))


def _as_written(node: Node) -> Node:
    match node:
        case If():
            return replace(node, then=_as_written(node.then), otherwise=_as_written(node.otherwise))
        case Call(BuiltinName("duration"), (Literal() as text,)):
            return text
    return node
