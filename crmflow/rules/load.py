"""How do the rule files of core, packs and site become one ruleset?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter

from crmflow.core.chart import Chart
from crmflow.rules.cases import Case, ChartCase, read_cases, read_chart_cases
from crmflow.rules.chart_file import ChartReader
from crmflow.rules.check import check
from crmflow.rules.declare import declare
from crmflow.rules.feel import Scope
from crmflow.rules.feel.scope import nearest
from crmflow.rules.fit import shaped
from crmflow.rules.params import Param, apply, read_params
from crmflow.rules.rulebook import Rulebook
from crmflow.rules.rulebook_file import RulebookReader, content_hash, given, held
from crmflow.rules.ruleset import Loaded, Ruleset
from crmflow.rules.shape import FORMAT, ChartShape, RulebookShape
from crmflow.rules.source import Document, Findings, RuleFile, read
from crmflow.rules.vocabulary import Result, Vocabulary

LAYERS = ("core", "pack", "site")
NOT_RULES = frozenset({"week", "columns"})  # keys of calendars and mappings, which are read elsewhere


@dataclass(slots=True)
class _Files:
    """The files by what they hold; an override has taken the place of what it overrides."""

    vocabularies: list[Document] = field(default_factory=list)
    params: list[Document] = field(default_factory=list)
    rulebooks: dict[str, tuple[Document, RulebookShape]] = field(default_factory=dict)
    charts: dict[str, tuple[Document, ChartShape]] = field(default_factory=dict)


def load(files: Iterable[RuleFile]) -> Loaded:
    """One ruleset of all files; every mistake of every file is found, and any error means no ruleset."""
    findings = Findings()
    found = _Files()
    files = sorted(files, key=lambda file: (LAYERS.index(file.layer), file.pack, file.path))
    for file in files:
        document = read(file, findings)
        if document is not None:
            _sort_in(document, found, findings)
    results = _results(found, findings)
    names = declare(found.vocabularies, results, findings)
    settings = _settings(found, findings)
    vocabularies = {file.name for file in files if file.is_vocabulary}
    if any(error.file in vocabularies for error in findings.errors):
        return Loaded(None, tuple(findings.errors), tuple(findings.notes))  # without names all else is noise
    scopes = _Scopes(names)
    cases: Cases = {}
    rulebooks = _rulebooks(found, names, scopes, settings, cases, findings)
    charts = _charts(found, names, scopes, settings, cases, findings)
    ordered = _in_order(rulebooks, found, findings)
    documents = {id: document for id, (document, _) in (*found.rulebooks.items(), *found.charts.items())}
    ruleset = Ruleset(names, ordered, charts, _hash(found), documents, cases)
    if not findings.errors:
        findings.notes.extend(check(ruleset))
    loaded = Loaded(None if findings.errors else ruleset, tuple(findings.errors), tuple(findings.notes))
    return loaded


def _sort_in(document: Document, found: _Files, findings: Findings) -> None:
    """Puts a file where it belongs, by its name or its keys."""
    keys, id = document.data.keys(), document.file.id
    if "format" in keys and document.data["format"] != FORMAT:
        parts = {"name": document.data["format"], "expected": FORMAT}
        findings.errors.append(document.diagnostic("CRM073", ("format",), parts))
    elif document.file.is_vocabulary:
        found.vocabularies.append(document)
    elif id.rpartition("/")[2] == "params":
        found.params.append(document)
    elif keys & {"case", "states", "moves"}:
        chart = shaped(ChartShape, document, (), findings)
        if chart is not None and _may_stand(document, found.charts.get(id), chart.overrides, findings):
            found.charts[id] = document, chart
    elif keys & {"decides", "rules", "table", "gives"}:
        rulebook = shaped(RulebookShape, document, (), findings)
        if rulebook is not None and _may_stand(
            document, found.rulebooks.get(id), rulebook.overrides, findings
        ):
            found.rulebooks[id] = document, rulebook
    elif not keys & NOT_RULES:
        findings.errors.append(document.diagnostic("CRM071", ()))


def _may_stand(
    document: Document, base: tuple[Document, object] | None, overrides: str | None, findings: Findings
) -> bool:
    """Whether a file may take the place of the one with its id: it must name what it overrides."""
    if base is None:
        if overrides is not None:
            findings.errors.append(document.diagnostic("CRM207", ("overrides",), {"name": document.file.id}))
        return True
    wanted = content_hash(base[0].data)
    parts = {"name": document.file.id, "hash": wanted[:12], "other": base[0].file.name}
    if overrides is None:
        findings.errors.append(document.diagnostic("CRM206", (), parts))
    elif len(overrides) < 8 or not wanted.startswith(overrides):
        findings.notes.append(
            document.diagnostic(
                "CRM208", ("overrides",), {**parts, "found": overrides}, suggestion=wanted[:12]
            )
        )
    document.file = replace(document.file, pack=base[0].pack)  # its names are those of the pack
    return True


def _results(found: _Files, findings: Findings) -> dict[str, Result]:
    """What the rulebooks give; two that decide the same thing for the same subject are an error."""
    results: dict[str, Result] = {}
    deciders: dict[tuple[str, str, str], str] = {}
    for id, (document, shape) in found.rulebooks.items():
        result = given(document, shape)
        if result is not None:
            results[result.name] = result
        decided = result.name if result is not None else "owner" if shape.decides == "owner" else None
        if decided is not None:
            key = (decided, shape.subject, shape.holding or "")
            other = deciders.setdefault(key, id)
            if other != id:
                parts = {"name": decided, "other": other}
                path = ("gives", "name") if result is not None else ("decides",)
                findings.errors.append(document.diagnostic("CRM202", path, parts))
    return results


class _Scopes:
    """The names of each subject as each pack writes them, built once."""

    def __init__(self, names: Vocabulary) -> None:
        self.names = names
        self._known: dict[tuple[str, str | None], Scope] = {}

    def of(self, pack: str, holding: str | None) -> Scope:
        if (pack, holding) not in self._known:
            self._known[pack, holding] = self.names.scope(pack, holding)
        return self._known[pack, holding]

    def about(
        self, document: Document, spelling: str | None, key: tuple[str, ...], findings: Findings
    ) -> Scope:
        """The names of a holding; which kind it is must be clear."""
        kind = held(document, spelling, self.names)
        if kind is None:
            known = [name for name in self.names.holdings if name.startswith(document.pack)]
            parts = {"name": spelling or "", "known": ", ".join(known)}
            suggestion = nearest(spelling, [each.partition(".")[2] for each in known]) if spelling else None
            findings.errors.append(document.diagnostic("CRM134", key, parts, suggestion=suggestion))
        return self.of(document.pack, kind)


Cases = dict[str, Sequence[Case]]
Settings = Mapping[str, list[tuple[Document, tuple[str, ...]]]]


def _settings(found: _Files, findings: Findings) -> Settings:
    """Where params are set, by the id of their rulebook or chart; packs come before the site."""
    settings: dict[str, list[tuple[Document, tuple[str, ...]]]] = {}
    known = [*found.rulebooks, *found.charts]
    for document in found.params:
        for id in document.data:
            if id == "format":
                continue
            if id not in known:
                parts = {"name": id, "known": ", ".join(known)}
                findings.errors.append(
                    document.diagnostic("CRM137", (id,), parts, key=True, suggestion=nearest(id, known))
                )
            settings.setdefault(id, []).append((document, (id,)))
    return settings


def _with_settings(
    params: Mapping[str, Param], id: str, settings: Settings, findings: Findings
) -> Mapping[str, Param]:
    for document, path in settings.get(id, ()):
        params = apply(params, document, path, findings)
    return params


def _rulebooks(
    found: _Files, names: Vocabulary, scopes: _Scopes, settings: Settings, cases: Cases, findings: Findings
) -> list[Rulebook]:
    rulebooks = []
    for id, (document, shape) in found.rulebooks.items():
        unknown = "infer" if shape.decides == "infer" else shape.subject
        if unknown not in ("customer", "holding"):
            path = ("decides",) if shape.decides == "infer" else ("subject",)
            findings.errors.append(document.diagnostic("CRM203", path, {"name": unknown}))
            continue
        scope = scopes.of(document.pack, None)
        if shape.subject == "holding":
            scope = scopes.about(document, shape.holding, ("holding",), findings)
        reader = RulebookReader(document, shape, names, scope, findings)
        rulebook = reader.read()
        if rulebook is not None:
            cases[id] = read_cases(document, shape.tests, rulebook, names, reader.scope, findings)
            rulebooks.append(rulebook.with_params(_with_settings(rulebook.declares, id, settings, findings)))
    return rulebooks


def _charts(
    found: _Files, names: Vocabulary, scopes: _Scopes, settings: Settings, cases: Cases, findings: Findings
) -> dict[str, Chart]:
    charts = {}
    for id, (document, shape) in found.charts.items():
        scope = scopes.of(document.pack, None)
        if shape.case.about == "holding":
            scope = scopes.about(document, shape.case.holding, ("case", "holding"), findings)
        written = read_params(document, shape.params, findings)
        params = _with_settings(written, id, settings, findings)
        chart = ChartReader(document, shape, names, scope, params, findings).read()
        if chart is not None:
            charts[id] = chart
            cases[id] = _chart_cases(
                document, shape, names.with_levels_of(document.pack), scope, written, findings
            )
    return charts


def _chart_cases(
    document: Document,
    shape: ChartShape,
    names: Vocabulary,
    scope: Scope,
    params: Mapping[str, Param],
    findings: Findings,
) -> tuple[ChartCase, ...]:
    """A chart's tests, on the chart as its file has it."""
    reader = ChartReader(document, shape, names, scope, params, findings)
    chart = reader.read()
    if chart is None:
        return ()
    return read_chart_cases(document, shape.tests, chart, reader.scope, reader.case_names, params, findings)


