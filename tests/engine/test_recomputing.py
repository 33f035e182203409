"""Does a new version of a calendar move the due times of open cases, once, and say so in the journal?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from crmflow import Case, Engine
from crmflow.core.calendar import holidays
from crmflow.core.case import Moved
from crmflow.core.text import Text
from crmflow.engine.release import Releases

OFFICE = """\
format: 1
title: {{en: Office, zh: 办公时间}}
zone: Asia/Shanghai
week: {{mon-fri: ["08:30-12:00", "13:30-17:30"]}}
{more}
"""


def publish(engine: Engine, name: str = "default", more: str = "") -> None:
    folder = engine.site.rules / "calendars"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yaml").write_text(OFFICE.format(more=more), "utf-8")
    engine.publish()


def read(engine: Engine, id: int) -> tuple[Case, list[Moved]]:
    with engine.store.reading() as batch:
        case = batch.cases.get(id)
        assert case is not None
        return case, [row for row in batch.cases.history(id) if row.kind == "recomputed"]


@pytest.fixture
def case(engine: Engine) -> Case:
    """A complaint of which a step is due on the next working day."""
    publish(engine)
    customer = str(engine.owners().rows[0]["customer"])
    [opened] = engine.record("complaint", customer, unit="S1").cases
    engine.recompute()
    return opened


def next_working_day(case: Case) -> date:
    assert case.late_at is not None
    return case.late_at.astimezone(UTC).date()


def test_a_closed_day_moves_the_due_time_once(engine: Engine, case: Case) -> None:
    day = next_working_day(case)
    publish(engine, more=f"closed: [{day}]")
    done = engine.recompute()
    assert (done.cases > 0, done.changed > 0) == (True, True)
    moved, [row] = read(engine, case.id)
    assert moved.late_at is not None
    assert case.late_at is not None
    assert moved.late_at > case.late_at
    assert moved.due_at is not None
    assert (row.message, row.move, row.data) == (
        "step",
        "calendar",
        {"before": case.late_at, "after": moved.late_at},
    )
    again = engine.recompute()
    assert (again.cases, again.changed) == (0, 0)
    assert read(engine, case.id) == (moved, [row])
    [told] = [entry for entry in journal(engine, case.id) if entry[0] == "case.recomputed"]
    assert told == ("case.recomputed", moved.calendar)
    assert str(moved.calendar).startswith("calendars/default@")
    lines = [text for _, _, text in engine.explain(f"case:{case.id}").lines("en")]
    assert sum("another calendar counts: the step “" in line for line in lines) == 1
    assert moved.calendar != case.calendar


def journal(engine: Engine, id: int) -> list[tuple[str, str | None]]:
    with engine.store.reading() as batch:
        return [(entry.kind, entry.calendar) for entry in batch.journal.of(case=id)]


def test_a_release_with_the_same_calendars_changes_nothing(engine: Engine, case: Case) -> None:
    publish(engine, name="unused")
    assert engine.recompute().cases == 0
    assert read(engine, case.id)[1] == []


def test_the_sweep_does_not_escalate_by_a_calendar_that_no_longer_counts(engine: Engine, case: Case) -> None:
    assert case.late_at is not None
    far = case.late_at.astimezone(UTC).date()
    closed = ", ".join(str(far + timedelta(days=n)) for n in range(30))
    publish(engine, more=f"closed: [{closed}]")
    engine.due(case.late_at + timedelta(minutes=1))
    moved, rows = read(engine, case.id)
    assert (moved.escalations, len(rows)) == (0, 1)


def test_the_calendar_of_a_unit_moves_its_cases_only(engine: Engine, case: Case) -> None:
    customer = str(engine.owners().rows[0]["customer"])
    [other] = engine.record("complaint", customer, unit="S2", external_id="other").cases
    day = next_working_day(case)
    publish(engine, "station", more=f"closed: [{day}]\nfor: {{units: [{case.holder_unit}]}}")
    engine.recompute()
    assert len(read(engine, case.id)[1]) == 1
    assert read(engine, other.id)[1] == []
    assert str(read(engine, case.id)[0].calendar).startswith("calendars/station@")


def test_newer_holiday_data_move_the_due_time(
    engine: Engine, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(engine, more="based on: China")
    engine.recompute()
    before, rows = read(engine, case.id)
    more = {datetime.now(UTC).date() + timedelta(days=n): Text("Jubilee", "庆典") for n in range(10)}
    china = holidays.holidays_of("China")
    newer = holidays.Holidays("data 99", date(2049, 12, 31), {**china.closed, **more}, china.made_up)
    monkeypatch.setattr("crmflow.rules.calendar.reader.holidays_of", lambda _: newer)
    monkeypatch.setattr(Releases, "_compiled", {})
    assert engine.recompute().changed > 0
    after, more_rows = read(engine, case.id)
    assert before.late_at is not None
    assert after.late_at is not None
    assert after.late_at > before.late_at
    assert len(more_rows) == len(rows) + 1
