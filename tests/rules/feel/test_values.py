"""Which Python values go in, and which come out?"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, localcontext
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crmflow.rules import feel

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Level(StrEnum):
    GOLD = "gold"


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        "客户",
        Decimal("1.50"),
        dt.date(2026, 2, 28),
        dt.time(8, 30, 15, 250),
        dt.time(8, 30, tzinfo=dt.UTC),
        dt.time(8, 30, tzinfo=SHANGHAI),
        dt.datetime.fromisoformat("2026-02-28T08:30:00.999999"),
        dt.datetime(2026, 2, 28, 8, 30, tzinfo=dt.timezone(dt.timedelta(hours=8))),
        dt.datetime(2026, 2, 28, 8, 30, tzinfo=SHANGHAI),
        dt.timedelta(days=3, microseconds=-1),
        feel.MonthsDuration(18),
        [1, [dt.date.min, None]],
        {"a": {"b": [dt.date.max]}},
    ],
)
def test_what_goes_in_comes_out(value: object) -> None:
    found = feel.evaluate("x", {"x": value})
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("value", "inside"),
    [
        (7, Decimal(7)),
        (0.1, Decimal("0.1")),
        (float("nan"), None),
        (float("inf"), None),
        (Decimal("NaN"), None),
        (Level.GOLD, "gold"),
        ((1, 2), [1, 2]),
        (frozenset({3}), [3]),
    ],
)
def test_some_values_are_read_as_others(value: object, inside: object) -> None:
    found = feel.evaluate("x", {"x": value})
    assert found == inside
    assert type(found) is type(inside)


def test_any_mapping_is_a_context() -> None:
    staff = MappingProxyType({"left": True, "id": "W1"})
    assert feel.evaluate('p.left and p.id = "W1" and [p][id = "W1"].left[1]', {"p": staff}) is True


def test_numbers_ignore_the_context_of_the_thread() -> None:
    with localcontext(prec=3):
        assert feel.evaluate("2 / 3 + x", {"x": 1}) == Decimal("1.666666666666666666666666666666667")


def test_a_boolean_is_no_number() -> None:
    assert feel.evaluate("x + 1", {"x": True}) is None
    assert feel.evaluate("x = 1", {"x": True}) is None


def test_values_beyond_python_stay_as_they_are() -> None:
    assert str(feel.evaluate('@"12026-01-01"')) == "12026-01-01"
    assert str(feel.evaluate('@"10:00:00.123456789"')) == "10:00:00.123456789"


def test_the_context_is_left_alone() -> None:
    context: dict[str, Any] = {"xs": [1, 2.5], "p": {"a": 1}}
    feel.evaluate('[for x in xs return x, xs[item > 1], context put(p, "b", 2), append(xs, 3)]', context)
    assert context == {"xs": [1, 2.5], "p": {"a": 1}}


def test_a_foreign_value_is_refused() -> None:
    with pytest.raises(feel.FeelError, match="CRM110"):
        feel.evaluate("x", {"x": object()})
