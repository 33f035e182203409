"""Does a mass outage escalate once, however many report it, and is every customer called back? (C29)"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crmflow import Engine, WorkflowError
from crmflow.core.incident import NOBODY
from tests.engine.power import at, case_now, due, power_company, report


@pytest.fixture
def engine(tmp_path: Path, database_url: str) -> Iterator[Engine]:
    with power_company(tmp_path / "site", database_url) as engine:
        yield engine


def test_a_signal_opens_one_case_about_the_unit_and_only_once(engine: Engine) -> None:
    first = engine.signal("outage", "D1", at=at(0), fields={"feeder": "F7"}, external_id="S1")
    again = engine.signal("停电", "江北", at=at(0), fields={"feeder": "F7"}, external_id="S1")
    [case] = first.cases
    assert (first.new, again.new, again.cases) == (True, False, ())
    assert (case.customer_id, case.unit, case.state, case.holder) == (NOBODY, "D1", "dispatch", "W1")
    assert case.data == {"feeder": "F7"}
    engine.run(at(10))
    assert [row["id"] for row in engine.cases().rows] == [case.id]


def test_reports_are_grouped_escalate_nothing_and_are_called_back_when_it_is_over(engine: Engine) -> None:
    early = report(engine, "K1", -30)
    before = report(engine, "K2", 2)
    [incident] = engine.signal("outage", "D1", at=at(0)).cases
    during, danger = report(engine, "K3", 5), report(engine, "K4", 6, dangerous=True)
    elsewhere = report(engine, "K10", 7)
    grouped = [case_now(engine, each) for each in (before, during)]
    assert [(each.parent_id, each.due_at, each.late_at) for each in grouped] == [
        (incident.id, None, None)
    ] * 2
    assert [case_now(engine, each).parent_id for each in (early, danger, elsewhere)] == [None] * 3
    due(engine, 120)
    assert [case_now(engine, each).escalations for each in (before, during)] == [0, 0]
    assert case_now(engine, incident).level == "company"

    engine.send(incident.id, "done", at=at(121), actor="K1")
    engine.send(incident.id, "done", {"cause": "feeder"}, at=at(150), actor="K2")
    due(engine, 151)
    for each in (before, during):
        now = case_now(engine, each)
        assert (now.state, now.parent_id, now.branch) == ("call back", incident.id, None)
        assert now.entered_at == at(150)
        assert now.due_at is not None
    assert case_now(engine, early).state == "accept"


def test_a_case_opened_after_the_incident_goes_its_own_way(engine: Engine) -> None:
    incident = engine.open_case("outage", "D1", at=at(0), actor="W1")
    engine.send(incident.id, "false alarm", at=at(3), actor="W1")
    assert report(engine, "K5", 4).parent_id is None


def test_many_reports_in_one_unit_make_an_incident_without_any_signal(engine: Engine) -> None:
    numbers = [n for n in range(1, 24) if n % 10]
    cases = [report(engine, f"K{n}", n) for n in numbers[:19]]
    assert {case_now(engine, each).parent_id for each in cases} == {None}
    cases += [report(engine, f"K{n}", n) for n in numbers[19:]]
    [row] = [row for row in engine.cases().rows if row["step"].en == "dispatch"]
    assert (row["unit"], row["customer"]) == ("D1", None)
    assert {case_now(engine, each).parent_id for each in cases} == {row["id"]}


def test_a_storm_of_reports_is_one_escalation(engine: Engine) -> None:
    engine.signal("outage", "D1", at=at(0))
    cases = [report(engine, f"K{n}", n / 60) for n in range(1, 60) if n % 10]
    due(engine, 600)
    late = [row for row in engine.cases().rows if row["escalations"]]
    assert len(late) == 1
    assert not any(case_now(engine, each).escalations for each in cases)


def test_what_cannot_be_meant_is_refused(engine: Engine) -> None:
    for kind, unit, code in (("outtage", "D1", "CRM564"), ("outage", "D9", "CRM563")):
        with pytest.raises(WorkflowError) as raised:
            engine.signal(kind, unit, at=at(0))
        assert raised.value.code == code
    with pytest.raises(WorkflowError, match="CRM563"):
        engine.open_case("outage", "K1", at=at(0))


def test_a_signal_about_no_unit_concerns_the_whole_company(engine: Engine) -> None:
    [incident] = engine.signal("outage", at=at(0)).cases
    assert incident.unit == "C1"
    assert report(engine, "K10", 3).parent_id == incident.id


def test_whoever_holds_the_incident_is_told(engine: Engine) -> None:
    engine.signal("outage", "D1", at=at(0))
    due(engine, 400)
    messages = [(row["message"], row["customer"]) for row in engine.outbox().rows]
    assert ("utility.outage handed over", None) in messages
    engine.deliver(at(401))
    reasons = {row["reason"].en for row in engine.outbox().rows}
    assert reasons == {"CRM585 nothing takes messages by staff"}  # no relay is set, and nothing else is wrong


def test_a_case_about_a_unit_can_be_explained_and_listed(engine: Engine) -> None:
    [incident] = engine.signal("outage", "D1", at=at(0)).cases
    child = report(engine, "K1", 1)
    told = engine.explain(f"case:{incident.id}")
    assert "江北" in str(told.because[0].says.en)
    assert "1" in str(told.because[0].says.en)
    lines = [each.says.en for each in engine.explain(f"case:{child.id}").because]
    assert any(f"case {incident.id}" in line for line in lines)
    [cases] = [table for table in engine.run(at(2)).tables if table.name == "cases"]
    assert {row["id"] for row in cases.rows} == {incident.id, child.id}
