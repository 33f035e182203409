"""Where do the two sides of a simulation stand apart at its end?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from crmflow.core.case import Case
from crmflow.core.decision import Visit
from crmflow.engine.simulation.replay import Replay
from crmflow.engine.simulation.world import Place, World
from crmflow.store.alongside import place


@dataclass(frozen=True)
class Contrast:
    """The differences as of the last step. `since` is the last moment before the first."""

    replay: Replay
    since: datetime
    as_of: datetime

    @property
    def old(self) -> World:
        return self.replay.old.world

    @property
    def new(self) -> World:
        return self.replay.new.world

    @cached_property
    def among(self) -> list[int]:
        """The customers of whom a segment or the owner may differ."""
        if self.replay.apart is not None:
            return sorted(self.replay.apart, key=place)
        worlds = self.old, self.new
        return sorted(
            {id for world in worlds for of in (world.segments, world.owners) for id in of}, key=place
        )

    def segments(self) -> Iterator[tuple[int, Place, str | None, str | None]]:
        """Customer, place, and the values that differ."""
        for id in self.among:
            before, after = self.old.segments.get(id, {}), self.new.segments.get(id, {})
            for where in sorted({*before, *after}):
                old, new = (each[where].value if where in each else None for each in (before, after))
                if old != new:
                    yield id, where, old, new

    def owners(self) -> Iterator[tuple[int, str | None, str | None]]:
        """Customer, and the owners that differ."""
        for id in self.among:
            old, new = (world.owner(id, self.as_of)[0] for world in (self.old, self.new))
            if old != new:
                yield id, old, new

    def visits(self) -> Iterator[tuple[Visit | None, Visit | None]]:
        """Every visit planned in the period, as it is on each side."""
        for id in _ids(self.old.visits, self.new.visits):
            old, new = self.old.visits.get(id), self.new.visits.get(id)
            if any(visit is not None and visit.at > self.since for visit in (old, new)):
                yield old, new

    def cases(self) -> Iterator[tuple[Case | None, Case | None]]:
        """The cases that stand elsewhere, or are there on one side only."""
        for id in _ids(self.old.cases, self.new.cases):
            old, new = self.old.cases.get(id), self.new.cases.get(id)
            if _standing(old) != _standing(new):
                yield old, new

    @cached_property
    def moved(self) -> set[int]:
        """The customers for whom anything is different."""
        found = {id for id, *_ in self.segments()} | {id for id, *_ in self.owners()}
        for old, new in self.visits():
            if not same_visit(old, new):
                found |= {visit.customer_id for visit in (old, new) if visit}
        for before, after in self.cases():
            found |= {case.customer_id for case in (before, after) if case}
        old_keys, new_keys = self.old.messages, self.new.messages
        found |= {(old_keys.get(key) or new_keys[key])[0] for key in old_keys.keys() ^ new_keys.keys()}
        late = self.old.escalations, self.new.escalations
        return found | {(late[0].get(key) or late[1][key])[0] for key in late[0].keys() ^ late[1].keys()}


def same_visit(old: Visit | None, new: Visit | None) -> bool:
    """Whether both sides want the same visit, of the same person and by the same day."""
    return old is not None and new is not None and _terms(old) == _terms(new)


def _terms(visit: Visit) -> tuple[object, ...]:
    return visit.staff, visit.unit, visit.channel, visit.due_at, visit.state


def _standing(case: Case | None) -> tuple[object, ...]:
    if case is None:
        return ()
    return case.state, case.level, case.holder, case.escalations, case.closed_at


def _ids(*known: Iterable[int]) -> list[int]:
    return sorted({id for each in known for id in each}, key=place)
