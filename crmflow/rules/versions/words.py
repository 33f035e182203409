"""How is a change of a rule file said in words, in English and in Chinese?"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from crmflow.core.text import Text, phrases
from crmflow.rules.shape import as_text
from crmflow.rules.versions.diff import Change
from crmflow.rules.versions.outline import Trail

WORDS = phrases(__package__, "words.toml")
LONGEST = 160
"""Signs of a value that are shown."""
LAYERS = {"core": " (core)", "pack": " (pack)", "site": ""}


def sentence(change: Change) -> Text:
    """One line; names, conditions and values as they stand in the file."""
    file = change.file + LAYERS[change.layer]
    if not change.trail:
        kind = WORDS[f"files.{change.file_kind}"]
        return WORDS[f"says.file-{change.kind}"].filled(kind=kind, file=file, after=change.after)
    part = part_named(change.trail, setting=change.file_kind == "params")
    parts: dict[str, object] = {"part": part, "file": file}
    if change.kind == "moved":
        said = "says.last" if change.after is None else "says.moved"
        return WORDS[said].filled(**parts, after=change.after)
    if change.file_kind == "params":
        values = ("–" if each is None else shown(each) for each in (change.before, change.after))
        return WORDS["says.set"].filled(**parts, **dict(zip(("before", "after"), values, strict=True)))
    parts |= {"before": shown(change.before), "after": shown(change.after)}
    if change.trail[0] == "tests" and change.kind != "changed":
        return WORDS[f"says.test-{change.kind}"].filled(**parts)
    return WORDS[f"says.{change.kind}"].filled(**parts)


def record(change: Change, language: str) -> Mapping[str, Any]:
    """For `--json`."""
    return {
        "kind": change.kind,
        "file": change.file,
        "layer": change.layer,
        "part": list(change.trail),
        "before": plain(change.before),
        "after": plain(change.after),
        "says": sentence(change).in_language(language),
    }


def part_named(trail: Trail, *, setting: bool = False) -> Text:
    """What a trail leads to: "rule `gold`, condition"."""
    if setting:
        return _setting(trail)
    match trail:
        case ("table", "rows", row, *rest):
            return _of(WORDS["parts.rows"].filled(name=row), rest)
        case ("table", "when"):
            return WORDS["keys.columns"]
        case (section, name, *more) if f"parts.{section}" in WORDS:
            return _of(WORDS[f"parts.{section}"].filled(name=name), more)
    return _of(None, trail)


def _setting(trail: Trail) -> Text:
    """A line of params.yaml: the id of a rulebook or chart, a param, its value or a unit's."""
    match trail:
        case (*part, "levels", level):
            return WORDS["parts.level"].filled(part=_setting(tuple(part)), level=level)
        case (id, name, "units", unit):
            return WORDS["parts.unit"].filled(id=id, name=name, unit=unit)
        case (id, name, "value"):
            return WORDS["parts.setting"].filled(id=id, name=name)
    return _of(None, trail)


def _of(part: Text | None, keys: list[str] | Trail) -> Text:
    for name in keys:
        word = WORDS.get(f"keys.{name}", Text(f"`{name}`", f"“{name}”"))
        part = word if part is None else WORDS["says.of"].filled(part=part, key=word)
    return part or Text("", "")


def shown(value: object) -> str:
    """A value on one line, as it might stand in a file."""
    text = " ".join(_written(value).split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _written(value: object) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{key}: {_written(each)}" for key, each in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_written, value)) + "]"
        case None:
            return "null"
        case Decimal():
            return f"{value:f}"
    return str(as_text(value))


def plain(value: object) -> Any:
    """A value as JSON has it; numbers as text, so that no reader rounds them."""
    match value:
        case dict():
            return {key: plain(each) for key, each in value.items()}
        case list():
            return [plain(each) for each in value]
        case Decimal():
            return f"{value:f}"
    return value
