"""Does a running case keep its chart, and come to a new version as the new chart says, with its clocks?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crmflow import Case, Engine, Site
from crmflow.core.migration import Migration
from crmflow.engine.release import Releases
from tests.engine.conftest import moved

VOCABULARY = """
format: 1
roles:
  handler: {en: handler, zh: 经办}
levels:
  station: {en: station, zh: 站}
  district: {en: district, zh: 区}
cases:
  ticket: {en: ticket, zh: 工单}
"""
FIRST = """
format: 1
title: {en: Ticket, zh: 工单}
case: {kind: ticket, about: customer, start: accept}
clocks:
  resolution: {en: resolution, zh: 办结时限, target: P10D, pause: [waiting], counts: elapsed}
late: {at: 100%, to: same role one unit up}
states:
  accept: {en: accept, zh: 受理, by: handler, within: P2D}
  work: {en: work, zh: 处理, by: handler, within: P5D, form: {answer: string}}
  waiting: {en: waiting, zh: 等待客户}
  shelf: {en: shelf, zh: 搁置}
  closed: {en: closed, zh: 办结, end: true}
moves:
  - [accepted, accept, done, "-", work]
  - [asked, work, ask, "-", waiting]
  - [answered, waiting, answer, "-", work]
  - [shelved, work, shelve, "-", shelf]
  - [unshelved, shelf, answer, "-", work]
  - [done, work, done, "-", closed]
"""
SECOND = (
    FIRST.replace("P10D", "P5D")
    .replace("within: P5D", "within: P3D")
    .replace("  shelf: {en: shelf, zh: 搁置}\n", "")
    .replace('  - [shelved, work, shelve, "-", shelf]\n  - [unshelved, shelf, answer, "-", work]\n', "")
)
MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
DAY = timedelta(days=1)


class World:
    """A site with one chart, five customers, and a clock that is set."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self.folder = folder
        self.now = MONDAY
        site = Site.init(folder, [], zone="UTC", language="en")
        (folder / "rules/charts").mkdir(parents=True)
        (folder / "rules/vocabulary.yaml").write_text(VOCABULARY, "utf-8")
        self.write(FIRST)
        site = site if url is None else moved(folder, url)
        Engine.migrate(site)
        self.engine = Engine.open(site, clock=lambda: self.now)
        people = folder / "customers.csv"
        people.write_text("customer id\n" + "\n".join(f"K{number}" for number in range(1, 6)) + "\n", "utf-8")
        self.engine.import_file("customers", people)
        self.engine.publish()

    def write(self, chart: str) -> None:
        (self.folder / "rules/charts/ticket.yaml").write_text(chart, "utf-8")

    def publish(self, chart: str) -> None:
        self.now += timedelta(minutes=1)
        self.write(chart)
        release = self.engine.releases.draft(actor="A")
        self.engine.releases.approve(release.number, actor="B")
        self.engine.releases.publish(release.number)

    def open(self, customer: str, *events: str) -> Case:
        case = self.engine.open_case("ticket", customer)
        for event in events:
            self.now += timedelta(hours=1)
            case = self.engine.send(case.id, event, actor="anybody")
        return case

    def case(self, id: int) -> Case:
        with self.engine.store.reading() as batch:
            case = batch.cases.get(id)
        assert case is not None
        return case

    def migrate(self, *, dry_run: bool = False) -> Migration:
        self.now += timedelta(minutes=1)
        return self.engine.migrate_cases("ticket", actor="W1", dry_run=dry_run)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "site")
    yield made
    made.engine.close()


def test_without_a_migration_a_case_keeps_its_chart(world: World) -> None:
    case = world.open("K1", "done")
    world.publish(SECOND)
    done = world.migrate()
    assert (done.moved, [each.reason.code for each in done.refused]) == ((), ["CRM528"])
    assert world.case(case.id) == case
    world.now += timedelta(hours=1)
    assert world.engine.send(case.id, "shelve", actor="anybody").state == "shelf"


def test_a_state_that_is_gone_must_be_mapped(world: World) -> None:
    working, shelved = world.open("K1", "done"), world.open("K2", "done", "shelve")
    world.publish(SECOND + "migrates: [{from: any}]\n")
    done = world.migrate(dry_run=True)
    assert (done.moved, done.dry) == ((working.id,), True)
    assert [(each.case, each.reason.code) for each in done.refused] == [(shelved.id, "CRM524")]
    assert world.case(working.id) == working
    world.publish(SECOND + "migrates: [{from: any, states: {shelf: waiting}}]\n")
    done = world.migrate()
    assert (set(done.moved), done.refused) == ({working.id, shelved.id}, ())
    assert world.case(shelved.id).state == "waiting"
    assert world.migrate().had_it == 2


def test_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    world = World(tmp_path / "site", postgres_url)
    working, shelved = world.open("K1", "done"), world.open("K2", "done", "shelve")
    world.publish(SECOND + "migrates: [{from: any}]\n")
    done = world.migrate()
    assert (done.moved, [each.case for each in done.refused]) == ((working.id,), [shelved.id])
    assert world.case(working.id).chart_hash != world.case(shelved.id).chart_hash
    world.engine.close()


