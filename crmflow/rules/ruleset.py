"""Which rulebooks and charts are in force together, and in which order do they run?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from crmflow.core.calendars import Calendars
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
    `documents` are the files they came from and `cases` their tests, by id; `vocabularies` the files that
    declare the names."""

    vocabulary: Vocabulary
    rulebooks: tuple[Rulebook, ...]
    charts: Mapping[str, Chart]
    hash: str
    calendars: Calendars = field(default_factory=Calendars)
    documents: Mapping[str, Document] = field(default_factory=dict)
    cases: Mapping[str, Sequence[Case]] = field(default_factory=dict)
    inferences: tuple[Inference, ...] = ()
    vocabularies: tuple[Document, ...] = ()

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

    def named(self, names: Sequence[str]) -> tuple[str, ...]:
        """The ids that names mean: an id, a file, or a folder of either; all ids without a name.

        Raises RuleFileError CRM137 for a name that means nothing.
        """
        found: set[str] = set()
        for name in names:
            start = name.removesuffix(".yaml").removesuffix("/")
            meant = {
                id
                for id, document in self.documents.items()
                for known in (id, document.file.name.removesuffix(".yaml"))
                if known == start or known.startswith(f"{start}/")
            }
            if not meant:
                raise RuleFileError("CRM137", name=name, known=", ".join(self.documents))
            found |= meant
        return tuple(id for id in self.documents if not names or id in found)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading gave: a ruleset unless there were `errors`; `notes` keep nothing from loading.
    `readable` is what could be read in spite of errors, to look at more closely, not to run."""

    ruleset: Ruleset | None
    errors: tuple[Diagnostic, ...] = ()
    notes: tuple[Diagnostic, ...] = ()
    readable: Ruleset | None = None

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Errors, and notes as warnings, each once, by file, line and column."""
        notes = (replace(note, severity="warning") for note in self.notes)
        once = {(_place(found), found.end, found.name): found for found in (*self.errors, *notes)}
        return tuple(sorted(once.values(), key=_place))


def _place(found: Diagnostic) -> tuple[str, int, int, str]:
    return found.file, found.start.line, found.start.column, found.code
