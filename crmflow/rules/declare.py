"""What do the vocabulary files of core, packs and site declare, put together?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from crmflow.core.contact import Channel, Purpose
from crmflow.core.field import Field, Kind
from crmflow.core.text import Text
from crmflow.errors import FeelError, RuleFileError
from crmflow.rules import feel, vocabulary
from crmflow.rules.condition import note, note_null_traps, report
from crmflow.rules.contact import ContactReader
from crmflow.rules.fact import FOLDS, Fact, define, definition_order
from crmflow.rules.feel import Enumeration, Name, Scope, nearest
from crmflow.rules.fit import shaped
from crmflow.rules.fold import kind_seen
from crmflow.rules.shape import FieldShape, Label
from crmflow.rules.source import Document, Findings, Path
from crmflow.rules.vocabulary import HoldingKind, Inferred, Message, Result, Vocabulary, Word
from crmflow.rules.vocabulary_shape import FactShape, HoldingShape, VocabularyShape

_NUMBER = re.compile(r"number(?: *\( *(\d{1,2}) *, *(\d{1,2}) *\))?")
_PLAIN: Mapping[str, Kind] = {
    "string": "string",
    "boolean": "boolean",
    "date": "date",
    "instant": "instant",
    "staff": "staff",
    "unit": "unit",
}


@dataclass(frozen=True, slots=True)
class _FactAt:
    """A declared fact, where it stands, and the kind of holding it is about (None: customers)."""

    document: Document
    path: Path
    holding: str | None = None

    @property
    def name(self) -> str:
        return f"{self.document.pack}.{self.path[-1]}"

    @property
    def spec(self) -> dict[str, Any]:
        return dict(self.document.value(self.path) or {})


@dataclass(slots=True)
class _Declared:
    """What was read so far."""

    findings: Findings
    customer: dict[str, Field] = field(default_factory=dict)
    keys: dict[str, Word] = field(default_factory=dict)
    levels: dict[str, dict[str, Word]] = field(default_factory=dict)
    roles: dict[str, Word] = field(default_factory=dict)
    holdings: dict[str, HoldingKind] = field(default_factory=dict)
    touchpoints: dict[str, vocabulary.Kind] = field(default_factory=dict)
    signals: dict[str, vocabulary.Kind] = field(default_factory=dict)
    cases: dict[str, Word] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    purposes: dict[str, Purpose] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    values: dict[str, Text] = field(default_factory=dict)
    facts: list[_FactAt] = field(default_factory=list)
    aliases: dict[str, tuple[str, ...]] = field(default_factory=dict)
    spelled: dict[tuple[str, str], Path] = field(default_factory=dict)

    def spell(self, document: Document, path: Path, label: Label) -> None:
        """Notes how a customer's name is written; in one pack no two names may be written alike."""
        for spelling in dict.fromkeys((str(path[-1]), *label.spellings())):
            other = self.spelled.setdefault((document.pack, spelling), path)
            if other != path:
                parts = {"name": spelling, "other": other[-1]}
                self.findings.errors.append(document.diagnostic("CRM139", path, parts, key=True))


def declare(
    documents: Iterable[Document],
    results: Mapping[str, Result],
    findings: Findings,
    inferred: Mapping[str, Inferred] = MappingProxyType({}),
) -> Vocabulary:
    """One vocabulary of all files, core first; `results` are what rulebooks give, `inferred` what inferences
    do."""
    read = _Declared(findings)
    for document in documents:
        shape = shaped(VocabularyShape, document, (), findings)
        if shape is not None:
            _names(document, shape, read)
    names = Vocabulary(
        read.customer,
        read.keys,
        _levels(read.levels),
        read.roles,
        read.holdings,
        read.touchpoints,
        read.signals,
        read.cases,
        read.messages,
        read.purposes,
        read.channels,
        values=read.values,
        fact_aliases=read.aliases,
        results=results,
        inferred=inferred,
        own_levels=read.levels,
    )
    return _with_facts(names, read)


def form_fields(
    document: Document, path: Path, shapes: Mapping[str, FieldShape], findings: Findings
) -> dict[str, Field]:
    """The fields declared in a mapping of the file, by bare name."""
    return {name: _field(document, (*path, name), name, shape, findings) for name, shape in shapes.items()}


