"""What is wrong or doubtful in rule files? All that loading finds, and what only a closer look does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from crmflow.core.diagnostic import Diagnostic
from crmflow.rules.check.document import documents
from crmflow.rules.load import load
from crmflow.rules.ruleset import Loaded, Ruleset
from crmflow.rules.source import RuleFile

__all__ = ["check", "checked"]


def check(files: Iterable[RuleFile]) -> tuple[Diagnostic, ...]:
    """Every finding, by file, line and column; where the files do not load, what loading found."""
    return checked(load(files)).diagnostics


def checked(loaded: Loaded) -> Loaded:
    """With the notes of the closer look, if there is a ruleset to look at."""
    if loaded.ruleset is None:
        return loaded
    return Loaded(loaded.ruleset, loaded.errors, (*loaded.notes, *_notes(loaded.ruleset)))


def _notes(ruleset: Ruleset) -> Iterator[Diagnostic]:
    yield from documents(ruleset)
