"""Which tables hold the record of everything, and the rules in force?"""

from __future__ import annotations

from sqlalchemy import Column, Integer, Text

from crmflow.store.columns import Instant, Json
from crmflow.store.tables.table import Number, index, numbers, required, table

journal = table(
    "journal",
    *numbers("id"),
    required("kind", Text),
    required("subject", Text),
    required("actor", Text),
    Column("cause", Number),
    Column("release", Text),
    Column("calendar", Text),
    Column("key", Text),  # the effect ledger: what has a key happens once
    Column("customer_id", Number),
    Column("case_id", Number),
    Column("told", Json),  # what is not personal; None: nothing
    Column("payload_digest", Text),
    required("digest", Text),
    key=["bucket", "id"],
)
index(journal, "bucket", "key", unique=True, where="key IS NOT NULL")
index(journal, "bucket", "customer_id", where="customer_id IS NOT NULL")
index(journal, "bucket", "case_id", where="case_id IS NOT NULL")
index(journal, "subject", where="case_id IS NULL")
index(journal, "recorded_at")
payload = table(  # may be erased: the journal keeps its salted digest
    "payload",
    *numbers("journal_id"),
    required("salt", Text),
    required("content", Json),
    key=["bucket", "journal_id"],
)
seal = table(  # a closed range of the journal; each seal holds the digest of the one before
    "seal",
    required("id", Number),
    required("until", Instant),  # entries recorded up to then
    required("count", Number),
    Column("before", Text),
    required("digest", Text),
    key=["id"],
)
content = table("content", required("hash", Text), required("text", Text), key=["hash"])
release = table(  # `at` is from when it is in force
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
index(release, "number", unique=True)
index(release, "at")
