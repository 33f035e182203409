"""Are the simple values of XML Schema read and written without loss?"""

from __future__ import annotations

import datetime as python
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from crmflow.errors import LANGUAGES
from crmflow.rules import feel
from crmflow.rules.feel.dates import Date, DateTime, Time
from crmflow.rules.feel.durations import DAY, DaysDuration
from crmflow.rules.feel.values import write

DATES = some.integers(-(10**9), 10**9).map(Date.from_ordinal)
CLOCKS = some.integers(0, DAY - 1)
OFFSETS = some.one_of(some.none(), some.integers(-840, 840).map(lambda minutes: minutes * 60))
TIMES = some.builds(Time, CLOCKS, OFFSETS)
VALUES = some.one_of(
    some.tuples(some.just("string"), some.text()),
    some.tuples(some.just("boolean"), some.booleans()),
    some.tuples(some.just("decimal"), some.decimals(-(10**25), 10**25, places=9)),
    some.tuples(some.just("date"), DATES),
    some.tuples(some.just("time"), TIMES),
    some.tuples(some.just("dateTime"), some.builds(DateTime, DATES, TIMES)),
    some.tuples(some.just("duration"), some.integers().map(lambda each: DaysDuration(each % 10**20))),
    some.tuples(some.just("duration"), some.integers(-(10**9), 10**9).map(feel.MonthsDuration)),
)


def cases() -> Iterator[Any]:
    for line in Path(__file__).with_name("xsd.txt").read_text("utf-8").splitlines()[1:]:
        given, equal, *written = (part.strip() for part in line.split(" => "))
        type, text = given.split()
        yield pytest.param(type, text, equal, written[0] if written else text, id=f"{type} {text}")


@pytest.mark.parametrize(("type", "text", "equal", "written"), list(cases()))
def test_a_text_is_the_value_of_the_literal(type: str, text: str, equal: str, written: str) -> None:
    value, wanted = feel.from_xsd(f"xsd:{type}", text), feel.evaluate(equal)
    assert (value, value.__class__) == (wanted, wanted.__class__)
    assert feel.to_xsd(value) == written


@given(VALUES)
def test_what_is_written_is_read_again(typed: tuple[str, Any]) -> None:
    type, value = typed
    text = feel.to_xsd(value)
    assert text is not None
    assert feel.from_xsd(type, text) == write(value)
    assert feel.to_xsd(feel.from_xsd(type, text)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        (7, "7"),
        (0.1, "0.1"),
        (Decimal("1E+3"), "1000"),
        (python.date(2026, 2, 28), "2026-02-28"),
        (python.timedelta(days=-1), "-P1D"),
        (python.datetime(2026, 7, 1, 8, tzinfo=ZoneInfo("Europe/Paris")), "2026-07-01T08:00:00+02:00"),
        (python.datetime(2026, 1, 1, 8, tzinfo=ZoneInfo("Europe/Paris")), "2026-01-01T08:00:00+01:00"),
    ],
)
def test_python_values_are_written(value: object, text: str | None) -> None:
    assert feel.to_xsd(value) == text


def test_space_around_a_text_counts_in_strings_only() -> None:
    assert feel.from_xsd("xsd:string", " a ") == " a "
    assert feel.from_xsd("date", " 2026-02-28\n") == python.date(2026, 2, 28)


@pytest.mark.parametrize(
    ("type", "text", "code"),
    [
        ("date", "2026-02-30", "CRM112"),
        ("date", "2026-02-28Z", "CRM112"),
        ("dateTime", "2026-02-28", "CRM112"),
        ("time", "8:30", "CRM112"),
        ("boolean", "TRUE", "CRM112"),
        ("decimal", "1e5", "CRM112"),
        ("decimal", "1 000", "CRM112"),
        ("decimal", "一", "CRM112"),
        ("int", "1.5", "CRM112"),
        ("double", "INF", "CRM112"),
        ("double", "NaN", "CRM112"),
        ("double", "1e9999", "CRM112"),
        ("duration", "P1Y2D", "CRM112"),
        ("yearMonthDuration", "P1D", "CRM112"),
        ("gYear", "2026", "CRM113"),
        ("", "2026", "CRM113"),
    ],
)
def test_what_feel_cannot_hold_is_refused(type: str, text: str, code: str) -> None:
    with pytest.raises(feel.FeelError) as caught:
        feel.from_xsd(type, text)
    assert caught.value.code == code
    assert all("{" not in caught.value.text(language) for language in LANGUAGES)


@pytest.mark.parametrize("value", [[1], {"a": 1}, feel.evaluate("[1..2]"), feel.evaluate("function(a) a")])
def test_what_has_parts_has_no_text(value: object) -> None:
    with pytest.raises(feel.FeelError) as caught:
        feel.to_xsd(value)
    assert caught.value.code == "CRM114"
