"""Which file formats are there, which JSON Schema has each, and which names of a site does it offer?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from crmflow.engine.files import rule_files
from crmflow.engine.release import compiled
from crmflow.errors import LANGUAGES
from crmflow.plugins import Plugins
from crmflow.rules.calendar.shape import CalendarShape
from crmflow.rules.chart.shape import ChartShape
from crmflow.rules.fact import DERIVED, FOLDS, POPULATION
from crmflow.rules.infer.shape import InferenceShape
from crmflow.rules.mapping_shape import MappingShape
from crmflow.rules.ruleset import Ruleset
from crmflow.rules.schema import Names, Schema, params_schema, schema_of
from crmflow.rules.shape import OrderShape, RulebookShape, Shape
from crmflow.rules.targets import TargetsShape
from crmflow.rules.vocabulary import Vocabulary, bare
from crmflow.rules.vocabulary_shape import VocabularyShape
from crmflow.settings import FILE, Site, SiteShape


class Format(NamedTuple):
    """The shape of a format's files, and how these are called; None: params, which have the site's names."""

    shape: type[Shape] | None
    files: tuple[str, ...]


FORMATS: Final[Mapping[str, Format]] = {
    "vocabulary": Format(VocabularyShape, ("**/vocabulary.yaml",)),
    "rulebook": Format(
        RulebookShape,
        tuple(f"**/{folder}/*.yaml" for folder in ("segments", "owners", "participants", "visits", "sends")),
    ),
    "inference": Format(InferenceShape, ("**/inferences/*.yaml",)),
    "chart": Format(ChartShape, ("**/charts/*.yaml",)),
    "params": Format(None, ("**/params.yaml",)),
    "order": Format(OrderShape, ("**/order.yaml",)),
    "calendar": Format(CalendarShape, ("**/calendars/*.yaml",)),
    "targets": Format(TargetsShape, ("**/targets.yaml", "**/*.targets.yaml")),
    "mapping": Format(MappingShape, ("**/mappings/*.yaml", "**/mapping.yaml", "**/*.mapping.yaml")),
    "site": Format(SiteShape, (FILE,)),
}
EDITOR: Final = ".vscode"
"""Where an editor looks for the settings of a folder."""


def schema(format: str, rules: Ruleset | None = None) -> Schema:
    """The JSON Schema (draft 7) of a format; with `rules` it offers their names."""
    shape = FORMATS[format].shape
    if shape is None:
        return params_schema(None if rules is None else _params(rules))
    return schema_of(shape, None if rules is None else _names(rules))


def rules_of(site: Site) -> Ruleset:
    """The rules of a site as they lie on disk now. Raises RuleFileError CRM090."""
    return compiled(rule_files(site, Plugins(site.packs)))


def write_editor_files(folder: Path, rules: Ruleset) -> list[Path]:
    """Settings and schemas by which VS Code (its YAML and TOML extensions) completes and checks the files of
    a site; settings that are there already stay. Returns what was written."""
    schemas = folder / EDITOR / "crmflow"
    schemas.mkdir(parents=True, exist_ok=True)
    written = []
    for format in FORMATS:
        path = schemas / f"{format}.json"
        path.write_text(as_text(schema(format, rules)), "utf-8")
        written.append(path)
    settings = folder / EDITOR / "settings.json"
    if not settings.exists():
        settings.write_text(as_text(_settings()), "utf-8")
        written.append(settings)
    return written


def as_text(data: object) -> str:
    """As the files hold it."""
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def _settings() -> Mapping[str, object]:
    """Which schema VS Code uses for which files."""
    of_yaml = {name: format for name, format in FORMATS.items() if format.shape is not SiteShape}
    return {
        "yaml.schemas": {
            f"./{EDITOR}/crmflow/{name}.json": list(each.files) for name, each in of_yaml.items()
        },
        "evenBetterToml.schema.associations": {r".*crmflow\.toml$": f"./{EDITOR}/crmflow/site.json"},
    }


def _params(rules: Ruleset) -> dict[str, list[str]]:
    """The params that a site may set, in every spelling, by the id of the file that declares them."""
    declared = {id: document.data.get("params") or {} for id, document in rules.documents.items()}
    return {
        id: list(
            dict.fromkeys(spelling for name, param in params.items() for spelling in _spelled(name, param))
        )
        for id, params in declared.items()
        if params
    }


def _spelled(name: str, param: Mapping[str, Any]) -> list[str]:
    """A name, and what else it is called in its file."""
    return [
        name,
        *(param[language] for language in LANGUAGES if language in param),
        *param.get("aliases", ()),
    ]


def _names(rules: Ruleset) -> Names:
    """Where a plain name stands, the names that may be meant."""
    names = rules.vocabulary
    roles, levels, messages = list(names.roles), list(names.levels), _both(names.messages)
    holdings, happenings = _both(names.holdings), _both([*names.touchpoints, *names.signals])
    words = _both(names.values)
    lists = _both(kind.list for kind in names.holdings.values() if kind.list)
    changes = [
        f"{verb} {value}"
        for each in names.results.values()
        for value in each.of
        for verb in ("entered", "left")
    ]
    return {
        "ChooseShape.role": roles,
        "StaffShape.role": roles,
        "BranchShape.by": roles,
        "StateShape.by": roles,
        "VisitShape.by": ["owner", *roles],
        "ChooseShape.level": levels,
        "SendShape.send": messages,
        "StateShape.send": messages,
        "VisitShape.reason": words,
        "VisitShape.channel": words,
        "SendShape.channel": words,
        "RulebookShape.holding": holdings,
        "RulebookShape.on": changes,
        "CaseShape.kind": _both(names.cases),
        "CaseShape.holding": holdings,
        "OpensShape.on": happenings,
        "MappingShape.holdings": holdings,
        "MappingShape.touchpoints": _both(names.touchpoints),
        "OrderShape.order": [rulebook.id for rulebook in rules.rulebooks],
        "FactShape.from": lists,
        **_operands(names),
    }


def _operands(names: Vocabulary) -> dict[str, list[str]]:
    """What the aggregates of a fact read: fields of the rows, or what is known of the customer."""
    folded = [
        *(kind.fields for kind in names.touchpoints.values()),
        *(kind.fields for kind in names.holdings.values()),
    ]
    fields = list(dict.fromkeys(["at", *(field for fields in folded for field in fields)]))
    known = _both([*names.customer, *names.facts])
    aggregates = {
        **dict.fromkeys(FOLDS, fields),
        **dict.fromkeys((*DERIVED, *POPULATION), known),
    }
    return {f"FactShape.{key}": offered for key, offered in aggregates.items() if key != "is"}


def _both(qualified: Iterable[str]) -> list[str]:
    """Names as the own pack writes them, and as the others do."""
    names = list(qualified)
    return list(dict.fromkeys([*map(bare, names), *(name for name in names if not name.startswith("core."))]))