def _names(document: Document, shape: VocabularyShape, read: _Declared) -> None:
    pack = document.pack
    for name, declared in shape.customer.items():
        canonical = f"{pack}.{name}"
        read.spell(document, ("customer", name), declared)
        read.customer[canonical] = replace(
            _field(document, ("customer", name), name, declared, read.findings), name=canonical
        )
    for name, key in shape.keys.items():
        read.keys[name] = Word(name, key.label(name), key.spellings(), key.personal)
    if shape.levels:
        read.levels[pack] = {name: _word(name, label) for name, label in shape.levels.items()}
    read.roles.update({name: _word(name, label) for name, label in shape.roles.items()})
    for name, kind in shape.cases.items():
        read.cases[f"{pack}.{name}"] = replace(
            _word(f"{pack}.{name}", kind), closed_after=tuple(kind.closed_after)
        )
    read.values.update({f"{pack}.{value}": label.label(value) for value, label in shape.values.items()})
    for name, holding in shape.holdings.items():
        _holding(document, name, holding, read)
    for name, touchpoint in shape.touchpoints.items():
        fields = form_fields(document, ("touchpoints", name, "fields"), touchpoint.fields_, read.findings)
        read.touchpoints[f"{pack}.{name}"] = vocabulary.Kind(
            f"{pack}.{name}", touchpoint.label(name), fields, touchpoint.spellings()
        )
    for name, signal in shape.signals.items():
        fields = form_fields(document, ("signals", name, "fields"), signal.fields_, read.findings)
        read.signals[f"{pack}.{name}"] = vocabulary.Kind(
            f"{pack}.{name}", signal.label(name), fields, signal.spellings(), signal.scope
        )
    contact = ContactReader(document, read.findings)
    read.purposes.update((name, contact.purpose(name, each)) for name, each in shape.purposes.items())
    read.channels.update((name, contact.channel(name, each)) for name, each in shape.channels.items())
    read.messages.update(
        (f"{pack}.{name}", contact.message(name, each)) for name, each in shape.messages.items()
    )
    _facts(document, ("facts",), shape.facts, read)
    _facts(document, ("population facts",), shape.population_facts, read)


def _word(name: str, label: Label) -> Word:
    return Word(name, label.label(vocabulary.bare(name)), label.spellings())


def _holding(document: Document, name: str, shape: HoldingShape, read: _Declared) -> None:
    pack, path = document.pack, ("holdings", name)
    read.holdings[f"{pack}.{name}"] = HoldingKind(
        f"{pack}.{name}",
        shape.label(name),
        None if shape.list_ is None else f"{pack}.{shape.list_.en}",
        None if shape.list_ is None else shape.list_.label(shape.list_.en),
        form_fields(document, (*path, "fields"), shape.fields_, read.findings),
        aliases=shape.spellings(),
    )
    _facts(document, (*path, "facts"), shape.facts, read, f"{pack}.{name}")


def _facts(
    document: Document,
    path: Path,
    shapes: Mapping[str, FactShape],
    read: _Declared,
    holding: str | None = None,
) -> None:
    for name, shape in shapes.items():
        fact = _FactAt(document, (*path, name), holding)
        if holding is None:
            read.spell(document, fact.path, shape)
        read.facts.append(fact)
        read.aliases[fact.name] = shape.spellings()


def _levels(by_pack: Mapping[str, Mapping[str, Word]]) -> dict[str, Word]:
    """The site's levels, else those of the packs, else the core's.

    Those of several packs stand in an order that holds for each pack; where the packs contradict each
    other, one pack's after the other's, until the site names them.
    """
    if "site" in by_pack:
        return dict(by_pack["site"])
    packs = [levels for pack, levels in by_pack.items() if pack != vocabulary.CORE]
    chosen = packs or [by_pack.get(vocabulary.CORE, {})]
    words = {name: level for levels in chosen for name, level in levels.items()}
    below: dict[str, list[str]] = {name: [] for name in words}
    for levels in chosen:
        for lower, upper in pairwise(levels):
            below[upper].append(lower)
    try:
        return {name: words[name] for name in TopologicalSorter(below).static_order()}
    except CycleError:
        return words


def _field(document: Document, path: Path, name: str, shape: FieldShape, findings: Findings) -> Field:
    """A declared field; of an unknown type it is a string, so that reading goes on."""
    kind: Kind = "string"
    digits = (18, 6)
    values: tuple[str, ...] = ()
    if isinstance(shape.type, list):
        kind, values = "one of", tuple(shape.type)
    elif number := _NUMBER.fullmatch(shape.type):
        kind = "number"
        digits = (int(number[1]), int(number[2])) if number[1] else digits
    elif shape.type in _PLAIN:
        kind = _PLAIN[shape.type]
    else:
        at = (*path, "type")
        known = ("string", "boolean", "number(12,2)", "date", "instant", "staff", "unit")
        suggestion = nearest(shape.type, known)
        parts = {"name": shape.type, "known": ", ".join(known)}
        findings.errors.append(document.diagnostic("CRM142", at, parts, suggestion=suggestion))
    return Field(
        name=name,
        kind=kind,
        label=shape.label(name),
        precision=digits[0],
        scale=digits[1],
        unit=shape.unit,
        values=values,
        personal=shape.personal,
        aliases=tuple(shape.aliases),
        ordered=shape.ordered,
    )


