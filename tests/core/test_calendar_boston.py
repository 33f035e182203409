"""Are terms over when a city says that they are? Its target dates follow the calendar of its office.

The calendar and the targets are ordinary files; they say what the city's offices say, nothing of single rows.
"""

from __future__ import annotations

import csv
import gzip
import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from crmflow.core.calendar import Calendar
from crmflow.rules.due import due, load_calendar
from crmflow.rules.targets import Target, targets_at

DATA = os.environ.get("CRMFLOW_DATA")
FOLDER = Path(__file__).parent / "boston"
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.skipif(
    DATA is None, reason="CRMFLOW_DATA does not name a folder with the city's cases"
)


@cache
def cases() -> list[dict[str, str]]:
    with gzip.open(Path(str(DATA)) / "sla_boston311_2015_four_types.csv.gz", "rt", encoding="utf-8") as file:
        return [case for case in csv.DictReader(file) if case["TARGET_DT"]]


@cache
def office() -> tuple[Calendar, Mapping[str, Target]]:
    return load_calendar(FOLDER / "calendar.yaml"), targets_at(FOLDER / "targets.yaml")


def apart(case: Mapping[str, str]) -> timedelta:
    """How much later the city's target is."""
    calendar, targets = office()
    ours = due(case["OPEN_DT"], targets[case["TYPE"]].term({}), calendar)
    return datetime.fromisoformat(case["TARGET_DT"]) - ours.replace(tzinfo=None)


@pytest.mark.parametrize(
    ("kind", "share"),
    [
        ("Street Light Outages", 0.949),
        ("Sign Repair", 0.99),
        ("Building Inspection Request", 1.0),
        ("Electrical", 1.0),
    ],
)
def test_due_times_are_the_citys_to_the_minute(kind: str, share: float) -> None:
    found = [apart(case) for case in cases() if case["TYPE"] == kind]

    assert len(found) > 1000
    assert sum(abs(each) <= MINUTE for each in found) / len(found) >= share


def test_where_the_city_differs_by_minutes_the_opening_was_edited_and_the_target_was_not() -> None:
    """All of them are on the day that we give too; the others were given another day by hand."""
    differ = [each for case in cases() if abs(each := apart(case)) > MINUTE]
    by_minutes = [each for each in differ if abs(each) < timedelta(minutes=10)]

    assert len(differ) < 0.025 * len(cases())
    assert len(by_minutes) > 0.7 * len(differ)
