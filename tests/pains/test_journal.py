"""What hurts users of other products about changed deadlines, imports and history: does it hurt here?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.engine.test_case_intake import World as Imported
from tests.engine.test_migrating import DAY, FIRST, SECOND, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "site")
    yield made
    made.engine.close()


@pytest.fixture
def imported(tmp_path: Path) -> Iterator[Imported]:
    made = Imported(tmp_path / "imported")
    yield made
    made.engine.close()


# 8: an edit of a service level leaves old deadlines


def test_zammad_4353_an_edited_term_reaches_open_cases_when_it_is_told_to(world: World) -> None:
    """Tickets kept the deadline of the SLA as it was before it was edited."""
    case = world.open("K1", "done")
    world.publish(SECOND + "migrates: [{from: any}]\n")
    assert world.case(case.id).late_at == case.entered_at + 5 * DAY  # until somebody decides
    world.migrate()
    assert world.case(case.id).late_at == case.entered_at + 3 * DAY


def test_osticket_1_7_686_a_term_that_is_gone_leaves_no_deadline(world: World) -> None:
    """A disabled SLA went on making tickets overdue."""
    case = world.open("K1", "done")
    world.publish(FIRST.replace(", within: P5D", "") + "migrates: [{from: any}]\n")
    world.migrate()
    assert (world.case(case.id).late_at, world.case(case.id).due_at) == (None, None)


def test_breeze_6691_a_shorter_term_makes_a_case_late_at_its_own_moment(world: World) -> None:
    """After an edit the breach was told as of the edit, or never."""
    case = world.open("K1", "done")
    world.now += 4 * DAY
    world.publish(SECOND + "migrates: [{from: any}]\n")
    world.migrate()
    assert world.case(case.id).late_at == case.entered_at + 3 * DAY


# 21: an import bypasses rules, or floods


def test_suitecrm_9376_an_import_runs_through_the_rules(imported: Imported) -> None:
    """Workflows did not run for what was imported."""
    imported.take("T1,K1,2026-05-31 22:00,,,,,,S")
    [case] = imported.cases()
    assert (case.holder, case.due_at) == ("W1", case.opened_at + timedelta(days=2))


@pytest.mark.parametrize("past", ["mark", "none"])
def test_f_revocrm_1801_an_import_floods_nobody(imported: Imported, past: str) -> None:
    """Importing old records sent their messages again."""
    rows = [f"T{n},K{n % 4 + 1},2025-0{n % 9 + 1}-05 09:00,,,,,,S" for n in range(200)]
    assert imported.take(*rows, past=past).new == 200
    while imported.engine.due().claimed:
        pass
    kinds = {row.kind for case in imported.cases() for row in imported.history(case)}
    assert "sent" not in kinds


def test_chrome_salesforce_inspector_178_the_same_import_again_changes_nothing(imported: Imported) -> None:
    """A second import doubled records and fired triggers."""
    row = "T1,K1,2026-05-31 22:00,,,,,,S"
    imported.take(row)
    before = imported.cases()
    assert imported.take(row).same == 1
    assert imported.cases() == before


# 28: version history of rules


def test_cerb_1619_what_a_case_ran_under_can_be_told_for_good(world: World) -> None:
    """Nobody could say which version of a behaviour had acted."""
    case = world.open("K1", "done")
    world.publish(SECOND + "migrates: [{from: any}]\n")
    world.migrate()
    with world.engine.store.reading() as batch:
        entries = batch.journal.of(case=case.id)
        numbers = {release.hash: release.number for release in batch.releases.all()}
    cited = [(entry.kind, numbers[entry.release or ""]) for entry in entries]
    assert ("case.opened", 1) in cited
    assert ("case.migrated", 2) in cited


def test_elastic_docs_7376_no_version_is_lost(world: World) -> None:
    """Only the latest revisions were kept."""
    case = world.open("K1", "done")
    for days in range(11, 16):
        world.publish(FIRST.replace("P10D", f"P{days}D"))
    world.now += timedelta(hours=1)
    assert world.engine.send(case.id, "shelve", actor="anybody").state == "shelf"
    with world.engine.store.reading() as batch:
        texts = [batch.releases.texts(release) for release in batch.releases.all()]
    assert len({text["site:charts/ticket.yaml"] for text in texts}) == 6
