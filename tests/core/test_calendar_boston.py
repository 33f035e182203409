"""Are terms over when a city says that they are? Its target dates follow the calendar of its office."""

from __future__ import annotations

import csv
import gzip
import os
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from crmflow.core.calendar import Calendar
from crmflow.core.chart import Term

DATA = os.environ.get("CRMFLOW_DATA")
BOSTON = ZoneInfo("America/New_York")
HOLIDAYS = """
    2015-01-01 2015-01-19 2015-02-16 2015-04-20 2015-05-25 2015-09-07
    2015-10-12 2015-11-11 2015-11-26 2015-12-25 2016-01-01 2016-01-18
"""
CLOSED = [date.fromisoformat(day) for day in HOLIDAYS.split()]
OFFICE = Calendar.weekly("Boston", BOSTON, {"mon-fri": ["08:30-17:00"]}, CLOSED)
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.skipif(
    DATA is None, reason="CRMFLOW_DATA does not name a folder with the city's cases"
)


@cache
def cases() -> list[dict[str, str]]:
    with gzip.open(Path(str(DATA)) / "sla_boston311_2015_four_types.csv.gz", "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def misses(kind: str, term: Term) -> Iterator[bool]:
    for case in cases():
        if case["TYPE"] == kind and case["TARGET_DT"]:
            opened, target = (datetime.fromisoformat(case[column]) for column in ("OPEN_DT", "TARGET_DT"))
            due = OFFICE.add(opened.replace(tzinfo=BOSTON), term).astimezone(BOSTON).replace(tzinfo=None)
            yield abs(due - target) > MINUTE


@pytest.mark.parametrize(
    ("kind", "days", "share"),
    [
        ("Street Light Outages", 10, 0.94),
        ("Sign Repair", 10, 0.98),
        ("Building Inspection Request", 3, 0.995),
        ("Electrical", 5, 0.995),
    ],
)
def test_due_times_are_the_citys_to_the_minute(kind: str, days: int, share: float) -> None:
    missed = list(misses(kind, Term(days)))
    assert len(missed) > 1000
    assert 1 - sum(missed) / len(missed) >= share
