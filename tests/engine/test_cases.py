"""Do complaints go the whole chain through the engine, and does it refuse what it must? (F26, C29)"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from crmflow import Engine, Site, StoreError, WorkflowError
from crmflow.core.field import Value


@pytest.fixture
def customer(engine: Engine) -> str:
    return str(engine.owners().rows[0]["customer"])


def test_a_complaint_goes_from_accept_to_archive(engine: Engine, customer: str, as_of: datetime) -> None:
    [case] = engine.record("complaint", customer, unit="S1", at=as_of).cases
    steps: list[tuple[dict[str, object], str]] = [
        ({}, "verify"),
        ({"facts": "the pump was slow"}, "review"),
        ({"justified": True}, "rectify"),
        ({"measure": "pump repaired"}, "call back"),
        ({"channel": "phone", "reached": True, "satisfied": True}, "archive"),
    ]
    for minute, (form, state) in enumerate(steps, 1):
        case = engine.send(case.id, "done", form, at=as_of + timedelta(minutes=minute), actor="W10")
        assert case.state == state
    assert case.closed_at is not None
    assert case.id not in {row["id"] for row in engine.cases().rows}


def test_the_accused_may_not_verify(engine: Engine, customer: str, as_of: datetime) -> None:
    [case] = engine.record("complaint", customer, unit="S1", at=as_of, fields={"accused": "W01"}).cases
    engine.send(case.id, "done", at=as_of, actor="W10")
    with pytest.raises(WorkflowError) as raised:
        engine.send(case.id, "done", {"facts": "none"}, at=as_of, actor="W01")
    assert raised.value.code == "CRM510"
    assert any(row["id"] == case.id and "verif" in str(row["step"]).lower() for row in engine.cases().rows)


@pytest.mark.parametrize("actor", ["w01", "W99", "cli", "host"])
def test_where_somebody_is_barred_a_stranger_does_nothing(
    engine: Engine, customer: str, as_of: datetime, actor: str
) -> None:
    [case] = engine.record("complaint", customer, unit="S1", at=as_of, fields={"accused": "W01"}).cases
    engine.send(case.id, "done", at=as_of, actor=actor)
    with pytest.raises(WorkflowError) as raised:
        engine.send(case.id, "done", {"facts": "none"}, at=as_of, actor=actor)
    assert raised.value.code == "CRM567"
    assert engine.send(case.id, "done", {"facts": "none"}, at=as_of, actor="W10").state == "review"


@pytest.mark.parametrize("data", [{"foo": "1"}, {"accussed": "W01"}, {"text": Decimal(3)}])
def test_a_case_opened_by_hand_takes_only_what_its_chart_opens_on(
    engine: Engine, customer: str, as_of: datetime, data: dict[str, Value]
) -> None:
    with pytest.raises(StoreError) as raised:
        engine.open_case("complaint", customer, data=data, at=as_of)
    assert raised.value.code == "CRM442"


def test_the_fields_of_an_opening_may_be_called_in_any_language(
    engine: Engine, customer: str, as_of: datetime
) -> None:
    case = engine.open_case("complaint", customer, data={"被投诉人": "W01", "level": "district"}, at=as_of)
    assert (case.data, case.level) == ({"accused": "W01"}, "district")


def test_a_unit_must_be_known(engine: Engine, customer: str, as_of: datetime) -> None:
    with pytest.raises(WorkflowError, match="CRM563"):
        engine.record("complaint", customer, unit="S99", at=as_of)
    with pytest.raises(WorkflowError, match="CRM563"):
        engine.open_case("complaint", customer, unit="S99", at=as_of)


def test_no_archive_without_a_call_back(engine: Engine, customer: str, as_of: datetime) -> None:
    [case] = engine.record("complaint", customer, unit="S1", at=as_of).cases
    with pytest.raises(WorkflowError):
        engine.send(case.id, "archive", at=as_of)


def test_late_steps_go_up_once_each(engine: Engine, customer: str, as_of: datetime) -> None:
    [case] = engine.record("complaint", customer, unit="S1", at=as_of).cases
    for days in (1, 2, 3):
        engine.run(as_of + timedelta(days=days))
    row = next(row for row in engine.cases().rows if row["id"] == case.id)
    assert (row["level"], row["escalations"]) == ("company", 2)


def test_the_same_report_again_opens_no_second_case(engine: Engine, customer: str, as_of: datetime) -> None:
    first = engine.record("complaint", customer, external_id="400-17", at=as_of)
    again = engine.record("complaint", customer, external_id="400-17", at=as_of)
    assert (first.new, again.new) == (True, False)
    assert (len(first.cases), len(again.cases)) == (1, 0)


@pytest.mark.parametrize(
    ("kind", "fields", "code"),
    [
        ("complant", {}, "CRM441"),
        ("fill", {"liters": "3"}, "CRM442"),
        ("fill", {"litres": "many"}, "CRM442"),
    ],
    ids=["kind", "field", "value"],
)
def test_what_does_not_fit_the_vocabulary_is_refused(
    engine: Engine, customer: str, kind: str, fields: dict[str, str], code: str
) -> None:
    with pytest.raises(StoreError) as raised:
        engine.record(kind, customer, fields=fields)
    assert raised.value.code == code


def test_an_unknown_customer_is_refused(engine: Engine) -> None:
    with pytest.raises(StoreError) as raised:
        engine.decide("C1")
    assert raised.value.code == "CRM443"


def test_a_sites_calendar_stops_the_clock_at_night(engine: Engine, site: Site, customer: str) -> None:
    """A step of half an hour that begins at 17:20 is late at 08:50 of the next working day."""
    folder = site.rules / "calendars"
    folder.mkdir()
    (folder / "default.yaml").write_text(
        "format: 1\ntitle: {en: office, zh: 办公}\nzone: Asia/Shanghai\n"
        'week: {mon-fri: ["08:30-12:00", "13:30-17:30"]}\n',
        "utf-8",
    )
    engine.publish()
    friday = datetime(2027, 1, 8, 17, 20, tzinfo=site.zone)
    [case] = engine.record("complaint", customer, unit="S1", at=friday).cases
    assert case.late_at == datetime(2027, 1, 11, 8, 50, tzinfo=site.zone)
