"""What is known of each customer from one step to the next? Only what has changed is computed again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from crmflow.engine.survey import Known, Survey
from crmflow.store.alongside import place
from crmflow.store.batch import Batch
from crmflow.store.past import Past


class Chronicle:
    """Customers by id in the store's order, as of one moment after another."""

    def __init__(self) -> None:
        self.known: dict[int, Known] = {}
        self.as_of: datetime | None = None

    def advance(self, batch: Batch, survey: Survey, always: Iterable[int] = ()) -> dict[int, Known]:
        """As of the survey's moment, which comes after all before; `always` are looked at in any case."""
        if self.as_of is None:
            self.known = {known.customer.id: known for known in survey.everyone(batch)}
        else:
            again = Past(batch).touched(self.as_of, survey.as_of)
            again |= {id for id, known in self.known.items() if _flips(known, survey.as_of)}
            newcomers = any(id not in self.known for id in again)
            for known in survey.everyone(batch, again.union(always)):
                self.known[known.customer.id] = known
            if newcomers:
                self.known = {id: self.known[id] for id in sorted(self.known, key=place)}
        self.as_of = survey.as_of
        return self.known


def _flips(known: Known, as_of: datetime) -> bool:
    return known.flips_at is not None and known.flips_at <= as_of