def _with_facts(names: Vocabulary, read: _Declared) -> Vocabulary:
    """The facts, each defined after those that it is computed from."""
    at = {fact.name: fact for fact in read.facts}
    fields = cache(names.scope)
    untyped = {name: Name(name, feel.any_, read.aliases.get(name, ())) for name in at}

    @cache
    def scope(pack: str, holding: str | None) -> Scope:
        return fields(pack, holding).child(dict(vocabulary.as_written(untyped.values(), pack)))

    def readable(name: str) -> Scope:
        return scope(at[name].document.pack, at[name].holding)

    specs = {name: fact.spec for name, fact in at.items()}
    order = list(at)
    try:
        order = definition_order(specs, readable)
    except RuleFileError as error:
        where = at.get(str(error.parts.get("fact")))
        if where is not None:
            _refuse(where, error, read.findings)
    defined: dict[str, Fact] = {}
    typed = dict(untyped)
    for name in order:
        fact = _define(at[name], names, fields, typed, read.findings)
        if fact is not None:
            defined[name] = fact
            typed[name] = Name(name, fact.type, untyped[name].spellings, fact.nullable)
    holdings = {
        kind: replace(
            holding, facts={name: fact for name, fact in defined.items() if at[name].holding == kind}
        )
        for kind, holding in names.holdings.items()
    }
    about_customers = {name: fact for name, fact in defined.items() if at[name].holding is None}
    return replace(names, facts=about_customers, holdings=holdings)


def _define(
    at: _FactAt,
    names: Vocabulary,
    fields: Callable[[str, str | None], Scope],
    typed: Mapping[str, Name],
    findings: Findings,
) -> Fact | None:
    document, spec, pack = at.document, at.spec, at.document.pack
    listed = spec.get("from")
    source: str | None = None if listed is None else _listed(names, pack, str(listed))
    if listed is not None and source is None:
        lists = [vocabulary.bare(each.list) for each in names.holdings.values() if each.list]
        suggestion = nearest(str(listed), lists)
        findings.errors.append(
            document.diagnostic("CRM134", (*at.path, "from"), {"name": listed}, suggestion=suggestion)
        )
        return None
    rows = _rows(names, pack) if source is None else Scope(_held_fields(names, source))
    customer = fields(pack, at.holding)
    if not FOLDS.keys() & spec.keys():
        customer = customer.child(dict(vocabulary.as_written(typed.values(), pack)))
    try:
        fact = define(at.name, spec, rows=rows, customer=customer, source=source)
        for key, condition in (("where", fact.where), ("is", fact.formula)):
            if condition is not None:
                path = (*at.path, key)
                note(document, path, condition.text, condition.notices, findings)
                note_null_traps(document, [(path, condition, None)], findings)
        return fact
    except FeelError as error:
        report(document, (*at.path, "is" if "is" in spec else "where"), error, findings, customer)
    except RuleFileError as error:
        _refuse(at, error, findings)
    return None


def _refuse(at: _FactAt, error: RuleFileError, findings: Findings) -> None:
    """What is wrong with a fact's declaration, at the key that is at fault."""
    key, suggestion = str(error.parts.get("key", "")), error.parts.get("suggestion")
    path = (*at.path, key) if key in at.spec else at.path
    at_key = error.code in ("CRM250", "CRM251", "CRM255", "CRM257")
    nearest_name = None if suggestion is None else str(suggestion)
    findings.errors.append(
        at.document.diagnostic(error.code, path, error.parts, key=at_key, suggestion=nearest_name)
    )


def _listed(names: Vocabulary, pack: str, spelling: str) -> str | None:
    """The kind of holding that a list name means."""
    lists = {kind.list: name for name, kind in names.holdings.items() if kind.list is not None}
    found = names.resolve(lists, pack, spelling)
    return None if found is None else lists[found]


def _rows(names: Vocabulary, pack: str) -> Scope:
    """What a fact sees of one touchpoint: fields of the own pack's kinds before those of the others."""
    kinds = sorted(names.touchpoints.values(), key=lambda kind: vocabulary.pack_of(kind.name) != pack)
    fields: dict[str, Name] = {}
    for kind in kinds:
        for name, declared in kind.fields.items():
            fields.setdefault(name, _row_name(name, declared))
    seen = tuple(kind_seen(kind.name, pack, names.touchpoints) for kind in kinds)
    return Scope({**fields, **_EVERY_ROW, "kind": Name("kind", Enumeration(seen), ("类型",), nullable=False)})


def _held_fields(names: Vocabulary, kind: str) -> dict[str, Name]:
    """What a fact sees of one holding."""
    fields = {name: _row_name(name, declared) for name, declared in names.holdings[kind].fields.items()}
    return {**fields, **_EVERY_ROW, "kind": Name("kind", feel.string, ("类型",), nullable=False)}


_EVERY_ROW = {
    "at": Name("at", feel.date_time, ("时间",), nullable=False),
    "channel": Name("channel", feel.string, ("渠道",)),
    "unit": Name("unit", feel.string, ("单位",)),
    "staff": Name("staff", feel.string, ("员工",)),
}


def _row_name(name: str, declared: Field) -> Name:
    """Staff and units are codes in a row."""
    type = feel.string if declared.kind in ("staff", "unit") else vocabulary.type_of(declared)
    return Name(name, type, (declared.label.en, declared.label.zh, *declared.aliases))
