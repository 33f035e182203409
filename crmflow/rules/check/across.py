"""What does not fit together across rulebooks, charts, params and vocabularies?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final

from crmflow.core.diagnostic import Diagnostic
from crmflow.rules.check.language import languages
from crmflow.rules.check.unit import Units, differ, fact_unit, mixes, units_of
from crmflow.rules.derive import LEAP_DAY
from crmflow.rules.feel import Expression, tree
from crmflow.rules.feel.tree import Node
from crmflow.rules.rulebook import Rulebook, condition_path
from crmflow.rules.ruleset import Ruleset
from crmflow.rules.source import Document, Path
from crmflow.rules.vocabulary import Result, Vocabulary, bare

_DAY = re.compile(r"(?<!\d)\d{4}-\d{1,2}-\d{1,2}(?!\d)")
_DECLARES: Final = ("params", "facts", "gates")
_UNREAD: Final = frozenset({"tests", "title", "source", *_DECLARES})  # where no name is read


def across(ruleset: Ruleset) -> Iterator[Diagnostic]:
    """What only a look at several places tells."""
    units = units_of(ruleset.vocabulary)
    for document in (*ruleset.vocabularies, *ruleset.documents.values()):
        yield from languages(document, ruleset.vocabulary)
        yield from _impossible_days(document)
    for document in ruleset.documents.values():
        yield from _never_read(document)
    for rulebook in ruleset.rulebooks:
        document = ruleset.documents[rulebook.id]
        yield from _reversed(rulebook, document)
        yield from _mixed_units(rulebook, document, units)
        yield from _reacts_to_nothing(rulebook, document, ruleset.rulebooks)
    for result in ruleset.vocabulary.results.values():
        yield from _unhandled(result, ruleset)
    for document in ruleset.vocabularies:
        yield from _fact_units(document, ruleset.vocabulary, units)


# days


def _impossible_days(document: Document) -> Iterator[Diagnostic]:
    """Days that no calendar has, such as 2026-02-30."""
    for path, place in document.places.items():
        for found in _DAY.finditer(place.value or ""):
            year, month, day = map(int, found[0].split("-"))
            try:
                date(year, month, day)
            except ValueError:
                yield document.diagnostic("CRM244", path, {"name": found[0]}, inside=found.span())


def _reversed(rulebook: Rulebook, document: Document) -> Iterator[Diagnostic]:
    """A rulebook that ends before it begins."""
    begins, ends = rulebook.effective_from, rulebook.effective_to
    if begins is not None and ends is not None and ends < begins:
        yield document.diagnostic("CRM243", ("effective", "to"), {"name": ends, "begins": begins})


# names


def _never_read(document: Document) -> Iterator[Diagnostic]:
    """Params, facts and gates of a file that nothing in it reads."""
    for section in _DECLARES:
        declared = document.data.get(section)
        for name, spec in declared.items() if isinstance(declared, Mapping) else ():
            elsewhere = (text for path, text in _texts(document) if path[:2] != (section, name))
            if name != LEAP_DAY and not _any_names((name, *_spellings(spec)), elsewhere):
                yield document.diagnostic("CRM247", (section, name), {"name": name}, key=True)


def _texts(document: Document) -> Iterator[tuple[Path, str]]:
    """The texts in which names of the file are read: conditions, outcomes, times; with facts and gates."""
    for path, place in document.places.items():
        reads = path and path[0] not in _UNREAD
        told = len(path) > 2 and path[0] in ("facts", "gates") and path[-1] in ("is", "when")
        if (reads or told) and place.value is not None:
            yield path, place.value


def _spellings(spec: object) -> list[str]:
    if not isinstance(spec, Mapping):
        return []
    aliases = spec.get("aliases")
    spelled = [spec.get("en"), spec.get("zh"), *(aliases if isinstance(aliases, list) else ())]
    return [each for each in spelled if isinstance(each, str)]


def _any_names(spellings: Iterable[str], texts: Iterable[str]) -> bool:
    known = tuple(spellings)
    return any(spelling in text for text in texts for spelling in known)


# results


def _reacts_to_nothing(
    rulebook: Rulebook, document: Document, rulebooks: Iterable[Rulebook]
) -> Iterator[Diagnostic]:
    """A reaction to a value that no rule gives."""
    if rulebook.on is None:
        return
    value, result = rulebook.on.value, rulebook.on.result
    for giver in rulebooks:
        if giver.gives is not None and giver.gives.name == result and value not in _given(giver):
            yield document.diagnostic("CRM242", ("on",), {"name": value, "giver": giver.id})


def _given(rulebook: Rulebook) -> set[str]:
    """The values that rules and default give."""
    outcomes = [rule.then for rule in rulebook.rules]
    return {str(each.hit("", {}).value) for each in (*outcomes, rulebook.default) if each is not None}


def _unhandled(result: Result, ruleset: Ruleset) -> Iterator[Diagnostic]:
    """Values of a result that no rulebook, inference or chart names, where it names others; the last rule's
    value is what is left over, which needs nobody. Where only one value is named, it alone is special."""
    giver = next((each for each in ruleset.rulebooks if each.gives and each.gives.name == result.name), None)
    if giver is None or not giver.rules:
        return
    handled: set[str] = set()
    for rulebook in ruleset.rulebooks:
        if rulebook.on is not None and rulebook.on.result == result.name:
            handled.add(rulebook.on.value)
    for expressions in _expressions(ruleset):
        handled |= _named_values(result, expressions)
    left_over = str((giver.default or giver.rules[-1].then).hit("", {}).value)
    document = ruleset.documents[giver.id]
    for n, value in enumerate(result.of):
        if len(handled) > 1 and value not in handled and value != left_over:
            parts = {"name": value, "result": bare(result.name), "known": ", ".join(sorted(handled))}
            yield document.diagnostic("CRM241", ("gives", "of", n), parts)


def _expressions(ruleset: Ruleset) -> Iterator[list[Expression]]:
    """The expressions that read names together: those of one file, a fact's formula."""
    for rulebook in ruleset.rulebooks:
        cells = [each.expression for rule in rulebook.rules for each in rule.conditions]
        yield [*rulebook.columns, *cells]
    for inference in ruleset.inferences:
        yield [each for rule in inference.rules for each in rule.when]
    for chart in ruleset.charts.values():
        whens = [chart.opens_when, *chart.facts.values(), *(move.when for move in chart.moves)]
        gates = [line.when for move in chart.moves for gate in move.gates for line in gate.lines]
        yield [each for each in (*whens, *gates) if isinstance(each, Expression)]
    for fact in ruleset.vocabulary.facts.values():
        if fact.formula is not None:
            yield [fact.formula]


