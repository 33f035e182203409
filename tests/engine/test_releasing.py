"""Does a release come into force step by step, with two people where escalation changes, and back again?"""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from crmflow import CrmflowError, Engine, RuleFileError, Site, StoreError
from crmflow.core.release import Step
from crmflow.engine.release import Releases
from tests.engine.conftest import moved
from tests.installed import install

DAY = timedelta(days=1)
CALM = "format: 1\nfuel/visits/overdue:\n  days of grace: {value: 4}\n"
TIMES = "format: 1\ncore/charts/complaint:\n  step time: {value: {station: PT1H}}\n"


def save(site: Site, text: str, path: str = "params.yaml") -> None:
    file = site.rules / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")


def setting(site: Site, line: str) -> Site:
    """The site with another line in its crmflow.toml."""
    file = site.folder / "crmflow.toml"
    file.write_text(file.read_text("utf-8") + f"\n{line}\n", "utf-8")
    return Site.read(site.folder)


def actions(engine: Engine, number: int) -> list[tuple[str, str]]:
    return [(step.action, step.actor) for step in engine.releases.get(number).steps]


def refusal(engine: Engine, number: int) -> str:
    with pytest.raises(StoreError) as refused:
        engine.releases.publish(number, actor="M1")
    return refused.value.code


def test_step_by_step(engine: Engine, site: Site) -> None:
    save(site, CALM)
    draft = engine.releases.draft(actor="M1", note="calmer")
    assert engine.health().release == 1
    assert engine.health().waiting == (2,)
    assert engine.releases.check(2, actor="M1") == ()
    assert all(result.passed for result in engine.releases.test(2, actor="M1"))
    engine.releases.attach(2, {"file": "whatif.html", "digest": "d1"}, actor="M1", note="3 move")
    engine.releases.approve(2, actor="M2", note="looks right")
    published = engine.releases.publish(2, actor="M3")
    assert (published.number, published.hash) == (draft.number, draft.hash)
    assert engine.health().release == 2
    assert actions(engine, 2) == [
        ("drafted", "M1"),
        ("checked", "M1"),
        ("tested", "M1"),
        ("simulated", "M1"),
        ("approved", "M2"),
        ("published", "M3"),
    ]
    last = published.steps[-1]
    assert (last.note, last.begins) == ("calmer", last.at)


def test_the_same_files_again_publish_nothing(engine: Engine, site: Site) -> None:
    before = engine.releases.all()
    assert engine.publish(actor="M9").number == 1
    assert engine.releases.all() == before


def test_a_changed_time_of_a_chart_needs_a_second_person(engine: Engine, site: Site) -> None:
    save(site, TIMES)
    with pytest.raises(StoreError) as refused:
        engine.publish(actor="M1")
    assert refused.value.code == "CRM435"
    assert "Complaint chain" in refused.value.text("en")
    assert "客户投诉处理链" in refused.value.text("zh")
    assert "crmflow release approve 2 --as" in refused.value.text("en")
    with pytest.raises(StoreError) as own:
        engine.releases.approve(2, actor="M1")
    assert own.value.code == "CRM436"
    assert refusal(engine, 2) == "CRM435"
    engine.releases.approve(2, actor="M2")
    assert engine.publish(actor="M1").number == 2, "the draft of the same files is the one that is approved"
    assert engine.health().release == 2


@pytest.mark.parametrize(
    ("policy", "text", "code"),
    [
        ("never", TIMES, None),
        ("always", CALM, "CRM435"),
        ("always", TIMES, "CRM435"),
        ("escalation", CALM, None),
    ],
)
def test_the_site_says_what_needs_a_second_person(
    site: Site, policy: str, text: str, code: str | None
) -> None:
    site = setting(site, f'approval = "{policy}"')
    save(site, text)
    with Engine.open(site) as engine:
        number = engine.releases.draft(actor="M1").number
        if code is None:
            assert engine.releases.publish(number, actor="M1").number == 2
        else:
            assert refusal(engine, number) == code


