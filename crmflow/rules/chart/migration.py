"""How does a `migrates` entry of a chart's file say what becomes of running cases?"""

from __future__ import annotations

import re
from collections.abc import Mapping

from crmflow.core.chart import Migrates, State
from crmflow.core.field import Field
from crmflow.rules.chart.shape import MigratesShape
from crmflow.rules.chart.words import ChartWords
from crmflow.rules.shape import as_text

SOURCE = re.compile(r"any|release [1-9]\d*|[0-9a-f]{8,64}")


class MigrationReader:
    """Reads the migrations; `forms` are the fields of each state's form."""

    def __init__(
        self, words: ChartWords, states: Mapping[str, State], forms: Mapping[str, Mapping[str, Field]]
    ) -> None:
        self.words, self.states = words, states
        self.fields = {name for form in forms.values() for name in form}

    def all(self) -> tuple[Migrates, ...]:
        return tuple(self.one(n, shape) for n, shape in enumerate(self.words.shape.migrates))

    def one(self, n: int, shape: MigratesShape) -> Migrates:
        path = ("migrates", n)
        source = str(as_text(shape.from_))
        if SOURCE.fullmatch(source) is None:
            self.words.complain("CRM193", (*path, "from"), source, ())
        for old, new in shape.states.items():
            if new not in self.states:
                self.words.complain("CRM135", (*path, "states", old), new, self.states)
        for name in shape.data:
            if name not in self.fields:
                self.words.complain("CRM194", (*path, "data", name), name, sorted(self.fields))
        return Migrates(source, dict(shape.states), dict(shape.data))
