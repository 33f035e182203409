"""Which rulebooks and charts are in force together, and in which order do they run?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from crmflow.core.calendar import Calendar
from crmflow.core.chart import Chart
from crmflow.core.diagnostic import Diagnostic
from crmflow.errors import RuleFileError
from crmflow.rules.infer.program import Inference
from crmflow.rules.rulebook import Rulebook
from crmflow.rules.scenario import Case
from crmflow.rules.source import Document
from crmflow.rules.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Ruleset:
    """Vocabulary, rulebooks and inferences in run order, and charts. `hash` is over all their contents;
    `documents` are the files they came from and `cases` their tests, by id."""

    vocabulary: Vocabulary
    rulebooks: tuple[Rulebook, ...]
    charts: Mapping[str, Chart]
    hash: str
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    documents: Mapping[str, Document] = field(default_factory=dict)
    cases: Mapping[str, Sequence[Case]] = field(default_factory=dict)
    inferences: tuple[Inference, ...] = ()

    def rulebook(self, id: str) -> Rulebook:
        """Raises RuleFileError CRM137 for an id that there is not."""
        for rulebook in self.rulebooks:
            if rulebook.id == id:
                return rulebook
        raise RuleFileError("CRM137", name=id, known=", ".join(each.id for each in self.rulebooks))

    def chart(self, id: str) -> Chart:
        """Raises RuleFileError CRM137 for an id that there is not."""
        if id not in self.charts:
            raise RuleFileError("CRM137", name=id, known=", ".join(self.charts))
        return self.charts[id]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading gave: a ruleset unless there were `errors`; `notes` keep nothing from loading."""

    ruleset: Ruleset | None
    errors: tuple[Diagnostic, ...] = ()
    notes: tuple[Diagnostic, ...] = ()

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Errors and notes, by file, line and column."""
        return tuple(sorted((*self.errors, *self.notes), key=_place))


def _place(found: Diagnostic) -> tuple[str, int, int, str]:
    return found.file, found.start.line, found.start.column, found.code
