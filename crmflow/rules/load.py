"""How do the rule files of core, packs and site become one ruleset?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from crmflow.core.chart import Chart
from crmflow.core.diagnostic import Diagnostic
from crmflow.core.text import Text, choices
from crmflow.rules.calendar.site import read_calendars
from crmflow.rules.chart.reader import ChartReader
from crmflow.rules.chart.shape import ChartShape
from crmflow.rules.chart.states import written
from crmflow.rules.declare import declare
from crmflow.rules.feel import Scope, nearest
from crmflow.rules.infer.case import read_inference_cases
from crmflow.rules.infer.declared import inferred
from crmflow.rules.infer.inference_file import read_inference
from crmflow.rules.infer.order import in_order as inferences_in_order
from crmflow.rules.infer.program import Inference
from crmflow.rules.infer.shape import InferenceShape
from crmflow.rules.layers import Layers, lay
from crmflow.rules.params import Param, apply, read_params
from crmflow.rules.rulebook import Rulebook
from crmflow.rules.rulebook_file import RulebookReader, content_hash, given, held
from crmflow.rules.ruleset import Loaded, Ruleset
from crmflow.rules.scenario import Case, read_cases, read_chart_cases
from crmflow.rules.shape import RulebookShape
from crmflow.rules.source import Document, Findings, Path, RuleFile
from crmflow.rules.vocabulary import PRESENT, Result, Vocabulary, bare

__all__ = ["RuleFile", "load"]


def load(files: Iterable[RuleFile]) -> Loaded:
    """One ruleset of all files; every mistake of every file is found, and any error means no ruleset."""
    findings, files = Findings(), list(files)
    layers = lay(files, findings)
    given = (inferred(document, shape) for document, shape in layers.inferences.values())
    names = declare(layers.vocabularies, _results(layers), findings, {each.name: each for each in given})
    vocabularies = {file.name for file in files if file.is_vocabulary}
    ruleset = None
    if not any(error.file in vocabularies for error in findings.errors):  # without names all else is noise
        ruleset = _Loader(layers, names, findings).ruleset()
    usable = None if findings.errors else ruleset
    return Loaded(usable, tuple(findings.errors), tuple(findings.notes), ruleset)


def _results(layers: Layers) -> dict[str, Result]:
    """What the rulebooks give."""
    found = (given(document, shape) for document, shape in layers.rulebooks.values())
    return {result.name: result for result in found if result is not None}


def _deciders(layers: Layers, findings: Findings) -> dict[str, tuple[str, ...]]:
    """The rulebooks that each yields to, because the site's order asks them first about the same thing for
    the same subject; two without an order are an error."""
    ranks = _ranks(layers, findings)
    same: dict[tuple[str, str, str], list[str]] = {}
    yields: dict[str, tuple[str, ...]] = {}
    for id in sorted(layers.rulebooks, key=lambda id: ranks.get(id, -1)):
        document, shape = layers.rulebooks[id]
        result = given(document, shape)
        decided = result.name if result is not None else "owner" if shape.decides == "owner" else None
        if decided is None:
            continue
        others = same.setdefault((decided, shape.subject, shape.holding or ""), [])
        yields[id] = tuple(others)
        others.append(id)
        if any(each not in ranks for each in others) and len(others) > 1:
            path = ("decides",) if result is None else ("gives", "name")
            parts = {"name": decided, "other": others[0]}
            findings.errors.append(document.diagnostic("CRM202", path, parts))
    return yields


def _ranks(layers: Layers, findings: Findings) -> dict[str, int]:
    """The place of each rulebook in the site's order."""
    ranks: dict[str, int] = {}
    for document, shape in layers.orders:
        for n, id in enumerate(shape.order):
            if id not in layers.rulebooks:
                parts = {"name": id, "known": choices(layers.rulebooks, id)}
                suggestion = nearest(id, layers.rulebooks)
                findings.errors.append(
                    document.diagnostic("CRM137", ("order", n), parts, suggestion=suggestion)
                )
            ranks[id] = n
    return ranks


