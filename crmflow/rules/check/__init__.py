"""What is wrong or doubtful in rule files? All that loading finds, and what only a closer look does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from crmflow.core.diagnostic import Diagnostic
from crmflow.rules.check.across import across
from crmflow.rules.check.chart import charts
from crmflow.rules.check.chart_test import chart_tests
from crmflow.rules.check.document import documents
from crmflow.rules.check.gate import gates
from crmflow.rules.check.message import messages
from crmflow.rules.check.number_cell import number_cells
from crmflow.rules.check.table import tables
from crmflow.rules.load import load
from crmflow.rules.ruleset import Loaded, Ruleset
from crmflow.rules.source import RuleFile
from crmflow.rules.suppress import suppressed

__all__ = ["check", "checked"]


def check(files: Iterable[RuleFile]) -> tuple[Diagnostic, ...]:
    """Every finding that no comment in its file suppresses, by file, line and column."""
    files = list(files)
    return suppressed(files, checked(load(files)).diagnostics)


def checked(loaded: Loaded) -> Loaded:
    """With the notes of the closer look; where there are errors, at each sound file by itself."""
    if loaded.ruleset is not None:
        return replace(loaded, notes=(*loaded.notes, *_notes(loaded.ruleset)))
    if loaded.readable is None:
        return loaded
    broken = {error.file for error in loaded.errors}
    notes = (note for note in documents(loaded.readable) if note.file not in broken)
    return replace(loaded, notes=(*loaded.notes, *notes))


def _notes(ruleset: Ruleset) -> Iterator[Diagnostic]:
    yield from documents(ruleset)
    yield from messages(ruleset)
    yield from charts(ruleset)
    yield from chart_tests(ruleset)
    yield from across(ruleset)
    yield from tables(ruleset)
    yield from number_cells(ruleset)
    yield from gates(ruleset)
