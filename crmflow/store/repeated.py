"""How does SQLite take a set of rows to write? By one statement that its driver repeats for each row.

(Measured: rows read from JSON text take SQLite twice as long to write, for it parses each row again.)
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from json import JSONEncoder
from operator import itemgetter
from typing import Any

from sqlalchemy import Table, Text, bindparam
from sqlalchemy.dialects import sqlite

from crmflow.core.moment import to_micros
from crmflow.errors import StoreError
from crmflow.store.columns import Instant, Json
from crmflow.store.given import Document, Row, demand_kept, plain
from crmflow.store.statements import Action, Into, replacing

DIALECT = sqlite.dialect(paramstyle="qmark")
_json = JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=plain).encode


@cache
def repeated(
    table: Table, names: tuple[str, ...], action: Action, by: tuple[str, ...] = ()
) -> tuple[str, Sequence[str]]:
    """INSERT of one row, and the order of its parameters; what is there already has the same `by`."""
    into: Into = sqlite.insert(table).values({name: bindparam(name) for name in names})
    if action != "insert":
        into = replacing(into, table, names, action, by)
    compiled = into.compile(dialect=DIALECT)
    return str(compiled), compiled.positiontup or ()


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
