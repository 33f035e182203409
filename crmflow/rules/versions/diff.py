"""What has changed between two versions of rule files, part by part?"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from crmflow.errors import RuleFileError
from crmflow.rules.calendar.shape import MARKS
from crmflow.rules.rulebook_file import content_hash
from crmflow.rules.source import Document, Findings, Layer, Path, RuleFile, read
from crmflow.rules.versions.outline import IN_ORDER, Trail, at, parts

LOOKED_INTO: tuple[Path, ...] = ((), ("levels",))
"""Where equal values may still differ in their order."""
FileKind = Literal["rulebook", "chart", "inference", "vocabulary", "params", "calendar", "order", "file"]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `trail` names the part, () the whole file; of what moved, `after` is the name of the
    part that follows it now (None: nothing), of a file that was renamed its new id."""

    kind: Literal["added", "removed", "changed", "moved", "renamed"]
    file: str
    layer: Layer
    file_kind: FileKind
    trail: Trail = ()
    before: object = None
    after: object = None


def diff(old: Iterable[RuleFile], new: Iterable[RuleFile]) -> list[Change]:
    """The differences, by file, in the order of the newer text. Comments and layout make none.

    Raises RuleFileError CRM090 with `diagnostics`: a file is no YAML.
    """
    before, after = documents(old), documents(new)
    renamed = dict(_renamed(before, after))
    found: list[Change] = []
    for key in sorted(before.keys() | after.keys()):
        layer, id = key
        if "params" in (kind_of(each[key]) for each in (before, after) if key in each):
            found += settings(Change("changed", id, layer, "params"), before, after)
        elif key in renamed:
            kind = kind_of(before[key])
            found.append(Change("renamed", id, layer, kind, before=id, after=renamed[key][1]))
        elif key in renamed.values():
            continue
        elif key not in after:
            found.append(Change("removed", id, layer, kind_of(before[key])))
        elif key not in before:
            found.append(Change("added", id, layer, kind_of(after[key])))
        else:
            kind = kind_of(after[key])
            one, other = before[key].data, after[key].data
            found += _differences(Change("changed", id, layer, kind), one, other)
    return found


Key = tuple[Layer, str]


def documents(files: Iterable[RuleFile]) -> Mapping[Key, Document]:
    """The files that are YAML, by layer and id. Raises RuleFileError CRM090."""
    findings = Findings()
    found: dict[Key, Document] = {}
    for file in files:
        wrong = len(findings.errors)
        document = read(file, findings)
        if document is not None:
            found[file.layer, file.id] = document
            del findings.errors[wrong:]
    if findings.errors:
        first = findings.errors[0]
        raise RuleFileError(
            "CRM090",
            count=len(findings.errors),
            place=f"{first.file}:{first.start.line}:{first.start.column}",
            first=first.message(),
            diagnostics=tuple(findings.errors),
        )
    return found


def kind_of(document: Document) -> FileKind:
    """What a file is, by its name and keys."""
    name, keys = document.file.id.rpartition("/")[2], document.data.keys()
    for kind in ("vocabulary", "params", "order"):
        if name == kind:
            return kind
    if keys & MARKS:
        return "calendar"
    if keys & {"states", "moves"}:
        return "chart"
    if document.data.get("decides") == "infer":
        return "inference"
    return "rulebook" if keys & {"decides", "rules", "table"} else "file"


def settings(of: Change, before: Mapping[Key, Document], after: Mapping[Key, Document]) -> Iterator[Change]:
    """The params that a params file sets otherwise than before; one that was not set had the value that its
    rulebook or chart declares, a unit that had no value of its own that of all."""
    old, new = (
        each[of.layer, of.file].data if (of.layer, of.file) in each else {} for each in (before, after)
    )
    for id in dict.fromkeys((*old, *new)):
        if id == "format":
            continue
        olds, news = (each.get(id) if isinstance(each.get(id), dict) else {} for each in (old, new))
        for name in dict.fromkeys((*olds, *news)):
            one, other = (_set(each.get(name)) for each in (olds, news))
            for key in dict.fromkeys((*one, *other)):
                was = one.get(key, one.get(VALUE, _declared(before, id, name)))
                now = other.get(key, other.get(VALUE, _declared(after, id, name)))
                if isinstance(was, dict) and isinstance(now, dict):
                    past, present = (
                        _levels(documents, _declared(documents, id, name) if key == VALUE else None, value)
                        for documents, value in ((before, was), (after, now))
                    )
                    yield from _by_level(of, (id, name, *key), past, present)
                elif was != now:
                    yield Change("changed", of.file, of.layer, "params", (id, name, *key), was, now)


