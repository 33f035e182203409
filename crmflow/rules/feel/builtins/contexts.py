"""Which functions does FEEL have for contexts? (DMN 1.5, 10.3.4.9)"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crmflow.rules.feel.builtins.registry import builtin
from crmflow.rules.feel.values import Fields, Items, read

Context = Mapping[str, Any]


@builtin("get value(m: context, key: string) -> Any")
def _get_value(m: Context, key: str) -> Any:
    return read(m.get(key))


@builtin("get value(m: context, keys: list<string>) -> Any")
def _get_value_deep(m: Context, keys: list[str]) -> Any:
    value: Any = m
    for key in keys:
        if not isinstance(value, Mapping):
            return None
        value = read(value.get(key))
    return value


@builtin("get entries(m: context) -> list")
def _get_entries(m: Context) -> Items:
    return Items(Fields({"key": key, "value": read(value)}) for key, value in m.items())


@builtin("context(entries: list) -> context")
def _context(entries: list[Any]) -> Context | None:
    """From `{key, value}` entries; null when a key is missing, no string or twice."""
    made: dict[str, Any] = {}
    for entry in entries:
        if not isinstance(entry, Mapping) or not {"key", "value"} <= entry.keys():
            return None
        key = entry["key"]
        if not isinstance(key, str) or key in made:
            return None
        made[key] = read(entry["value"])
    return made


@builtin("context put(context: context, key: string, value: Any) -> context")
def _context_put(context: Context, key: str, value: Any) -> Context:
    return {**context, key: value}


@builtin("context put(context: context, keys: list<string>, value: Any) -> context")
def _context_put_deep(context: Context, keys: list[str], value: Any) -> Context | None:
    if not keys:
        return None
    first, *rest = keys
    if not rest:
        return _context_put(context, first, value)
    inner = read(context.get(first, {}))
    inner = _context_put_deep(inner, rest, value) if isinstance(inner, Mapping) else None
    return None if inner is None else {**context, first: Fields(inner)}


@builtin("context merge(contexts: list<context>) -> context")
def _context_merge(contexts: list[Context]) -> Context:
    """The later one wins."""
    return {key: value for context in contexts for key, value in context.items()}