def _in_order(rulebooks: list[Rulebook], found: _Files, findings: Findings) -> tuple[Rulebook, ...]:
    """Each rulebook after those whose results it reads or reacts to; else by id."""
    by_id = {rulebook.id: rulebook for rulebook in sorted(rulebooks, key=lambda each: each.id)}
    giver = {rulebook.gives.name: rulebook.id for rulebook in by_id.values() if rulebook.gives is not None}
    before = {
        id: [giver[name] for name in sorted(_needs(rulebook)) if giver.get(name, id) != id]
        for id, rulebook in by_id.items()
    }
    try:
        return tuple(by_id[id] for id in TopologicalSorter(before).static_order())
    except CycleError as error:
        circle = list(reversed(error.args[1]))
        document, _ = found.rulebooks[circle[0]]
        parts = {"name": circle[0], "circle": " → ".join(circle)}
        findings.errors.append(document.diagnostic("CRM201", ("title",), parts))
        return ()


def _needs(rulebook: Rulebook) -> set[str]:
    reacts = {rulebook.on.result} if rulebook.on is not None else set()
    return reacts | rulebook.reads


def _hash(found: _Files) -> str:
    """Over the content of every file in force."""
    documents = [*found.vocabularies, *found.params]
    documents += [document for document, _ in (*found.rulebooks.values(), *found.charts.values())]
    lines = sorted(f"{document.file.id} {content_hash(document.data)}" for document in documents)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
