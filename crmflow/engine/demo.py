"""How is a pack shown? Its small world becomes files, and these go the way of any other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

from crmflow.core.listing import RunReport
from crmflow.core.moment import end_of_day
from crmflow.core.pack import Demo, DemoTable, Pack
from crmflow.engine.engine import Engine
from crmflow.engine.running import Progress
from crmflow.exchange.demo import write_mapping, write_table
from crmflow.exchange.importing import ImportReport

SEED = 2026
"""The same seed makes the same world."""

Told = Callable[[DemoTable, Path, ImportReport], None]


def world_of(pack: Pack, seed: int = SEED) -> Demo:
    """The pack's world; the same seed gives the same."""
    assert pack.demo is not None, f"{pack.name} has no demo"
    return pack.demo(Random(seed))


def play(
    engine: Engine,
    world: Demo,
    *,
    actor: str = "demo",
    told: Told | None = None,
    progress: Progress | None = None,
) -> RunReport:
    """Publishes, writes the world's files below the site, imports them, and runs as of the world's days."""
    folder = engine.site.folder / "data"
    engine.publish(actor=actor, note="demo")
    for table in world.tables:
        path, mapping = write_table(table, folder), write_mapping(table, folder)
        report = engine.import_file(table.kind, path, mapping=mapping, actor=actor, progress=progress)
        if told is not None:
            told(table, path, report)
    for day in world.before:
        engine.run(end_of_day(day, engine.site.zone), actor=actor)
    return engine.run(end_of_day(world.as_of, engine.site.zone), actor=actor, progress=progress)
