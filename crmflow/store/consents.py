"""To what did a customer consent, as of a moment? (C14, F8)"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from crmflow.core.customer import Consent
from crmflow.core.intake import ConsentRow
from crmflow.store import tables
from crmflow.store.dated import fresh, newest, outcomes
from crmflow.store.outcome import Outcome
from crmflow.store.transaction import Transaction, bucket_of

SUBJECT = ("bucket", "customer_id", "purpose", "channel")


@dataclass(frozen=True, slots=True)
class Consents:
    """Reads and writes consents: dated rows."""

    tx: Transaction

    def put(self, rows: Sequence[tuple[int, ConsentRow]], *, import_id: int | None = None) -> list[Outcome]:
        """Adds what customers (by id) allow or forbid. Repeating it changes nothing."""
        said: list[dict[str, Any]] = [
            {
                "bucket": bucket_of(customer_id),
                "customer_id": customer_id,
                "purpose": row.purpose,
                "channel": row.channel,
                "granted": row.granted,
                "actor": self.tx.actor,
                "import_id": import_id,
                "line": row.line,
                "at": row.at,
                "recorded_at": self.tx.now,
            }
            for customer_id, row in rows
        ]
        found = outcomes(
            self.tx,
            tables.consent,
            said,
            near=("bucket", "customer_id"),
            by=itemgetter(*SUBJECT),
            says=itemgetter("granted"),
        )
        added = fresh(said, found)
        ids = self.tx.mint(bucket_of(row["customer_id"]) for row in added)
        self.tx.insert(tables.consent, [{**row, "id": id} for row, id in zip(added, ids, strict=True)])
        return found

    def of(
        self, customers: Iterable[int], *, as_of: datetime | None = None, known_at: datetime | None = None
    ) -> dict[int, list[Consent]]:
        """The consents that count at a moment, by customer; who never said anything is left out."""
        state = newest(tables.consent, SUBJECT, as_of, known_at).subquery()
        among = self.tx.among(state.c.bucket, state.c.customer_id, customers)
        found: dict[int, list[Consent]] = {}
        for row in self.tx.execute(state.select().where(among).order_by(state.c.at, state.c.id)):
            consent = Consent(row.customer_id, row.purpose, row.channel, row.granted, row.at)
            found.setdefault(row.customer_id, []).append(consent)
        return found
