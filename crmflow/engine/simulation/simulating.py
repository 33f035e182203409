"""How does a simulation go from the rules that are meant to its result?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from crmflow.core.simulation import Example, Simulation, Step
from crmflow.core.text import Text, phrases
from crmflow.engine.running import Progress, Work
from crmflow.engine.simulation.contrast import Contrast
from crmflow.engine.simulation.difference import Difference
from crmflow.engine.simulation.period import Day, Period
from crmflow.engine.simulation.replay import Replay
from crmflow.engine.simulation.saved import Saved, restore
from crmflow.engine.simulation.showing import Showing
from crmflow.engine.simulation.start import start
from crmflow.engine.simulation.stepping import Side
from crmflow.engine.simulation.summary import matrices, tables
from crmflow.engine.simulation.tally import Stepped
from crmflow.engine.simulation.versions import Named, Version, in_force, version
from crmflow.engine.simulation.world import World
from crmflow.plugins import Plugins
from crmflow.settings import Site
from crmflow.store.batch import Batch
from crmflow.store.past import Past
from crmflow.store.store import Store

WORDS = phrases(__package__)


@dataclass(frozen=True)
class Simulating:
    """One simulation on the store of a site, which it only reads: in one transaction that may not write."""

    site: Site
    packs: Plugins
    store: Store
    state: Path | None = None
    progress: Progress | None = None
    whole: bool = False

    def run(self, named: Named, base: Named, first: Day, last: Day, step: Step) -> Simulation:
        """What other rules would have done; raises as `Engine.simulate`."""
        with self.store.reading() as looking:
            old = in_force(looking) if base is None else version(base, self.site, self.packs, looking)
            new = version(named, self.site, self.packs, looking)
        with self.store.reading(codec=old.rules.codec) as reading:
            past, snapshot = Past(reading), reading.snapshots.last(reading.now)
            last_run = None if snapshot is None else snapshot.at
            period = Period.of(first, last, step, self.site.zone, past.span(), last_run)
            return self._over(reading, old, new, period)

    def _over(self, reading: Batch, old: Version, new: Version, period: Period) -> Simulation:
        moments, zone = period.moments(), self.site.zone
        worlds = start(reading, old.rules, period.since, moments[-1], zone)
        notes = [*_notes(Difference(old.rules, new.rules), worlds[0], period)]
        sides = [Side(version.rules, world) for version, world in zip((old, new), worlds, strict=True)]
        replay = Replay(reading, zone, *sides, whole=self.whole)
        saved = None
        if self.state is not None:
            said = [old.rules.id, new.rules.id, moments, zone.key, Past(reading).mark()]
            saved = Saved(self.state, said)
        course = Course(replay, Showing(replay, zone), moments, saved, self.progress)
        works = course.go()
        contrast = Contrast(replay, period.since, moments[-1])
        if not contrast.moved:
            notes.append(WORDS["notes.nothing"])
        result = Simulation(
            old=old.title,
            new=new.title,
            start=period.start,
            end=period.end,
            step=period.step,
            steps=len(moments),
            customers=len(works[0].outcome.known),
            moved=len(contrast.moved),
            changed=tuple(replay.difference.ids),
            notes=tuple(notes),
            matrices=matrices(contrast),
            tables=tables(contrast, course.steps, zone, works[0].posts),
            examples=(*course.showing.at_end(works, contrast), *course.examples),
        )
        if saved is not None:
            saved.remove()
        return result


@dataclass
class Course:
    """Goes from step to step, from where it was broken off; the last one is always gone."""

    replay: Replay
    showing: Showing
    moments: Sequence[datetime]
    saved: Saved | None
    progress: Progress | None
    steps: list[Stepped] = field(default_factory=list)
    examples: list[Example] = field(default_factory=list)

    def go(self) -> tuple[Work, Work]:
        """Both sides' run as of the last step."""
        worlds = [side.world for side in self.replay.sides]
        done = [] if self.saved is None else list(self.saved.steps())[: len(self.moments) - 1]
        for path in done:
            self._add(*restore(path, worlds))
        self.showing.resume(self.examples)
        for number, moment in enumerate(self.moments[len(done) :], len(done) + 1):
            for world in worlds:
                world.log.clear()
            works = self.replay.step(moment, self._part(number))
            stepped, shown = Stepped.of(self.replay, moment, works), list(self.showing.visits(works))
            if self.saved is not None and number < len(self.moments):
                self.saved.add(number, stepped, shown, worlds)
            self._add(stepped, shown)
        return works

    def _add(self, stepped: Stepped, shown: Iterable[Example]) -> None:
        self.steps.append(stepped)
        self.examples += shown

    def _part(self, number: int) -> Progress | None:
        """The progress of one step as a part of the whole."""
        progress, of = self.progress, len(self.moments)
        if progress is None:
            return None
        return lambda done, total: progress((number - 1) * 1000 + 1000 * done // max(total, 1), of * 1000)


def _notes(difference: Difference, world: World, period: Period) -> Iterator[Text]:
    """What a reader must know of how it was done."""
    yield WORDS["notes.known-now"]
    segments = sum(len(own) for own in world.segments.values())
    visits, cases = len(world.open_visits), len(world.cases)
    word = "notes.started" if segments or visits or cases else "notes.empty"
    yield WORDS[word].filled(day=period.start, segments=segments, visits=visits, cases=cases)
    if not difference.ids and not difference.facts:
        yield WORDS["notes.same"]
        return
    yield WORDS["notes.changed"].filled(ids=", ".join(difference.ids) or "–")
    if difference.charts:
        yield WORDS["notes.running"].filled(day=period.start)
    yield WORDS["notes.shared" if difference.comparable else "notes.twice"]