class _Loader:
    """Reads rulebooks and charts once all names are known."""

    def __init__(self, layers: Layers, names: Vocabulary, findings: Findings) -> None:
        self.layers, self.names, self.findings = layers, names, findings
        self.scope = cache(names.scope)
        self.yields = _deciders(layers, findings)
        self.cases: dict[str, Sequence[Case]] = {}
        self.calendars = read_calendars(layers.calendars, names.roles, findings)

    def ruleset(self) -> Ruleset:
        self.refuse_unknown_settings()
        rulebooks = [self.rulebook(id, *each) for id, each in self.layers.rulebooks.items()]
        inferences = [self.inference(id, *each) for id, each in self.layers.inferences.items()]
        charts = {id: self.chart(id, *each) for id, each in self.layers.charts.items()}
        self.refuse_unknown_incidents()
        self.refuse_unknown_subcases()
        return Ruleset(
            self.names,
            self.in_order([each for each in rulebooks if each is not None]),
            {id: chart for id, chart in charts.items() if chart is not None},
            _hash(self.layers.documents()),
            self.calendars,
            dict(self.layers.rules()),
            self.cases,
            inferences_in_order(
                [each for each in inferences if each is not None],
                self.names,
                {id: document for id, (document, _) in self.layers.inferences.items()},
                self.findings,
            ),
            tuple(self.layers.vocabularies),
        )

    def refuse_unknown_settings(self) -> None:
        """A params file sets params of rulebooks and charts that there are."""
        known = [*self.layers.rulebooks, *self.layers.inferences, *self.layers.charts]
        for document in self.layers.params:
            for id in document.data.keys() - {"format", *known}:
                parts = {"name": id, "known": choices(known, id)}
                self.complain(
                    document.diagnostic("CRM137", (id,), parts, key=True, suggestion=nearest(id, known))
                )

    def refuse_unknown_incidents(self) -> None:
        """Cases are grouped under a chart about a unit."""
        about_units = [id for id, (_, shape) in self.layers.charts.items() if shape.case.about == "unit"]
        for document, shape in self.layers.charts.values():
            under = shape.group_under
            if under is not None and under.chart not in about_units:
                parts = {"name": under.chart, "known": ", ".join(about_units)}
                suggestion = nearest(under.chart, about_units)
                path = ("group under", "chart")
                self.complain(document.diagnostic("CRM192", path, parts, suggestion=suggestion))

    def refuse_unknown_subcases(self) -> None:
        """A state opens cases of a chart that there is."""
        known = list(self.layers.charts)
        for document, shape in self.layers.charts.values():
            for state in written(shape):
                opens = state.shape.opens
                if opens is not None and opens.chart not in known:
                    parts = {"name": opens.chart, "known": choices(known, opens.chart)}
                    suggestion = nearest(opens.chart, known)
                    path = (*state.path, "opens", "chart")
                    self.complain(document.diagnostic("CRM137", path, parts, suggestion=suggestion))

    def rulebook(self, id: str, document: Document, shape: RulebookShape) -> Rulebook | None:
        """A rulebook with the site's values of its params; its tests keep those of the file."""
        if shape.subject not in ("customer", "holding"):
            self.complain(document.diagnostic("CRM203", ("subject",), {"name": shape.subject}))
            return None
        scope = self.subject(document, shape.subject, shape.holding, ("holding",))
        reader = RulebookReader(document, shape, self.names, scope, self.findings)
        rulebook = reader.read()
        if rulebook is None:
            return None
        self.cases[id] = read_cases(document, shape.tests, rulebook, self.names, reader.scope, self.findings)
        return rulebook.at_site(self.with_settings(id, rulebook.declares), self.yields.get(id, ()))

    def inference(self, id: str, document: Document, shape: InferenceShape) -> Inference | None:
        """An inference with the site's values of its params; its tests keep those of the file."""
        read = read_inference(document, shape, self.names, self.findings)
        if read is None:
            return None
        self.cases[id] = read_inference_cases(document, shape.tests, read, self.names, self.findings)
        for settings, path in self.layers.settings(id):
            self.refuse_units(settings, path)
        return read.at_site(self.with_settings(id, read.declares))

    def refuse_units(self, settings: Document, path: Path) -> None:
        """An inference is about customers of all units: none has a value of its own."""
        params = settings.value(path)
        for name, each in params.items() if isinstance(params, dict) else ():
            if isinstance(each, dict) and each.get("units"):
                self.complain(settings.diagnostic("CRM277", (*path, name, "units"), {"name": name}, key=True))

    def chart(self, id: str, document: Document, shape: ChartShape) -> Chart | None:
        """A chart with the params and levels in force; its tests keep those of the file."""
        scope = self.subject(document, shape.case.about, shape.case.holding, ("case", "holding"))
        params = read_params(document, shape.params, self.findings)
        in_force = self.with_settings(id, params)
        chart = ChartReader(document, shape, self.names, scope, in_force, self.findings).read()
        if chart is not None:
            own = self.names.with_levels_of(document.pack)
            reader = ChartReader(document, shape, own, scope, params, self.findings)
            written = reader.read()
            if written is not None:
                self.cases[id] = read_chart_cases(
                    document,
                    shape.tests,
                    written,
                    reader.scope,
                    reader.case_names,
                    params,
                    self.calendars,
                    self.findings,
                )
        return chart

    def subject(self, document: Document, kind: str, holding: str | None, path: Path) -> Scope:
        """The names of a customer, or of a holding; which kind of holding must be clear. About a unit there
        is only the moment."""
        if kind == "unit":
            return Scope({name: PRESENT[name] for name in ("today", "now")})
        if kind != "holding":
            return self.scope(document.pack, None)
        found = held(document, holding, self.names)
        if found is None:
            known = [bare(name) for name in self.names.holdings if name.startswith(f"{document.pack}.")]
            if holding is None:
                self.complain(document.diagnostic("CRM125", path[:-1], {"known": ", ".join(known)}))
            else:
                parts = {"name": holding, "known": ", ".join(known)}
                near = nearest(holding, known)
                self.complain(document.diagnostic("CRM134", path, parts, suggestion=near))
            return self.scope(document.pack, None).child({}, open=True)  # its names are not known
        return self.scope(document.pack, found)

    def with_settings(self, id: str, params: Mapping[str, Param]) -> Mapping[str, Param]:
        for document, path in self.layers.settings(id):
            params = apply(params, document, path, self.findings)
        return params

    def in_order(self, rulebooks: Iterable[Rulebook]) -> tuple[Rulebook, ...]:
        """Each rulebook after those whose results it reads or reacts to; else by id."""
        by_id = {each.id: each for each in sorted(rulebooks, key=lambda each: each.id)}
        giver = {each.gives.name: id for id, each in by_id.items() if each.gives is not None}
        through = {id: self.names.behind(each.reads) for id, each in by_id.items()}
        needs = {
            id: each.reads | through[id] | ({each.on.result} if each.on else set())
            for id, each in by_id.items()
        }
        for id, each in by_id.items():
            if each.gives is not None and each.gives.name in through[id]:
                parts = {"name": id, "circle": f"{id} → {id}"}
                self.complain(self.layers.rulebooks[id][0].diagnostic("CRM201", ("title",), parts))
        before = {
            id: [*by_id[id].yields_to, *(giver[name] for name in sorted(names) if giver.get(name, id) != id)]
            for id, names in needs.items()
        }
        try:
            return tuple(by_id[id] for id in TopologicalSorter(before).static_order())
        except CycleError as error:
            circle = list(reversed(error.args[1]))
            document, _ = self.layers.rulebooks[circle[0]]
            parts = {"name": circle[0], "circle": " → ".join(circle)}
            reads = [
                Text(f"{one} reads {name} of {other}", f"{one} 读取 {other} 的 {name}")
                for one, other in pairwise(circle)
                for name in sorted(needs[one])
                if giver.get(name) == other
            ]
            self.complain(document.diagnostic("CRM201", ("title",), parts, notes=reads))
            return ()

    def complain(self, found: Diagnostic) -> None:
        self.findings.errors.append(found)


def _hash(documents: Iterable[Document]) -> str:
    """Over the content of every file in force."""
    lines = sorted(f"{document.file.id} {content_hash(document.data)}" for document in documents)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
