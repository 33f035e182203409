"""What would a transaction write? The doors of a batch that reads the store and writes to a world."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from functools import cached_property
from itertools import islice
from operator import attrgetter
from typing import Self

from crmflow.core.case import Case, CaseEvent, Moved, opening_key
from crmflow.core.customer import Customer
from crmflow.core.decision import Visit
from crmflow.core.field import Codec
from crmflow.core.journal import Entry
from crmflow.core.message import Outgoing
from crmflow.core.touchpoint import Touchpoint
from crmflow.engine.simulation.incidents import CaughtIncidents
from crmflow.engine.simulation.world import Given, World
from crmflow.store import families
from crmflow.store.batch import Batch
from crmflow.store.case_row import entry_of
from crmflow.store.cases import Cases, Claim, Stepped
from crmflow.store.customers import Customers
from crmflow.store.events import Events
from crmflow.store.facts import CustomerFacts, Facts
from crmflow.store.incidents import Incidents
from crmflow.store.journal import Journal
from crmflow.store.outbox import Outbox
from crmflow.store.outcome import Outcome
from crmflow.store.owners import Owners, Ownership, fold_ownership
from crmflow.store.segments import Segment, Segments
from crmflow.store.snapshots import Snapshot, Snapshots
from crmflow.store.touchpoints import Touchpoints, may_open
from crmflow.store.transaction import bucket_of
from crmflow.store.visits import End, Visits

JOINED = "joined"
"""What only a case sends to another: a simulation sends it itself."""


@dataclass(frozen=True)
class Caught(Batch):
    """A batch of which nothing reaches the store: what goes in at its doors is kept in a world.

    `entries` are the journal's rows so far, as a real batch would have written them.
    """

    world: World = field(default_factory=lambda: World(Given()))
    entries: list[Entry] = field(default_factory=list)

    @classmethod
    def over(cls, batch: Batch, codec: Codec, actor: str, world: World) -> Self:
        """Over the connection of a batch that reads."""
        same = {each.name: getattr(batch, each.name) for each in fields(Batch)}
        return cls(**{**same, "codec": codec, "actor": actor, "reading": True}, world=world)

    @cached_property
    def journal(self) -> Journal:
        return _Journal(self, self)

    @cached_property
    def segments(self) -> Segments:
        return _Segments(self, self.world)

    @cached_property
    def owners(self) -> Owners:
        return _Owners(self, self.world)

    @cached_property
    def customers(self) -> Customers:
        return _Customers(self, self.world)

    @cached_property
    def visits(self) -> Visits:
        return _Visits(self, self.world)

    @cached_property
    def cases(self) -> Cases:
        return _Cases(self, self.world)

    @cached_property
    def incidents(self) -> Incidents:
        return CaughtIncidents(self, self.world)

    @cached_property
    def events(self) -> Events:
        return _Events(self, self.world)

    @cached_property
    def touchpoints(self) -> Touchpoints:
        return _Touchpoints(self, self.world)

    @cached_property
    def facts(self) -> Facts:
        return _Facts(self)

    @cached_property
    def snapshots(self) -> Snapshots:
        return _Snapshots(self)

    @cached_property
    def outbox(self) -> Outbox:
        return _Outbox(self)


@dataclass(frozen=True, slots=True)
class _Journal(Journal):
    caught: Caught

    def write(self, entries: Iterable[Entry]) -> list[int | None]:
        return [self._write_one(entry) for entry in entries]

    def _write_one(self, entry: Entry) -> int | None:
        if entry.key is not None and not self.caught.world.happen((entry.customer_id or 0, entry.key)):
            return None
        self.caught.entries.append(entry)
        self._note(entry, self.caught.world)
        return len(self.caught.entries)

    def _note(self, entry: Entry, world: World) -> None:
        """What only the journal tells of."""
        customer_id, key = entry.customer_id or 0, entry.key or ""
        if entry.kind == "send":
            world.send((key, customer_id, str(entry.payload["message"])))
        elif entry.kind == "case.late":
            level = entry.told.get("level")
            world.escalate((key, customer_id, entry.case_id or 0, None if level is None else str(level)))


@dataclass(frozen=True, slots=True)
class _Segments(Segments):
    world: World

    def put(self, segments: Iterable[Segment]) -> list[Outcome]:
        return [self._put_one(segment) for segment in segments]

    def _put_one(self, segment: Segment) -> Outcome:
        place = segment.holding_id or 0, segment.name
        before = self.world.segments.get(segment.customer_id, {}).get(place)
        if before is not None and (before.value, before.stale) == (segment.value, segment.stale):
            return "same"
        self.world.segment(segment._replace(journal_id=None))
        return "new" if before is None else "changed"

    def scan(
        self,
        *,
        name: str | None = None,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
        customers: Iterable[int] | None = None,
    ) -> Iterator[Segment]:
        for id in self.world.segments if customers is None else customers:
            for segment in self.world.segments.get(id, {}).values():
                if name in (None, segment.name):
                    yield segment


@dataclass(frozen=True, slots=True)
class _Owners(Owners):
    world: World

    def put(self, ownerships: Iterable[Ownership]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for ownership in ownerships:
            self.world.own(replace(ownership, journal_id=None))
            outcomes.append("changed")
        return outcomes

    def histories(
        self,
        *,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
        customers: Iterable[int] | None = None,
    ) -> Iterator[tuple[int, list[Ownership]]]:
        for id in self.world.owners if customers is None else customers:
            history = self.world.owners.get(id, [])
            yield id, [each for each in history if as_of is None or each.at <= as_of]

    def changed_at(self, at: datetime, customers: Iterable[int] | None = None) -> dict[int, str | None]:
        """As the store says it; each history is looked at from its end."""
        ids = self.world.owners if customers is None else customers
        found = {}
        for id in ids:
            history = self.world.owners.get(id, ())
            if any(each.at == at and each.part == "owner" for each in history):
                found[id] = fold_ownership(each for each in history if each.at < at)[0]
        return found


@dataclass(frozen=True, slots=True)
class _Customers(Customers):
    world: World

    def scan(
        self,
        *,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
        after: int = 0,
        limit: int | None = None,
        customers: Iterable[int] | None = None,
    ) -> Iterator[Customer]:
        """The owners are those of the world."""
        moment = as_of or self.tx.now
        for customer in Customers.scan(
            self, as_of=as_of, known_at=known_at, after=after, limit=limit, customers=customers
        ):
            owner, participants = self.world.owner(customer.id, moment)
            if (customer.owner, customer.participants) == (owner, participants):
                yield customer
            else:
                yield replace(customer, owner=owner, participants=participants)


@dataclass(frozen=True, slots=True)
class _Visits(Visits):
    world: World

    def open(self, visits: Sequence[Visit]) -> list[int | None]:
        return [self._open_one(visit) for visit in visits]

    def _open_one(self, visit: Visit) -> int | None:
        bucket = bucket_of(visit.customer_id)
        id = self.world.given.id(visit.key, bucket)
        if id in self.world.visits:
            return None
        self.world.visit(replace(visit, id=id, bucket=bucket))
        return id

    def close(self, ends: Iterable[End]) -> None:
        for id, state, at, _ in ends:
            self.world.visit(replace(self.world.visits[id], state=state, closed_at=at))

    def scan(
        self,
        *,
        units: Iterable[str] | None = None,
        staff: str | None = None,
        customers: Iterable[int] | None = None,
        open_only: bool = True,
    ) -> Iterator[Visit]:
        wanted = None if customers is None else frozenset(customers)
        for id in sorted(self.world.open_visits if open_only else self.world.visits):
            visit = self.world.visits[id]
            if wanted is None or visit.customer_id in wanted:
                yield visit


@dataclass(frozen=True, slots=True)
class _Cases(Cases):
    tx: Caught
    world: World

    def id_of(self, key: str, bucket: int) -> int:
        return self.world.given.id(key, bucket)

    def open(self, opened: Sequence[Stepped], *, release: str | None = None) -> set[int]:
        new = {each.case.id: each for each in opened if each.case.id not in self.world.cases}
        for each in new.values():
            self.world.case(each.case)
        self._write(list(new.values()), release)
        return set(new)

    def save(self, stepped: Sequence[Stepped], *, release: str | None = None) -> list[Moved]:
        for each in stepped:
            self.world.case(each.case.but(version=each.case.version + 1))
        return self._write(stepped, release)

    def _write(self, stepped: Sequence[Stepped], release: str | None) -> list[Moved]:
        happened = [(each.case, moved) for each in stepped for moved in each.history]
        written = self.tx.journal.write(entry_of(case, moved, release) for case, moved in happened)
        return [moved for (_, moved), id in zip(happened, written, strict=True) if id is None]

    def claim(self, as_of: datetime, limit: int) -> list[Claim]:
        cases = self.world.cases
        first = {id: events[0] for id, events in self.tx.events.pending(cases, as_of).items()}
        turns = families.turns([_member(case, first.get(case.id), as_of) for case in cases.values()])
        claims = (Claim(cases[id], first.get(id), until) for id, until in turns.until.items())
        return list(islice(claims, limit))

    def children(self, ids: Iterable[int]) -> dict[int, list[tuple[int, str | None]]]:
        wanted, found = set(ids), dict[int, list[tuple[int, str | None]]]()
        for case in self.world.cases.values():
            if case.parent_id in wanted and case.closed_at is None:
                found.setdefault(case.parent_id, []).append((case.id, case.branch))
        return found

    def get(self, id: int, *, lock: bool = False) -> Case | None:
        return self.world.cases.get(id)

    def scan(
        self,
        *,
        units: Iterable[str] | None = None,
        customers: Iterable[int] | None = None,
        charts: Iterable[str] | None = None,
        open_only: bool = True,
    ) -> Iterator[Case]:
        whose, which = (None if each is None else frozenset(each) for each in (customers, charts))
        for case in sorted(self.world.cases.values(), key=attrgetter("opened_at", "id")):
            if open_only and case.closed_at is not None:
                continue
            if (whose is None or case.customer_id in whose) and (which is None or case.chart in which):
                yield case


def _member(case: Case, event: CaseEvent | None, as_of: datetime) -> families.Member:
    moments = (case.due_at, None if event is None else event.at)
    since = min((at for at in moments if at is not None and at <= as_of), default=None)
    return families.Member(case.id, case.key, None if case.branch is None else case.parent_id, since)


@dataclass(frozen=True, slots=True)
class _Events(Events):
    world: World

    def add_all(self, sent: Iterable[tuple[int, str, Mapping[str, object], datetime]]) -> list[CaseEvent]:
        events = []
        for case_id, name, data, at in sent:
            number = sum(map(len, self.world.sent.values())) + 1
            events.append(CaseEvent(-number, case_id, name, at, self.tx.actor, data))
            self.world.post(events[-1])
        return events

    def take(self, events: Iterable[CaseEvent]) -> None:
        for event in events:
            self.world.take(event.id)

    def pending(self, cases: Iterable[int], as_of: datetime | None = None) -> dict[int, list[CaseEvent]]:
        waiting: dict[int, list[CaseEvent]] = {}
        for id in cases:
            given = (event for event in self.world.given.events.get(id, ()) if event.name != JOINED)
            for event in (*given, *self.world.sent.get(id, ())):
                if event.id not in self.world.taken and (as_of is None or event.at <= as_of):
                    waiting.setdefault(id, []).append(event)
        return {id: sorted(events, key=attrgetter("at")) for id, events in waiting.items()}


@dataclass(frozen=True, slots=True)
class _Touchpoints(Touchpoints):
    world: World

    def unopened(
        self,
        kind: str,
        chart: str,
        *,
        as_of: datetime,
        known_at: datetime | None = None,
        import_id: int | None = None,
    ) -> Iterator[Touchpoint]:
        opened = {case.key for case in self.world.cases.values()}
        for touchpoint in self.of_kind(kind, may_open(import_id), as_of=as_of):
            if opening_key(chart, touchpoint) not in opened:
                yield touchpoint


@dataclass(frozen=True, slots=True)
class _Facts(Facts):
    """Facts are computed again at each step, and kept nowhere."""

    def put(self, facts: Iterable[CustomerFacts]) -> int:
        return 0

    def scan(self, customers: Iterable[int] | None = None) -> Iterator[CustomerFacts]:
        return iter(())


@dataclass(frozen=True, slots=True)
class _Outbox(Outbox):
    def put(self, sent: Iterable[Outgoing]) -> None:
        """Nothing leaves: what would be sent is known from the journal."""


@dataclass(frozen=True, slots=True)
class _Snapshots(Snapshots):
    def add(self, at: datetime, values: Mapping[str, object]) -> Snapshot:
        return Snapshot(0, at, values)

    def last(self, as_of: datetime) -> Snapshot | None:
        return None