def test_levels_that_change_need_a_second_person(engine: Engine, site: Site) -> None:
    save(site, "format: 1\nlevels: [station, district, region, company]\n", "vocabulary.yaml")
    with pytest.raises(StoreError) as refused:
        engine.publish(actor="M1")
    assert refused.value.code == "CRM435"
    assert "levels" in str(refused.value)


def test_a_failing_test_keeps_a_release_from_force(engine: Engine, site: Site) -> None:
    rule = (
        "format: 1\ntitle: {en: Quiet, zh: 静默}\ndecides: segment\n"
        "gives: {name: quiet, zh: 静默, of: [yes]}\n"
        "rules: [{id: r, when: own cycle > 7, then: 'yes'}]\n"
        "tests: [{name: seven, given: {own cycle: 7}, expect: 'yes'}]\n"
    )
    save(site, rule, "fuel/segments/quiet.yaml")
    with pytest.raises(StoreError, match="fuel/segments/quiet") as refused:
        engine.publish(actor="M1")
    assert refused.value.code == "CRM438"
    assert engine.health().release == 1
    assert ("published", "M1") not in actions(engine, 2)


def test_files_that_cannot_be_used_make_no_draft(engine: Engine, site: Site) -> None:
    save(site, "format: 1\nfuel/visits/overdu: {}\n")
    with pytest.raises(RuleFileError) as refused:
        engine.releases.draft(actor="M1")
    assert refused.value.code == "CRM090"
    assert len(engine.releases.all()) == 1


def test_rolling_back_publishes_the_older_release_again(engine: Engine, site: Site) -> None:
    save(site, CALM)
    engine.publish(actor="M1")
    save(site, CALM.replace("4", "5"))
    engine.publish(actor="M1")
    assert engine.releases.rollback(actor="M2", note="too calm").number == 2
    assert engine.health().release == 2
    assert engine.releases.rollback(actor="M2").number == 1
    assert engine.health().release == 1
    with pytest.raises(StoreError) as refused:
        engine.releases.rollback(actor="M2")
    assert refused.value.code == "CRM446"
    assert engine.releases.rollback(3, actor="M2").number == 3
    assert actions(engine, 2)[-1] == ("published", "M2")
    assert [release.number for release in engine.releases.all()] == [1, 2, 3]


def test_going_back_needs_no_approval_and_what_was_never_in_force_is_no_way_back(
    engine: Engine, site: Site
) -> None:
    save(site, TIMES)
    with pytest.raises(StoreError):
        engine.publish(actor="M1")
    with pytest.raises(StoreError) as never:
        engine.releases.rollback(2, actor="M1")
    assert never.value.code == "CRM446"
    engine.releases.approve(2, actor="M2")
    engine.publish(actor="M1")
    assert engine.releases.rollback(actor="M1").number == 1


def test_a_release_may_count_for_some_days(engine: Engine, site: Site) -> None:
    save(site, CALM)
    number = engine.releases.draft(actor="M1").number
    _, now = engine.releases.all_now()
    with pytest.raises(StoreError) as past:
        engine.releases.publish(number, begins=now - 2 * DAY)
    assert past.value.code == "CRM447"
    with pytest.raises(StoreError) as before:
        engine.releases.publish(number, begins=now + 2 * DAY, ends=now + DAY)
    assert before.value.code == "CRM447"
    engine.releases.publish(number, actor="M1", begins=now + DAY, ends=now + 3 * DAY)
    assert engine.health().release == 1
    with engine.store.reading() as batch:
        found = [batch.releases.in_force(now + n * DAY) for n in (0, 1, 2, 3)]
    assert [release and release.number for release in found] == [1, 2, 2, 1]


