"""The workflow engine: sub-cases and clocks, the outbox, seals of the journal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

from crmflow.store.columns import Instant, Json

revision = "0002"
down_revision = "0001"

TYPES: Mapping[str, Any] = {
    "number": sa.BigInteger(),
    "integer": sa.Integer(),
    "text": sa.Text(),
    "boolean": sa.Boolean(),
    "instant": Instant(),
    "json": Json,
}

# table: the columns that it gets (a question mark: may be null; a value: what rows have that are there)
COLUMNS = {
    "journal": ("told json?",),
    "import": ("rules text?",),
    "case": ("parent_id number?", "branch text?", "progress json={}", "retry_at instant?", "calendar text?"),
}
# name: columns, key; every table also has at and recorded_at
TABLES = {
    "outbox": (
        (
            "bucket integer, id number, customer_id number, case_id number?, journal_id number?, key text, "
            "message text, channel text?, data json, state text, attempts integer, due_at instant?, "
            "sent_at instant?, error text?"
        ),
        "bucket, id",
    ),
    "seal": ("id number, until instant, count number, before text?, digest text", "id"),
}
DROPPED = [("journal", "subject")]
TOGETHER = ("entries", "channels", "fired", "blocked")
"""Columns of cases that lie in `progress` from now on."""
OBJECT = {
    "sqlite": ("json_object({})", "'{0}', json({0})"),
    "postgresql": ("jsonb_build_object({})", "'{0}', {0}"),
}
INDEXES = [
    # table, columns, unique, where
    ("journal", "subject", False, "case_id IS NULL"),
    ("case", "parent_id", False, "parent_id IS NOT NULL"),
    ("outbox", "bucket, customer_id", False, None),
    ("outbox", "bucket, key", True, None),
    ("outbox", "due_at", False, "due_at IS NOT NULL"),
]


def upgrade() -> None:
    """From the first schema."""
    for table, columns in COLUMNS.items():
        for declared in columns:
            op.add_column(f"crmflow_{table}", column(declared))
    made, part = OBJECT[op.get_bind().dialect.name]
    progress = made.format(", ".join(part.format(name) for name in TOGETHER))
    op.execute(f"UPDATE crmflow_case SET progress = {progress}")
    for name in TOGETHER:
        op.drop_column("crmflow_case", name)
    for name, (listed, key) in TABLES.items():
        op.create_table(
            f"crmflow_{name}",
            *(column(declared) for declared in listed.split(", ")),
            column("at instant"),
            column("recorded_at instant"),
            sa.PrimaryKeyConstraint(*key.split(", "), name=f"crmflow_{name}_pkey"),
            sqlite_with_rowid=False,
        )
    for name, listed in DROPPED:
        op.drop_index(f"crmflow_{name}_{listed}", f"crmflow_{name}")
    for name, listed, unique, where in INDEXES:
        names = listed.split(", ")
        op.create_index(
            f"crmflow_{name}_{'_'.join(names)}",
            f"crmflow_{name}",
            names,
            unique=unique,
            sqlite_where=None if where is None else sa.text(where),
            postgresql_where=None if where is None else sa.text(where),
        )


def column(declared: str) -> sa.Column[object]:
    """A column from its name and type, such as "parent text?" or "clocks json={}"."""
    named, _, default = declared.partition("=")
    name, kind = named.split(" ")
    return sa.Column(
        name,
        TYPES[kind.removesuffix("?")],
        nullable=kind.endswith("?"),
        server_default=default or None,
    )
