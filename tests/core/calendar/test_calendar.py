"""Is a term over when the office's own clock says so?"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmflow.core.calendar import ALWAYS, Calendar, Day, Season, Shift
from crmflow.core.chart import Term
from crmflow.errors import WorkflowError

TABLE: dict[str, Any] = tomllib.loads(Path(__file__).with_name("calendars.toml").read_text("utf-8"))
QUARTER = timedelta(minutes=15)
ZONES = (
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour of daylight saving
    "America/St_Johns",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Pacific/Apia",  # left out a day
    "Pacific/Chatham",
    "UTC",
)


def office(name: str) -> Calendar:
    entry = TABLE["office"][name]
    closed = [date.fromisoformat(day) for day in entry.get("closed", ())]
    return Calendar.weekly(name, ZoneInfo(entry["zone"]), entry["week"], closed)


def term(days: int = 0, hours: int = 0) -> Term:
    return Term(days, timedelta(hours=hours))


@pytest.mark.parametrize("case", TABLE["case"], ids=lambda case: case["says"])
def test_a_term_is_over_when_the_table_says(case: dict[str, Any]) -> None:
    calendar = office(case["office"])
    start, due = (datetime.fromisoformat(case[key]).replace(tzinfo=calendar.zone) for key in ("start", "due"))
    found = calendar.add(start, term(**case["term"]))
    assert found.astimezone(calendar.zone).isoformat() == due.isoformat()
    assert found.tzinfo is UTC


@pytest.mark.parametrize("case", TABLE["unreadable"], ids=lambda case: str(case["week"]))
def test_a_week_that_cannot_be_read_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each has its own text
        Calendar.weekly("wrong", ZoneInfo("UTC"), case["week"])


def test_make_up_days_work_and_closed_days_do_not() -> None:
    saturday, monday = date(2026, 1, 3), date(2026, 1, 5)
    plain = office("plain")
    days = (Day(saturday, (Shift.of("08:30-12:00"),), "make-up"), Day(monday, (), "closed"))
    calendar = Calendar("swap", plain.zone, plain.week, {day.date: day for day in days})
    assert (calendar.works(saturday), calendar.works(monday)) == (True, False)
    friday = datetime(2026, 1, 2, 16, 30, tzinfo=calendar.zone)
    assert calendar.add(friday, term(hours=2)) == datetime(2026, 1, 3, 9, 30, tzinfo=calendar.zone)


@pytest.mark.parametrize("needed", [term(hours=1), term(days=1)])
def test_a_calendar_without_working_time_is_an_error_not_an_endless_loop(needed: Term) -> None:
    with pytest.raises(WorkflowError, match="CRM501"):
        Calendar("shut", ZoneInfo("UTC"), {}).add(datetime(2026, 1, 5, tzinfo=UTC), needed)


def test_a_calendar_whose_working_time_ends_is_an_error() -> None:
    day = date(2026, 1, 5)
    open_day = Day(day, (Shift.of("08:00-12:00"),), "own")
    calendar = Calendar("one day", ZoneInfo("UTC"), {}, {day: open_day})
    assert calendar.add(datetime(2026, 1, 4, tzinfo=UTC), term(hours=4)).hour == 12
    for needed in (term(hours=5), term(days=1)):
        with pytest.raises(WorkflowError, match="CRM501"):
            calendar.add(datetime(2026, 1, 4, tzinfo=UTC), needed)


def test_a_break_of_four_years_is_no_working_time_wherever_it_lies() -> None:
    days = [Day(date(year, 1, 5), (Shift.of("08:00-12:00"),), "own") for year in (2020, 2021, 2026)]
    calendar = Calendar("rare", ZoneInfo("UTC"), {}, {day.date: day for day in days})
    start = datetime(2020, 1, 1, tzinfo=UTC)
    assert calendar.add(start, term(hours=8)) == datetime(2021, 1, 5, 12, tzinfo=UTC)
    for needed in (term(hours=9), term(days=2)):
        with pytest.raises(WorkflowError, match="CRM501"):
            calendar.add(start, needed)
    assert calendar.between(start, datetime(2027, 1, 1, tzinfo=UTC)) == timedelta(hours=12)
    assert calendar.add(datetime(2025, 1, 1, tzinfo=UTC), term(hours=1)).year == 2026


@pytest.mark.parametrize("needed", [term(days=100_000), term(hours=10_000_000)])
def test_a_term_of_centuries_is_refused(needed: Term) -> None:
    with pytest.raises(WorkflowError, match="CRM540"):
        office("plain").add(datetime(2026, 1, 5, tzinfo=UTC), needed)


@pytest.mark.parametrize("year", [1, 9999])
def test_the_ends_of_time_are_refused(year: int) -> None:
    with pytest.raises((WorkflowError, OverflowError)):
        office("plain").add(datetime(year, 12, 31 if year > 1 else 1, tzinfo=UTC), term(days=1))


def test_what_was_asked_before_changes_no_answer() -> None:
    asked, start = office("split"), datetime(2026, 1, 5, 2, tzinfo=UTC)
    for year in (2026, 1999, 2040, 1950, 2026):
        asked.add(datetime(year, 6, 1, tzinfo=UTC), term(days=300))
    assert asked.add(start, term(days=10)) == office("split").add(start, term(days=10))
    assert asked == office("split")


def test_the_version_is_over_all_that_due_times_depend_on() -> None:
    plain = office("plain")
    day = date(2026, 5, 20)
    others = [
        replace(plain, zone=ZoneInfo("Asia/Tokyo")),
        replace(plain, week={**plain.week, 5: (Shift.of("09:00-12:00"),)}),
        replace(plain, dates={day: Day(day, (), "closed")}),
        replace(plain, seasons=(Season((5, 1), (9, 30), {}),)),
        replace(plain, known_until=day),
        replace(plain, sources=("data 2",)),
    ]
    assert len({plain.version, *(each.version for each in others)}) == len(others) + 1
    assert replace(plain, name="other").version == plain.version


LEAPS = [  # on these days the clock goes forward or back in one of the zones above
    datetime.fromisoformat(f"{day}T00:00+00:00")
    for day in (
        "2026-03-29",
        "2026-10-25",
        "2026-03-08",
        "2026-11-01",
        "2026-04-04",
        "2026-10-03",
        "2011-12-29",
    )
]
quarters = st.integers(0, 24 * 4 - 1).map(lambda n: n * QUARTER)
years = st.integers(0, 20 * 365 * 96).map(lambda n: datetime(2010, 1, 1, tzinfo=UTC) + n * QUARTER)
instants = st.one_of(years, st.builds(datetime.__add__, st.sampled_from(LEAPS), quarters))
shifts = st.builds(lambda start, long: Shift(start, start + QUARTER + long), quarters, quarters)
days_of_2010_to_2029 = st.integers(0, 20 * 365).map(lambda n: date(2010, 1, 1) + timedelta(days=n))
kinds = st.sampled_from(["holiday", "make-up", "own"])
month_days = st.tuples(st.integers(1, 12), st.integers(1, 28))


def offices(shifts: st.SearchStrategy[Shift]) -> st.SearchStrategy[Calendar]:
    """Calendars with these shifts: in the week, in seasons, and on days that differ."""
    of_a_day = st.lists(shifts, min_size=1, max_size=2).map(sorted).map(tuple)
    weeks = st.dictionaries(st.integers(0, 6), of_a_day, min_size=1)
    day = st.builds(
        lambda day, kind, own: Day(day, () if kind == "holiday" else own, kind),
        days_of_2010_to_2029,
        kinds,
        of_a_day,
    )
    dates = st.lists(day, max_size=30).map(lambda days: {day.date: day for day in days})
    seasons = st.lists(st.builds(Season, month_days, month_days, weeks), max_size=2).map(tuple)
    zones = st.sampled_from(ZONES).map(ZoneInfo)
    return st.builds(Calendar, st.just("any"), zones, weeks, dates, seasons)


calendars = offices(shifts)
ends = st.lists(st.integers(0, 96), min_size=2, max_size=2, unique=True).map(sorted)
by_day = offices(ends.map(lambda ends: Shift(ends[0] * QUARTER, ends[1] * QUARTER)))  # none past midnight
times = st.integers(0, 100).map(lambda n: n * QUARTER)


def open_quarters(calendar: Calendar, start: datetime, count: int) -> list[bool]:
    """Brute force: whether the office is open in each quarter of an hour from `start` on."""
    before = 4 * 96  # shifts that are open then have begun up to two days before, or three by other clocks
    instants = [start + QUARTER * n for n in range(-before, count + before)]
    walls = [at.astimezone(calendar.zone).replace(tzinfo=None) for at in instants]
    opened = [False] * len(instants)
    first = walls[0].date() + timedelta(days=1)
    for day in (first + timedelta(days=n) for n in range(len(instants) // 96 - 2)):
        midnight = datetime.combine(day, datetime.min.time())
        for shift in calendar.shifts(day):
            begins = next((n for n, wall in enumerate(walls) if wall >= midnight + shift.start), len(walls))
            ends = next((n for n, wall in enumerate(walls) if wall >= midnight + shift.end), len(walls))
            opened[begins:ends] = [True] * (ends - begins)
    return opened[before : before + count]


@settings(max_examples=40)
@given(calendars, instants)
def test_working_time_is_what_counting_quarters_of_an_hour_gives(calendar: Calendar, start: datetime) -> None:
    count = 2 * 96
    counted = sum(open_quarters(calendar, start, count)) * QUARTER
    assert calendar.between(start, start + count * QUARTER) == counted


@settings(max_examples=40)
@given(calendars, instants, times)
def test_a_term_holds_its_working_time_and_ends_in_it(
    calendar: Calendar, start: datetime, time: timedelta
) -> None:
    due = calendar.add(start, Term(time=time))
    assert calendar.between(start, due) == time
    assert not time or calendar.between(start, due - QUARTER) < time


@settings(max_examples=40)
@given(calendars, instants, times, times)
def test_a_longer_term_is_the_shorter_one_and_then_the_rest(
    calendar: Calendar, start: datetime, first: timedelta, rest: timedelta
) -> None:
    assert calendar.add(calendar.add(start, Term(time=first)), Term(time=rest)) == calendar.add(
        start, Term(time=first + rest)
    )


@settings(max_examples=40)
@given(by_day, instants, st.integers(1, 30), st.integers(0, 20))
def test_a_later_start_is_not_due_earlier(calendar: Calendar, start: datetime, days: int, later: int) -> None:
    hour = 4 * QUARTER  # by which the clock may go back meanwhile
    assert calendar.add(start + later * QUARTER, Term(days)) >= calendar.add(start, Term(days)) - hour


@given(instants, st.integers(0, 400), times)
def test_around_the_clock_a_term_is_elapsed_time(start: datetime, days: int, time: timedelta) -> None:
    assert ALWAYS.add(start, Term(days, time)) == start + timedelta(days=days) + time
