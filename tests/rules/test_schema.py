"""Does each file format's schema say what the loader takes, and refuse nothing that it would take?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path as FilePath
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from jsonschema import Draft7Validator
from ruamel.yaml import YAML

from crmflow.engine.files import core_files
from crmflow.engine.schemas import FORMATS, schema
from crmflow.errors import CrmflowError
from crmflow.exchange.mapping import KEYS, MappingFile
from crmflow.rules.load import load
from crmflow.rules.schema import descriptions
from crmflow.rules.shape import Shape
from crmflow.rules.source import Document, Findings, RuleFile, read
from crmflow.settings import SiteShape
from tests.house import ROOT

CASES = YAML(typ="safe", pure=True).load(FilePath(__file__).with_name("schema_cases.yaml"))
VALIDATORS = {name: Draft7Validator(schema(name)) for name in FORMATS}
FILES = [
    *sorted((ROOT / "crmflow" / "core").rglob("*.yaml")),
    *sorted((ROOT / "plugins").glob("*/crmflow_*/**/*.yaml")),
]


def opened(path: FilePath) -> Document:
    document = read(RuleFile(path.name, path.read_bytes()), Findings())
    assert document is not None
    return document


def plain(value: Any) -> Any:
    """As an editor's parser sees it: numbers are no Decimals."""
    match value:
        case Decimal():
            return int(value) if value == int(value) else float(value)
        case dict():
            return {key: plain(each) for key, each in value.items()}
        case list():
            return [plain(each) for each in value]
    return value


def format_of(path: FilePath, data: dict[str, Any]) -> str:
    """By the folder in which it lies, as an editor knows it."""
    named = {"charts": "chart", "inferences": "inference", "calendars": "calendar"}
    return path.stem if path.stem in FORMATS else named.get(path.parent.name, "rulebook")


def shapes() -> Iterator[type[Shape]]:
    """Every shape that a schema is made of."""
    waiting = list(Shape.__subclasses__())
    while waiting:
        shape = waiting.pop()
        waiting += shape.__subclasses__()
        yield shape


@pytest.mark.parametrize("name", FORMATS)
def test_each_schema_is_one_and_says_what_every_key_means_in_both_languages(name: str) -> None:
    Draft7Validator.check_schema(VALIDATORS[name].schema)
    for mapping in mappings(VALIDATORS[name].schema):
        for key, each in mapping.items():
            said = each["description"]
            assert not said.isascii(), key
            assert said[0].isascii(), key


def mappings(value: Any) -> Iterator[dict[str, Any]]:
    """The `properties` of every described mapping."""
    if isinstance(value, dict):
        if "title" in value and isinstance(value.get("properties"), dict):
            yield value["properties"]
        for each in value.values():
            yield from mappings(each)
    elif isinstance(value, list):
        for each in value:
            yield from mappings(each)


def test_no_description_is_left_over() -> None:
    keys = {
        shape.__name__: {field.alias or name for name, field in shape.model_fields.items()}
        for shape in shapes()
    }
    keys["ParamsFile"] = {"format"}
    everything = set().union(*keys.values())
    for shape, described in descriptions().items():
        own = everything if shape == "Shape" else keys[shape]
        assert described.keys() - {"self"} <= own, shape


def test_the_mapping_s_keys_are_those_that_are_read() -> None:
    assert set(schema("mapping")["properties"]) == set(KEYS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_files_of_core_and_packs_fit(path: FilePath) -> None:
    data = plain(opened(path).data)
    name = format_of(path, data)
    assert [f"{list(e.absolute_path)}: {e.message}" for e in VALIDATORS[name].iter_errors(data)] == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_file_fits_or_not(case: dict[str, Any]) -> None:
    found = [list(error.absolute_path) for error in VALIDATORS[case["format"]].iter_errors(case["file"])]
    assert bool(found) == ("at" in case), found
    if "at" in case:
        assert case["at"] in found


def loads(name: str, path: FilePath, data: Any) -> bool:
    """Whether what reads files of this format takes it."""
    if name == "mapping":
        try:
            MappingFile.of(data)
        except CrmflowError:
            return False
        return True
    if name == "site":
        try:
            SiteShape.model_validate(data)
        except ValueError:
            return False
        return True
    pack = path.relative_to(ROOT / "plugins").parts[0]
    folder = path.parents[len(path.relative_to(ROOT / "plugins").parts) - 3]
    files = [
        RuleFile(
            f"{pack}/{each.relative_to(folder).as_posix()}",
            text(data) if each == path else each.read_bytes(),
            "pack",
            pack,
        )
        for each in sorted(folder.rglob("*.yaml"))
    ]
    return load([*core_files(), *files]).ruleset is not None


def text(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False, indent=1).encode()


STRANGE = [None, True, 0, 1.5, -3, "", "x", "P30D", [], ["a"], [[1]], {}, {"a": 1}, {"en": "x"}]


def spots(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in the data."""
    yield path
    for key, each in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from spots(each, (*path, key))


@some.composite
def spoiled(draw: some.DrawFn) -> tuple[str, FilePath, Any]:
    """A file of a pack with one thing put elsewhere, taken away, added or replaced."""
    path = draw(some.sampled_from([each for each in FILES if each.is_relative_to(ROOT / "plugins")]))
    data = plain(opened(path).data)
    name = format_of(path, data)
    *above, last = draw(some.sampled_from([spot for spot in spots(data) if spot]))
    holder = data
    for step in above:
        holder = holder[step]
    match draw(some.sampled_from(["replace", "remove", "add", "rename"])):
        case "replace":
            holder[last] = draw(some.sampled_from(STRANGE))
        case "remove":
            del holder[last]
        case "add" if isinstance(holder, dict):
            holder[draw(some.sampled_from(["colour", "when", "en", "then", "format"]))] = draw(
                some.sampled_from(STRANGE)
            )
        case "rename" if isinstance(holder, dict):
            holder[f"{last}s"] = holder.pop(last)
    return name, path, data


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spoiled())
def test_what_the_schema_refuses_the_loader_refuses(file: tuple[str, FilePath, Any]) -> None:
    name, path, data = file
    if not VALIDATORS[name].is_valid(data):
        assert not loads(name, path, data), next(VALIDATORS[name].iter_errors(data)).message
