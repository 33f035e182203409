"""How much did one side do in one step, and who had to do it?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from crmflow.engine.effect import Owned, Segmented, Sent, TookPart, Visited, Withdrawn
from crmflow.engine.running import Work
from crmflow.engine.simulation.replay import Replay
from crmflow.engine.simulation.world import World

KINDS = {
    Segmented: "segments",
    Owned: "owners",
    TookPart: "participants",
    Visited: "visits",
    Withdrawn: "withdrawn",
    Sent: "messages",
}
Post = tuple[str, str]
"""A staff member and a unit, "" where nobody or none."""


@dataclass(frozen=True, slots=True)
class Load:
    """What falls to one person in one unit: customers owned and cases open at the end of the step, visits
    planned in it."""

    customers: int = 0
    visits: int = 0
    cases: int = 0


@dataclass(frozen=True, slots=True)
class Tally:
    """One side in one step: how often each kind of effect happened, and the load of each person."""

    effects: Mapping[str, int]
    loads: Mapping[Post, Load]

    @classmethod
    def of(cls, work: Work, world: World) -> Tally:
        outcome = work.outcome
        effects = Counter(KINDS[type(effect)] for effect in outcome.effects if effect.entry is not None)
        effects["cases"] = len(outcome.opened)
        effects["escalations"] = sum(moved.kind == "late" for _, moved in outcome.history)
        visits = (effect.visit for effect in outcome.effects if isinstance(effect, Visited))
        parts = (
            Counter(
                {(code, _unit(work, code)): count for code, count in work.decider.loads.items() if count}
            ),
            Counter((visit.staff or "", visit.unit or "") for visit in visits),
            Counter(
                (case.holder or "", case.holder_unit or case.unit or "")
                for case in world.cases.values()
                if case.closed_at is None
            ),
        )
        posts = sorted({post for part in parts for post in part})
        return cls(dict(effects), {post: Load(*(part[post] for part in parts)) for post in posts})


@dataclass(frozen=True, slots=True)
class Stepped:
    """One step of both sides; `parted` counts, by segment, who is in another one under the new rules."""

    at: datetime
    old: Tally
    new: Tally
    parted: Mapping[str, int] = field(default_factory=dict)

    @property
    def sides(self) -> tuple[Tally, Tally]:
        return self.old, self.new

    @classmethod
    def of(cls, replay: Replay, at: datetime, works: tuple[Work, Work]) -> Stepped:
        old, new = (Tally.of(work, side.world) for work, side in zip(works, replay.sides, strict=True))
        return cls(at, old, new, parted(replay.old.world, replay.new.world, replay.apart))


def parted(old: World, new: World, among: Iterable[int] | None) -> dict[str, int]:
    """By segment, how many subjects have another value on the new side."""
    found: Counter[str] = Counter()
    for id in {*old.segments, *new.segments} if among is None else among:
        before, after = old.segments.get(id, {}), new.segments.get(id, {})
        for place in {*before, *after}:
            values = [each[place].value if place in each else None for each in (before, after)]
            found[place[1]] += values[0] != values[1]
    return {name: count for name, count in sorted(found.items()) if count}


def _unit(work: Work, staff: str) -> str:
    return next(iter(work.posts.units_of(staff)), "")