def test_the_new_terms_count_from_the_old_beginnings(world: World) -> None:
    case = world.open("K1", "done")
    assert (case.late_at, case.due_at) == (case.entered_at + 5 * DAY, None)
    world.publish(SECOND + "migrates: [{from: any}]\n")
    world.migrate()
    moved = world.case(case.id)
    assert moved.entered_at == case.entered_at
    assert moved.late_at == case.entered_at + 3 * DAY


def due(world: World, case: Case) -> datetime | None:
    clock = world.case(case.id).clocks["resolution"]
    assert isinstance(clock, dict)
    found: datetime | None = clock["due"]
    return found


def test_a_clock_keeps_its_pauses(world: World) -> None:
    case = world.open("K1", "done", "ask")
    world.now += 2 * DAY
    world.engine.send(case.id, "answer", actor="anybody")
    assert due(world, case) == case.opened_at + 12 * DAY
    world.publish(SECOND + "migrates: [{from: any}]\n")
    world.migrate()
    assert due(world, case) == case.opened_at + 7 * DAY


def test_a_clock_that_stood_still_goes_on_where_the_new_chart_counts(world: World) -> None:
    case = world.open("K1", "done", "ask")
    world.now += 2 * DAY
    world.publish(SECOND.replace("pause: [waiting], ", "") + "migrates: [{from: any}]\n")
    world.migrate()
    waited = world.now - case.entered_at
    assert due(world, case) == case.opened_at + 5 * DAY + waited


def test_each_migrated_case_is_journaled(world: World) -> None:
    case = world.open("K1", "done")
    world.publish(SECOND + "migrates: [{from: any}]\n")
    world.migrate()
    after = world.case(case.id)
    with world.engine.store.reading() as batch:
        [row] = [row for row in batch.cases.history(case.id) if row.kind == "migrated"]
    assert (row.actor, row.state, row.to) == ("W1", "work", "work")
    assert row.data == {"before": case.chart_hash, "after": after.chart_hash}
    assert "another version" in str(world.engine.explain(f"case:{case.id}").record("en"))


@pytest.mark.parametrize("source", ["release 1", "HASH"])
def test_a_migration_holds_for_the_versions_that_it_names(world: World, source: str) -> None:
    case = world.open("K1", "done")
    source = case.chart_hash[:10] if source == "HASH" else source
    world.publish(SECOND)
    other = world.open("K2", "done")
    world.publish(FIRST.replace("P10D", "P6D") + f"migrates: [{{from: {source}}}]\n")
    done = world.migrate()
    assert done.moved == (case.id,)
    assert [each.case for each in done.refused] == [other.id]


NEEDY = FIRST.replace("by: handler, within: P2D", "by: handler, form: {origin: string}").replace(
    '  - [done, work, done, "-", closed]', "  - [done, work, done, origin != null, closed]"
)


def test_a_field_that_conditions_read_must_be_there(world: World) -> None:
    case = world.open("K1", "done")
    world.publish(NEEDY + "migrates: [{from: any}]\n")
    assert [each.reason.code for each in world.migrate().refused] == ["CRM526"]
    world.publish(NEEDY + "migrates: [{from: any, data: {origin: phone}}]\n")
    assert world.migrate().moved == (case.id,)
    assert world.case(case.id).data["origin"] == "phone"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("shelf: {en: shelf, zh: 搁置}", "shelf: {en: shelf, zh: 搁置, needs: [waiting]}"), "CRM527"),
        (
            (
                "  shelf: {en: shelf, zh: 搁置}\n",
                "  shelf: {en: shelf, zh: 搁置, parallel: {one: {by: handler}}}\n",
            ),
            "CRM525",
        ),
    ],
)
def test_what_a_case_cannot_come_to_is_refused(world: World, change: tuple[str, str], code: str) -> None:
    case = world.open("K1", "done", "shelve")
    world.publish(
        FIRST.replace(*change).replace("shelf, answer", "shelf, joined") + "migrates: [{from: any}]\n"
    )
    done = world.migrate()
    assert [(each.case, each.reason.code) for each in done.refused] == [(case.id, code)]


def test_a_migration_ends_no_case(world: World) -> None:
    world.open("K1", "done", "shelve")
    world.publish(SECOND + "migrates: [{from: any, states: {shelf: closed}}]\n")
    assert [each.reason.code for each in world.migrate().refused] == ["CRM529"]


def test_the_chart_of_an_old_case_is_found_without_compiling_every_release(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = world.open("K1", "done")
    for days in range(20, 40):
        world.publish(FIRST.replace("P10D", f"P{days}D"))
    monkeypatch.setattr(Releases, "_compiled", {})
    world.now += timedelta(hours=1)
    assert world.engine.send(case.id, "shelve", actor="anybody").state == "shelf"
    assert len(Releases._compiled) == 2
