"""What does a run do? Facts, decisions and effects of every customer, then the cases, as of one moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from itertools import chain
from zoneinfo import ZoneInfo

from crmflow.core.case import Case, Moved
from crmflow.core.customer import Consent
from crmflow.core.decision import Decision, Visit
from crmflow.core.incident import NOBODY
from crmflow.engine.casework import About, Casework
from crmflow.engine.deciding import Decider, Deciding, Standing, own
from crmflow.engine.effect import Effect, Opening, Owned, Segmented, TookPart
from crmflow.engine.inferring import inferred, kept
from crmflow.engine.ledger import write
from crmflow.engine.release import Rules
from crmflow.engine.survey import Known, Survey, compared, next_flip, population_facts
from crmflow.engine.turned import Turned
from crmflow.engine.zones import Zones
from crmflow.rules.context import Context
from crmflow.rules.origin import Origins
from crmflow.store.batch import Batch
from crmflow.store.facts import CustomerFacts
from crmflow.store.segments import Segment

Progress = Callable[[int, int], None]
HOLDINGS = "holdings"
"""Under this name a customer's stored facts hold those of its holdings, by id."""


@dataclass(slots=True)
class Outcome:
    """What a run knew, and what it changed; `decisions` only of chosen customers."""

    known: list[Known] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    opened: list[Case] = field(default_factory=list)
    history: list[tuple[Case, Moved]] = field(default_factory=list)
    facts_changed: int = 0

    @property
    def changed(self) -> bool:
        return bool(self.effects or self.opened or self.history or self.facts_changed)


