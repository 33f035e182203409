"""How does a case lie in its row, and a line of its history in the journal?

What SQL looks for has a column of its own; how far the case has come otherwise lies together in `progress`,
where what is empty is left out: one JSON text to read and to write instead of seven.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from crmflow.core.case import Case, Moved
from crmflow.core.journal import Entry
from crmflow.core.trail import Trail
from crmflow.store import tables
from crmflow.store.exact import decode, encode


def _channels(stored: Mapping[str, list[str]]) -> Mapping[str, tuple[str, ...]]:
    return {state: tuple(tried) for state, tried in stored.items()}


PROGRESS: Mapping[str, Callable[[Any], Any]] = {
    "entries": dict,
    "channels": _channels,
    "fired": tuple,
    "blocked": tuple,
    "clocks": decode,
    "trail": Trail.of,
    "tries": int,
}
"""The fields of a case that lie in `progress`, each with what reads it."""
NAMES = {name: name for name in Case._fields if name not in PROGRESS} | {"opened_at": "at"}
"""The column of each other field, in the order of the fields, which come first in a case."""
COLUMNS = [*(tables.case.c[column] for column in NAMES.values()), tables.case.c.progress]
BLANK: Mapping[str, Any] = {
    "entries": MappingProxyType({}),
    "channels": MappingProxyType({}),
    "clocks": MappingProxyType({}),
    "fired": (),
    "blocked": (),
    "trail": Trail(),
    "tries": 0,
}
"""What is left out."""
DATA = list(NAMES).index("data")
TOLD = [name for name in Moved._fields if name not in ("kind", "at", "actor", "key", "data")]
WIDTH = len(NAMES)
_told = attrgetter(*TOLD)


def row_of(case: Case) -> dict[str, Any]:
    """All columns of a case but `recorded_at`."""
    row: dict[str, Any] = dict(zip(NAMES.values(), case, strict=False))
    row["data"] = encode(row["data"])
    row["progress"] = _plain(case[WIDTH:])
    return row


def changes(before: Case, case: Case) -> dict[str, Any]:
    """The columns of a case that are not as before."""
    columns = zip(NAMES.values(), before, case, strict=False)
    row: dict[str, Any] = {column: now for column, was, now in columns if now is not was and now != was}
    if "data" in row:
        row["data"] = encode(row["data"])
    progress = case[WIDTH:]
    if progress != before[WIDTH:]:
        row["progress"] = _plain(progress)
    return row


def _plain(progress: tuple[Any, ...]) -> dict[str, Any]:
    return {
        name: value.plain() if name == "trail" else encode(value)
        for name, value in zip(PROGRESS, progress, strict=True)
        if value
    }


def case_of(row: Any) -> Case:
    """The case of a row with the COLUMNS."""
    *values, progress = row
    values[DATA] = decode(values[DATA])
    for name, read in PROGRESS.items():
        values.append(read(progress[name]) if name in progress else BLANK[name])
    return Case._make(values)


def entry_of(case: Case, moved: Moved, release: str | None) -> Entry:
    """The journal's row for a line of a case's history."""
    return Entry(
        kind=f"case.{moved.kind}",
        subject=f"case:{case.id}",
        actor=moved.actor,
        at=moved.at,
        customer_id=case.customer_id or None,
        case_id=case.id,
        release=release,
        calendar=case.calendar,
        key=moved.key,
        told={name: value for name, value in zip(TOLD, _told(moved), strict=True) if value},
        payload=moved.data,
    )


def moved_of(entry: Entry) -> Moved:
    """The line of a case's history that a row of the journal holds."""
    told: dict[str, Any] = dict(entry.told)
    told["lines"] = tuple(told.get("lines", ()))
    kind: Any = entry.kind.removeprefix("case.")
    return Moved(kind=kind, at=entry.at, actor=entry.actor, key=entry.key, data=entry.payload, **told)
