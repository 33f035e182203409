"""Does a simulation say what two full replays say, write nothing, and go on where it was broken off?"""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crmflow import Engine, RuleFileError, SettingsError, Site, StoreError
from crmflow.core.moment import end_of_day
from crmflow.core.simulation import Simulation
from crmflow.engine.demo import play, world_of
from crmflow.engine.running import Work
from crmflow.engine.simulation.caught import Caught
from crmflow.engine.simulation.simulating import Simulating
from crmflow.engine.simulation.start import start
from crmflow.engine.simulation.world import Given, World
from crmflow.plugins import Plugins
from crmflow.store.exact import encode
from crmflow.store.past import Past
from tests.engine.conftest import contents, moved

CHANGES = {
    "fuel": "fuel/segments/class:\n  person VIP from: {value: 500}\n",
    "insurance": "insurance/segments/vip:\n  gold from: {value: 10000}\n",
    "utility": "utility/segments/lifecycle:\n  decline below: {value: 0.90}\n",
}
DEMO = date(2026, 6, 30)


@pytest.fixture(scope="session")
def played_sites(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a pack's demo site, played once."""
    folders: dict[str, Path] = {}

    def site_of(pack: str) -> Path:
        if pack not in folders:
            folder = tmp_path_factory.mktemp(pack) / "site"
            site = Site.init(folder, [pack], zone="Asia/Shanghai", language="en")
            with Engine.create(site) as engine:
                play(engine, world_of(Plugins([pack]).packs[pack]))
            folders[pack] = folder
        return folders[pack]

    return site_of


@pytest.fixture
def copy_of(played_sites: Callable[[str], Path], tmp_path: Path) -> Callable[[str], Site]:
    def copied(pack: str) -> Site:
        folder = tmp_path / pack
        shutil.copytree(played_sites(pack), folder)
        return moved(folder, f"sqlite:///{folder / 'crm.db'}")

    return copied


def change(site: Site, params: str) -> None:
    (site.rules / "params.yaml").write_text(f"format: 1\n{params}", "utf-8")


def figures(simulation: Simulation) -> dict[str, Any]:
    """What must be the same however it was computed."""
    return {
        "moved": simulation.moved,
        "matrices": simulation.matrices,
        "tables": {listing.name: list(listing.rows) for listing in simulation.tables},
        "examples": simulation.examples,
    }


# against two full replays


@pytest.mark.parametrize("pack", CHANGES)
def test_what_is_shared_comes_to_what_two_full_replays_come_to(
    copy_of: Callable[[str], Site], pack: str
) -> None:
    site = copy_of(pack)
    change(site, CHANGES[pack])
    with Engine.open(site) as engine:
        shared = Simulating(site, engine.packs, engine.store)
        whole = Simulating(site, engine.packs, engine.store, whole=True)
        period = (None, None, "2026-01", "2026-06", "month")
        found, expected = shared.run(*period), whole.run(*period)  # type: ignore[arg-type]
    assert found.moved > 0
    assert figures(found) == figures(expected)


@pytest.mark.parametrize("step", ["month", "week"])
def test_other_facts_and_another_chart_are_compared_as_well(
    copy_of: Callable[[str], Site], tmp_path: Path, step: Any
) -> None:
    site = copy_of("fuel")
    installed = Plugins(["fuel"]).packs["fuel"].folder
    assert installed is not None
    pack = tmp_path / "crmflow_fuel"
    shutil.copytree(installed, pack)
    vocabulary = pack / "vocabulary.yaml"
    vocabulary.write_text(vocabulary.read_text("utf-8").replace("P30D", "P45D"), "utf-8")
    change(site, "core/charts/complaint:\n  step time: {value: {station: PT1H}}\n")
    with Engine.open(site) as engine:
        shared = Simulating(site, engine.packs, engine.store)
        whole = Simulating(site, engine.packs, engine.store, whole=True)
        found, expected = (each.run(pack, None, "2026-05", "2026-06", step) for each in (shared, whole))
    assert {"core/charts/complaint"} <= set(found.changed)
    assert found.moved > 0
    assert figures(found) == figures(expected)


def test_the_same_rules_move_nobody(copy_of: Callable[[str], Site]) -> None:
    with Engine.open(copy_of("insurance")) as engine:
        found = engine.simulate(start="2026-04", end="2026-06")
    assert (found.moved, found.changed, found.examples) == (0, (), ())
    assert any("nothing can differ" in note.en for note in found.notes)


# the caught effects are those of a real run


def test_a_dry_run_catches_what_a_real_run_writes(copy_of: Callable[[str], Site], tmp_path: Path) -> None:
    """5,000 random fills and complaints, three runs: the journal, entry by entry."""
    site = copy_of("fuel")
    days = [end_of_day(day, site.zone) for day in (date(2026, 7, 31), date(2026, 8, 31), date(2026, 9, 30))]
    with Engine.open(site) as engine:
        for kind, path in random_events(tmp_path):
            report = engine.import_file("touchpoints", path, mapping={"format": 1, "touchpoints": kind})
            assert (report.new, report.rejected) == (2500, 0)
        before = journal(engine)
        for day in days:
            engine.run(day)
        written = journal(engine)[len(before) :]
        caught = caught_entries(engine, days)
    assert len(written) > 5000
    assert sorted(caught) == sorted(written)


def random_events(folder: Path) -> Iterator[tuple[str, Path]]:
    chance = random.Random(2026)
    for kind, head in (("fill", "加油量"), ("complaint", "text")):
        lines = [f"流水号,时间,客户编号,单位,{head}"]
        for number in range(2500):
            at = datetime(2026, 7, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(90 * 24 * 60))
            who, unit = f"K{chance.randint(1, 240):04}", f"S{chance.randint(1, 2)}"
            said = f"{chance.randint(5, 90)}" if kind == "fill" else "慢"
            lines.append(f"{kind}{number},{at:%Y-%m-%d %H:%M},{who},{unit},{said}")
        path = folder / f"{kind}.csv"
        path.write_text("\n".join(lines) + "\n", "utf-8")
        yield kind, path


def journal(engine: Engine) -> list[str]:
    with engine.store.reading() as batch:
        return [_said(entry) for entry in batch.journal._entries() if entry.customer_id is not None]


def caught_entries(engine: Engine, days: list[datetime]) -> list[str]:
    """What runs as of these days would write, on the store as it was known before the first."""
    site, said = engine.site, []
    with engine._calls._reading() as (batch, rules):
        world, _ = start(batch, rules, end_of_day(DEMO, site.zone), days[-1], site.zone)
        for day in days:
            caught = Caught.over(batch, rules.codec, "host", world)
            work = Work(caught, rules, day, site.zone)
            work.facts()
            work.cases(work.decisions())
            said += [_said(entry) for entry in caught.entries]
    return said


def _said(entry: Any) -> str:
    payload = json.dumps(encode(entry.payload), sort_keys=True)
    return repr((entry.kind, entry.subject, entry.at, entry.key, entry.release, payload))


# nothing is written


def test_nothing_is_written_to_the_store(site: Site) -> None:
    change(site, CHANGES["fuel"])
    before = contents(site.url)
    with Engine.open(site) as engine:
        engine.simulate(start="2026-03", end="2026-06", state=site.folder / "state")
    assert contents(site.url) == before


# resumption


def test_a_broken_off_simulation_goes_on_to_the_same_result(copy_of: Callable[[str], Site]) -> None:
    site = copy_of("fuel")
    change(site, CHANGES["fuel"])
    state = site.folder / "state"

    def break_off(done: int, of: int) -> None:
        if done > of * 0.6:
            raise KeyboardInterrupt

    period: dict[str, Any] = {"start": "2026-01", "end": "2026-06"}
    with Engine.open(site) as engine:
        expected = engine.simulate(**period)
        with pytest.raises(KeyboardInterrupt):
            engine.simulate(**period, state=state, progress=break_off)
        assert len(list(state.rglob("step-*.jsonl"))) == 3
        seen: list[int] = []
        found = engine.simulate(**period, state=state, progress=lambda done, of: seen.append(done))
    assert min(seen) >= 3000, "the first three of six steps are not done again"
    assert figures(found) == figures(expected)
    assert not list(state.rglob("step-*.jsonl"))


def test_a_killed_command_goes_on(copy_of: Callable[[str], Site]) -> None:
    site = copy_of("fuel")
    change(site, CHANGES["fuel"])
    crmflow = str(Path(sys.executable).with_name("crmflow"))
    command = [crmflow, "--site", str(site.folder), "simulate", "--step", "day"]
    command += ["--from", "2026-04", "--to", "2026-06", "--json"]
    expected = subprocess.run(command, check=True, capture_output=True).stdout
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as broken:
        while broken.poll() is None and len(list(site.folder.rglob("step-*.jsonl"))) < 5:
            pass
        broken.send_signal(signal.SIGKILL)
    left = len(list(site.folder.rglob("step-*.jsonl")))
    again = subprocess.run(command, check=True, capture_output=True).stdout
    assert left >= 5
    assert again == expected


def test_a_state_that_is_damaged_is_refused(copy_of: Callable[[str], Site]) -> None:
    site = copy_of("fuel")
    change(site, CHANGES["fuel"])
    state = site.folder / "state"

    def break_off(done: int, of: int) -> None:
        if done > of * 0.6:
            raise KeyboardInterrupt

    with Engine.open(site) as engine:
        with pytest.raises(KeyboardInterrupt):
            engine.simulate(start="2026-01", end="2026-06", state=state, progress=break_off)
        next(state.rglob("step-0002.jsonl")).write_text('{"step": 1}\n', "utf-8")
        with pytest.raises(StoreError, match="CRM434"):
            engine.simulate(start="2026-01", end="2026-06", state=state)


# what it starts from, and with what


def test_a_draft_a_release_and_a_folder_are_compared_alike(
    copy_of: Callable[[str], Site], tmp_path: Path
) -> None:
    site = copy_of("insurance")
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "params.yaml").write_text(f"format: 1\n{CHANGES['insurance']}", "utf-8")
    period: dict[str, Any] = {"start": "2026-05", "end": "2026-06"}
    with Engine.open(site) as engine:
        by_folder = engine.simulate(folder, **period)
        change(site, CHANGES["insurance"])
        on_disk = engine.simulate(**period)
        draft = engine.releases.draft(actor="M1")
        by_number = engine.simulate(draft.number, **period)
        by_hash = engine.simulate(draft.hash[:10], **period)
        backwards = engine.simulate(1, base=draft.number, **period)
    for other in (on_disk, by_number, by_hash):
        assert figures(other) == figures(by_folder)
    matrix, back = by_folder.matrices[0], backwards.matrices[0]
    assert {(new, old): count for (old, new), count in matrix.counts.items()} == dict(back.counts)


