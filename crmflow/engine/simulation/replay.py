"""How do old and new rules go through the past side by side, step by step, and where do they part?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from crmflow.engine.deciding import Deciding
from crmflow.engine.effect import Effect, Opening, Owned
from crmflow.engine.ledger import write
from crmflow.engine.running import Progress, Work
from crmflow.engine.simulation.difference import Difference
from crmflow.engine.simulation.stepping import Following, FromStepToStep, Side
from crmflow.rules.rulebook import Rulebook
from crmflow.store.batch import Batch


class Replay:
    """Both sides, from step to step. `whole` decides everything twice, as a run would, and shares nothing."""

    def __init__(self, reading: Batch, zone: ZoneInfo, old: Side, new: Side, *, whole: bool = False) -> None:
        self.reading = reading
        self.zone = zone
        self.old = old
        self.new = new
        self.whole = whole
        self.difference = Difference(old.rules, new.rules)
        self.apart: set[int] | None = None

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.old, self.new

    def step(self, as_of: datetime, progress: Progress | None = None) -> tuple[Work, Work]:
        """Both sides' run as of a moment, which comes after all before."""
        for side in self.sides:
            side.world.make_visits(as_of)
        if self.whole:
            return self._alone(self.old, as_of, progress), self._alone(self.new, as_of, progress)
        if self.difference.comparable:
            return self._together(as_of, progress)
        return self._followed(self.old, as_of, progress), self._followed(self.new, as_of, progress)

    def _alone(self, side: Side, as_of: datetime, progress: Progress | None) -> Work:
        work = Work(side.batch(self.reading), side.rules, as_of, self.zone, progress=progress)
        work.facts()
        work.cases(work.decisions())
        return work

    def _followed(self, side: Side, as_of: datetime, progress: Progress | None) -> Work:
        work = FromStepToStep(side, self.reading, as_of, self.zone, progress)
        work.facts()
        work.cases(work.decisions())
        return work

    def _together(self, as_of: datetime, progress: Progress | None) -> tuple[Work, Work]:
        if self.apart is None:
            self.apart = {id for id in self._everyone() if not self._agree(id, as_of)}
        old = FromStepToStep(self.old, self.reading, as_of, self.zone, progress)
        new = Following(old, self.apart, self.new, self.reading, as_of, self.zone)
        old.facts()
        lockstep = Lockstep(old, new, self.difference.rulebooks)
        lockstep.decide()
        for id in lockstep.twice:
            (self.apart.discard if self._agree(id, as_of) else self.apart.add)(id)
        old.cases(lockstep.openings[0])
        new.cases(lockstep.openings[1])
        return old, new

    def _everyone(self) -> set[int]:
        """Everyone of whom either side knows more than the store's rows."""
        worlds = self.old.world, self.new.world
        return {id for world in worlds for of in (world.segments, world.keys, world.owners) for id in of}

    def _agree(self, id: int, as_of: datetime) -> bool:
        """Whether both sides have come to the same with a customer, so that the same follows."""
        old, new = self.old.world, self.new.world
        return (
            old.segments.get(id) == new.segments.get(id)
            and old.keys.get(id) == new.keys.get(id)
            and old.owner(id, as_of) == new.owner(id, as_of)
        )


class Lockstep:
    """One pass over all customers, in which the new rules decide only where they may decide otherwise.

    That is where the sides have parted before, where a different rulebook gives something else of what the
    old one saw, and where the choice of a person asks for loads that are not the same.
    """

    def __init__(self, old: FromStepToStep, new: Following, rulebooks: Mapping[str, Rulebook]) -> None:
        self.old = old
        self.new = new
        old.rivals, old.rival = rulebooks, new.decider
        self.twice: list[int] = []
        self.effects: tuple[list[Effect], list[Effect]] = ([], [])
        self.openings: tuple[list[Opening], list[Opening]] = ([], [])

    def decide(self) -> None:
        """Decides for all, and writes what changes into both worlds."""
        old, new = self.old, self.new
        old.look()
        new.look()
        self.uneven = {code for code in {*old.loads, *new.loads} if self._uneven(code)}
        for done, id in enumerate(old.contexts):
            old.loads.asked.clear()
            led = None if old.as_before(id) else old.decide(id)
            if id in new.apart or old.parted or not self.uneven.isdisjoint(old.loads.asked):
                followed = new.follow(id)
            else:
                followed = led
                new.side.answered.pop(id, None)
            if led is not None or followed is not None:
                self._add(id, led, followed)
            if done % 500 == 0:
                old.progress(done, len(old.contexts))
        old.progress(len(old.contexts), len(old.contexts))
        old.contexts.clear()
        old.outcome.effects = write(old.batch, self.effects[0])
        new.outcome.effects = write(new.batch, self.effects[1])

    def _add(self, id: int, led: Deciding | None, followed: Deciding | None) -> None:
        both = led, followed
        for place, decided in enumerate(both):
            if decided is not None:
                self.effects[place].extend(decided.effects)
                self.openings[place].extend(decided.openings)
        owners = [each for side in both if side for each in side.effects if isinstance(each, Owned)]
        if led is not followed:
            self.twice.append(id)
            codes = {code for effect in owners for code in (effect.staff, _previous(effect)) if code}
            self.uneven = {*(self.uneven - codes), *(code for code in codes if self._uneven(code))}
        else:
            for effect in owners[: len(owners) // 2]:
                _count(self.new.loads, effect)

    def _uneven(self, code: str) -> bool:
        return dict.get(self.old.loads, code, 0) != dict.get(self.new.loads, code, 0)


def _count(loads: dict[str, int], effect: Owned) -> None:
    """A customer goes from one to another."""
    before = _previous(effect)
    if before is not None:
        loads[before] = dict.get(loads, before, 0) - 1
    loads[effect.staff] = dict.get(loads, effect.staff, 0) + 1


def _previous(effect: Owned) -> str | None:
    before = effect.entry.payload["previous"]
    return before if isinstance(before, str) else None
