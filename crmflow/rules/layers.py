"""Which files are in force: core below packs below the site, each put where it belongs?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from crmflow.rules.calendar.shape import MARKS, CalendarShape
from crmflow.rules.chart.shape import ChartShape
from crmflow.rules.fit import shaped
from crmflow.rules.infer.shape import InferenceShape
from crmflow.rules.rulebook_file import content_hash
from crmflow.rules.shape import FORMAT, OrderShape, RulebookShape
from crmflow.rules.source import Document, Findings, Path, RuleFile, read

_ORDER = ("core", "pack", "site")
_RULEBOOK = frozenset({"decides", "rules", "table", "gives"})
_CHART = frozenset({"case", "states", "moves"})
_MAPPING = frozenset({"columns", "key"})  # read when a file is imported
_TARGETS = frozenset({"targets"})  # read when clocks are replayed


@dataclass(slots=True)
class Layers:
    """The files by what they hold; an override has taken the place of what it overrides."""

    vocabularies: list[Document] = field(default_factory=list)
    params: list[Document] = field(default_factory=list)
    orders: list[tuple[Document, OrderShape]] = field(default_factory=list)
    rulebooks: dict[str, tuple[Document, RulebookShape]] = field(default_factory=dict)
    inferences: dict[str, tuple[Document, InferenceShape]] = field(default_factory=dict)
    charts: dict[str, tuple[Document, ChartShape]] = field(default_factory=dict)
    calendars: dict[str, tuple[Document, CalendarShape]] = field(default_factory=dict)

    def rules(self) -> Iterator[tuple[str, Document]]:
        """The files of rulebooks, inferences and charts, by id."""
        for each in (self.rulebooks, self.inferences, self.charts):
            yield from ((id, document) for id, (document, _) in each.items())

    def documents(self) -> Iterator[Document]:
        """Every file in force."""
        yield from (*self.vocabularies, *self.params, *(document for document, _ in self.orders))
        yield from (document for _, document in self.rules())
        yield from (document for document, _ in self.calendars.values())

    def settings(self, id: str) -> Iterator[tuple[Document, Path]]:
        """Where params of a rulebook or chart are set, packs before the site."""
        return ((document, (id,)) for document in self.params if id in document.data)


def lay(files: Iterable[RuleFile], findings: Findings) -> Layers:
    """Reads the files, the lowest layer first."""
    layers = Layers()
    for file in sorted(files, key=lambda file: (_ORDER.index(file.layer), file.pack, file.path)):
        document = read(file, findings)
        if document is not None:
            _put(document, layers, findings)
    return layers


def _put(document: Document, layers: Layers, findings: Findings) -> None:
    """Puts a file where it belongs, by its name or its keys."""
    keys, id = document.data.keys(), document.file.id
    if "format" in keys and (document.data["format"] is True or document.data["format"] != FORMAT):
        parts = {"name": document.data["format"], "expected": FORMAT}
        findings.errors.append(document.diagnostic("CRM073", ("format",), parts))
    elif document.file.is_vocabulary:
        layers.vocabularies.append(document)
    elif id.rpartition("/")[2] == "params":
        layers.params.append(document)
    elif id.rpartition("/")[2] == "order":
        order = shaped(OrderShape, document, (), findings)
        if order is not None:
            layers.orders.append((document, order))
    elif keys & MARKS:
        calendar = shaped(CalendarShape, document, (), findings)
        if calendar is not None:
            layers.calendars[id] = document, calendar
    elif keys & (_CHART | _RULEBOOK):
        _put_rules(document, layers, findings)
    elif not keys & (_MAPPING | _TARGETS):
        findings.errors.append(document.diagnostic("CRM071", ()))


def _put_rules(document: Document, layers: Layers, findings: Findings) -> None:
    """Puts a chart, an inference or a rulebook in the place of what it overrides."""
    id = document.file.id
    if document.data.keys() & _CHART:
        chart = shaped(ChartShape, document, (), findings)
        if chart is not None:
            _override(document, layers.charts.get(id), chart.overrides, findings)
            layers.charts[id] = document, chart
    elif document.data.get("decides") == "infer":
        inference = shaped(InferenceShape, document, (), findings)
        if inference is not None:
            _override(document, layers.inferences.get(id), inference.overrides, findings)
            layers.inferences[id] = document, inference
    else:
        rulebook = shaped(RulebookShape, document, (), findings)
        if rulebook is not None:
            _override(document, layers.rulebooks.get(id), rulebook.overrides, findings)
            layers.rulebooks[id] = document, rulebook


def _override(
    document: Document, base: tuple[Document, object] | None, overrides: str | None, findings: Findings
) -> None:
    """A file that takes the place of another says of which version it was made."""
    if base is None:
        if overrides is not None:
            nothing = document.diagnostic("CRM207", ("overrides",), {"name": document.file.id})
            findings.errors.append(nothing)
        return
    hash = content_hash(base[0].data)
    parts: dict[str, object] = {
        "name": document.file.id,
        "hash": hash[:12],
        "other": base[0].file.name,
        "found": overrides,
    }
    if overrides is None:
        findings.errors.append(document.diagnostic("CRM206", (), parts))
    elif len(overrides) < 8 or not hash.startswith(overrides):
        path = ("overrides",)
        findings.notes.append(document.diagnostic("CRM208", path, parts, suggestion=hash[:12]))
    elif hash == content_hash(document.data):
        findings.notes.append(document.diagnostic("CRM249", ("overrides",), parts))
    document.file = replace(document.file, pack=base[0].pack)  # its names are those of the pack
