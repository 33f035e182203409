"""From where do both sides of a simulation start? From what the store had decided until then."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from crmflow.core.case import Case, Moved
from crmflow.engine.release import Rules
from crmflow.engine.running import Work
from crmflow.engine.simulation.caught import Caught
from crmflow.engine.simulation.world import Given, World
from crmflow.engine.turned import Turned
from crmflow.store.batch import Batch
from crmflow.store.past import Past
from crmflow.workflow.advance import open_case

ACTOR = "simulation"


def start(
    reading: Batch, rules: Rules, since: datetime, until: datetime, zone: ZoneInfo
) -> tuple[World, World]:
    """A world for each side, as of `since`; what people do by `until` is known to both."""
    past = Past(reading)
    given = Given.of(past, until)
    old, new = (World.of(past, given, since, reading.segments.scan(as_of=since)) for _ in range(2))
    _run_cases(reading, rules, past.running(since), old, since, zone)
    for world in (old, new):
        world.cases, world.taken = dict(old.cases), set(old.taken)
        world.keys = {id: set(keys) for id, keys in old.keys.items()}
        world.forget()
    return old, new


def _run_cases(
    reading: Batch,
    rules: Rules,
    running: Iterable[tuple[Case, Moved]],
    world: World,
    since: datetime,
    zone: ZoneInfo,
) -> None:
    """The cases that ran then: each opens again, and goes the way that its events and timers took it."""
    caught = Caught.over(reading, rules.codec, ACTOR, world)
    work = Work(caught, rules, since, zone, [])
    casework = work.casework()
    opened = []
    for case, first in running:
        step = open_case(
            casework.charts.of(case),
            id=case.id,
            bucket=case.bucket,
            customer_id=case.customer_id,
            holding_id=case.holding_id,
            key=case.key,
            at=case.opened_at,
            actor=first.actor,
            unit=case.unit,
            data={**first.data, "level": first.level},
            context=work.context(case.customer_id, case.holding_id),
            posts=work.posts,
            calendars=work.rules.calendars,
        )
        opened.append(Turned.opened(step))
    casework.keep(opened)
    casework.sweep()