class Work:
    """Decides for all customers or some in one batch, and moves their cases.

    With `customers` the facts of the population are the stored ones: they belong to a dated snapshot, which
    only a run of all takes.
    """

    def __init__(
        self,
        batch: Batch,
        rules: Rules,
        as_of: datetime,
        zone: ZoneInfo,
        customers: Iterable[int] | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.batch = batch
        self.rules = rules
        self.as_of = as_of
        self.zone = zone
        self.chosen = None if customers is None else list(customers)
        self.progress = progress or (lambda done, of: None)
        self.posts = batch.units.posts(as_of)
        self.calendar = rules.calendar
        self.survey = Survey(rules, as_of, Zones(self.posts, zone).of)
        self.decider = Decider(
            rules,
            self.posts,
            as_of,
            zone,
            actor=batch.actor,
            calendar=self.calendar,
            loads={},
            consents=self._allows,
            keeps=self.chosen is not None,
        )
        self.outcome = Outcome()
        self._known: dict[int, Known] = {}
        self.contexts: dict[int, Context] = {}
        self._segments: dict[int, dict[tuple[int, str], Segment]] = {}
        self._visits: dict[int, list[Visit]] = {}
        self._owner_before: Mapping[int, str | None] = {}
        self._decided: dict[int, dict[str, str | None]] = {}
        self._consents: Mapping[int, list[Consent]] | None = None

    # the steps, in order

    def facts(self) -> None:
        """What is known of each customer, compared with all others."""
        self.outcome.known = list(self.survey.everyone(self.batch, self.chosen))
        self._known = {each.customer.id: each for each in self.outcome.known}
        self.contexts = {id: self.decider.context(each) for id, each in self._known.items()}
        snapshots = self._compared() if self.chosen is None else self._as_last_compared(self.chosen)
        rows = (self._row(each, snapshots.get(id)) for id, each in self._known.items())
        self.outcome.facts_changed = self.batch.facts.put(rows)

    def decisions(self) -> list[Opening]:
        """Every rulebook for every customer; what changes is written at the end as sets."""
        self.look()
        effects: list[Effect] = []
        openings: list[Opening] = []
        for done, id in enumerate(self.contexts):
            if self.as_before(id):
                continue
            decided = self.decide(id)
            effects += decided.effects
            openings += decided.openings
            self.outcome.decisions += decided.decisions
            if done % 500 == 0:
                self.progress(done, len(self._known))
        self.contexts.clear()
        self.outcome.effects = write(self.batch, effects)
        self.progress(len(self._known), len(self._known))
        return openings

    def look(self) -> None:
        """What stands before anything is decided: segments, visits, owners and their loads."""
        self._read_segments(self.chosen)
        self.decider.loads.update(self._loads())
        for visit in self.batch.visits.scan(customers=self.chosen):
            self._visits.setdefault(visit.customer_id, []).append(visit)
        self._owner_before = self.batch.owners.changed_at(self.as_of, self.chosen)

    def decide(self, id: int) -> Deciding:
        """One customer's way through the rulebooks, which takes over the customer's context."""
        standing = Standing(
            self._known[id],
            self.contexts[id],
            id in self._owner_before,
            self._owner_before.get(id),
            self._segments.get(id, {}),
            self._visits.get(id, ()),
        )
        return self.decider.decide(standing)

    def as_before(self, id: int) -> bool:
        """Whether deciding is known to change nothing, which only a run that follows another can say."""
        return False

    def cases(self, openings: Iterable[Opening] = ()) -> None:
        """New cases, changed facts, and all that is due."""
        self._after_decisions()
        casework = self.casework()
        self.outcome.opened = casework.open_reported(self.unit_of, self.chosen)
        self.outcome.opened += casework.incidents.open_signalled()
        self.outcome.opened += casework.keep(list(self._due(casework, openings)))
        new = {case.id for case in self.outcome.opened}
        running = self.batch.cases.scan(customers=self.chosen)
        casework.facts_changed([case for case in running if case.id not in new])
        if self.chosen is None:
            casework.sweep()
        self.outcome.history = casework.history

    def casework(self) -> Casework:
        calendars = self.rules.calendars
        return Casework(self.batch, self.rules, self.posts, calendars, self.as_of, self.context, self.meet)

    # what they need

    def context(self, customer_id: int, holding_id: int | None) -> Context:
        """What the charts' conditions see, after all decisions; of nobody in particular only the moment."""
        if customer_id == NOBODY:
            return self.decider.contexts(None).nobody()
        known = self.known(customer_id)
        context = self.decider.context(known)
        contexts = self.decider.contexts_of(known.customer)
        before = own(self._segments.get(customer_id, {}).values())
        contexts.learn(context, {**before, **self._decided.get(customer_id, {})})
        for holding in known.holdings:
            if holding.id == holding_id:
                facts = known.holding_values.get(holding.id, {})
                return contexts.holding(context, holding, facts)
        return context

    def known(self, customer_id: int) -> Known:
        """A customer outside the chosen ones is read when a case asks for it."""
        self.meet([customer_id])
        return self._known[customer_id]

    def meet(self, customers: Iterable[int]) -> None:
        """Reads those of the customers that are not known yet."""
        new = [id for id in customers if id not in self._known]
        if not new:
            return
        stored = {row.customer_id: row for row in self.batch.facts.scan(new)}
        for known in self.survey.everyone(self.batch, new):
            known.values.update(self._stored(stored.get(known.customer.id)))
            self._known[known.customer.id] = known
        self._read_segments(new)

    def origins(self, customer_id: int) -> Origins:
        """The rows behind a customer's facts."""
        known = self.known(customer_id)
        touchpoints = self.batch.touchpoints.of(customer_id, as_of=self.as_of)
        return Origins(self.survey.folds_for(known.customer), touchpoints, known.holdings)

    def unit_of(self, customer_id: int) -> str | None:
        """Without what else is known of the customer, unless that was read already."""
        known = self._known.get(customer_id)
        customer = (
            self.batch.customers.get(customer_id, as_of=self.as_of) if known is None else known.customer
        )
        return None if customer is None else self.decider.unit_of(customer)

    def _compared(self) -> dict[int, int]:
        """Takes a snapshot of the population, which every customer then cites."""
        digest = blake2b(digest_size=16)
        for values in self._compare():
            digest.update(repr(sorted(values.items())).encode())
        return dict.fromkeys(self._known, self._snapshot(digest.hexdigest()))

    def _compare(self) -> Iterator[Mapping[str, object]]:
        """Learns what follows from the comparison of all customers, which is given as it is found."""
        found = inferred(self.decider, self.batch, self._known, self.contexts)
        for id, values in chain(compared(population_facts(self.rules), self.contexts), found):
            self._learn(id, values)
            yield values

    def _as_last_compared(self, customers: Iterable[int]) -> dict[int, int | None]:
        """Takes the facts of the population from the last snapshot, for there is no other yet."""
        stored = {row.customer_id: row for row in self.batch.facts.scan(customers)}
        for id in self._known:
            self._learn(id, self._stored(stored.get(id)))
        return {id: row.snapshot_id for id, row in stored.items()}

    def _stored(self, row: CustomerFacts | None) -> dict[str, object]:
        """The facts of the population, and what follows from it, that the last run found for a customer."""
        names = [*(fact.name for fact in population_facts(self.rules)), *kept(self.rules)]
        return {name: row.values.get(name) if row else None for name in names}

    def _learn(self, id: int, values: Mapping[str, object]) -> None:
        known = self._known[id]
        known.values.update(values)
        self.decider.contexts_of(known.customer).learn(self.contexts[id], values)

    def _row(self, known: Known, snapshot: int | None) -> CustomerFacts:
        context = self.contexts[known.customer.id]
        held = [
            self.decider.contexts_of(known.customer).holding(context, holding, facts)
            for holding in known.holdings
            if (facts := known.holding_values.get(holding.id)) is not None
        ]
        values: dict[str, object] = known.values
        if known.holding_values:
            values = {
                **values,
                HOLDINGS: {str(id): dict(facts) for id, facts in known.holding_values.items()},
            }
        zone = self.survey.zone_of(self.rules.unit_of(known.customer))
        flips = next_flip(self.rules, known, [context, *held], self.as_of, zone)
        return CustomerFacts(known.customer.id, self.as_of, values, flips, snapshot, self.rules.id)

    def _snapshot(self, digest: str) -> int:
        """The dated snapshot of the population; the same again when nothing has changed."""
        says = {"customers": len(self._known), "digest": digest, "release": self.rules.id}
        last = self.batch.snapshots.last(self.as_of)
        if last is not None and last.at == self.as_of and dict(last.values) == says:
            return last.id
        return self.batch.snapshots.add(self.as_of, says).id

    def _loads(self) -> Mapping[str, int]:
        """How many customers each staff member owns."""
        if self.chosen is not None:
            return self.batch.owners.loads()
        return Counter(known.customer.owner for known in self.outcome.known if known.customer.owner)

    def _read_segments(self, customers: Collection[int] | None) -> None:
        for segment in self.batch.segments.scan(customers=customers):
            of = self._segments.setdefault(segment.customer_id, {})
            of[segment.holding_id or 0, segment.name] = segment

    def _after_decisions(self) -> None:
        """Cases see the segments and owners as they were just decided."""
        for effect in self.outcome.effects:
            if isinstance(effect, Segmented) and not effect.change.holding_id:
                changed = self._decided.setdefault(effect.change.customer_id, {})
                changed[effect.change.name] = effect.change.value
        owned = {
            effect.customer_id for effect in self.outcome.effects if isinstance(effect, (Owned, TookPart))
        }
        for customer in self.batch.customers.scan(as_of=self.as_of, customers=owned) if owned else ():
            self._known[customer.id] = self.known(customer.id)._replace(customer=customer)

    def _due(self, casework: Casework, openings: Iterable[Opening]) -> Iterator[Turned]:
        """One case a subject while its chart's condition holds: the n-th has its number in the key."""
        waiting = list(openings)
        if not waiting:
            return
        count: dict[tuple[str, int, int | None], int] = {}
        is_open: set[tuple[str, int, int | None]] = set()
        charts = sorted({opening.chart for opening in waiting})
        for case in self.batch.cases.scan(charts=charts, customers=self.chosen, open_only=False):
            subject = case.chart, case.customer_id, case.holding_id
            count[subject] = count.get(subject, 0) + 1
            if case.closed_at is None:
                is_open.add(subject)
        for opening in waiting:
            holding = opening.subject.id if opening.subject.kind == "holding" else None
            subject = opening.chart, opening.customer_id, holding
            if subject not in is_open:
                key = f"{opening.chart}|{opening.subject}|{count.get(subject, 0) + 1}"
                about = About(opening.customer_id, holding, opening.unit)
                yield casework.open(self.rules.set.chart(opening.chart), about, key, self.as_of, {})

    def _allows(self, customer_id: int, purpose: str, channel: str) -> bool:
        """Whether nothing that the customer said forbids this purpose on this channel."""
        if self._consents is None:
            self._consents = self.batch.consents.of(list(self._known), as_of=self.as_of)
        said = self._consents.get(customer_id, ())
        return self.rules.set.vocabulary.forbids(said, purpose, channel) is None
