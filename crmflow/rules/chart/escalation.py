"""How does the escalations section of a chart's file become escalations? `late` is short for one of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from crmflow.core.escalation import LATE, STEP, Escalation, Goal, Repeat
from crmflow.core.text import Text
from crmflow.rules import vocabulary
from crmflow.rules.chart.shape import EscalationShape, GoalShape
from crmflow.rules.chart.words import ChartWords, term
from crmflow.rules.condition import condition
from crmflow.rules.source import Path

_AT = re.compile(r"(\d{1,4}(?:\.\d{1,2})?) *% *(?:([+-]) *(\S+))?")
UP = ("one unit up", "same role one unit up")
AT_MOST = 10
"""How often a repeated one is sent unless it says otherwise."""


class EscalationReader:
    """Reads `late` and `escalations`; `clocks` are the names of the chart's clocks."""

    def __init__(self, words: ChartWords, clocks: Mapping[str, object]) -> None:
        self.words, self.clocks = words, (STEP, *clocks)

    def escalations(self) -> tuple[Escalation, ...]:
        """The short form first, for it was there first."""
        shape = self.words.shape
        found = [self.escalation(id, each) for id, each in shape.escalations.items()]
        if shape.late is None:
            return tuple(found)
        share, _ = self.at(("late", "at"), shape.late.at)
        return Escalation(LATE, Text("late", "超时"), share=share, goal=Goal(up=True)), *found

    def escalation(self, id: str, shape: EscalationShape) -> Escalation:
        path: Path = ("escalations", id)
        words = self.words
        if shape.clock not in self.clocks:
            words.complain("CRM188", (*path, "clock"), shape.clock, self.clocks)
        if id == LATE:
            words.complain("CRM148", path, id, ())
        share, offset = self.at((*path, "at"), shape.at)
        when = None
        if shape.when is not None:
            when = condition(words.document, (*path, "when"), words.scope, words.findings)
        return Escalation(
            id=id,
            label=shape.label(id),
            clock=shape.clock,
            share=share,
            offset=offset,
            when=when,
            goal=None if shape.to is None else self.goal((*path, "to"), shape.to),
            send=None if shape.send is None else self.message((*path, "send"), shape.send),
            event=shape.event,
            repeat=self.repeat(id, shape),
        )

    def at(self, path: Path, text: str) -> tuple[float, timedelta]:
        """The share, and the elapsed time after it (before it, if negative)."""
        read = _AT.fullmatch(text.strip())
        offset = timedelta() if read is None or read[3] is None else self.elapsed(read[3])
        if read is None or offset is None:
            self.words.complain("CRM189" if path[0] != LATE else "CRM072", path, text, ())
            return 1.0, timedelta()
        return float(read[1]) / 100, -offset if read[2] == "-" else offset

    def goal(self, path: Path, shape: GoalShape) -> Goal:
        words, said = self.words, shape.level
        role = shape.role
        if role is not None:
            role = vocabulary.spelled(words.names.roles, role)
            if role is None:
                words.refuse_word(
                    "CRM131", words.document, (*path, "role"), str(shape.role), words.names.roles
                )
        if said is None or said in UP:
            return Goal(up=said is not None, role=role)
        level = vocabulary.spelled(words.names.levels, said)
        if level is None and not words.names.declares_level(said):
            at = (*path, "level") if (*path, "level") in words.document.places else path
            words.complain("CRM190", at, said, (UP[0], *words.names.levels))
        return Goal(level=level, role=role)

    def message(self, path: Path, name: str) -> str | None:
        words = self.words
        message = words.names.resolve(words.names.messages, words.document.pack, name)
        if message is None:
            words.complain("CRM133", path, name, [vocabulary.bare(each) for each in words.names.messages])
        return message

    def repeat(self, id: str, shape: EscalationShape) -> Repeat | None:
        """`every` and `until` come together: nothing is repeated that nobody can stop."""
        path: Path = ("escalations", id)
        if shape.every is None and shape.until is None and shape.at_most is None:
            return None
        every = None if shape.every is None else self.elapsed(shape.every)
        if shape.every is not None and every is None:
            self.words.complain("CRM068", (*path, "every"), shape.every, ())
        elif every is None or shape.until is None:
            key = next(
                key for key in ("every", "until", "at most") if (*path, key) in self.words.document.places
            )
            self.words.complain("CRM191", (*path, key), id, ())
        return Repeat(every or timedelta(days=1), AT_MOST if shape.at_most is None else int(shape.at_most))

    def elapsed(self, text: str) -> timedelta | None:
        length = term(text)
        return None if length is None else timedelta(days=length.days) + length.time
