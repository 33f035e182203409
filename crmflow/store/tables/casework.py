"""Which tables hold cases and what waits for them?"""

from __future__ import annotations

from sqlalchemy import Column, Integer, Text

from crmflow.store.columns import Instant, Json
from crmflow.store.tables.table import Number, index, numbers, required, table

case = table(  # `at` is when it was opened
    "case",
    *numbers("id"),
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
    required("escalations", Integer),
    Column("parent_id", Number),
    Column("branch", Text),
    required("progress", Json, server_default="{}"),
    Column("retry_at", Instant),
    Column("calendar", Text),
    required("version", Integer),
    key=["bucket", "id"],
)
index(case, "bucket", "key", unique=True)
index(case, "bucket", "customer_id")
index(case, "due_at", where="due_at IS NOT NULL")
index(case, "unit", where="closed_at IS NULL")
index(case, "parent_id", where="parent_id IS NOT NULL")
case_event = table(  # the inbox; taken_at is when a round took it
    "case_event",
    *numbers("case_id", "id"),
    required("name", Text),
    required("actor", Text),
    required("data", Json),
    Column("taken_at", Instant),
    key=["bucket", "case_id", "at", "id"],
)
index(case_event, "bucket", "case_id", "at", where="taken_at IS NULL")
outbox = table(  # what is to leave the house; `at` is when its effect happened
    "outbox",
    *numbers("id", "customer_id"),
    Column("case_id", Number),
    Column("journal_id", Number),
    required("key", Text),  # idempotency: the receiver sees it with every attempt
    required("message", Text),
    Column("channel", Text),
    required("data", Json),
    required("state", Text),  # waiting, sent, held, dead
    required("attempts", Integer),
    Column("due_at", Instant),  # the next attempt; None: no more
    Column("sent_at", Instant),
    Column("error", Text),
    key=["bucket", "id"],
)
index(outbox, "bucket", "key", unique=True)
index(outbox, "due_at", where="due_at IS NOT NULL")
index(outbox, "bucket", "customer_id")
