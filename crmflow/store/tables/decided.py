"""Which tables hold what is true now, and what was decided?"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Text

from crmflow.store.columns import Instant, Json
from crmflow.store.tables.table import Number, index, numbers, required, table

fact = table(  # `at` is the moment as of which the values hold
    "fact",
    *numbers("customer_id"),
    required("values", Json),
    Column("next_flip", Instant),
    Column("snapshot_id", Number),
    Column("release", Text),
    required("stale", Boolean),
    key=["bucket", "customer_id"],
)
index(fact, "next_flip", where="next_flip IS NOT NULL")
snapshot = table("snapshot", required("id", Number), required("values", Json), key=["id"])
index(snapshot, "at")
segment = table(  # `at` is since when; holding_id is 0 where the customer is meant
    "segment",
    *numbers("customer_id", "holding_id"),
    required("name", Text),
    Column("value", Text),
    Column("rule", Text),
    required("stale", Boolean),
    Column("journal_id", Number),
    key=["bucket", "customer_id", "holding_id", "name"],
)
segment_dated = table(
    "segment_dated",
    *numbers("customer_id", "holding_id"),
    required("name", Text),
    required("id", Number),
    Column("value", Text),
    Column("rule", Text),
    required("stale", Boolean),
    Column("journal_id", Number),
    key=["bucket", "customer_id", "holding_id", "name", "at", "id"],
)
visit = table(
    "visit",
    *numbers("id", "customer_id"),
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
index(visit, "bucket", "key", unique=True)
index(visit, "bucket", "customer_id")
index(visit, "unit", where="closed_at IS NULL")
