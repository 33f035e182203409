"""Which stretch of time is a window?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from crmflow.rules.window import Span, Window

SHANGHAI = ZoneInfo("Asia/Shanghai")
MICROSECOND = timedelta(microseconds=1)

windows = some.builds(
    Window,
    months=some.integers(0, 30),
    days=some.integers(0, 400),
    time=some.integers(1, 10_000).map(lambda minutes: timedelta(minutes=minutes)),
)
moments = some.integers(631_152_000, 2_208_988_800).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)  # 1990 to 2040
)


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("P30D", Window(days=30)),
        ("P12M", Window(months=12)),
        ("P1Y6M", Window(months=18)),
        ("P2W", Window(days=14)),
        ("P1DT12H", Window(days=1, time=timedelta(hours=12))),
        ("PT90M", Window(time=timedelta(minutes=90))),
    ],
)
def test_reads_durations(text: str, window: Window) -> None:
    assert Window.parse(text) == window


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P0D", "30 days", "30", "-P30D", "P1.5D", "P３0D", "P501Y", "P999999D"]
)
def test_refuses_what_is_no_window(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        Window.parse(text)


@pytest.mark.parametrize(
    ("text", "moment", "start"),
    [
        ("P1M", "2026-03-15T10:00:00", "2026-02-15T10:00:00"),
        ("P1M", "2026-03-31T10:00:00", "2026-02-28T23:59:59.999999"),
        ("P12M", "2024-02-29T10:00:00", "2023-02-28T23:59:59.999999"),
        ("P12M", "1998-06-30T23:59:59.999999", "1997-06-30T23:59:59.999999"),
        ("P1M", "2026-01-31T10:00:00", "2025-12-31T10:00:00"),
        ("P30D", "2026-03-31T10:00:00", "2026-03-01T10:00:00"),
    ],
)
def test_starts(text: str, moment: str, start: str) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=SHANGHAI)
    assert Window.parse(text).start(at, SHANGHAI).astimezone(SHANGHAI).isoformat() == f"{start}+08:00"


@given(windows, moments, moments)
def test_a_later_window_never_starts_earlier(window: Window, one: datetime, other: datetime) -> None:
    earlier, later = sorted((one, other))
    assert window.start(earlier, SHANGHAI) <= window.start(later, SHANGHAI)


@given(windows, moments)
def test_what_happened_is_still_in_every_window_that_ends_before_it_leaves(
    window: Window, at: datetime
) -> None:
    assert window.start(window.leaves(at, SHANGHAI) - MICROSECOND, SHANGHAI) < at


@given(windows, windows, moments)
def test_a_span_is_left_and_entered_after_its_bounds(over: Window, ago: Window, at: datetime) -> None:
    span = Span(over, ago)
    leaves, enters = span.leaves(at, SHANGHAI), span.enters(at, SHANGHAI)
    assert leaves is not None
    start = span.start(leaves - MICROSECOND, SHANGHAI)
    assert start is not None
    assert start < at
    assert start <= span.end(leaves - MICROSECOND, SHANGHAI)
    assert span.end(enters - MICROSECOND, SHANGHAI) < at


@given(windows, moments)
def test_the_window_before_ends_where_the_window_begins(over: Window, moment: datetime) -> None:
    assert Span(over, over).end(moment, SHANGHAI) == Span(over).start(moment, SHANGHAI)


@given(windows)
def test_a_window_lasts_at_least_its_shortest_and_at_most_its_longest(window: Window) -> None:
    """Up to the hour by which the clocks of a zone may change."""
    moment = datetime(2026, 3, 31, 12, tzinfo=UTC)
    length = moment - window.start(moment, SHANGHAI)
    assert window.shortest - timedelta(days=3) <= length <= window.longest + timedelta(days=1)
