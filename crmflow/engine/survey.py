"""Which facts hold as of a moment, of one customer and of all?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from crmflow.core.customer import Customer
from crmflow.core.holding import Holding
from crmflow.engine.release import Rules
from crmflow.rules.context import Context
from crmflow.rules.derive import next_midnight
from crmflow.rules.fact import POPULATION, Fact
from crmflow.rules.fold import Folds, FoldsAt
from crmflow.rules.population import population
from crmflow.store.alongside import Alongside
from crmflow.store.batch import Batch
from crmflow.store.touchpoints import Brief


class Known(NamedTuple):
    """What is known of a customer: the values of its folds, and those of each holding's own facts.

    Facts of the population join `values` later. `flips_at` is the earliest moment at which a window alone
    changes one of them.
    """

    customer: Customer
    holdings: Sequence[Holding]
    values: dict[str, object]
    holding_values: Mapping[int, Mapping[str, object]]
    flips_at: datetime | None


class Survey:
    """Folds the touchpoints and holdings of customers as of one moment."""

    def __init__(self, rules: Rules, as_of: datetime, zone_of: Callable[[str | None], ZoneInfo]) -> None:
        vocabulary = rules.set.vocabulary
        kinds = [*vocabulary.touchpoints, *vocabulary.holdings]
        self.rules = rules
        self.as_of = as_of
        self.zone_of = zone_of
        self.folds = Folds(vocabulary.facts.values(), kinds)
        self.holding_folds = {
            name: Folds(holding.facts.values(), kinds)
            for name, holding in vocabulary.holdings.items()
            if holding.facts
        }
        self._at: dict[tuple[str | None, ZoneInfo], FoldsAt] = {}

    def everyone(self, batch: Batch, customers: Iterable[int] | None = None) -> Iterator[Known]:
        """All customers, or these, in the store's order."""
        chosen = None if customers is None else list(customers)
        touchpoints = Alongside(batch.touchpoints.briefs(self.as_of, chosen))
        holdings = Alongside(batch.holdings.scan(as_of=self.as_of, customers=chosen))
        for customer in batch.customers.scan(as_of=self.as_of, customers=chosen):
            yield self.of(customer, holdings.of(customer.id) or (), touchpoints.of(customer.id) or ())

    def of(self, customer: Customer, holdings: Sequence[Holding], touchpoints: Sequence[Brief]) -> Known:
        zone = self.zone_of(self.rules.unit_of(customer))
        folded = self._folds(None, self.folds, zone).fold(touchpoints, holdings)
        flips = [folded.flips_at]
        holding_values: dict[int, Mapping[str, object]] = {}
        for holding in holdings:
            if holding.kind in self.holding_folds:
                own = [touchpoint for touchpoint in touchpoints if touchpoint.holding_id == holding.id]
                about = self._folds(holding.kind, self.holding_folds[holding.kind], zone).fold(own)
                holding_values[holding.id] = about.values
                flips.append(about.flips_at)
        flips_at = min((flip for flip in flips if flip is not None), default=None)
        return Known(customer, holdings, folded.values, holding_values, flips_at)

    def folds_for(self, customer: Customer) -> FoldsAt:
        """The folds of a customer, by the clock of their unit."""
        return self._folds(None, self.folds, self.zone_of(self.rules.unit_of(customer)))

    def _folds(self, kind: str | None, folds: Folds, zone: ZoneInfo) -> FoldsAt:
        if (kind, zone) not in self._at:
            self._at[kind, zone] = folds.at(self.as_of, zone)
        return self._at[kind, zone]


def population_facts(rules: Rules) -> list[Fact]:
    """The facts that compare customers with each other."""
    return [fact for fact in rules.set.vocabulary.facts.values() if fact.aggregate in POPULATION]


def compared(
    facts: Sequence[Fact], everyone: Mapping[int, Context]
) -> Iterator[tuple[int, Mapping[str, object]]]:
    """The population facts of each customer (by id), from what is known of everyone."""
    amounts = {
        name: {
            id: value if isinstance(value := context[name], Decimal) else None
            for id, context in everyone.items()
        }
        for name in {fact.of for fact in facts}
    }
    found = [(fact.name, population(fact, amounts[fact.of])) for fact in facts]
    for id in everyone:
        yield id, {name: values[id] for name, values in found}


def next_flip(
    rules: Rules, known: Known, contexts: Iterable[Context], as_of: datetime, zone: ZoneInfo
) -> datetime | None:
    """Before this moment time alone changes no fact that a rulebook reads.

    `contexts` are the customer's and those of its holdings.
    """
    midnights = [next_midnight(rules.derived, context, as_of, zone) for context in contexts]
    return min((moment for moment in (known.flips_at, *midnights) if moment is not None), default=None)
