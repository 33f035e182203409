"""How does a broken-off simulation go on where it stopped? A file a step holds all that it changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from typing import Any, cast

from crmflow.core.case import Case
from crmflow.core.decision import Visit
from crmflow.core.simulation import Example
from crmflow.core.trail import Trail
from crmflow.engine.simulation.example import example_of, record_of
from crmflow.engine.simulation.tally import Load, Stepped, Tally
from crmflow.engine.simulation.world import World
from crmflow.errors import StoreError
from crmflow.store.exact import decode, encode
from crmflow.store.owners import Ownership
from crmflow.store.segments import Segment

FORMAT = 1
Change = tuple[str, Any]


class Saved:
    """The folder of one simulation: of these rules, over these moments, on a store that nobody has written to
    since. Any other has another folder, so that a changed rule begins anew."""

    def __init__(self, below: Path, said: object) -> None:
        self.folder = below / sha256(json.dumps([FORMAT, encode(said)]).encode()).hexdigest()[:16]

    def steps(self) -> Iterator[Path]:
        """The files of the steps that are done, in order."""
        number = 1
        while (path := self._path(number)).is_file():
            yield path
            number += 1

    def add(
        self, number: int, stepped: Stepped, examples: Iterable[Example], worlds: Sequence[World]
    ) -> None:
        """Writes a step whole or not at all, and forgets what the worlds had logged.

        Raises StoreError CRM434: the folder cannot be written to.
        """
        head = {"step": _stepped_record(stepped), "examples": [record_of(each) for each in examples]}
        path = self._path(number)
        unfinished = path.with_suffix(".unfinished")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with unfinished.open("w", encoding="utf-8") as file:
                file.write(json.dumps(head) + "\n")
                for side, world in enumerate(worlds):
                    file.writelines(json.dumps([side, *_plain(change)]) + "\n" for change in world.log)
            unfinished.replace(path)
        except OSError as error:
            raise StoreError("CRM434", folder=self.folder, reason=error.strerror) from error

    def remove(self) -> None:
        """When all is done."""
        rmtree(self.folder, ignore_errors=True)

    def _path(self, number: int) -> Path:
        return self.folder / f"step-{number:04}.jsonl"


def restore(path: Path, worlds: Sequence[World]) -> tuple[Stepped, list[Example]]:
    """Makes a step's changes again. Raises StoreError CRM434: the file is not what was written."""
    try:
        with path.open(encoding="utf-8") as file:
            head = json.loads(next(file))
            for line in file:
                side, name, value = json.loads(line)
                _change(worlds[side], name, decode(value))
        return _stepped(head["step"]), [example_of(each) for each in head["examples"]]
    except (OSError, ValueError, LookupError, TypeError, StopIteration) as error:
        raise StoreError("CRM434", folder=path, reason=str(error)) from error


# one change

NOUNS: Mapping[str, Callable[..., Any]] = {"segment": Segment, "own": Ownership, "visit": Visit, "case": Case}


def _plain(change: Change) -> tuple[str, Any]:
    name, value = change
    if isinstance(value, Case):
        return name, list(map(_told, value))
    if name in ("own", "visit"):
        return name, [_told(getattr(value, each.name)) for each in fields(value)]
    return name, encode(value)


def _told(value: Any) -> Any:
    return encode(value.plain() if isinstance(value, Trail) else value)


def _change(world: World, name: str, value: Any) -> None:
    if name in NOUNS:
        value = _whole(NOUNS[name](*value))
        if isinstance(value, (Visit, Case)):
            world.given.ids[value.key] = value.id
    elif isinstance(value, list):
        value = tuple(value)
    getattr(world, name)(value)


def _whole(noun: Any) -> Any:
    """JSON has no tuples."""
    match noun:
        case Visit():
            return replace(noun, form=tuple(noun.form))
        case Case():
            channels = {state: tuple(tried) for state, tried in noun.channels.items()}
            fired, blocked, trail = tuple(noun.fired), tuple(noun.blocked), Trail.of(cast(Any, noun.trail))
            return noun.but(fired=fired, blocked=blocked, channels=channels, trail=trail)
    return noun


# the figures of a step


def _stepped_record(stepped: Stepped) -> dict[str, Any]:
    return {
        "at": stepped.at.isoformat(),
        "old": _tally_record(stepped.old),
        "new": _tally_record(stepped.new),
        "parted": dict(stepped.parted),
    }


def _stepped(record: Mapping[str, Any]) -> Stepped:
    at = datetime.fromisoformat(record["at"])
    return Stepped(at, _tally(record["old"]), _tally(record["new"]), record["parted"])


def _tally_record(tally: Tally) -> dict[str, Any]:
    loads = [[*post, load.customers, load.visits, load.cases] for post, load in tally.loads.items()]
    return {"effects": dict(tally.effects), "loads": loads}


def _tally(record: Mapping[str, Any]) -> Tally:
    loads = {(staff, unit): Load(*counts) for staff, unit, *counts in record["loads"]}
    return Tally(record["effects"], loads)
