"""Does a stored decision come out again, bit for bit, after any number of upgrades?"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from crmflow import Engine, Site, StoreError
from crmflow.rules.feel import language
from crmflow.rules.feel.language import Fix
from tests.engine.conftest import execute

RELEASES = 10


def published(site: Site, number: int) -> None:
    """Changes rules, params and vocabulary once more."""
    (site.rules / "params.yaml").write_text(
        "format: 1\n"
        f"fuel/segments/class:\n  person B from: {{value: {60 + 30 * number}}}\n"
        f"fuel/visits/overdue:\n  宽限天数: {{value: {number}, units: {{S1: {number + 1}}}}}\n",
        "utf-8",
    )
    (site.rules / "vocabulary.yaml").write_text(f"format: 1\ncustomer:\n  hobby {number}: string\n", "utf-8")
    (site.rules / "loyalty.yaml").write_text(
        "format: 1\ntitle: loyalty\ndecides: segment\n"
        f"gives: {{name: loyalty, of: [high {number}, low {number}]}}\nhit: first\nrules:\n"
        f"  - {{id: high, title: high, when: fuel.litres 30 days > {number * 20}, then: high {number}}}\n"
        f"  - {{id: low, title: low, when: fuel.litres 30 days >= 0, then: low {number}}}\n",
        "utf-8",
    )


def tampered(site: Site, id: int, old: str, new: str) -> None:
    """Writes something else into what was recorded."""
    text, back = (
        ("CAST(content AS TEXT)", "") if site.url.startswith("sqlite") else ("content::text", "::json")
    )
    content = f"CAST(replace({text}, '{old}', '{new}') AS TEXT){back}"
    execute(site.url, f"UPDATE crmflow_payload SET content = {content} WHERE journal_id = {id}")


def test_every_decision_of_the_demo_comes_out_again(engine: Engine) -> None:
    replays = engine.replay_all()
    assert Counter(each.verdict for each in replays) == {"same": len(replays)}
    assert {each.kind for each in replays} >= {"segment", "owner", "visit", "participant"}


def test_decisions_come_out_again_after_ten_upgrades(site: Site, as_of: datetime) -> None:
    now = datetime.now(UTC) + timedelta(days=1)
    for number in range(1, RELEASES + 1):
        published(site, number)
        moment = now + timedelta(days=number)
        with Engine.open(site, clock=lambda moment=moment: moment) as engine:  # type: ignore[misc]
            engine.publish(actor="M1")
            assert engine.run().changed
    (site.rules / "loyalty.yaml").unlink()
    with Engine.open(site, clock=lambda: now + timedelta(days=99)) as engine:
        engine.publish(actor="M1")
        replays = engine.replay_all()
    assert Counter(each.verdict for each in replays) == {"same": len(replays)}
    assert len({each.release for each in replays}) == RELEASES + 1


def test_the_params_of_a_unit_are_recorded_where_they_are_its_own(site: Site) -> None:
    published(site, 4)
    moment = datetime.now(UTC) + timedelta(days=1)
    with Engine.open(site, clock=lambda: moment) as engine:
        engine.publish(actor="M1")
        engine.run()
        replays = [each for each in engine.replay_all(since=moment) if each.rulebook == "fuel/visits/overdue"]
        assert replays
        assert {each.verdict for each in replays} == {"same"}


def test_what_was_tampered_with_is_different(engine: Engine, site: Site) -> None:
    replay = next(
        each for each in engine.replay_all() if each.kind == "segment" and each.outcome["value"] == "B"
    )
    tampered(site, replay.id, '"B"', '"A"')
    again = engine.replay(f"decision:{replay.id}")
    assert again.verdict == "different"
    assert [(each.name, each.recorded, each.replayed) for each in again.differences] == [("value", "A", "B")]
    assert again.fixes == ()


def test_a_difference_names_the_fixes_of_the_language_since(
    engine: Engine, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language, "FIXES", (Fix(2, "a fix", "一处修正"),))
    replay = next(each for each in engine.replay_all() if each.kind == "segment")
    assert replay.fixes == ()
    tampered(site, replay.id, "person", "unit")
    assert [fix.zh for fix in engine.replay(str(replay.id)).fixes] == ["一处修正"]


def test_an_erased_decision_says_so(engine: Engine, site: Site) -> None:
    replay = engine.replay_all()[0]
    execute(site.url, f"DELETE FROM crmflow_payload WHERE journal_id = {replay.id}")
    again = engine.replay(str(replay.id))
    assert (again.verdict, again.differences) == ("erased", ())
    assert again.reason is not None
    assert "erased" in again.reason.en


def test_one_customers_decisions_are_found(engine: Engine) -> None:
    customer = str(engine.segments().rows[0]["customer"])
    mine = engine.replay_all(customer)
    assert mine
    assert all(f"customer:{customer.removeprefix('C')}" == each.subject for each in mine)


@pytest.mark.parametrize("name", ["decision:1", "decision:x", "99999999999999999999", ""])
def test_a_decision_that_there_is_not_is_refused(engine: Engine, name: str) -> None:
    with pytest.raises(StoreError, match="CRM421") as raised:
        engine.replay(name)
    assert raised.value.code == "CRM421"
