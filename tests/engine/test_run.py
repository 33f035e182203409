"""Does a run decide once, from what is published, and change nothing the second time?"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from crmflow import Engine, Site, StoreError
from tests.engine.conftest import contents, new_site


def test_a_second_run_at_the_same_moment_changes_no_row(engine: Engine, site: Site, as_of: datetime) -> None:
    before = contents(site.url)
    report = engine.run(as_of)
    assert not report.changed
    assert contents(site.url) == before


def test_a_run_as_of_before_the_latest_writes_nothing(engine: Engine, site: Site, as_of: datetime) -> None:
    before = contents(site.url)
    report = engine.run(as_of - timedelta(days=30))
    assert not report.changed
    assert "nothing was written" in report.notes[0].en
    assert contents(site.url) == before


def test_a_run_goes_by_a_release_that_was_published(engine: Engine, site: Site, as_of: datetime) -> None:
    params = "format: 1\nfuel/visits/overdue: {days of grace: {value: 5}}\n"
    (site.rules / "params.yaml").write_text(params, "utf-8")
    draft = engine.releases.draft()

    with pytest.raises(StoreError) as refused:
        engine.run(as_of, release=draft.number)
    assert refused.value.code == "CRM422"
    with pytest.raises(StoreError) as unknown:
        engine.run(as_of, release=9)
    assert unknown.value.code == "CRM437"
    engine.releases.publish(draft.number)
    by_then, by_two = engine.run(as_of), engine.run(as_of, release=draft.number)
    assert by_then.release != by_two.release == f"{draft.number} ({draft.hash[:12]})"


def test_deciding_one_customer_says_what_the_run_said(engine: Engine, site: Site, as_of: datetime) -> None:
    segments = {row["customer"]: row["value"] for row in engine.segments().rows}
    before = contents(site.url)
    for customer in list(segments)[:5]:
        decisions = engine.decide(customer, as_of)
        assert {each.value for each in decisions if each.rulebook == "fuel/segments/class"} == {
            segments[customer]
        }
    assert contents(site.url) == before


def test_saving_a_rule_file_decides_nothing_until_it_is_published(
    engine: Engine, site: Site, as_of: datetime
) -> None:
    (site.rules / "params.yaml").write_text(
        "format: 1\nfuel/segments/class:\n  person VIP from: {value: 0}\n", "utf-8"
    )
    assert not engine.run(as_of).changed
    engine.publish(actor="M1")
    assert not engine.run(as_of).changed, "the past is decided by the release that was in force then"
    report = engine.run()
    sizes = {value.en: count for value, count in next(iter(report.segments.values())).items()}
    assert sizes["VIP"] > 30


def test_nothing_runs_before_something_is_published(tmp_path: Path) -> None:
    site = new_site(tmp_path, f"sqlite:///{tmp_path / 'crm.db'}")
    with Engine.open(site) as engine, pytest.raises(StoreError, match="crmflow publish") as raised:
        engine.run()
    assert raised.value.code == "CRM440"


def test_a_year_later_the_overdue_are_still_one_visit_each(engine: Engine, as_of: datetime) -> None:
    """F9 fires once per gap, however often somebody looks."""
    first = {row["id"] for row in engine.visits().rows}
    for days in (1, 2, 30):
        engine.run(as_of + timedelta(days=days))
    kept = {row["id"] for row in engine.visits().rows}
    assert first <= kept


def test_the_site_is_found_from_below(site: Site) -> None:
    below = site.folder / "rules" / "deeper"
    below.mkdir(parents=True)
    assert Site.find(below).folder == site.folder.resolve()
    assert Site.find(Path(site.folder)).url == site.url
