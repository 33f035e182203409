"""Which titles and tests does a rule file lack?"""

from __future__ import annotations

from collections.abc import Iterator

from crmflow.core.decision import Conflict, Hit
from crmflow.core.diagnostic import Diagnostic
from crmflow.rules.infer.case import InferenceCase
from crmflow.rules.rulebook import Rulebook
from crmflow.rules.ruleset import Ruleset
from crmflow.rules.scenario import RulebookCase
from crmflow.rules.source import Document, Path


def documents(ruleset: Ruleset) -> Iterator[Diagnostic]:
    """Titles, tests, and rules that no test fires."""
    for document in ruleset.documents.values():
        yield from _titles(document)
        if not document.data.get("tests"):
            yield document.diagnostic("CRM209", ("title",), {"name": document.file.id})
    for rulebook in ruleset.rulebooks:
        document = ruleset.documents[rulebook.id]
        if document.data.get("tests"):
            yield from _rules_without_a_test(ruleset, rulebook, document)
    for inference in ruleset.inferences:
        document = ruleset.documents[inference.id]
        cases = [case for case in ruleset.cases[inference.id] if isinstance(case, InferenceCase)]
        met = set[str]().union(*(case.met() for case in cases))
        for n, rule in enumerate(document.data["rules"]):
            if cases and str(rule["id"]) not in met:
                yield document.diagnostic("CRM211", ("rules", n, "id"), {"name": rule["id"]})


def _titles(document: Document) -> Iterator[Diagnostic]:
    """Titles that one of the two languages lacks; a plain text is the same in both."""
    title = document.data.get("title")
    for language in ("en", "zh"):
        if isinstance(title, dict) and not title.get(language):
            yield document.diagnostic("CRM210", ("title",), {"name": document.file.id, "language": language})


def _rules_without_a_test(ruleset: Ruleset, rulebook: Rulebook, document: Document) -> Iterator[Diagnostic]:
    """Rules that fire in no test of their file."""
    fired = {
        hit.rule
        for case in ruleset.cases[rulebook.id]
        if isinstance(case, RulebookCase)
        for _, context, _ in case.customers()
        for hit in _hits(case, context)
    }
    for n, rule in enumerate(rulebook.rules):
        if rule.id not in fired:
            path: Path = ("table", "rows", n, 0) if rulebook.columns else ("rules", n, "id")
            yield document.diagnostic("CRM211", path, {"name": rule.id})


def _hits(case: RulebookCase, context: dict[str, object]) -> tuple[Hit, ...]:
    decided = case.rulebook.decide(context, case.params)
    return decided.hits if isinstance(decided, Conflict) else decided
