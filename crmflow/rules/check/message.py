"""Which messages name what no customer and no case has?"""

from __future__ import annotations

from collections.abc import Iterator

from crmflow.core.diagnostic import Diagnostic
from crmflow.rules.feel import Scope, nearest
from crmflow.rules.filling import OF_CASES, pieces
from crmflow.rules.ruleset import Ruleset
from crmflow.rules.source import Document, Path

TEXTS: tuple[Path, ...] = (("en",), ("zh",), ("subject",), ("subject", "en"), ("subject", "zh"))


def messages(ruleset: Ruleset) -> Iterator[Diagnostic]:
    """CRM580 of each name in braces that can have no value, whoever gets the message and why."""
    cases = _of_cases(ruleset)
    for document in ruleset.vocabularies:
        scopes = [ruleset.vocabulary.scope(document.pack)]
        scopes += [ruleset.vocabulary.scope(document.pack, kind) for kind in ruleset.vocabulary.holdings]
        for name in document.data.get("messages") or ():
            for below in TEXTS:
                yield from _text(document, ("messages", name, *below), name, scopes, cases)


def _text(
    document: Document, path: Path, message: str, scopes: list[Scope], cases: frozenset[str]
) -> Iterator[Diagnostic]:
    text = document.value(path) if path in document.places else None
    if not isinstance(text, str):
        return
    for _, name in pieces(text):
        if name is not None and not _known(name, scopes, cases):
            known = [*cases, *(spelling for scope in scopes for spelling in scope.spellings())]
            near = nearest(name, known)
            suggestion = None if near is None else text.replace(f"{{{name}}}", f"{{{near}}}")
            parts = {"message": message, "names": name}
            yield document.diagnostic("CRM580", path, parts, suggestion=suggestion)


def _known(name: str, scopes: list[Scope], cases: frozenset[str]) -> bool:
    """Whether the name, or what stands before its last dot, is one of these."""
    readings = (name, name.rpartition(".")[0])
    return any(
        each in cases or (each and any(scope.resolve(each) is not None for scope in scopes))
        for each in readings
    )


def _of_cases(ruleset: Ruleset) -> frozenset[str]:
    """The names that some case may have: its own, those of its forms, and of what opens it."""
    fields = [
        each.field
        for chart in ruleset.charts.values()
        for state in chart.states.values()
        for each in state.form
    ]
    opening = [field for kind in ruleset.vocabulary.touchpoints.values() for field in kind.fields.values()]
    spelled = (spelling for each in fields for spelling in (each.label.en, each.label.zh, *each.aliases))
    own = (name for text in OF_CASES for name in (text.en, text.zh))
    return frozenset((*own, *spelled, *(each.name for each in (*fields, *opening))))
