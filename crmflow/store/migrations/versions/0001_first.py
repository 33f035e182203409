"""The first schema: units and people, what happened, what was decided, cases, journal, releases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

from crmflow.store.columns import Instant, Json

revision = "0001"
down_revision = None

TYPES: Mapping[str, Any] = {
    "number": sa.BigInteger(),
    "integer": sa.Integer(),
    "text": sa.Text(),
    "boolean": sa.Boolean(),
    "instant": Instant(),
    "json": Json,
}

# name: columns (a question mark: may be null), key; every table also has at and recorded_at
TABLES = {
    "unit": ("code text, name text, level text, parent text?, zone text?", "code"),
    "unit_dated": (
        "id number, code text, name text, level text, parent text?, zone text?, actor text",
        "code, at, id",
    ),
    "staff": ("code text, name text, left boolean", "code"),
    "staff_dated": ("id number, code text, name text, left boolean, actor text", "code, at, id"),
    "post": (
        "id number, staff text, role text, unit text, held boolean, actor text",
        "staff, role, unit, at, id",
    ),
    "absence": ("id number, staff text, until instant, deputy text?, actor text", "staff, at, id"),
    "customer": (
        (
            "bucket integer, id number, source text, external_id text, fields json, owner text?, "
            "participants json?, alias_of number?"
        ),
        "bucket, id",
    ),
    "customer_dated": (
        (
            "bucket integer, customer_id number, id number, fields json, actor text, import_id number?, "
            "line integer?"
        ),
        "bucket, customer_id, at, id",
    ),
    "customer_key": (
        "kind text, value text, source text, bucket integer, customer_id number",
        "kind, value, source",
    ),
    "consent": (
        (
            "bucket integer, customer_id number, id number, purpose text, channel text?, granted boolean, "
            "actor text, import_id number?, line integer?"
        ),
        "bucket, customer_id, at, id",
    ),
    "ownership": (
        (
            "bucket integer, customer_id number, id number, part text, staff text?, held boolean, "
            "stale boolean, actor text, journal_id number?"
        ),
        "bucket, customer_id, at, id",
    ),
    "holding": (
        (
            "bucket integer, id number, customer_id number, kind text, source text, external_id text, "
            "fields json"
        ),
        "bucket, id",
    ),
    "holding_dated": (
        (
            "bucket integer, holding_id number, id number, fields json, actor text, import_id number?, "
            "line integer?"
        ),
        "bucket, holding_id, at, id",
    ),
    "touchpoint": (
        (
            "bucket integer, customer_id number, id number, kind text, source text, external_id text, "
            "digest text, fields json, holding_id number?, unit text?, staff text?, channel text?, "
            "voids number?, import_id number?, line integer?"
        ),
        "bucket, customer_id, at, id",
    ),
    "signal": (
        (
            "id number, kind text, source text, external_id text, digest text, fields json, unit text?, "
            "voids number?"
        ),
        "id",
    ),
    "import": ("id number, kind text, file text, digest text, actor text, counts json", "id"),
    "fact": (
        (
            "bucket integer, customer_id number, values json, next_flip instant?, snapshot_id number?, "
            "release text?, stale boolean"
        ),
        "bucket, customer_id",
    ),
    "snapshot": ("id number, values json", "id"),
    "segment": (
        (
            "bucket integer, customer_id number, holding_id number, name text, value text?, rule text?, "
            "stale boolean, journal_id number?"
        ),
        "bucket, customer_id, holding_id, name",
    ),
    "segment_dated": (
        (
            "bucket integer, customer_id number, holding_id number, name text, id number, value text?, "
            "rule text?, stale boolean, journal_id number?"
        ),
        "bucket, customer_id, holding_id, name, at, id",
    ),
    "visit": (
        (
            "bucket integer, id number, customer_id number, holding_id number?, rulebook text, rule text, "
            "reason text, channel text, key text, staff text?, unit text?, due_at instant?, "
            "closed_at instant?, state text, form json, outcome json?"
        ),
        "bucket, id",
    ),
    "case": (
        (
            "bucket integer, id number, chart text, chart_hash text, customer_id number, "
            "holding_id number?, key text, state text, entered_at instant, level text?, unit text?, "
            "holder text?, holder_unit text?, due_at instant?, late_at instant?, closed_at instant?, "
            "data json, entries json, channels json, fired json, escalations integer, blocked json, "
            "version integer"
        ),
        "bucket, id",
    ),
    "case_event": (
        ("bucket integer, case_id number, id number, name text, actor text, data json, taken_at instant?"),
        "bucket, case_id, at, id",
    ),
    "journal": (
        (
            "bucket integer, id number, kind text, subject text, actor text, cause number?, "
            "release text?, calendar text?, key text?, customer_id number?, case_id number?, "
            "payload_digest text?, digest text"
        ),
        "bucket, id",
    ),
    "payload": ("bucket integer, journal_id number, salt text, content json", "bucket, journal_id"),
    "content": ("hash text, text text", "hash"),
    "release": (
        "id number, number integer, hash text, manifest json, packs json, actor text, note text",
        "id",
    ),
}
INDEXES = [
    # table, columns, unique, where
    ("customer", "alias_of", False, "alias_of IS NOT NULL"),
    ("customer", "external_id, source", True, None),
    ("customer_key", "bucket, customer_id", False, None),
    ("holding", "bucket, customer_id", False, None),
    ("holding", "source, kind, external_id, customer_id", True, None),
    ("touchpoint", "kind, recorded_at", False, None),
    ("touchpoint", "source, external_id, digest", True, None),
    ("touchpoint", "voids", False, "voids IS NOT NULL"),
    ("signal", "kind, at", False, None),
    ("signal", "source, external_id, digest", True, None),
    ("fact", "next_flip", False, "next_flip IS NOT NULL"),
    ("snapshot", "at", False, None),
    ("visit", "bucket, customer_id", False, None),
    ("visit", "bucket, key", True, None),
    ("visit", "unit", False, "closed_at IS NULL"),
    ("case", "bucket, customer_id", False, None),
    ("case", "bucket, key", True, None),
    ("case", "due_at", False, "due_at IS NOT NULL"),
    ("case", "unit", False, "closed_at IS NULL"),
    ("case_event", "bucket, case_id, at", False, "taken_at IS NULL"),
    ("journal", "bucket, case_id", False, "case_id IS NOT NULL"),
    ("journal", "bucket, customer_id", False, "customer_id IS NOT NULL"),
    ("journal", "bucket, key", True, "key IS NOT NULL"),
    ("journal", "recorded_at", False, None),
    ("journal", "subject", False, None),
    ("release", "at", False, None),
    ("release", "number", True, None),
]


def upgrade() -> None:
    """From an empty database."""
    create_ids()
    for name, (columns, key) in TABLES.items():
        op.create_table(
            f"crmflow_{name}",
            *(column(declared) for declared in columns.split(", ")),
            column("at instant"),
            column("recorded_at instant"),
            sa.PrimaryKeyConstraint(*key.split(", "), name=f"crmflow_{name}_pkey"),
            sqlite_with_rowid=False,
        )
    for name, columns, unique, where in INDEXES:
        names = columns.split(", ")
        op.create_index(
            f"crmflow_{name}_{'_'.join(names)}",
            f"crmflow_{name}",
            names,
            unique=unique,
            sqlite_where=None if where is None else sa.text(where),
            postgresql_where=None if where is None else sa.text(where),
        )


def create_ids() -> None:
    """Where the store mints ids: a sequence on PostgreSQL, a row on SQLite."""
    op.create_table(
        "crmflow_minted",
        column("serial number"),
        sa.PrimaryKeyConstraint("serial", name="crmflow_minted_pkey"),
    )
    op.execute("INSERT INTO crmflow_minted (serial) VALUES (0)")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE SEQUENCE crmflow_id")


def column(declared: str) -> sa.Column[object]:
    """A column from its name and type, such as "parent text?"."""
    name, kind = declared.split(" ")
    return sa.Column(name, TYPES[kind.removesuffix("?")], nullable=kind.endswith("?"))
