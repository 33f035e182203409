"""Which laws hold for all values and all texts?"""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as some

from crmflow.rules import feel
from crmflow.rules.feel.dates import Date
from crmflow.rules.feel.durations import DaysDuration, MonthsDuration

TRUTH = some.sampled_from([True, False, None])
NUMBERS = some.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9)
VALUES = some.one_of(
    some.none(), some.booleans(), NUMBERS, some.text(max_size=3), some.dates(), some.timedeltas()
)
MOMENTS = some.one_of(some.times(timezones=some.none() | some.timezones()), some.datetimes())
NESTED = some.recursive(
    VALUES | MOMENTS, lambda inner: some.lists(inner, max_size=2) | some.dictionaries(some.just("k"), inner)
)
WORDS = (
    "1 2.5 a own cycle and or not in if then else for some every return satisfies null true instance number",
    '+ - * / ** ( ) [ ] { } : , . .. < <= = != > >= between of item ? @ ` count( sum( date( "a"',
    '“ （ ） ， 固定周期 30天 金卡 xs partial list< @"P1D"',
)
PIECES = some.sampled_from(" ".join(WORDS).split(" "))
TEXTS = some.one_of(some.text(max_size=40), some.lists(PIECES, max_size=14).map(" ".join))
CONTEXT: dict[str, object] = {"a": 1, "固定周期": 7, "own cycle": None, "xs": [1, {"b": 2}, None]}


def value(text: str, **context: object) -> object:
    return feel.evaluate(text, context)


@given(TRUTH, TRUTH, TRUTH)
def test_three_valued_logic(p: bool | None, q: bool | None, r: bool | None) -> None:
    given_ = {"p": p, "q": q, "r": r}
    assert value("p and q", **given_) is value("q and p", **given_)
    assert value("p or q", **given_) is value("q or p", **given_)
    assert value("not(p and q)", **given_) is value("not(p) or not(q)", **given_)
    assert value("p and (q or r)", **given_) is value("(p and q) or (p and r)", **given_)
    assert value("p and q and r", **given_) is value("all([p, q, r])", **given_)
    assert value("p or q or r", **given_) is value("any([p, q, r])", **given_)


@given(VALUES, VALUES)
def test_equality_is_symmetric_and_order_agrees_with_it(a: object, b: object) -> None:
    assert value("a = b", a=a, b=b) is value("b = a", a=a, b=b)
    assert value("a = a", a=a) is True
    assert value("a < b", a=a, b=b) is value("b > a", a=a, b=b)
    if value("a <= b", a=a, b=b) is not None:
        assert value("a <= b", a=a, b=b) is value("a < b or a = b", a=a, b=b)
        assert value("a in [a..b]", a=a, b=b) is (True if value("a <= b", a=a, b=b) else None)


@given(NUMBERS, NUMBERS, NUMBERS.filter(bool))
def test_arithmetic(a: Decimal, b: Decimal, c: Decimal) -> None:
    assert value("a + b = b + a and a * b = b * a and a - b = -(b - a)", a=a, b=b) is True
    assert value("modulo(a, c) = a - c * floor(a / c)", a=a, c=c) is True
    assert value("number(string(a))", a=a) == a


@given(some.lists(NESTED, max_size=6))
def test_distinct_values_are_those_that_do_not_equal_an_earlier_one(values: list[object]) -> None:
    kept: list[object] = []
    for each in values:
        if not any(value("a = b", a=each, b=other) for other in kept):
            kept.append(each)
    assert value("distinct values(xs)", xs=values) == value("xs", xs=kept)


@given(some.integers(-(10**7), 10**7))
def test_days_are_counted_both_ways(ordinal: int) -> None:
    day = Date.from_ordinal(ordinal)
    assert day is not None
    assert day.ordinal == ordinal
    assert Date.parse(str(day)) == day


@given(some.dates(), some.integers(-1200, 1200))
def test_days_agree_with_python(day: date, months: int) -> None:
    ours = Date(day.year, day.month, day.day)
    assert ours.ordinal == (day - date(1970, 1, 1)).days
    assert ours.weekday == day.isoweekday()
    assert value("week of year(day)", day=day) == day.isocalendar().week
    moved = ours.plus_months(months)
    assert moved is not None
    assert moved.day <= ours.day
    assert moved.year * 12 + moved.month == ours.year * 12 + ours.month + months


@given(some.integers(-(10**20), 10**20), some.integers(-(10**6), 10**6))
def test_durations_are_read_as_written(nanoseconds: int, months: int) -> None:
    assert DaysDuration.parse(str(DaysDuration(nanoseconds))) == DaysDuration(nanoseconds)
    assert MonthsDuration.parse(str(MonthsDuration(months))) == MonthsDuration(months)


@given(some.datetimes(), some.timedeltas(max_value=timedelta(days=10**5), min_value=timedelta(days=-(10**5))))
def test_moments_move_back_and_forth(at: object, by: timedelta) -> None:
    there = feel.evaluate("(at + by) - by = at and (at + by) - at = by", {"at": at, "by": by})
    assert there is True


@given(TEXTS, some.sampled_from(["standard", "strict"]))
def test_any_text_has_a_value_or_a_feel_error(text: str, mode: str) -> None:
    with suppress(feel.FeelError):
        expression = feel.parse(text, list(CONTEXT), mode)
        assert expression.trace(CONTEXT).value == expression.evaluate(CONTEXT)


@given(TEXTS)
def test_any_cell_has_an_answer_or_a_feel_error(text: str) -> None:
    with suppress(feel.FeelError):
        assert feel.unary(text, 5, CONTEXT) in (True, False, None)


@given(some.text(max_size=20))
def test_any_string_can_be_written(text: str) -> None:
    written = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    assert feel.evaluate(written) == text
    assert feel.evaluate("string([x])", {"x": text}) == f"[{written}]"
