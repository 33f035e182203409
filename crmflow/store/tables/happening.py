"""Which tables hold what happened, and the files it came from?"""

from __future__ import annotations

from sqlalchemy import Column, Integer, Text

from crmflow.store.columns import Json
from crmflow.store.tables.table import Number, index, numbers, required, table

touchpoint = table(  # in the order in which facts fold it
    "touchpoint",
    *numbers("customer_id", "id"),
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
index(touchpoint, "source", "external_id", "digest", unique=True)
index(touchpoint, "kind", "recorded_at")
index(touchpoint, "voids", where="voids IS NOT NULL")
signal = table(
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
index(signal, "source", "external_id", "digest", unique=True)
index(signal, "kind", "at")
imported = table(
    "import",
    required("id", Number),
    required("kind", Text),
    required("file", Text),
    required("digest", Text),
    required("actor", Text),
    Column("rules", Text),  # none: what came opens no cases
    required("counts", Json),
    key=["id"],
)
