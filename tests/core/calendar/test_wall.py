"""When is a zone's clock put forward or back, and does the calendar's version follow it?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo

import pytest

from crmflow.core.calendar import Calendar
from crmflow.core.calendar.wall import changes, instant

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Asia/Shanghai", []),
        ("Europe/London", [("2026-03-29T01:00", 1.0), ("2026-10-25T01:00", 0.0)]),
        ("Australia/Lord_Howe", [("2026-04-04T15:00", 10.5), ("2026-10-03T15:30", 11.0)]),
    ],
)
def test_the_changes_of_a_year_are_found_to_the_second(zone: str, expected: list[tuple[str, float]]) -> None:
    found = changes(ZoneInfo(zone), 2026, 2026)[1:]
    assert [(f"{at:%Y-%m-%dT%H:%M}", offset / HOUR) for at, offset in found] == expected


def test_a_day_that_was_left_out_has_no_time() -> None:
    apia, left_out = ZoneInfo("Pacific/Apia"), date(2011, 12, 30)
    begins, ends = (instant(apia, left_out, hours * HOUR) for hours in (0, 24))
    assert begins == ends == datetime(2011, 12, 30, 10, tzinfo=UTC)


@pytest.mark.skipif(not TZPATH, reason="time zone data come from a package here, not from a folder")
def test_other_data_of_the_same_zone_are_another_version() -> None:
    shanghai = Calendar.weekly("office", ZoneInfo("Asia/Shanghai"), {"mon-fri": ["09:00-17:00"]})
    with Path(TZPATH[0], "Asia", "Tokyo").open("rb") as file:
        newer = ZoneInfo.from_file(file, key="Asia/Shanghai")
    assert replace(shanghai, zone=newer).version != shanghai.version