def test_withdrawing(engine: Engine, site: Site) -> None:
    save(site, CALM)
    engine.releases.draft(actor="M1")
    engine.releases.withdraw(2, actor="M1", note="not now")
    calls: list[Callable[[], object]] = [
        lambda: engine.releases.approve(2, actor="M2"),
        lambda: engine.releases.publish(2, actor="M1"),
        lambda: engine.releases.withdraw(2, actor="M1"),
        lambda: engine.releases.withdraw(1, actor="M1"),
        lambda: engine.releases.attach(2, {}),
    ]
    for call in calls:
        with pytest.raises(StoreError) as error:
            call()
        assert error.value.code == "CRM446"
    assert engine.publish(actor="M1").number == 3


def test_a_hosts_roll_back_leaves_no_draft(engine: Engine, site: Site) -> None:
    save(site, CALM)
    with engine.store.engine.connect() as connection:
        connection.begin()
        engine.publish(actor="M1", connection=connection)
        connection.rollback()
    assert len(engine.releases.all()) == 1


def test_releases_in_a_folder_decide_as_those_in_the_database(site: Site) -> None:
    with Engine.open(site) as engine:
        assert engine.releases.export(site.folder / "releases") == 1
        assert engine.releases.export(site.folder / "releases") == 0
        first = engine.releases.get(1)
    in_folder = setting(site, 'releases = "releases"')
    save(in_folder, CALM)
    with Engine.open(in_folder) as engine:
        assert engine.releases.get(1) == first
        engine.publish(actor="M1", note="calmer")
        assert engine.health().release == 2
    place = next((site.folder / "releases").glob("0002-*"))
    assert (place / "site/params.yaml").read_text("utf-8") == CALM
    with Engine.open(site) as engine:
        assert engine.health().release == 1
        assert engine.releases.take_in(site.folder / "releases", actor="M9") == 1
        assert engine.health().release == 2
        assert CALM in [file.text for file in engine.releases.files(2)]


# what a running host does


def break_in(engine: Engine) -> None:
    """Publishes what this code cannot use, as newer code would."""
    with engine.store.batch("newer") as batch:
        first = batch.releases.get(1)
        texts = {**batch.releases.texts(first), "site:new.yaml": "format: 2\ndecides: tomorrow\n"}
        drafted = batch.releases.draft(texts, packs=first.packs)
        step = Step("published", "newer", batch.now, begins=batch.now)
        batch.releases.add_step(drafted.number, step)