REFUSED = {
    "CRM430": {"new": "99"},
    "CRM431": {"start": "2026-06", "end": "2026-05"},
    "CRM433": {"start": "1990-01", "end": "1990-12"},
    "CRM827": {"start": "June"},
}


@pytest.mark.parametrize("code", REFUSED)
def test_what_cannot_be_is_refused(copy_of: Callable[[str], Site], code: str) -> None:
    with Engine.open(copy_of("insurance")) as engine, pytest.raises((StoreError, SettingsError)) as raised:
        engine.simulate(**REFUSED[code])  # type: ignore[arg-type]
    assert raised.value.code == code


def test_rules_that_cannot_be_used_are_refused(copy_of: Callable[[str], Site]) -> None:
    site = copy_of("insurance")
    change(site, "insurance/segments/vip:\n  gold form: {value: 1}\n")
    with Engine.open(site) as engine, pytest.raises(RuleFileError) as raised:
        engine.simulate()
    assert raised.value.code == "CRM090"


def test_a_store_without_touchpoints_has_no_past(tmp_path: Path) -> None:
    site = Site.init(tmp_path / "site", ["fuel"], zone="UTC", language="en")
    with Engine.create(site) as engine:
        engine.publish()
        with pytest.raises(StoreError) as raised:
            engine.simulate()
    assert raised.value.code == "CRM432"


def test_a_year_up_to_the_last_run_is_the_default(copy_of: Callable[[str], Site]) -> None:
    with Engine.open(copy_of("insurance")) as engine:
        found = engine.simulate()
    assert (found.start, found.end, found.steps) == (date(2025, 7, 1), date(2026, 6, 30), 12)


def test_visits_that_were_made_are_made_in_the_simulation(copy_of: Callable[[str], Site]) -> None:
    """What people did belongs to the past."""
    site = copy_of("fuel")
    with Engine.open(site) as engine:
        row = next(iter(engine.visits().rows))
        with engine.store.reading() as batch:
            visit = batch.visits.get(row["id"])
        assert visit is not None
        engine.close_visit(visit.id, dict.fromkeys(visit.form, "x"), at=visit.at + timedelta(days=1))
        with engine._calls._reading() as (batch, _):
            past = Past(batch)
            world = World.of(past, Given.of(past, datetime.now(UTC)), visit.at, ())
            assert visit.id in world.open_visits
            world.make_visits(visit.at + timedelta(days=2))
            assert visit.id not in world.open_visits