def _levels(documents: Mapping[Key, Document], declared: object, value: dict[str, object]) -> Levels:
    """The value of each level, by its name, and how it is written: what a setting does not name keeps the
    value that is declared."""
    names = _level_names(documents)
    said = [*declared.items(), *value.items()] if isinstance(declared, dict) else [*value.items()]
    return {names.get(level, level): (level, each) for level, each in said}


def _by_level(of: Change, trail: Trail, olds: Levels, news: Levels) -> Iterator[Change]:
    """The levels of which the value has changed, called as the newer file calls them."""
    for level in dict.fromkeys((*news, *olds)):
        was, now = olds.get(level, (level, None)), news.get(level, (level, None))
        if was[1] != now[1]:
            said = now[0] if level in news else was[0]
            yield Change("changed", of.file, of.layer, "params", (*trail, "levels", said), was[1], now[1])


def _level_names(documents: Mapping[Key, Document]) -> Mapping[str, str]:
    """The levels that vocabularies declare, by their labels."""
    names: dict[str, str] = {}
    for document in documents.values():
        levels = document.data.get("levels") if kind_of(document) == "vocabulary" else None
        for name, labels in levels.items() if isinstance(levels, dict) else ():
            for label in labels.values() if isinstance(labels, dict) else ():
                names[str(label)] = name
    return names


VALUE: Trail = ("value",)
Levels = Mapping[str, tuple[str, object]]


def _set(setting: object) -> dict[Trail, object]:
    """The values of a setting: that of all, and those of units."""
    if not isinstance(setting, dict):
        return {}
    found: dict[Trail, object] = {VALUE: setting["value"]} if "value" in setting else {}
    units = setting.get("units")
    if isinstance(units, dict):
        found |= {("units", str(unit)): value for unit, value in units.items()}
    return found


def _declared(documents: Mapping[Key, Document], id: str, name: str) -> object:
    """The value that a rulebook or chart gives its param, known by any of its names; None: there is none."""
    for layer in ("site", "pack", "core"):
        document = documents.get((layer, id))
        params = document.data.get("params") if document is not None else None
        for param, shape in params.items() if isinstance(params, dict) else ():
            if isinstance(shape, dict) and name in (param, shape.get("en"), shape.get("zh")):
                return shape.get("value")
    return None


def _renamed(before: Mapping[Key, Document], after: Mapping[Key, Document]) -> Iterator[tuple[Key, Key]]:
    """Files that have gone, and the new ones of the same content in the same layer."""
    gone = {(key[0], content_hash(before[key].data)): key for key in before.keys() - after.keys()}
    for key in sorted(after.keys() - before.keys()):
        was = gone.pop((key[0], content_hash(after[key].data)), None)
        if was is not None:
            yield was, key


def _differences(
    of: Change, old: object, new: object, was: Path = (), path: Path = (), trail: Trail = ()
) -> Iterator[Change]:
    """`was` and `path` are where the part named `trail` stands in the old and in the new data."""
    one, other = at(old, was), at(new, path)
    if one == other and path not in LOOKED_INTO:
        return
    olds, news = parts(old, was), parts(new, path)
    if olds is None or news is None or type(one) is not type(other):
        if one != other:
            yield Change("changed", of.file, of.layer, of.file_kind, trail, one, other)
        return
    for name in olds:
        if name not in news:
            yield Change("removed", of.file, of.layer, of.file_kind, (*trail, name), at(old, olds[name]))
    common = [name for name in news if name in olds]
    shifted = moved([*olds], common) if path in IN_ORDER else set[str]()
    names = [*news]
    for n, name in enumerate(names):
        inner = (*trail, name)
        if name not in olds:
            yield Change("added", of.file, of.layer, of.file_kind, inner, after=at(new, news[name]))
            continue
        if name in shifted:
            follower = names[n + 1] if n + 1 < len(names) else None
            yield Change("moved", of.file, of.layer, of.file_kind, inner, after=follower)
        yield from _differences(of, old, new, olds[name], news[name], inner)


def moved(old: Sequence[str], new: Sequence[str]) -> set[str]:
    """The names without which the rest stands in the same order as before: as few as can be."""
    place = {name: n for n, name in enumerate(old)}
    tails: list[int] = []
    ends: list[list[str]] = []
    for name in new:
        n = bisect_left(tails, place[name])
        chain = [*(ends[n - 1] if n else []), name]
        tails[n : n + 1], ends[n : n + 1] = [place[name]], [chain]
    return set(new) - set(ends[-1] if ends else [])
