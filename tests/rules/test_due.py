"""Is a due time asked for in any of the ways that the door allows, and what is refused?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import crmflow
from crmflow.core.calendar import Calendar
from crmflow.core.chart import Term
from crmflow.core.clock import ClockEvent
from crmflow.errors import CrmflowError, RuleFileError, WorkflowError

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = Calendar.weekly("office", SHANGHAI, {"mon-fri": ["08:30-17:30"]})
NINE = datetime.fromisoformat("2026-01-05T09:00")  # by the clock on the wall
DUE = datetime(2026, 1, 5, 14, tzinfo=SHANGHAI)
HOUR = timedelta(hours=1)
PAUSED = [("pause", NINE + HOUR), ("resume", NINE + 2 * HOUR)]
FILE = """
format: 1
title: Office
zone: Asia/Shanghai
week: {mon-fri: ["08:30-17:30"]}
"""


@pytest.mark.parametrize(
    "start", [NINE, NINE.replace(tzinfo=SHANGHAI), datetime(2026, 1, 5, 1, tzinfo=UTC), "2026-01-05T09:00"]
)
@pytest.mark.parametrize("target", ["PT4H", timedelta(hours=4), Term(0, timedelta(hours=4))])
def test_the_start_and_the_target_may_be_given_in_several_ways(start: Any, target: Any) -> None:
    found = crmflow.due(start, target, OFFICE, PAUSED)

    assert found == DUE
    assert found.tzinfo == SHANGHAI


@pytest.mark.parametrize(
    "events",
    [
        PAUSED,
        iter(PAUSED),
        [{"event": name, "at": at} for name, at in PAUSED],
        [(name, at.isoformat()) for name, at in PAUSED],
        [ClockEvent(name, at.replace(tzinfo=SHANGHAI)) for name, at in PAUSED],  # type: ignore[arg-type]
    ],
    ids=["pairs", "iterator", "mappings", "texts", "clock events"],
)
def test_events_may_be_given_in_several_ways(events: Any) -> None:
    assert crmflow.due(NINE, "PT4H", OFFICE, events) == DUE


def test_a_calendar_may_be_a_file(tmp_path: Path) -> None:
    path = tmp_path / "office.yaml"
    path.write_text(FILE, "utf-8")

    assert crmflow.due(NINE, "PT4H", path, PAUSED) == DUE
    assert crmflow.due(NINE, "PT4H", str(path), PAUSED) == DUE
    assert crmflow.due(NINE, "PT4H", crmflow.load_calendar(path), PAUSED) == DUE


def test_a_day_of_a_duration_is_a_working_day_and_an_hour_an_hour_of_work() -> None:
    days, hours = (crmflow.due(NINE, target, OFFICE) for target in ("P1D", "PT24H"))

    assert days == datetime(2026, 1, 6, 9, tzinfo=SHANGHAI)
    assert hours == datetime(2026, 1, 7, 15, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("CRM546", {"events": [("pause", NINE)]}),
        ("CRM547", {"events": [("hold", NINE)]}),
        ("CRM548", {"target": "P1M"}),
        ("CRM548", {"target": "four hours"}),
        ("CRM548", {"target": timedelta(hours=-1)}),
        ("CRM548", {"target": None}),
        ("CRM548", {"events": [{"event": "swap", "at": NINE, "target": "soon"}]}),
        ("CRM549", {"events": ["pause"]}),
        ("CRM549", {"events": [("pause", "noon")]}),
        ("CRM549", {"events": [("pause", None)]}),
        ("CRM549", {"events": [{"event": "pause"}]}),
        ("CRM549", {"events": [{"event": "pause", "at": NINE, "why": "lunch"}]}),
        ("CRM549", {"events": [{"event": "swap", "at": NINE}]}),
        ("CRM549", {"start": "soon"}),
        ("CRM549", {"start": 5}),
        ("CRM549", {"start": "0001-01-01T00:00"}),
        ("CRM549", {"start": datetime(9999, 12, 31, tzinfo=UTC)}),
        ("CRM501", {"calendar": Calendar("never", SHANGHAI, {})}),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_code(code: str, asked: dict[str, Any]) -> None:
    given: dict[str, Any] = {"start": NINE, "target": "PT4H", "calendar": OFFICE, **asked}

    with pytest.raises(WorkflowError) as refused:
        crmflow.due(**given)

    assert refused.value.code == code
    assert "{" not in refused.value.text("en") + refused.value.text("zh") or code == "CRM549"


def test_a_calendars_file_that_is_wrong_or_missing_is_said(tmp_path: Path) -> None:
    path = tmp_path / "office.yaml"
    path.write_text(FILE.replace("zone: Asia", "zone: Asis"), "utf-8")

    with pytest.raises(RuleFileError) as wrong:
        crmflow.due(NINE, "PT4H", path)
    with pytest.raises(CrmflowError):
        crmflow.due(NINE, "PT4H", tmp_path / "nowhere.yaml")

    assert wrong.value.code == "CRM090"
