"""Which parts of a rule file have a name of their own, by which two versions of it can be compared?"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from crmflow.rules.chart.move import COLUMNS
from crmflow.rules.shape import as_text
from crmflow.rules.source import Path

Trail = tuple[str, ...]
"""How a part is found by names: ("rules", "gold", "when"); a Path counts: ("rules", 2, "when")."""
ROWS = (("table", "rows"), ("moves",))
IN_ORDER = (*ROWS, ("rules",), ("levels",))
"""Lists in which it matters what stands first."""


def parts(data: object, path: Path = ()) -> Mapping[str, Path] | None:
    """The named parts of the value at a path, in order; None where it has none: a text, a list of values, or
    items without a name or with one name twice."""
    value = at(data, path)
    if isinstance(value, dict):
        return {str(key): (*path, key) for key in value}
    if not isinstance(value, list) or not value:
        return None
    heads = _heads(data, path)
    if heads is not None:
        return {head: (*path, n) for n, head in enumerate(heads)} if len(heads) == len(value) else None
    name: Callable[[object], str | None] = _first if path in ROWS else _name
    names = [name(item) for item in value]
    if None in names or len(set(names)) < len(names):
        return None
    return {str(each): (*path, n) for n, each in enumerate(names)}


def at(data: object, path: Path) -> object:
    """The value at a path."""
    for step in path:
        data = data[step]  # type: ignore[index]
    return data


def _heads(data: object, path: Path) -> list[str] | None:
    """What the cells of a table's row or of a chart's move are called; None for anything else."""
    match path:
        case ("table", "rows", int()):
            when = at(data, ("table",)).get("when")  # type: ignore[attr-defined]
            heads = [str(as_text(head)) for head in when] if isinstance(when, list) else [str(as_text(when))]
            counted = [head if heads.index(head) == n else f"{head} {n + 1}" for n, head in enumerate(heads)]
            return ["id", *counted, "then"]
        case ("moves", int()):
            row = at(data, path)
            return list(COLUMNS[: len(row)]) if isinstance(row, list) else None
    return None


def _first(item: object) -> str | None:
    """The id of a row."""
    return str(as_text(item[0])) if isinstance(item, list) and item else None


def _name(item: object) -> str | None:
    """The id of a rule, the name of a test."""
    if not isinstance(item, dict):
        return None
    name = item.get("id", item.get("name"))
    if isinstance(name, dict):
        name = name.get("en", name.get("zh"))
    return None if name is None or isinstance(name, list | dict) else str(as_text(name))
