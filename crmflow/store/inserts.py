"""How does SQLite take a set of rows to write? As parameters of a statement for many rows at a time.

(Measured with the journal's rows: one row a statement takes twice as long, rows read from JSON text four
times.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from itertools import chain
from json import JSONEncoder
from operator import itemgetter
from typing import Any

from sqlalchemy import Table, Text, bindparam
from sqlalchemy.dialects import sqlite

from crmflow.core.moment import to_micros
from crmflow.errors import StoreError
from crmflow.store.columns import Instant, Json
from crmflow.store.given import Document, Row, demand_kept, plain
from crmflow.store.statements import Action, replacing, skipping

Parameters = tuple[object, ...] | list[tuple[object, ...]]
"""Of one execution, or of each of several."""
TOGETHER = 200
"""Rows in a statement."""
DIALECT = sqlite.dialect(paramstyle="qmark")
_json = JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=plain).encode


def writes(
    table: Table, rows: Sequence[Row], action: Action, by: tuple[str, ...] = ()
) -> Iterator[tuple[str, Parameters]]:
    """The statements that write rows with the same columns, each with its parameters.

    What is there already has the same `by`. Raises StoreError as `bound`.
    """
    one, many, names = inserting(table, tuple(rows[0]), action, by)
    values = bound(table, names, rows)
    whole = len(values) - len(values) % TOGETHER
    for start in range(0, whole, TOGETHER):
        yield many, tuple(chain.from_iterable(values[start : start + TOGETHER]))
    if values[whole:]:
        yield one, values[whole:]


def skips(
    table: Table, rows: Sequence[Row], by: tuple[str, ...], id: str
) -> Iterator[tuple[str, tuple[object, ...]]]:
    """The statements that write rows whose `by` is not there yet; each returns the `id` of what goes in."""
    one, many, names = inserting(table, tuple(rows[0]), "skip", by, id)
    values = bound(table, names, rows)
    whole = len(values) - len(values) % TOGETHER
    for start in range(0, whole, TOGETHER):
        yield many, tuple(chain.from_iterable(values[start : start + TOGETHER]))
    for each in values[whole:]:
        yield one, each


def updates(
    table: Table, rows: Sequence[Row], by: tuple[str, ...], counter: str | None
) -> tuple[str, list[tuple[object, ...]]]:
    """The statement that sets the other columns of one row, and its parameters for each of the rows.

    (One row a statement, by its key: a statement over a set of given rows scans the whole table here.)
    """
    names = [name for name in rows[0] if name not in by]
    text = _update(table, tuple(names), by, counter)
    return text, bound(table, (*names, *by), rows)


@cache
def _update(table: Table, names: tuple[str, ...], by: tuple[str, ...], counter: str | None) -> str:
    sets = [f'"{name}" = ?' for name in names]
    if counter is not None:
        sets.append(f'"{counter}" = "{counter}" + 1')
    where = " AND ".join(f'"{name}" = ?' for name in by)
    return f'UPDATE "{table.name}" SET {", ".join(sets)} WHERE {where}'


@cache
def inserting(
    table: Table, names: tuple[str, ...], action: Action, by: tuple[str, ...], id: str = ""
) -> tuple[str, str, Sequence[str]]:
    """INSERT of one row and of TOGETHER rows, and the order of a row's parameters."""
    into: Any = sqlite.insert(table).values({name: bindparam(name) for name in names})
    if action == "skip":
        into = skipping(into, table, by, id)
    elif action != "insert":
        into = replacing(into, table, names, action, by)
    compiled = into.compile(dialect=DIALECT)
    row = f"({', '.join('?' * len(names))})"
    head, found, tail = str(compiled).partition(row)
    assert found, compiled
    return str(compiled), f"{head}{', '.join([row] * TOGETHER)}{tail}", compiled.positiontup or ()


def bound(table: Table, names: Sequence[str], rows: Sequence[Row]) -> list[tuple[object, ...]]:
    """The rows as the driver takes them.

    Raises StoreError CRM412 on a value that should have been encoded, CRM413 on a text that no database
    keeps.
    """
    columns = (_bound(table.c[name].type, list(map(itemgetter(name), rows))) for name in names)
    return list(zip(*columns, strict=True))


def _bound(type: Any, values: list[Any]) -> list[Any]:
    """The values of one column."""
    if isinstance(type, Instant):
        known: dict[datetime | None, int | None] = {None: None}
        for value in values:
            if value not in known:
                known[value] = to_micros(value)
        return [known[value] for value in values]
    if isinstance(type, Json):
        values = list(map(_text, values))
        demand_kept("".join(filter(None, values)))
    elif isinstance(type, Text) and "\0" in "".join(filter(None, values)):
        raise StoreError("CRM413", text="\\u0000")
    return values


def _text(value: object) -> str | None:
    if isinstance(value, Document):
        return value.text
    return None if value is None else _json(value)
