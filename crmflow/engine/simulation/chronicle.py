"""What is known of each customer from one step to the next? Only what has changed is computed again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from crmflow.engine.survey import Known, Survey
from crmflow.store.alongside import Alongside, place
from crmflow.store.batch import Batch
from crmflow.store.past import Past


class Chronicle:
    """Customers by id in the store's order, as of one moment after another."""

    def __init__(self) -> None:
        self.known: dict[int, Known] = {}
        self.as_of: datetime | None = None

    def advance(self, batch: Batch, survey: Survey) -> dict[int, Known]:
        """As of the survey's moment, which comes after all before."""
        if self.as_of is None:
            self.known = {known.customer.id: known for known in survey.everyone(batch)}
        else:
            past = Past(batch)
            said = past.said_of(self.as_of, survey.as_of)
            happened = past.happened_to(self.as_of, survey.as_of)
            happened |= {id for id, known in self.known.items() if _flips(known, survey.as_of)}
            self._read(survey.everyone(batch, said))
            self._read(self._folded(batch, survey, happened & self.known.keys() - said))
        self.as_of = survey.as_of
        return self.known

    def _folded(self, batch: Batch, survey: Survey, ids: set[int]) -> Iterator[Known]:
        """Customers of whom nothing was said, with what has happened to them."""
        touchpoints = Alongside(batch.touchpoints.briefs(survey.as_of, ids))
        for id in sorted(ids, key=place):
            known = self.known[id]
            yield survey.of(known.customer, known.holdings, touchpoints.of(id) or ())

    def _read(self, found: Iterable[Known]) -> None:
        before = len(self.known)
        self.known.update((known.customer.id, known) for known in found)
        if len(self.known) > before:
            self.known = {id: self.known[id] for id in sorted(self.known, key=place)}


def _flips(known: Known, as_of: datetime) -> bool:
    return known.flips_at is not None and known.flips_at <= as_of
