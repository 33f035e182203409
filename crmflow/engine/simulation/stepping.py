"""How does the run of one side go on from the step before?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from operator import itemgetter
from zoneinfo import ZoneInfo

from crmflow.core.customer import Customer
from crmflow.core.post import Post, Posts, Staff, Unit
from crmflow.engine.deciding import Decider, Deciding, Hits, own
from crmflow.engine.release import Rules
from crmflow.engine.running import Progress, Work
from crmflow.engine.simulation.caught import Caught
from crmflow.engine.simulation.chronicle import Chronicle
from crmflow.engine.simulation.world import World
from crmflow.engine.survey import Known
from crmflow.rules.context import Context
from crmflow.rules.derive import LEAP_DAY, OF_LEAP_DAYS
from crmflow.rules.rulebook import Rulebook
from crmflow.store.batch import Batch

ACTOR = "simulation"
Reader = Callable[[Context], tuple[object, ...]]


@dataclass(slots=True)
class Answered:
    """What the rulebooks said about a customer, the values that each read (None: it must be asked again), and
    whether a rival said something else."""

    customer: Customer
    rulebooks: list[Rulebook] = field(default_factory=list)
    hits: list[Hits] = field(default_factory=list)
    read: list[tuple[object, ...] | None] = field(default_factory=list)
    parted: bool = False


@dataclass(frozen=True, slots=True)
class Staffing:
    """Who is where, for comparison with another moment."""

    units: Mapping[str, Unit]
    staff: Mapping[str, Staff]
    posts: tuple[Post, ...]
    standing_in: Mapping[str, str | None]

    @classmethod
    def of(cls, posts: Posts) -> Staffing:
        standing_in = {code: posts.stand_in(code) for code in posts.staff}
        return cls(posts.units, posts.staff, posts.posts, standing_in)


@dataclass
class Side:
    """Old or new: its rules, what they have come to, and who was where and answered how at the last step."""

    rules: Rules
    world: World
    chronicle: Chronicle = field(default_factory=Chronicle)
    answered: dict[int, Answered] = field(default_factory=dict)
    contexts: dict[int, tuple[Known, Context]] = field(default_factory=dict)
    posts: Staffing | None = None
    readers: dict[str, Reader | None] = field(default_factory=dict)

    @cached_property
    def results(self) -> frozenset[str]:
        """What is decided or inferred."""
        vocabulary = self.rules.set.vocabulary
        return frozenset({*vocabulary.results, *vocabulary.inferred})

    @cached_property
    def asks_holdings(self) -> bool:
        """Whether a rulebook or a chart is about what customers hold."""
        about = (rulebook.about for rulebook in self.rules.set.rulebooks)
        return any(about) or any(chart.holding for chart in self.rules.set.charts.values())

    def batch(self, reading: Batch) -> Caught:
        """What reads the store and writes to the world."""
        return Caught.over(reading, self.rules.codec, ACTOR, self.world)


class FromStepToStep(Work):
    """A run that goes on from the step before: facts that have not changed are not computed again, and who is
    answered the same by every rulebook, while nothing else has changed, is passed over.

    `rivals` are other rulebooks, by id, of which `parted` says that one gave another answer.
    """

    def __init__(
        self,
        side: Side,
        reading: Batch,
        as_of: datetime,
        zone: ZoneInfo,
        progress: Progress | None = None,
    ) -> None:
        super().__init__(side.batch(reading), side.rules, as_of, zone, progress=progress)
        self.side = side
        self.decider.loads = self.loads = Loads()
        self.decider.heard = self._heard
        self.rivals: Mapping[str, Rulebook] = {}
        self.rival: Decider = self.decider
        self.parted = False
        self._fresh: set[int] = set()
        posts = Staffing.of(self.posts)
        self._steady = posts == side.posts
        charts = self.rules.set.charts.values()
        self._openings = [(each.opens_when, each.params) for each in charts if each.opens_when is not None]
        side.posts = posts

    def facts(self) -> None:
        self._known = self.side.chronicle.advance(self.batch, self.survey)
        self.outcome.known = list(self._known.values())
        self.contexts = {id: self._context(id, known) for id, known in self._known.items()}
        for _ in self._compare():
            pass

    def _context(self, id: int, known: Known) -> Context:
        """That of the step before, with the segments that were decided, where only time has passed."""
        known_before, context = self.side.contexts.get(id, (None, {}))
        contexts = self.decider.contexts_of(known.customer)
        if self._steady and known_before is known and self.side.results.isdisjoint(contexts.derived_from):
            contexts.renew(context)
        else:
            context = self.decider.context(known)
            self._fresh.add(id)
            self.side.contexts[id] = known, context
        return context

    def decide(self, id: int) -> Deciding:
        if id in self._owner_before:
            self.side.contexts.pop(id, None)  # for this once it shows the owner of before
        self.parted = False
        self._answered = Answered(self._known[id].customer)
        decided = super().decide(id)
        if self._settles(id, decided):
            self._answered.parted = self.parted
            self.side.answered[id] = self._answered
        else:
            self.side.answered.pop(id, None)
        return decided

    def as_before(self, id: int) -> bool:
        """Whether every rulebook says the same as at the last step, so that all has happened already.

        One that reads the same values says the same; others are asked.
        """
        before = self.side.answered.get(id)
        customer, context = self._known[id].customer, self.contexts[id]
        if before is None or not self._steady or id in self._owner_before:
            return False
        if customer is not before.customer and customer != before.customer:
            return False
        self.parted = before.parted
        unit = self.decider.unit_of(customer)
        contexts = self.decider.contexts(unit)
        if id in self._fresh:
            contexts.learn(context, own(self._segments.get(id, {}).values()))
        readers = self.side.readers
        for place, rulebook in enumerate(before.rulebooks):
            reader, hits = readers[rulebook.id], before.hits[place]
            read = reader and reader(context)
            if read is not None and read == before.read[place]:
                continue
            params = self.decider.params(rulebook, unit)
            if rulebook.decide(contexts.with_params(context, params), params) != hits:
                return False
            if rulebook.id in self.rivals:
                self._ask_rival(rulebook, unit, context, hits)
            before.read[place] = read
        before.parted = self.parted
        return not any(opens.evaluate({**context, **params}) for opens, params in self._openings)

    def _read(self, rulebook: Rulebook, context: Context) -> tuple[object, ...] | None:
        """What a rulebook reads of a context; None where its answer depends on something else too."""
        if rulebook.id not in self.side.readers:
            self.side.readers[rulebook.id] = _reader(rulebook, context)
        reader = self.side.readers[rulebook.id]
        return reader and reader(context)

    def _settles(self, id: int, decided: Deciding) -> bool:
        """Whether the same answers at the next step cause nothing.

        Not so where a case opens, consent is asked, a rulebook reacts to a change, or is about a holding.
        """
        if decided.openings or (self._known[id].holdings and self.side.asks_holdings):
            return False
        return not any(
            rulebook.on is not None or (hits and rulebook.decides == "send")
            for rulebook, hits in zip(self._answered.rulebooks, self._answered.hits, strict=True)
        )

    def _heard(self, rulebook: Rulebook, unit: str | None, context: Context, hits: Hits) -> None:
        self._answered.rulebooks.append(rulebook)
        self._answered.hits.append(hits)
        self._answered.read.append(self._read(rulebook, context))
        if rulebook.id in self.rivals:
            self._ask_rival(rulebook, unit, context, hits)

    def _ask_rival(self, rulebook: Rulebook, unit: str | None, context: Context, hits: Hits) -> None:
        other = self.rivals[rulebook.id]
        params = self.rival.params(other, unit)
        seen = self.rival.contexts(unit).with_params(context, params)
        self.parted = self.parted or other.decide(seen, params) != hits

    def _read_segments(self, customers: object) -> None:
        self._segments = self.side.world.segments


class Following(FromStepToStep):
    """The new side's run, which takes over what is known of customers from the old side's."""

    def __init__(
        self,
        leading: FromStepToStep,
        apart: Iterable[int],
        side: Side,
        reading: Batch,
        as_of: datetime,
        zone: ZoneInfo,
    ) -> None:
        super().__init__(side, reading, as_of, zone)
        self.leading = leading
        self.apart = apart

    def known(self, customer_id: int) -> Known:
        """With the owner whom this side gave the customer."""
        if customer_id not in self._known:
            known = self.leading.known(customer_id)
            owner, participants = self.side.world.owner(customer_id, self.as_of)
            if (owner, participants) != (known.customer.owner, known.customer.participants):
                customer = replace(known.customer, owner=owner, participants=participants)
                known = known._replace(customer=customer)
            self._known[customer_id] = known
        return self._known[customer_id]

    def follow(self, id: int) -> Deciding | None:
        """None: nothing comes of it."""
        self.contexts[id] = self.decider.context(self.known(id))
        self._fresh.add(id)
        return None if self.as_before(id) else self.decide(id)

    def _loads(self) -> Mapping[str, int]:
        """As the old side's, but for those whom somebody else owns here."""
        loads = Counter(self.leading.loads)
        for id in self.apart:
            before, here = self.leading.known(id).customer.owner, self.known(id).customer.owner
            if before is not None:
                loads[before] -= 1
            if here is not None:
                loads[here] += 1
        return loads


class Loads(dict[str, int]):
    """How many customers each staff member owns; remembers whose number was `asked`."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def get(self, code: str, default: int = 0) -> int:  # type: ignore[override]
        self.asked.add(code)
        return super().get(code, default)


def _reader(rulebook: Rulebook, context: Context) -> Reader | None:
    """What takes the values that a rulebook reads out of a context.

    None for one that is in force for a time, or has its own day for those of 29 February.
    """
    leap_day = rulebook.declares.get(LEAP_DAY)
    own_day = leap_day is not None and (leap_day.value != OF_LEAP_DAYS or leap_day.by_unit)
    names = sorted(name for name in rulebook.reads if name in context)
    if own_day or rulebook.effective_from or rulebook.effective_to or not names:
        return None
    found: Reader = itemgetter(*names, names[0])  # twice, so that one name gives a tuple as well
    return found
