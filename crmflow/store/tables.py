"""Which tables are there, and what does a row of each say?

Every row has `at` (when it is true) and `recorded_at` (when it became known). An id's last six bits are its
bucket, which comes first in the key of all that hangs on a customer; units and staff are known by a code.
Dated tables are only added to: the state as of T, as known at K, is the newest row of its kind by (at, id)
with at <= T and recorded_at <= K.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
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

from crmflow.store.columns import Instant, Json

METADATA = MetaData()
Number = BigInteger
required = partial(Column, nullable=False)


def _table(name: str, *columns: Column[Any], key: Sequence[str]) -> Table:
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


def _index(table: Table, *names: str, unique: bool = False, where: str | None = None) -> Index:
    condition = None if where is None else text(where)
    return Index(
        f"{table.name}_{'_'.join(names)}",
        *(table.c[name] for name in names),
        unique=unique,
        sqlite_where=condition,
        postgresql_where=condition,
    )


def _numbers(*names: str) -> list[Column[Any]]:
    """The bucket, and ids in it."""
    return [required("bucket", Integer), *(required(name, Number) for name in names)]


def _written_by() -> list[Column[Any]]:
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

# units, staff and posts

unit = _table(
    "unit",
    required("code", Text),
    required("name", Text),
    required("level", Text),
    Column("parent", Text),
    Column("zone", Text),
    key=["code"],
)
unit_dated = _table(
    "unit_dated",
    required("id", Number),
    required("code", Text),
    required("name", Text),
    required("level", Text),
    Column("parent", Text),
    Column("zone", Text),
    required("actor", Text),
    key=["code", "at", "id"],
)
staff = _table(
    "staff", required("code", Text), required("name", Text), required("left", Boolean), key=["code"]
)
staff_dated = _table(
    "staff_dated",
    required("id", Number),
    required("code", Text),
    required("name", Text),
    required("left", Boolean),
    required("actor", Text),
    key=["code", "at", "id"],
)
post = _table(  # who holds (held) or gave up (not held) a role in a unit
    "post",
    required("id", Number),
    required("staff", Text),
    required("role", Text),
    required("unit", Text),
    required("held", Boolean),
    required("actor", Text),
    key=["staff", "role", "unit", "at", "id"],
)
absence = _table(  # away from `at` until `until`; the newest row of a start counts
    "absence",
    required("id", Number),
    required("staff", Text),
    required("until", Instant),
    Column("deputy", Text),
    required("actor", Text),
    key=["staff", "at", "id"],
)

# customers and what they hold

customer = _table(
    "customer",
    *_numbers("id"),
    required("source", Text),
    required("external_id", Text),
    required("fields", Json),  # projection of customer_dated
    Column("owner", Text),  # projection of ownership
    Column("participants", Json),  # projection of ownership
    Column("alias_of", Number),  # merged into that customer, reversibly
    key=["bucket", "id"],
)
_index(customer, "external_id", "source", unique=True)
_index(customer, "alias_of", where="alias_of IS NOT NULL")
customer_dated = _table(  # the fields that a source changed
    "customer_dated",
    *_numbers("customer_id", "id"),
    required("fields", Json),
    *_written_by(),
    key=["bucket", "customer_id", "at", "id"],
)
customer_key = _table(
    "customer_key",
    required("kind", Text),
    required("value", Text),
    required("source", Text),
    *_numbers("customer_id"),
    key=["kind", "value", "source"],
)
_index(customer_key, "bucket", "customer_id")
consent = _table(
    "consent",
    *_numbers("customer_id", "id"),
    required("purpose", Text),
    Column("channel", Text),
    required("granted", Boolean),
    *_written_by(),
    key=["bucket", "customer_id", "at", "id"],
)
ownership = _table(  # part: owner (staff or nobody) or participant
    "ownership",
    *_numbers("customer_id", "id"),
    required("part", Text),
    Column("staff", Text),
    required("held", Boolean),
    required("stale", Boolean),
    required("actor", Text),
    Column("journal_id", Number),
    key=["bucket", "customer_id", "at", "id"],
)
holding = _table(
    "holding",
    *_numbers("id", "customer_id"),
    required("kind", Text),
    required("source", Text),
    required("external_id", Text),
    required("fields", Json),  # projection of holding_dated
    key=["bucket", "id"],
)
_index(holding, "source", "kind", "external_id", "customer_id", unique=True)
_index(holding, "bucket", "customer_id")
holding_dated = _table(
    "holding_dated",
    *_numbers("holding_id", "id"),
    required("fields", Json),
    *_written_by(),
    key=["bucket", "holding_id", "at", "id"],
)

# what happened

touchpoint = _table(  # in the order in which facts fold it
    "touchpoint",
    *_numbers("customer_id", "id"),
    required("kind", Text),
    required("source", Text),
    required("external_id", Text),
    required("digest", Text),
    required("fields", Json),
    Column("holding_id", Number),
    Column("unit", Text),
    Column("staff", Text),
    Column("channel", Text),
    Column("voids", Number),
    Column("import_id", Number),
    Column("line", Integer),
    key=["bucket", "customer_id", "at", "id"],
)
_index(touchpoint, "source", "external_id", "digest", unique=True)
_index(touchpoint, "kind", "recorded_at")
_index(touchpoint, "voids", where="voids IS NOT NULL")
signal = _table(
    "signal",
    required("id", Number),
    required("kind", Text),
    required("source", Text),
    required("external_id", Text),
    required("digest", Text),
    required("fields", Json),
    Column("unit", Text),
    Column("voids", Number),
    key=["id"],
)
_index(signal, "source", "external_id", "digest", unique=True)
_index(signal, "kind", "at")
imported = _table(
    "import",
    required("id", Number),
    required("kind", Text),
    required("file", Text),
    required("digest", Text),
    required("actor", Text),
    required("counts", Json),
    key=["id"],
)

# what is true now, and what was decided

fact = _table(  # `at` is the moment as of which the values hold
    "fact",
    *_numbers("customer_id"),
    required("values", Json),
    Column("next_flip", Instant),
    Column("snapshot_id", Number),
    Column("release", Text),
    required("stale", Boolean),
    key=["bucket", "customer_id"],
)
_index(fact, "next_flip", where="next_flip IS NOT NULL")
snapshot = _table("snapshot", required("id", Number), required("values", Json), key=["id"])
_index(snapshot, "at")
segment = _table(  # `at` is since when; holding_id is 0 where the customer is meant
    "segment",
    *_numbers("customer_id", "holding_id"),
    required("name", Text),
    Column("value", Text),
    Column("rule", Text),
    required("stale", Boolean),
    Column("journal_id", Number),
    key=["bucket", "customer_id", "holding_id", "name"],
)
segment_dated = _table(
    "segment_dated",
    *_numbers("customer_id", "holding_id"),
    required("name", Text),
    required("id", Number),
    Column("value", Text),
    Column("rule", Text),
    required("stale", Boolean),
    Column("journal_id", Number),
    key=["bucket", "customer_id", "holding_id", "name", "at", "id"],
)
visit = _table(
    "visit",
    *_numbers("id", "customer_id"),
    Column("holding_id", Number),
    required("rulebook", Text),
    required("rule", Text),
    required("reason", Text),
    required("channel", Text),
    required("key", Text),
    Column("staff", Text),
    Column("unit", Text),
    Column("due_at", Instant),
    Column("closed_at", Instant),
    required("state", Text),
    required("form", Json),
    Column("outcome", Json),
    key=["bucket", "id"],
)
_index(visit, "bucket", "key", unique=True)
_index(visit, "bucket", "customer_id")
_index(visit, "unit", where="closed_at IS NULL")

# cases

case = _table(  # `at` is when it was opened
    "case",
    *_numbers("id"),
    required("chart", Text),
    required("chart_hash", Text),
    required("customer_id", Number),
    Column("holding_id", Number),
    required("key", Text),
    required("state", Text),
    required("entered_at", Instant),
    Column("level", Text),
    Column("unit", Text),
    Column("holder", Text),
    Column("holder_unit", Text),
    Column("due_at", Instant),
    Column("late_at", Instant),
    Column("closed_at", Instant),
    required("data", Json),
    required("entries", Json),
    required("channels", Json),
    required("fired", Json),
    required("escalations", Integer),
    required("blocked", Json),
    required("version", Integer),
    key=["bucket", "id"],
)
_index(case, "bucket", "key", unique=True)
_index(case, "bucket", "customer_id")
_index(case, "due_at", where="due_at IS NOT NULL")
_index(case, "unit", where="closed_at IS NULL")
case_event = _table(  # the inbox; taken_at is when a round took it
    "case_event",
    *_numbers("case_id", "id"),
    required("name", Text),
    required("actor", Text),
    required("data", Json),
    Column("taken_at", Instant),
    key=["bucket", "case_id", "at", "id"],
)
_index(case_event, "bucket", "case_id", "at", where="taken_at IS NULL")

# the record of everything, and the rules in force

journal = _table(
    "journal",
    *_numbers("id"),
    required("kind", Text),
    required("subject", Text),
    required("actor", Text),
    Column("cause", Number),
    Column("release", Text),
    Column("calendar", Text),
    Column("key", Text),  # the effect ledger: what has a key happens once
    Column("customer_id", Number),
    Column("case_id", Number),
    Column("payload_digest", Text),
    required("digest", Text),
    key=["bucket", "id"],
)
_index(journal, "bucket", "key", unique=True, where="key IS NOT NULL")
_index(journal, "bucket", "customer_id", where="customer_id IS NOT NULL")
_index(journal, "bucket", "case_id", where="case_id IS NOT NULL")
_index(journal, "subject")
_index(journal, "recorded_at")
payload = _table(  # may be erased: the journal keeps its salted digest
    "payload",
    *_numbers("journal_id"),
    required("salt", Text),
    required("content", Json),
    key=["bucket", "journal_id"],
)
content = _table("content", required("hash", Text), required("text", Text), key=["hash"])
release = _table(  # `at` is from when it is in force
    "release",
    required("id", Number),
    required("number", Integer),
    required("hash", Text),
    required("manifest", Json),
    required("packs", Json),
    required("actor", Text),
    required("note", Text),
    key=["id"],
)
_index(release, "number", unique=True)
_index(release, "at")

# which schema this database has (Alembic's own table)

version = Table("crmflow_version", MetaData(), required("version_num", Text))
