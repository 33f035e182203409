"""Does a worker move what is due for each tenant, sleep while nothing is, and stop when it is told to?"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import pytest

from crmflow import Engine, SettingsError, Site, Worker
from crmflow.engine.worker import tenant as tenants
from tests.engine.worker.conftest import LATE, MONDAY, Clock, Diary

NewSite = Callable[..., Site]


def opening(site: Site, clock: Clock) -> Callable[[], Engine]:
    return partial(Engine.open, site, clock=clock)


def wait_until(true: Callable[[], bool]) -> None:
    deadline = monotonic() + 30
    while not true():
        assert monotonic() < deadline
        sleep(0.01)


def test_tenants_take_turns_with_a_cap_for_each(new_site: NewSite, clock: Clock) -> None:
    diary = Diary()
    engines = {name: opening(new_site(name, complaints=5), clock) for name in ("north", "south")}
    clock.now = LATE
    Worker(engines, limit=2, watch=diary).run(once=True)
    moved = [(name, done.did["claimed"]) for name, done in diary.rounds]
    assert moved == [(name, count) for count in (2, 2, 1, 0) for name in ("north", "south")]


def test_a_tenant_that_fails_stops_nobody_and_is_tried_again(
    new_site: NewSite, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenants, "SHORTLY", 0.01)
    monkeypatch.setattr(tenants, "PATIENCE", 0.1)
    south, diary, opened = new_site("south"), Diary(), 0

    def unlucky() -> Engine:
        nonlocal opened
        opened += 1
        if opened < 4:
            raise RuntimeError("the house is on fire")
        return Engine.open(south, clock=clock)

    worker = Worker(
        {"north": opening(new_site("north"), clock), "south": unlucky}, interval=0.01, watch=diary
    )
    waits = []

    def then() -> None:
        north, failing = worker.tenants
        if failing.failures:
            waits.append(failing.turn - monotonic())
            assert not worker.healthy
            assert north.error is None
        if failing.last:
            worker.stop()

    diary.then = then
    worker.run()
    assert [(name, error.code) for name, error in diary.failures] == [("south", "CRM574")] * 3
    assert max(waits) > 0.02  # each wait is twice the one before
    assert worker.healthy


def test_a_site_without_tables_is_worked_for_once_it_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenants, "SHORTLY", 0.01)
    monkeypatch.setattr(tenants, "PATIENCE", 0.1)
    empty = Site.init(tmp_path / "empty", ["fuel"], zone="UTC", language="en")
    diary = Diary()
    worker = Worker({"empty": partial(Engine.open, empty)}, interval=0.01, watch=diary)

    def then() -> None:
        if diary.failures and not diary.rounds and diary.failures[-1][1].code == "CRM404":
            with Engine.create(empty) as engine:
                engine.publish()
        if diary.rounds:
            worker.stop()

    diary.then = then
    worker.run()
    assert worker.tenants[0].last is not None


def test_a_clock_behind_the_journal_is_refused_until_it_is_right(
    new_site: NewSite, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenants, "SHORTLY", 0.01)
    monkeypatch.setattr(tenants, "PATIENCE", 0.1)
    diary = Diary()
    worker = Worker({"north": opening(new_site("north", complaints=1), clock)}, watch=diary)
    clock.now = MONDAY.replace(year=2025)

    def then() -> None:
        if diary.failures and not diary.rounds:
            assert diary.failures[-1][1].code == "CRM408"
            clock.now = LATE
        else:
            worker.stop()

    diary.then = then
    worker.run()
    assert diary.rounds[0][1].did["claimed"] == 1


def test_it_sleeps_until_something_is_due(new_site: NewSite, clock: Clock) -> None:
    diary = Diary()
    worker = Worker({"north": opening(new_site("north", complaints=1), clock)}, interval=3600, watch=diary)
    diary.then = worker.stop
    worker.run()
    [tenant] = worker.tenants
    assert tenant.last is not None
    assert tenant.last.lag == 0
    assert 1790 < tenant.turn - monotonic() <= 1800  # half an hour, not the interval


def test_it_stops_at_once_while_it_sleeps(new_site: NewSite) -> None:
    worker = Worker({"north": partial(Engine.open, new_site("north"))}, interval=3600)
    thread = Thread(target=worker.run)
    thread.start()
    wait_until(lambda: worker.ready)
    worker.stop()
    thread.join(5)
    assert not thread.is_alive()
    assert not worker.ready


def test_a_new_release_is_picked_up(new_site: NewSite) -> None:
    site = new_site("north")
    worker = Worker({"north": partial(Engine.open, site)}, interval=0.05)
    thread = Thread(target=worker.run)
    thread.start()
    try:
        wait_until(lambda: worker.ready)
        with Engine.open(site) as engine:
            (site.rules / "vocabulary.yaml").write_text(
                "format: 1\nroles: {clerk: {en: teller, zh: 柜员}}\n", "utf-8"
            )
            number = engine.publish().number
        wait_until(lambda: (last := worker.tenants[0].last) is not None and last.release == number)
    finally:
        worker.stop()
        thread.join()


def test_a_hosts_engine_stays_open(new_site: NewSite) -> None:
    with Engine.open(new_site("north", complaints=1)) as engine:
        worker = Worker({"north": engine})
        worker.run(once=True)
        assert worker.tenants[0].totals["claimed"] == 1
        assert engine.cases().rows


def test_cases_move_though_nothing_can_be_delivered(
    new_site: NewSite, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_relay(engine: Engine) -> None:
        raise SettingsError("CRM807", file="relay.key", reason="not found")

    monkeypatch.setattr(Engine, "deliver", no_relay)
    diary = Diary()
    worker = Worker({"north": opening(new_site("north", complaints=3), clock)}, limit=2, watch=diary)
    clock.now = LATE
    worker.run(once=True)
    assert worker.tenants[0].totals["claimed"] == 3
    assert {error.code for _, error in diary.failures} == {"CRM807"}
    assert not worker.healthy
