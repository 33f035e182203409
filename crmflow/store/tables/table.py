"""How is a table declared? With the two times, ordered by its key; ids end in their bucket."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.schema import Sequence as Counter

from crmflow.store.columns import Instant

METADATA = MetaData()
Number = BigInteger
required = partial(Column, nullable=False)


def table(name: str, *columns: Column[Any], key: Sequence[str]) -> Table:
    """A table ordered by its key (SQLite: clustered), with the two times."""
    return Table(
        f"crmflow_{name}",
        METADATA,
        *columns,
        required("at", Instant),
        required("recorded_at", Instant),
        PrimaryKeyConstraint(*key, name=f"crmflow_{name}_pkey"),
        sqlite_with_rowid=False,
    )


def index(of: Table, *names: str, unique: bool = False, where: str | None = None) -> Index:
    """An index, named after the table and its columns; with `where` over some rows only."""
    condition = None if where is None else text(where)
    return Index(
        f"{of.name}_{'_'.join(names)}",
        *(of.c[name] for name in names),
        unique=unique,
        sqlite_where=condition,
        postgresql_where=condition,
    )


def numbers(*names: str) -> list[Column[Any]]:
    """The bucket, and ids in it."""
    return [required("bucket", Integer), *(required(name, Number) for name in names)]


def written_by() -> list[Column[Any]]:
    """Who wrote a row, and from which line of which file."""
    return [required("actor", Text), Column("import_id", Number), Column("line", Integer)]


# ids: a sequence on PostgreSQL, this one row on SQLite

counter = Counter("crmflow_id", metadata=METADATA)
minted = Table(
    "crmflow_minted",
    METADATA,
    required("serial", Number),
    PrimaryKeyConstraint("serial", name="crmflow_minted_pkey"),
)

# which schema this database has (Alembic's own table)

version = Table("crmflow_version", MetaData(), required("version_num", Text))
