"""Does a text mean the instant that its reader means?"""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.core.moment import end_of_day, from_micros, parse_moment, to_micros

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-31", "2026-01-31T15:59:59.999999+00:00"),
        ("2026-01-31T10:00", "2026-01-31T02:00:00+00:00"),
        ("2026-01-31 10:00:30", "2026-01-31T02:00:30+00:00"),
        ("2026-01-31T10:00+00:00", "2026-01-31T10:00:00+00:00"),
        ("2026-01-31T10:00Z", "2026-01-31T10:00:00+00:00"),
    ],
)
def test_a_date_is_its_last_microsecond_and_a_naive_time_is_the_sites(text: str, instant: str) -> None:
    assert parse_moment(text, SHANGHAI).isoformat() == instant


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "2026-1-1", "31.01.2026"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each has its own text
        parse_moment(text, SHANGHAI)


def test_a_day_on_which_the_clock_changes_ends_at_its_own_midnight() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert end_of_day(date(2026, 3, 29), berlin).isoformat() == "2026-03-29T21:59:59.999999+00:00"
    assert end_of_day(date(2026, 3, 28), berlin).isoformat() == "2026-03-28T22:59:59.999999+00:00"


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001
def test_microseconds_are_exact(instant: datetime) -> None:
    assert from_micros(to_micros(instant)) == instant
