"""When is a move taken, as its row says it: done, enter, `after P7D`, `at 50% of resolution`, an event?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta

from crmflow.core.chart import At, Trigger
from crmflow.errors import FeelError
from crmflow.rules import feel
from crmflow.rules.chart.dated import DAILY
from crmflow.rules.chart.words import ChartWords, term
from crmflow.rules.feel import Expression
from crmflow.rules.feel.scope import quoted
from crmflow.rules.source import Path

TRIGGERS: Mapping[str, Trigger] = {
    "enter": "enter",
    "done": "done",
    "change": "change",
    "joined": "joined",
}
STEP = "step"
"""The clock of the present step, which every chart has."""
_AFTER = re.compile(r"after +(\S+)")
_AT_CLOCK = re.compile(r"at +(\d{1,3}(?:\.\d+)?) *% +of +(.+?)(?: *([+-]) *(P\w+))?")
_AT_FACT = re.compile(r"at +(.+?)(?: *([+-]) *(P\w+))?")

On = tuple[Trigger, timedelta | None, At | None]
"""What a move waits for: with `after` its length, with `at` its moment."""


class MomentReader:
    """Reads the column `on`; `clocks` are the names of the chart's clocks."""

    def __init__(self, words: ChartWords, clocks: Iterable[str] = ()) -> None:
        self.words, self.clocks = words, (STEP, *clocks)

    def trigger(self, path: Path, on: str) -> On:
        if on in TRIGGERS:
            return TRIGGERS[on], None, None
        if after := _AFTER.fullmatch(on):
            return "after", self.elapsed(path, after[1]), None
        if at := _AT_CLOCK.fullmatch(on):
            share, clock, sign, offset = at.groups()
            if clock not in self.clocks:
                self.words.complain("CRM178", path, clock, self.clocks)
            return "at", None, At(self.offset(path, sign, offset), clock=clock, share=float(share) / 100)
        if at := _AT_FACT.fullmatch(on):
            name, sign, offset = at.groups()
            return "at", None, At(self.offset(path, sign, offset), fact=self.fact(path, name))
        return "event", None, None

    def elapsed(self, path: Path, text: str) -> timedelta | None:
        length = term(text)
        if length is None:
            self.words.complain("CRM068", path, text, ())
            return None
        return timedelta(days=length.days) + length.time

    def offset(self, path: Path, sign: str | None, text: str | None) -> timedelta:
        length = None if text is None else self.elapsed(path, text)
        return timedelta() if length is None else -length if sign == "-" else length

    def fact(self, path: Path, name: str) -> Expression | None:
        """A date or an instant that the case knows."""
        scope = self.words.scope
        try:
            read = feel.parse(name if scope.resolve(name) is None else quoted(name), scope)
        except FeelError:
            read = None
        if read is None or name in DAILY or read.type not in (feel.date, feel.date_time, feel.any_):
            dated = [
                each.canonical.rpartition(".")[2]
                for scope in self.words.scopes()
                for each in scope.values()
                if each.type in (feel.date, feel.date_time) and each.canonical not in DAILY
            ]
            self.words.complain("CRM179", path, name, dict.fromkeys(dated))
            return None
        return read
