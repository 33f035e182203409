"""Are the holidays those that a country keeps, and the make-up days those that it works?"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crmflow.core.calendar import Calendar, Layer
from crmflow.core.calendar.holidays import countries, holidays_of, parts_of
from crmflow.core.calendar.shift import Shift
from crmflow.core.chart import Term

PUBLISHED: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("china_days.toml").read_text("utf-8")
)["year"]
DAY = timedelta(days=1)
WEEK = dict.fromkeys(range(5), (Shift.of("09:00-17:00"),))


def office(country: str) -> Calendar:
    return Layer(ZoneInfo("Asia/Shanghai"), WEEK, holidays=(holidays_of(country),)).calendar("office")


def days(year: int, spans: list[str]) -> Iterator[date]:
    for span in spans:
        first, *last = (date.fromisoformat(f"{year}-{day}") for day in span.split())
        yield from (first + n * DAY for n in range(((last[0] if last else first) - first).days + 1))


@pytest.mark.parametrize("published", PUBLISHED, ids=lambda each: str(each["year"]))
def test_china_works_and_rests_as_the_state_council_announced(published: dict[str, Any]) -> None:
    year, calendar = published["year"], office("China")
    off, worked = set(days(year, published["off"])), set(days(year, published["worked"]))
    for n in range(366 if year % 4 == 0 else 365):
        day = date(year, 1, 1) + n * DAY
        usual = day.weekday() < 5
        assert calendar.works(day) == (day in worked or (usual and day not in off)), day
    kinds = {calendar.on(day).kind for day in worked}, {calendar.on(day).kind for day in off}
    assert kinds == ({"make-up"}, {"holiday"})


def test_a_holiday_and_a_make_up_day_say_why_in_both_languages() -> None:
    calendar = office("China")
    holiday, made_up = (calendar.on(date(2026, 10, day)).why for day in (1, 10))
    assert holiday is not None
    assert (holiday.en, holiday.zh) == ("National Day", "国庆节")
    assert made_up is not None
    assert (made_up.en, made_up.zh) == ("make-up working day for National Day", "国庆节调休上班")


@pytest.mark.parametrize("name", ["US-MA", "US/MA", "United States/Massachusetts", "usa-ma"])
def test_a_part_of_a_country_has_its_own_holidays(name: str) -> None:
    patriots_day = date(2026, 4, 20)
    assert patriots_day in holidays_of(name).closed
    assert patriots_day not in holidays_of("US").closed


def test_a_country_may_have_a_hyphen_in_its_name() -> None:
    assert holidays_of("Guinea-Bissau").closed == holidays_of("GW").closed


@pytest.mark.parametrize("name", ["Chnia", "US-XX", "United States/Bavaria", "", "CN-MA"])
def test_what_no_country_is_called_is_a_key_error(name: str) -> None:
    with pytest.raises(KeyError):
        holidays_of(name)


def test_every_country_that_is_offered_has_holidays() -> None:
    offered = list(countries())
    assert len(offered) > 400
    assert all(holidays_of(name).closed for name in ("China", "CN", *offered[:20]))
    assert "US-MA" in parts_of("United States")
    assert parts_of("China") == ()


def test_past_what_is_published_the_week_counts_and_is_provisional() -> None:
    china = office("China")
    assert china.known_until is not None
    assert china.known_until >= date(max(each["year"] for each in PUBLISHED), 12, 31)
    unknown = date(china.known_until.year + 1, 10, 1)
    assert china.on(unknown).kind == ("working" if unknown.weekday() < 5 else "rest")
    start = datetime.combine(china.known_until, datetime.min.time(), china.zone)
    assert [china.provisional(at) for at in (start, china.add(start, Term(2)))] == [False, True]


def test_a_holiday_that_follows_the_moon_is_not_known_for_ever() -> None:
    malaysia, states = holidays_of("MY"), holidays_of("US")
    assert date(2026, 12, 31) < malaysia.known_until < date(2040, 1, 1)
    assert states.known_until == date(2049, 12, 31)


def test_other_countries_work_in_exchange_too() -> None:
    assert office("Hungary").on(date(2022, 3, 26)).kind == "make-up"
