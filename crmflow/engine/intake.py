"""How do the vocabulary's names meet the columns of a file, and a file's rows the store?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from crmflow.core.chart import Chart
from crmflow.core.field import Field
from crmflow.core.post import Posts
from crmflow.core.text import Text
from crmflow.engine.zones import Zones
from crmflow.errors import ImportFileError, RuleFileError
from crmflow.exchange.layout import Kind, Names
from crmflow.exchange.mapping import MappingFile
from crmflow.rules.ruleset import Ruleset
from crmflow.rules.source import Findings, RuleFile, read
from crmflow.rules.vocabulary import HoldingKind, Vocabulary, Word, bare
from crmflow.rules.vocabulary import Kind as Happening


def column_names(rules: Ruleset) -> Names:
    """What the columns of a file may be called: ids, labels and aliases."""
    vocabulary = rules.vocabulary
    return Names(
        keys=_words(vocabulary.keys),
        roles=_words(vocabulary.roles),
        levels=_words(vocabulary.levels),
        customer=_fields(vocabulary.customer, vocabulary),
        holdings=_kinds(vocabulary.holdings, vocabulary),
        touchpoints=_kinds(vocabulary.touchpoints, vocabulary),
        cases=_asked(rules.charts.values(), vocabulary),
    )


def _asked(charts: Iterable[Chart], vocabulary: Vocabulary) -> dict[str, Field]:
    """What charts ask for when a case is opened or a form filled in; which of two with one name a cell means
    is not known before its case is, so that it is kept as it is written."""
    fields = [field for chart in charts for field in opening_fields(chart, vocabulary).values()]
    return {
        spelling: Field(each.name, "string", each.label)
        for each in fields
        for spelling in _spellings(each.name, each.label, each.aliases)
    }


def opening_fields(chart: Chart, vocabulary: Vocabulary) -> dict[str, Field]:
    """The fields of what opens a case of a chart, and of its forms, by name."""
    kind = vocabulary.touchpoints.get(chart.opens_on or "")
    forms = (each.field for state in chart.states.values() for each in state.form)
    return {**({} if kind is None else kind.fields), **{field.name: field for field in forms}}


def mapping_of(mapping: Path | Mapping[str, object] | MappingFile | None) -> MappingFile | None:
    """A mapping from its file or its content. Raises as `read_mapping`."""
    if isinstance(mapping, Path):
        return read_mapping(mapping)
    return MappingFile.of(mapping) if isinstance(mapping, Mapping) else mapping


def read_mapping(path: Path) -> MappingFile:
    """A mapping file.

    Raises RuleFileError CRM090 with the `diagnostics`, ImportFileError CRM450 unreadable, CRM458, CRM459.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ImportFileError("CRM450", path=path, reason=error.strerror) from error
    findings = Findings()
    document = read(RuleFile(path.name, text, shown=str(path)), findings)
    if document is None or findings.errors:
        first = findings.errors[0]
        place = f"{first.file}:{first.start.line}:{first.start.column}"
        raise RuleFileError(
            "CRM090",
            count=len(findings.errors),
            place=place,
            first=first.message(),
            diagnostics=findings.errors,
        )
    return MappingFile.of(document.data, path)


def unit_zones(posts: Posts, site: ZoneInfo) -> dict[str, ZoneInfo]:
    """In which zone the times of a unit's rows are read that name none."""
    zones = Zones(posts, site)
    return {code: zones.of(code) for code in posts.units}


def _words(words: Mapping[str, Word]) -> dict[str, str]:
    return {spelling: name for name, word in words.items() for spelling in (name, *word.aliases)}


def _fields(fields: Mapping[str, Field], vocabulary: Vocabulary) -> dict[str, Field]:
    return {
        spelling: meant
        for name, field in fields.items()
        for meant in [replace(field, called=_called(field, vocabulary))]
        for spelling in _spellings(name, field.label, field.aliases)
    }


def _called(field: Field, vocabulary: Vocabulary) -> dict[str, str]:
    """What the values of a closed list are called in either language: 个人 for person."""
    words = ((vocabulary.word(value), value) for value in field.values)
    return {spelling: value for word, value in words for spelling in (word.en, word.zh) if spelling != value}


def _kinds(kinds: Mapping[str, HoldingKind | Happening], vocabulary: Vocabulary) -> dict[str, Kind]:
    found: dict[str, Kind] = {}
    for kind in kinds.values():
        named = Kind(kind.name, _fields(kind.fields, vocabulary))
        for spelling in _spellings(named.name, kind.label, kind.aliases):
            found.setdefault(spelling, named)
    return found


def _spellings(name: str, label: Text, aliases: Iterable[str]) -> Iterable[str]:
    return name, bare(name), label.en, label.zh, *aliases