def _named_values(result: Result, expressions: list[Expression]) -> set[str]:
    """The values of a result that expressions name; all where they read it in another way."""
    if not any(result.name in each.names or _has_field(each, bare(result.name)) for each in expressions):
        return set()
    named = {
        str(node.value)
        for each in expressions
        for node in tree.walk(each.tree)
        if isinstance(node, tree.Literal) and node.value in result.of
    }
    otherwise = any(_compares_otherwise(node) for each in expressions for node in tree.walk(each.tree))
    return set(result.of) if otherwise or not named else named


def _has_field(expression: Expression, name: str) -> bool:
    """Whether an inference's condition reads the name of a thing: `a.class`."""
    return any(isinstance(node, tree.Path) and bare(node.name) == name for node in tree.walk(expression.tree))


def _compares_otherwise(node: Node) -> bool:
    """Whether a node tells values apart without naming each: `!=`, `not`, an order."""
    match node:
        case tree.Not() | tree.Rank():
            return True
        case tree.Comparison(operator="!=", left=left, right=right):
            return any(isinstance(each, tree.Literal) and each.value is not None for each in (left, right))
        case tree.Call(function=tree.BuiltinName(name="not")):
            return True
    return False


# units


def _mixed_units(rulebook: Rulebook, document: Document, units: Units) -> Iterator[Diagnostic]:
    """Conditions that bring different units together."""
    params = {name: param.unit for name, param in rulebook.declares.items() if param.unit is not None}
    known = {**units, **params}
    for n, column in enumerate(rulebook.columns):
        for mix in mixes(column, known):
            yield mix.diagnostic(document, ("table", "when", n), column.text)
    for n, rule in enumerate(rulebook.rules):
        for each in rule.conditions:
            about = None if each.column is None else rulebook.columns[each.column]
            for mix in mixes(each.expression, known, about):
                yield mix.diagnostic(document, condition_path(n, each), each.expression.text)


def _fact_units(document: Document, names: Vocabulary, units: Units) -> Iterator[Diagnostic]:
    """Facts in another unit than what they are computed from."""
    data = document.data
    places: dict[Path, Mapping[str, object]] = {
        (section,): data.get(section) or {} for section in ("facts", "population facts")
    }
    for kind, spec in (data.get("holdings") or {}).items():
        places["holdings", kind, "facts"] = spec.get("facts") or {}
    facts = names.all_facts()
    for path, declared in places.items():
        for name in declared:
            fact = facts.get(f"{document.pack}.{name}")
            if fact is None:
                continue
            at: Path = (*path, name)
            if fact.formula is not None:
                for mix in mixes(fact.formula, units):
                    yield mix.diagnostic(document, (*at, "is"), fact.formula.text)
            found = fact_unit(fact, names, units)
            if differ(fact.unit, found):
                parts = {"name": name, "one": fact.unit, "other": found}
                yield document.diagnostic("CRM246", (*at, "unit"), parts)