def test_a_running_engine_picks_up_what_another_process_publishes(engine: Engine, site: Site) -> None:
    assert engine.health().release == 1
    save(site, CALM)
    program = (
        f"from crmflow import Engine\nwith Engine.open({str(site.folder)!r}) as e: e.publish(actor='other')"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
    assert engine.health().release == 2
    assert engine.run().release.startswith("2")


def test_a_running_engine_keeps_the_old_release_when_the_new_one_is_bad(
    engine: Engine, site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Releases, "_failed", {})
    with Engine.open(site) as other:
        break_in(other)
    with caplog.at_level(logging.ERROR, "crmflow.release"):
        health = engine.health()
        engine.run()
    assert health.release == 1
    assert health.problem is not None
    assert health.problem.code == "CRM445"
    assert "release 2" in str(health.problem)
    assert len(caplog.records) == 1, "said once, not at every call"
    monkeypatch.setattr("crmflow.engine.release.RETRY", 0)
    with caplog.at_level(logging.ERROR, "crmflow.release"):
        engine.health()
    assert len(caplog.records) == 2, "and tried again"
    save(site, CALM)
    with Engine.open(site) as other:
        assert other.publish(actor="M1").number == 3
    assert engine.health().problem is None
    assert engine.health().release == 3


def test_without_any_usable_release_the_reason_is_told(site: Site, tmp_path: Path) -> None:
    with Engine.open(site) as engine:
        with engine.store.batch("newer") as batch:
            batch.releases.add_step(1, Step("withdrawn", "newer", batch.now))
        break_in(engine)
        with pytest.raises(CrmflowError) as refused:
            engine.run()
    assert refused.value.code == "CRM090"


def test_a_release_is_compiled_once_in_a_process(
    engine: Engine, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(site, CALM)
    engine.publish(actor="M1")
    compiled: list[object] = []
    monkeypatch.setattr("crmflow.engine.release.compiled", compiled.append)
    monkeypatch.setattr(Releases, "_failed", {})
    with Engine.open(site) as other:
        other.health()
        other.health()
    assert compiled == []


# a pack's newer version

PACK = """
@hookimpl
def crmflow_pack():
    return Pack("kiosk", Text("Kiosk", "小店"), HERE / "rules")
"""
BOOK = """format: 1
title: {en: Size, zh: 规模}
decides: segment
gives: {name: size, zh: 规模, of: [large, small]}
rules: [{id: large, when: amount > LIMIT, then: large}]
"""


def kiosk(folder: Path, monkeypatch: pytest.MonkeyPatch, version: str, limit: int) -> None:
    """The pack kiosk of a version, as installed."""
    install(folder / version, monkeypatch, "kiosk", PACK, version=version)
    rules = folder / version / "crmflow-kiosk" / "rules"
    (rules / "segments").mkdir(parents=True)
    words = "format: 1\ncustomer: {amount: {type: 'number(9,2)', zh: 金额}}\n"
    (rules / "vocabulary.yaml").write_text(words, "utf-8")
    (rules / "segments/size.yaml").write_text(BOOK.replace("LIMIT", str(limit)), "utf-8")


def test_a_newer_pack_decides_nothing_before_it_is_published(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kiosk(tmp_path, monkeypatch, "1.0", 100)
    Site.init(tmp_path / "site", ["kiosk"], zone="UTC", language="en")
    site = moved(tmp_path / "site", database_url)
    customers = tmp_path / "customers.csv"
    customers.write_text("id,amount\nA,50\nB,150\n", "utf-8")
    with Engine.open(site) as engine:
        engine.publish(actor="M1")
        engine.import_file("customers", customers)
        engine.run()
        assert {row["known_as"] for row in engine.segments().rows} == {"B"}
    kiosk(tmp_path, monkeypatch, "1.1", 10)
    with Engine.open(site) as engine:
        [pack] = engine.health().packs
        assert (pack.in_force, pack.installed) == ("1.0", "1.1")
        engine.run()
        assert {row["known_as"] for row in engine.segments().rows} == {"B"}
        assert engine.publish(actor="M1").number == 2
        engine.run()
        assert {row["known_as"] for row in engine.segments().rows} == {"A", "B"}
        [pack] = engine.health().packs
        assert (pack.in_force, pack.installed) == ("1.1", "1.1")
        engine.releases.rollback(actor="M1")
        engine.run()
        assert {row["known_as"] for row in engine.segments().rows} == {"B"}


def test_an_override_is_merged_from_what_was_published(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kiosk(tmp_path, monkeypatch, "1.0", 100)
    Site.init(tmp_path / "site", ["kiosk"], zone="UTC", language="en")
    site = moved(tmp_path / "site", database_url)
    with Engine.open(site) as engine:
        engine.publish(actor="M1")
        assert engine.releases.outdated() == []
        [original] = [file for file in engine.releases.files() if file.path == "kiosk/segments/size.yaml"]
        [note] = _said_of(engine, site, original.content)
        own = original.content + f'overrides: "{note}"\n'
        save(site, own, "kiosk/segments/size.yaml")
        assert engine.releases.outdated() == []
    kiosk(tmp_path, monkeypatch, "1.1", 10)
    with Engine.open(site) as engine:
        [override] = engine.releases.outdated()
        assert override.base is not None
        assert override.base.content == original.content
        assert "amount > 10," in override.theirs.content


def _said_of(engine: Engine, site: Site, text: str) -> list[str]:
    """The hash that `check` tells to write for a copy of a pack's file."""
    save(site, text, "kiosk/segments/size.yaml")
    return [str(found.parts["hash"]) for found in engine.check() if found.code == "CRM206"]
