"""What has one side of a simulation come to? Segments, owners, visits, cases, and what has happened."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from crmflow.core.case import Case, CaseEvent
from crmflow.core.decision import Visit
from crmflow.store.owners import Ownership, fold_ownership
from crmflow.store.past import Past
from crmflow.store.segments import Segment
from crmflow.store.transaction import BUCKET_BITS

Place = tuple[int, str]
"""A segment of a customer: the holding's id, or 0 for the customer's own; and its name."""
FREE = 1 << 40
"""Serial numbers from here on are nobody's in a store."""


@dataclass(slots=True)
class Given:
    """What both sides have in common: ids by key, so that the same case and visit has the same id on both and
    in the store; what people sent to cases, and which visits they made."""

    ids: dict[str, int] = field(default_factory=dict)
    events: Mapping[int, Sequence[CaseEvent]] = field(default_factory=dict)
    done: Mapping[str, Visit] = field(default_factory=dict)

    @classmethod
    def of(cls, past: Past, until: datetime) -> Given:
        done = past.done()
        visits = {visit.key: visit.id for visit in past.visits(until)}
        return cls({**past.case_ids(), **visits}, past.events(until), done)

    def id(self, key: str, bucket: int) -> int:
        """The id of a case or visit with this key."""
        return self.ids.setdefault(key, (FREE + len(self.ids) << BUCKET_BITS) | bucket)


@dataclass(slots=True)
class World:
    """One side. Each change is one call with one noun, so that a log of the calls makes the same world again.

    `sent` are the events that cases sent to each other, by the case that gets them.
    `messages` are those sent, by key: customer and message; `escalations` by key: customer, case and level.
    """

    given: Given
    segments: dict[int, dict[Place, Segment]] = field(default_factory=dict)
    owners: dict[int, list[Ownership]] = field(default_factory=dict)
    visits: dict[int, Visit] = field(default_factory=dict)
    open_visits: set[int] = field(default_factory=set)
    cases: dict[int, Case] = field(default_factory=dict)
    keys: dict[int, set[str]] = field(default_factory=dict)
    taken: set[int] = field(default_factory=set)
    sent: dict[int, list[CaseEvent]] = field(default_factory=dict)
    messages: dict[str, tuple[int, str]] = field(default_factory=dict)
    escalations: dict[str, tuple[int, int, str | None]] = field(default_factory=dict)
    log: list[tuple[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, past: Past, given: Given, since: datetime, segments: Iterable[Segment]) -> World:
        """As the store has it as of `since`."""
        world = cls(given)
        for segment in segments:
            world.segment(segment)
        world.owners.update(past.owners(since))
        for visit in past.visits(since):
            if visit.closed_at is None or visit.closed_at > since:
                world.visit(replace(visit, state="open", closed_at=None))
        for key in past.keys(since):
            world.happen(key)
        world.log.clear()
        return world

    def segment(self, segment: Segment) -> None:
        own = self.segments.setdefault(segment.customer_id, {})
        own[segment.holding_id or 0, segment.name] = segment
        self.log.append(("segment", segment))

    def own(self, ownership: Ownership) -> None:
        insort(self.owners.setdefault(ownership.customer_id, []), ownership, key=attrgetter("at"))
        self.log.append(("own", ownership))

    def visit(self, visit: Visit) -> None:
        """Planned, or closed."""
        self.visits[visit.id] = visit
        (self.open_visits.add if visit.state == "open" else self.open_visits.discard)(visit.id)
        self.log.append(("visit", visit))

    def case(self, case: Case) -> None:
        """Opened, or moved on."""
        self.cases[case.id] = case
        self.log.append(("case", case))

    def happen(self, effect: tuple[int, str]) -> bool:
        """Whether an effect (of a customer, by its key) has not happened yet; from now on it has."""
        customer_id, key = effect
        known = self.keys.setdefault(customer_id, set())
        if key in known:
            return False
        known.add(key)
        self.log.append(("happen", effect))
        return True

    def send(self, sent: tuple[str, int, str]) -> None:
        """A message, by its key, to a customer."""
        key, customer_id, message = sent
        self.messages[key] = customer_id, message
        self.log.append(("send", sent))

    def escalate(self, late: tuple[str, int, int, str | None]) -> None:
        """A case goes one level up, by its key: customer, case, level."""
        key, customer_id, case_id, level = late
        self.escalations[key] = customer_id, case_id, level
        self.log.append(("escalate", late))

    def post(self, event: CaseEvent) -> None:
        """A case sent another one an event."""
        self.sent.setdefault(event.case_id, []).append(event)
        self.log.append(("post", event))

    def take(self, event_id: int) -> None:
        """An event was taken by its case."""
        self.taken.add(event_id)
        self.log.append(("take", event_id))

    def forget(self) -> None:
        """What has happened until now is not told any more."""
        self.messages.clear()
        self.escalations.clear()
        self.log.clear()

    def owner(self, customer_id: int, as_of: datetime) -> tuple[str | None, tuple[str, ...]]:
        """The owner and the participants as of a moment."""
        history = self.owners.get(customer_id, ())
        return fold_ownership(each for each in history if each.at <= as_of)

    def make_visits(self, as_of: datetime) -> None:
        """The visits that people made by then are no longer open."""
        for id in list(self.open_visits):
            done = self.given.done.get(self.visits[id].key)
            if done is not None and done.closed_at is not None and done.closed_at <= as_of:
                self.visit(replace(self.visits[id], state="done", closed_at=done.closed_at))
