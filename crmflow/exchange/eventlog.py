"""How is the journal written for other programs: one entry a line, or an object-centric event log?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from crmflow.exchange.atomic import replacing


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of an OCEL 2.0 log: `objects` maps the id of each object that took part to its part."""

    id: str
    kind: str
    at: datetime
    attributes: Mapping[str, str] = field(default_factory=dict)
    objects: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Thing:
    """An object of an OCEL 2.0 log: `related` maps the ids of other objects to what they are to it; its
    attributes hold from `since` on."""

    id: str
    kind: str
    since: datetime
    attributes: Mapping[str, str] = field(default_factory=dict)
    related: Mapping[str, str] = field(default_factory=dict)


def write_lines(path: Path, records: Iterable[Mapping[str, Any]]) -> int:
    """JSONL, one record a line, in UTF-8; returns how many. The file appears when all is written."""
    count = 0
    with replacing(path) as beside, beside.open("w", encoding="utf-8", newline="\n") as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
            count += 1
    return count


def write_ocel(path: Path, happenings: Iterable[Happening], things: Iterable[Thing]) -> int:
    """OCEL 2.0 as JSON (ocel-standard.org), as it comes, never all in memory; returns how many events.

    `things` are read after all happenings.
    """
    kinds, types = Kinds(), Kinds()
    count = 0
    with replacing(path) as beside, beside.open("w", encoding="utf-8", newline="\n") as file:
        file.write('{"events": [\n')
        for separator, happening in separated(happenings):
            file.write(separator + json.dumps(_event(happening, kinds), ensure_ascii=False))
            count += 1
        file.write('\n], "objects": [\n')
        for separator, thing in separated(things):
            file.write(separator + json.dumps(_object(thing, types), ensure_ascii=False))
        file.write(f'\n], "eventTypes": {kinds.declared()},\n "objectTypes": {types.declared()}}}\n')
    return count


def separated(each: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    """Each with what stands before it."""
    for place, one in enumerate(each):
        yield ",\n" if place else "", one


class Kinds:
    """The types of a log, each with the attributes that one of them has had."""

    def __init__(self) -> None:
        self.found: dict[str, dict[str, None]] = {}

    def see(self, kind: str, attributes: Iterable[str]) -> None:
        self.found.setdefault(kind, {}).update(dict.fromkeys(attributes))

    def declared(self) -> str:
        types = [
            {"name": kind, "attributes": [{"name": name, "type": "string"} for name in names]}
            for kind, names in sorted(self.found.items())
        ]
        return json.dumps(types, ensure_ascii=False)


def _event(happening: Happening, kinds: Kinds) -> dict[str, Any]:
    kinds.see(happening.kind, happening.attributes)
    return {
        "id": happening.id,
        "type": happening.kind,
        "time": stamp(happening.at),
        "attributes": [{"name": name, "value": value} for name, value in happening.attributes.items()],
        "relationships": related(happening.objects),
    }


def _object(thing: Thing, types: Kinds) -> dict[str, Any]:
    types.see(thing.kind, thing.attributes)
    since = stamp(thing.since)
    attributes = [{"name": name, "time": since, "value": value} for name, value in thing.attributes.items()]
    return {
        "id": thing.id,
        "type": thing.kind,
        "attributes": attributes,
        "relationships": related(thing.related),
    }


def related(objects: Mapping[str, str]) -> list[dict[str, str]]:
    """The objects with their parts, as the standard writes them."""
    return [{"objectId": id, "qualifier": part} for id, part in objects.items()]


def stamp(at: datetime) -> str:
    """ISO 8601 in UTC."""
    return at.isoformat().replace("+00:00", "Z")
