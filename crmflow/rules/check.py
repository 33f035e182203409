"""What is doubtful in a ruleset that loads? Notes that do not keep it from running."""

from __future__ import annotations

from collections.abc import Iterator

from crmflow.core.diagnostic import Diagnostic
from crmflow.rules.ruleset import Ruleset
from crmflow.rules.source import Document


def check(ruleset: Ruleset) -> Iterator[Diagnostic]:
    """Every note on a ruleset's files."""
    for document in ruleset.documents.values():
        yield from _titles(document)
        yield from _untested(document)


def _titles(document: Document) -> Iterator[Diagnostic]:
    """Titles that one of the two languages lacks."""
    title = document.data.get("title")
    for language in ("en", "zh"):
        if not isinstance(title, dict) or not title.get(language):
            yield document.diagnostic("CRM210", ("title",), {"name": document.file.id, "language": language})


def _untested(document: Document) -> Iterator[Diagnostic]:
    if not document.data.get("tests"):
        yield document.diagnostic("CRM209", ("title",), {"name": document.file.id})
