"""Which tables hold units, staff, customers and what they hold?"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Text

from crmflow.store.columns import Instant, Json
from crmflow.store.tables.table import Number, index, numbers, required, table, written_by

# units, staff and posts

unit = table(
    "unit",
    required("code", Text),
    required("name", Text),
    required("level", Text),
    Column("parent", Text),
    Column("zone", Text),
    key=["code"],
)
unit_dated = table(
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
staff = table(
    "staff", required("code", Text), required("name", Text), required("left", Boolean), key=["code"]
)
staff_dated = table(
    "staff_dated",
    required("id", Number),
    required("code", Text),
    required("name", Text),
    required("left", Boolean),
    required("actor", Text),
    key=["code", "at", "id"],
)
post = table(  # who holds (held) or gave up (not held) a role in a unit
    "post",
    required("id", Number),
    required("staff", Text),
    required("role", Text),
    required("unit", Text),
    required("held", Boolean),
    required("actor", Text),
    key=["staff", "role", "unit", "at", "id"],
)
absence = table(  # away from `at` until `until`; the newest row of a start counts
    "absence",
    required("id", Number),
    required("staff", Text),
    required("until", Instant),
    Column("deputy", Text),
    required("actor", Text),
    key=["staff", "at", "id"],
)


# customers and what they hold

customer = table(
    "customer",
    *numbers("id"),
    required("source", Text),
    required("external_id", Text),
    required("fields", Json),  # projection of customer_dated
    Column("owner", Text),  # projection of ownership
    Column("participants", Json),  # projection of ownership
    Column("alias_of", Number),  # merged into that customer, reversibly
    key=["bucket", "id"],
)
index(customer, "external_id", "source", unique=True)
index(customer, "alias_of", where="alias_of IS NOT NULL")
customer_dated = table(  # the fields that a source changed
    "customer_dated",
    *numbers("customer_id", "id"),
    required("fields", Json),
    *written_by(),
    key=["bucket", "customer_id", "at", "id"],
)
customer_key = table(
    "customer_key",
    required("kind", Text),
    required("value", Text),
    required("source", Text),
    *numbers("customer_id"),
    key=["kind", "value", "source"],
)
index(customer_key, "bucket", "customer_id")
consent = table(
    "consent",
    *numbers("customer_id", "id"),
    required("purpose", Text),
    Column("channel", Text),
    required("granted", Boolean),
    *written_by(),
    key=["bucket", "customer_id", "at", "id"],
)
ownership = table(  # part: owner (staff or nobody) or participant
    "ownership",
    *numbers("customer_id", "id"),
    required("part", Text),
    Column("staff", Text),
    required("held", Boolean),
    required("stale", Boolean),
    required("actor", Text),
    Column("journal_id", Number),
    key=["bucket", "customer_id", "at", "id"],
)
holding = table(
    "holding",
    *numbers("id", "customer_id"),
    required("kind", Text),
    required("source", Text),
    required("external_id", Text),
    required("fields", Json),  # projection of holding_dated
    key=["bucket", "id"],
)
index(holding, "source", "kind", "external_id", "customer_id", unique=True)
index(holding, "bucket", "customer_id")
holding_dated = table(
    "holding_dated",
    *numbers("holding_id", "id"),
    required("fields", Json),
    *written_by(),
    key=["bucket", "holding_id", "at", "id"],
)
