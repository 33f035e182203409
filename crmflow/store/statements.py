"""Which statement writes a set of given rows? The same for both databases, made once for each table."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

from sqlalchemy import Executable, Table, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from crmflow.store.given import given

Action = Literal["insert", "skip", "replace", "renew"]
"""What becomes of a row that is there already; "renew" replaces it unless it is of a later moment (`at`)."""


@cache
def writing(
    dialect: str, table: Table, names: tuple[str, ...], action: Action, by: tuple[str, ...] = (), id: str = ""
) -> Executable:
    """INSERT … SELECT from the given rows; what is there already has the same `by`."""
    rows = given(dialect, [table.c[name] for name in names])
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    # "WHERE true" keeps SQLite from reading ON CONFLICT as the ON of a join
    into = insert(table).from_select(names, select(*(rows.c[name] for name in names)).where(true()))
    if action == "insert":
        return into
    if action == "skip":
        return skipping(into, table, by, id)
    return replacing(into, table, names, action, by)


Into = postgresql.Insert | sqlite.Insert


def skipping(into: Into, table: Table, by: tuple[str, ...], id: str) -> Executable:
    """The same insert; it leaves a row that is there already, and returns the `id` of those that go in."""
    skipped = into.on_conflict_do_nothing(index_elements=by, index_where=partial_index(table, by))
    return skipped.returning(table.c[id])


def replacing(into: Into, table: Table, names: tuple[str, ...], action: Action, by: tuple[str, ...]) -> Into:
    """The same insert; it sets the other columns of a row that is there already."""
    others = {name: into.excluded[name] for name in names if name not in by}
    later = into.excluded["at"] >= table.c.at if action == "renew" else None
    return into.on_conflict_do_update(index_elements=by, set_=others, where=later)


def partial_index(table: Table, by: tuple[str, ...]) -> Any:
    """The condition of the unique index over these columns; None: it holds for all rows."""
    for index in table.indexes:
        if index.unique and tuple(column.name for column in index.columns) == by:
            return index.dialect_options["postgresql"]["where"]
    return None


@cache
def changing(
    table: Table, names: tuple[str, ...], by: tuple[str, ...], counter: str | None = None
) -> Executable:
    """UPDATE … FROM the given rows, on PostgreSQL; a `counter` goes up by one."""
    rows = given("postgresql", [table.c[name] for name in names])
    matches = [table.c[name] == rows.c[name] for name in by]
    values: dict[str, Any] = {name: rows.c[name] for name in names if name not in by}
    if counter is not None:
        values[counter] = table.c[counter] + 1
    return update(table).values(values).where(*matches)
