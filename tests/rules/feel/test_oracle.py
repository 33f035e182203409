"""Do our builtins agree with jdmn-python-runtime, another library of FEEL's functions?

oracle.toml holds what is asked of both, and every difference that is known.
"""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from crmflow.rules import feel

WHY = "jdmn-python-runtime is not installed: pip install 'crmflow[dev]'"
isodate = pytest.importorskip("isodate", reason=WHY)
jdmn = pytest.importorskip("jdmn.feel.lib.DefaultStandardFEELLib", reason=WHY)

TABLE = tomllib.loads(Path(__file__).with_name("oracle.toml").read_text("utf-8"))
DIGITS = Decimal("1e-20")  # the oracle rounds some of its steps to 28 digits


def whole(low: int, high: int) -> some.SearchStrategy[Decimal]:
    return some.integers(low, high).map(Decimal)


NUMBERS = some.decimals(-(10**6), 10**6, places=3)
DATES = some.dates(date(1000, 1, 1), date(9000, 1, 1))
STRINGS = some.text("abAB1-. 客é", max_size=6)
VALUES = some.one_of(some.none(), NUMBERS, some.sampled_from(["a", "b", ""]))
TRUTH = some.sampled_from([True, False, None])
KINDS: dict[str, some.SearchStrategy[Any]] = {
    "number": NUMBERS,
    "numbers": some.lists(NUMBERS, max_size=5),
    "whole": whole(-5, 5),
    "small": whole(-50, 50),
    "scale": whole(-3, 4),
    "position": whole(-5, 5),
    "length": whole(-1, 4),
    "digits": some.from_regex(r"-?[0-9]{1,3}([,. ][0-9]{3})?([.,][0-9])?", fullmatch=True),
    "separator": some.sampled_from([",", ".", " ", "", None]),
    "boolean": some.booleans(),
    "truth": TRUTH,
    "truths": some.lists(TRUTH, max_size=4),
    "string": STRINGS,
    "strings": some.lists(STRINGS, max_size=4),
    "pattern": some.sampled_from(["a", "[ab]+", "^a", "b$", ".", "(a)(b)?", r"\d", "[", ""]),
    "flags": some.sampled_from(["", "i", "s", "m", "x"]),
    "replacement": some.sampled_from(["", "x", "[$1]", "$0"]),
    "value": VALUES,
    "values": some.lists(VALUES, max_size=4),
    "nested": some.recursive(some.lists(VALUES, max_size=2), lambda inner: some.lists(inner, max_size=3)),
    "date": DATES,
    "dates": some.lists(DATES, max_size=4),
    "moment": some.datetimes(datetime(1000, 1, 1), datetime(9000, 1, 1)).map(  # noqa: DTZ001
        lambda moment: moment.replace(microsecond=0)
    ),
    "year": whole(1, 9999),
    "month": whole(0, 13),
    "day": whole(0, 32),
    "days": some.integers(-(10**7), 10**7).map(lambda seconds: timedelta(seconds=seconds)),
    "months": some.integers(-100, 100).map(feel.MonthsDuration),
    "date text": some.from_regex(r"-?[0-9]{4,5}-(0[0-9]|1[0-3])-[0-3][0-9]", fullmatch=True),
    "time text": some.from_regex(
        r"[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{1,3})?(Z|[+-]1?[0-9]:00)?", fullmatch=True
    ),
    "duration text": some.from_regex(
        r"-?P([1-9]Y)?([1-9]M)?([1-9]D)?(T([1-9]H)?([1-9]M)?([1-9]S)?)?", fullmatch=True
    ),
}


@pytest.fixture(scope="module")
def oracle() -> Iterator[Any]:
    """The other library, which logs whatever it takes for null."""
    logging.disable(logging.CRITICAL)
    yield jdmn.DefaultStandardFEELLib()
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize(
    ("call", "method", "kinds"), [(each[0], each[1], each[2:]) for each in TABLE["calls"]]
)
def test_the_oracle_agrees(oracle: Any, call: str, method: str, kinds: list[str]) -> None:
    known = [each["when"] for each in TABLE["differences"] if each["call"] == call]

    @settings(max_examples=40, suppress_health_check=[HealthCheck.nested_given])
    @given(some.tuples(*(KINDS[kind] for kind in kinds)))
    def agrees(arguments: tuple[Any, ...]) -> None:
        named = dict(zip("abc", arguments, strict=False))
        if all(feel.evaluate(when, named) is not True for when in known):
            ours, theirs = feel.evaluate(call, named), asked(oracle, method, arguments)
            assert same(ours, theirs), f"{call} with {named}: ours {ours!r}, the oracle's {theirs!r}"

    agrees()


@pytest.mark.parametrize(
    "difference", TABLE["differences"], ids=lambda each: f"{each['call']}: {each['when']}"
)
def test_a_difference_is_one(oracle: Any, difference: dict[str, str]) -> None:
    arguments: Any = feel.evaluate(difference["example"])
    named = dict(zip("abc", arguments, strict=False))
    methods = {each[1] for each in TABLE["calls"] if each[0] == difference["call"]}
    assert feel.evaluate(difference["when"], named) is True
    assert methods
    ours = feel.evaluate(difference["call"], named)
    assert not any(same(ours, asked(oracle, method, arguments)) for method in methods), difference["why"]


def asked(oracle: Any, method: str, arguments: tuple[Any, ...]) -> Any:
    """What the other library answers, as ours would give it; an exception is its null."""
    try:
        return taken(getattr(oracle, method)(*map(given_as, arguments)))
    except Exception:
        return None


def given_as(value: Any) -> Any:
    """A value as the other library takes it."""
    if isinstance(value, feel.MonthsDuration):
        return isodate.Duration(years=value.years, months=value.months)
    return value


def taken(value: Any) -> Any:
    """A value of the other library as ours returns it."""
    if isinstance(value, isodate.Duration):
        months = int(value.years * 12 + value.months)
        return feel.MonthsDuration(months) if months else value.tdelta
    if isinstance(value, Decimal) and not value.is_finite():
        return None
    if isinstance(value, datetime | time) and value.utcoffset() is not None:
        return value.replace(tzinfo=timezone(value.utcoffset() or timedelta()))
    return [taken(item) for item in value] if isinstance(value, list) else value


def same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, Decimal) and isinstance(theirs, Decimal):
        return abs(ours - theirs) <= abs(ours) * DIGITS
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if ours == feel.MonthsDuration(0):
        return bool(theirs == timedelta())
    return type(ours) is type(theirs) and bool(ours == theirs)
