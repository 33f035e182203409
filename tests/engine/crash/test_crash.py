"""Is nothing lost and nothing done twice, whenever a worker dies and whatever the clock says?"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path
from random import Random

import pytest

from crmflow import Case
from tests.engine.crash.outcome import Outcome, demand_agreement, idle, outcome
from tests.engine.crash.workers import Workers
from tests.engine.crash.world import Sent, Tick, new_site, opened, set_clock, story

Calm = Callable[[int], Outcome]
TOUCHES = 150
"""So many touches of the database a worker makes on an ordinary tick."""
PATIENCE = 50
"""Seconds, and attempts, until work that is left counts as stuck."""


def send(folder: Path, tick: Tick) -> None:
    """What somebody else sends while no worker looks."""
    with opened(folder) as engine, engine.store.batch("handler") as batch:
        below: dict[int | None, list[Case]] = {}
        for case in sorted(batch.cases.scan(open_only=False), key=lambda case: case.key):
            below.setdefault(case.parent_id, []).append(case)
        meant = [(receiver(below, sent), sent) for sent in tick.events]
        batch.events.add_all((id, sent.name, sent.data, sent.at) for id, sent in meant)


def receiver(below: Mapping[int | None, Sequence[Case]], sent: Sent) -> int:
    """The case that an event is for."""
    case = below[None][sent.number]
    within = [child for child in below.get(case.id, ()) if child.closed_at is None]
    return (within[0] if within and sent.below else case).id


def jump_back(folder: Path, workers: Workers, tick: Tick) -> None:
    """A worker whose clock is behind does nothing at all, and says so."""
    before = outcome(folder)
    set_clock(folder, tick.now - timedelta(days=40))
    workers.refuse()
    assert "CRM408" in workers.log()
    set_clock(folder, tick.now)
    assert outcome(folder) == before


def finish(folder: Path, workers: Workers) -> None:
    """Lets a worker finish; PostgreSQL may hold the locks of the dead for a moment."""
    for _ in range(PATIENCE):
        assert workers.work() == 0
        if idle(folder):
            return
        time.sleep(0.1)
    raise AssertionError(f"work was left\n{workers.log()}")


def undisturbed(folder: Path, url: str, ticks: Sequence[Tick]) -> Outcome:
    new_site(folder, url)
    with Workers(folder) as workers:
        for tick in ticks:
            set_clock(folder, tick.now)
            send(folder, tick)
            assert workers.work() == 0
    demand_agreement(folder)
    return outcome(folder)


def killed(folder: Path, url: str, ticks: Sequence[Tick], random: Random, kills: int) -> Outcome:
    """The same with `kills` deaths on each tick, some at a touch of the database, some at any moment."""
    new_site(folder, url)
    with Workers(folder) as workers:
        for tick in ticks:
            set_clock(folder, tick.now)
            send(folder, tick)
            for _ in range(kills):
                if random.random() < 0.7:
                    workers.die_at(random.randrange(1, TOUCHES))
                else:
                    workers.die_after(random.uniform(0, 0.3))
            jump_back(folder, workers, tick)
            finish(folder, workers)
        print(f"{workers.kills} deaths")
        assert workers.kills >= 2 * len(ticks)
    demand_agreement(folder)
    return outcome(folder)


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Calm:
    """What becomes of so many ticks that nothing disturbs."""

    @cache
    def come(ticks: int) -> Outcome:
        return undisturbed(tmp_path_factory.mktemp("calm") / "site", "sqlite:///crm.db", told(ticks))

    return come


def told(ticks: int) -> list[Tick]:
    return list(story(seed=ticks, ticks=ticks))


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
@pytest.mark.parametrize(
    ("ticks", "kills"), [(2, 4), pytest.param(60, 6, marks=pytest.mark.long)], ids=["short", "long"]
)
def test_a_worker_may_die_at_any_moment(
    store: str, ticks: int, kills: int, calm: Calm, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = "sqlite:///crm.db" if store == "sqlite" else request.getfixturevalue("postgres_url")
    assert killed(tmp_path / "killed", url, told(ticks), Random(ticks), kills) == calm(ticks)


@pytest.mark.parametrize(
    ("ticks", "restarts"), [(2, 1), pytest.param(15, 2, marks=pytest.mark.long)], ids=["short", "long"]
)
def test_postgresql_may_be_restarted_under_two_workers(
    ticks: int, restarts: int, calm: Calm, tmp_path: Path
) -> None:
    postgres = pytest.importorskip("tests.postgres", reason="psycopg is not installed")
    random, folder = Random(ticks), tmp_path / "broken"
    with postgres.cluster() as server, server.database() as url:
        new_site(folder, url)
        with Workers(folder) as workers:
            workers.start(2)
            for tick in told(ticks):
                send(folder, tick)  # before the clock goes on, lest a worker goes on without these events
                set_clock(folder, tick.now)
                for _ in range(restarts):
                    time.sleep(random.uniform(0, 0.3))
                    server.restart()
                wait_for(folder)
            assert workers.stop() == [0, 0]
            assert "CRM403" in (folder / "worker.log").read_text("utf-8")
        demand_agreement(folder)
        assert outcome(folder) == calm(ticks)


def wait_for(folder: Path) -> None:
    """Until the workers have done what is due."""
    deadline = time.monotonic() + PATIENCE
    while not idle(folder):
        assert time.monotonic() < deadline
        time.sleep(0.1)
