"""What may a chart's file name, and how is it told that a word is wrong?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from crmflow.core.chart import Term
from crmflow.rules import spoken, vocabulary
from crmflow.rules.chart.shape import ChartShape
from crmflow.rules.feel import Scope, nearest
from crmflow.rules.params import Param
from crmflow.rules.source import Document, Findings, Path
from crmflow.rules.vocabulary import Vocabulary
from crmflow.rules.window import Window


@dataclass
class ChartWords:
    """A chart's file with the names that it may use: those of the vocabulary, the `params` in force, and in
    `scope` what its conditions read."""

    document: Document
    shape: ChartShape
    names: Vocabulary
    scope: Scope
    params: Mapping[str, Param]
    findings: Findings

    def scopes(self) -> Iterator[Scope]:
        """The scope of conditions and those around it, the innermost first."""
        scope: Scope | None = self.scope
        while scope is not None:
            yield scope
            scope = scope.parent

    def complain(
        self, code: str, path: Path, name: str, known: Iterable[str], document: Document | None = None
    ) -> None:
        """A word that is wrong, with the known ones; in this file, or where a param is set."""
        known = list(known)
        document = document or self.document
        parts = {"name": name, "known": ", ".join(known)}
        suggestion = nearest(name, known)
        if code == "CRM068" and (length := spoken.length(name)) is not None:
            suggestion = str(document.value(path)).replace(name, length)  # behind `after `, too
        elif suggestion is not None and path in document.places and name in (at := str(document.value(path))):
            suggestion = at.replace(name, suggestion)  # behind `who did `, inside `at 80% of …`
        self.findings.errors.append(document.diagnostic(code, path, parts, suggestion=suggestion))

    def refuse_word(
        self, code: str, document: Document, path: Path, name: str, words: Mapping[str, vocabulary.Word]
    ) -> None:
        """A role or level that nobody declares, with those that there are."""
        parts = {"name": name, "known": vocabulary.called(words)}
        near = vocabulary.nearest_word(words, name)
        key = code == "CRM132"
        self.findings.errors.append(document.diagnostic(code, path, parts, key=key, suggestion=near))


def term(text: object) -> Term | None:
    """Working days and working time from ISO 8601; None for anything else, months included."""
    if isinstance(text, timedelta):
        return Term(text.days, text - timedelta(days=text.days))
    try:
        window = Window.parse(str(text))
    except ValueError:
        return None
    return None if window.months else Term(window.days, window.time)
