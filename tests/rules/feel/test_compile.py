"""Does a compiled text have the value of the walk, for every tree and every context?"""

from __future__ import annotations

import tomllib
from datetime import UTC, date, timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from crmflow.rules import feel
from crmflow.rules.feel import Enumeration, FeelError, ListType, MonthsDuration, Name, Type
from crmflow.rules.feel.types import ContextType
from crmflow.rules.feel.values import read, type_of
from tests.rules.feel.test_evaluate import CASES

NAMES: dict[str, Type] = {
    "金额": feel.number,
    "own cycle": feel.number,
    "n": feel.number,
    "等级": Enumeration(("金卡", "银卡", "普卡"), ordered=True),
    "😀": feel.string,
    "s": feel.string,
    "ok": feel.boolean,
    "关怀": feel.boolean,
    "开始": feel.date,
    "today": feel.date,
    "at": feel.date_time,
    "gap": feel.days_duration,
    "term": feel.months_duration,
    "xs": ListType(feel.number),
    "p": ContextType({"x": Name("x", feel.string), "n": Name("n", feel.number)}),
    "who": feel.any_,
}
NUMBERS = some.one_of(
    some.integers(-5, 5),
    some.integers(),
    some.sampled_from([10**16, -(10**16), 10**16 - 1, 10**34, 10**34 + 1, 10**5000]),
    some.decimals(allow_nan=False, allow_infinity=False),
    some.sampled_from(
        [
            Decimal(each)
            for each in ("-0", "0.0", "1E+3", "1E+6144", "1E-6176", "9" * 40, "NaN", "Infinity", "2.50")
        ]
    ),
)
DATES = some.one_of(
    some.dates(), some.sampled_from([date.min, date.max, date(2024, 2, 29), feel.dates.Date(12_000, 1, 1)])
)
STRINGS = some.sampled_from(
    ["", "金卡", "银卡", "普卡", "gold", "'", '"', "\n", "\\", "__import__('os')", "😀"]
)
LEAVES = tomllib.loads(Path(__file__).with_name("leaves.toml").read_text("utf-8"))
ODD = some.one_of(
    some.floats(), some.booleans(), some.none(), NUMBERS, STRINGS, DATES, some.lists(NUMBERS, max_size=2)
)
VALUES = {
    feel.number: NUMBERS,
    feel.string: STRINGS,
    feel.boolean: some.booleans(),
    feel.date: DATES,
    feel.date_time: some.datetimes(timezones=some.sampled_from([None, UTC])),
    feel.days_duration: some.timedeltas(),
    feel.months_duration: some.integers(-30, 30).map(MonthsDuration),
    NAMES["xs"]: some.lists(NUMBERS, max_size=3),
    NAMES["p"]: some.fixed_dictionaries({}, optional={"x": ODD, "n": ODD, "y": ODD}),
}


def contexts() -> some.SearchStrategy[dict[str, object]]:
    """Values of the declared types mostly, with nulls, gaps and wrong types among them."""
    fields = {
        name: some.one_of(usual, usual, usual, some.none(), ODD)
        for name, type in NAMES.items()
        for usual in [VALUES.get(type, STRINGS)]
    }
    tidy = {name: VALUES.get(type, STRINGS) for name, type in NAMES.items()}
    small = some.integers(-9, 9), some.decimals(-9, 9, places=1), some.none()
    near = {name: some.one_of(*small[:2]) for name in ("金额", "own cycle", "n")}
    whole = {name: some.one_of(small[0], small[0], small[2]) for name in near}
    return some.one_of(
        some.fixed_dictionaries({}, optional=fields),
        *(some.fixed_dictionaries({**tidy, **numbers}) for numbers in ({}, near, whole)),
    )


def texts() -> some.SearchStrategy[str]:
    """Expressions of all forms, their types mostly fitting."""
    number, string, moment, moments, spans, truth = (some.sampled_from(each) for each in LEAVES.values())

    def deeper(inner: some.SearchStrategy[str]) -> some.SearchStrategy[str]:
        numbers, words = number | inner, string
        operator = some.sampled_from(["=", "!=", "<", "<=", ">", ">="])
        compared = [(numbers, numbers), (words, words), (moments, moments), (spans, spans), (moment, moment)]
        comparisons = [some.builds("({} {} {})".format, a, operator, b) for a, b in compared]
        logic = truth | some.one_of(*comparisons) | inner
        return some.one_of(
            *comparisons,
            some.builds("({} {} {})".format, numbers, some.sampled_from(["+", "-", "*", "/", "**"]), numbers),
            some.builds("(-{})".format, numbers),
            some.builds("({} and {})".format, logic, logic),
            some.builds("({} or {} or {})".format, logic, logic, logic),
            some.builds("not({})".format, logic),
            some.builds("({} between {} and {})".format, numbers, numbers, numbers),
            some.builds(
                "({} in ({}, {}))".format, numbers, numbers, some.builds("[{}..{})".format, number, numbers)
            ),
            some.builds("({} in ({}, > {}, ]2..5[))".format, numbers, numbers, numbers),
            some.builds("({} in [{}, {}, 5])".format, numbers, number, number),
            some.builds("({} in ({}, {}))".format, words, words, words),
            some.builds("({} in (? > 2 and ? < {}, {}))".format, number, numbers, truth),
            some.builds("(if {} then {} else {})".format, logic, numbers, numbers),
            some.builds("(if {} then {} else {})".format, logic, logic, logic),
            some.builds("(some x in xs satisfies x > {} or {})".format, numbers, logic),
            some.builds("count(xs[item > {}])".format, numbers),
            some.builds("string({})".format, inner | words),
            some.builds("({} = {})".format, logic, logic),
            some.builds("({} instance of number)".format, inner),
        )

    leaves = truth | number
    grown = deeper(deeper(leaves)) | some.recursive(leaves, deeper, max_leaves=12)
    return some.one_of(grown, grown, grown, string | moments | spans)


TEXTS = texts()
SCOPE = {name: Name(name, type) for name, type in NAMES.items()}


def outcome(function: object, context: dict[str, object]) -> object:
    """The value with its class and all its digits, or the error's code."""
    try:
        value = function(context)  # type: ignore[operator]
    except FeelError as error:
        return error.code
    return type(value), repr(value)


@settings(max_examples=400)
@given(TEXTS, some.lists(contexts(), min_size=1, max_size=4))
def test_compiled_is_the_walk(text: str, given_: list[dict[str, object]]) -> None:
    compiled = feel.compile(text, SCOPE, "standard")

    for context in given_:
        assert outcome(compiled, context) == outcome(compiled.expression.evaluate, context)


@pytest.mark.parametrize(("text", "context"), [each.values[:2] for each in CASES])
def test_every_case_of_the_language(text: str, context: dict[str, object]) -> None:
    types = {name: type_of(read(value)) for name, value in context.items()}

    compiled = feel.compile(text, types, "standard")

    assert outcome(compiled, context) == outcome(compiled.expression.evaluate, context)


@pytest.mark.parametrize("kind", [int, Decimal, str])
def test_each_form_has_the_value_of_the_walk(kind: type) -> None:
    """Ints and Decimals have a form each; what no form takes is walked."""
    compiled = feel.compile("金额 * 2 + n", SCOPE)

    assert compiled({"金额": kind("4"), "n": kind("1")}) == (None if kind is str else 9)
    assert compiled({"金额": kind("4")}) is None
    assert compiled.evaluate(MappingProxyType({"金额": 4, "n": 1})) == 9
    assert compiled({"金额": 4, "n": 0.5}) == Decimal("8.5")


def test_an_operand_that_is_asked_twice_is_computed_once() -> None:
    source = feel.compile(
        "金额 / n > 2 or 金额 / n < 1 or (n > 0 and 金额 > 5) or (n > 0 and ok)", SCOPE
    ).source

    assert all(form.count("(a0, a1)") == 1 for form in source.split("def FORM")[1:])


@pytest.mark.parametrize(
    ("range", "inside"),
    [
        ('[date("2026-03-01")..date("2026-03-31")]', date(2026, 3, 31)),
        ('(@"2026-03-01"..@"2026-03-31")', date(2026, 3, 2)),
        ('[@"P1D"..@"P3D"]', timedelta(days=3)),
        ('[@"P1M"..@"P3M"]', MonthsDuration(2)),
    ],
)
def test_a_range_of_constants_of_any_kind(range: str, inside: object) -> None:
    compiled = feel.compile(f"x in {range}", {"x": type_of(read(inside))})

    assert compiled({"x": inside}) is True


HOSTILE = [
    "'",
    '"',
    "\\",
    "\n",
    "__import__('os').system('true')",
    "]}",
    "{0}",
    "%s",
    "\u2028",
    "__builtins__",
    "C",
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_text_of_a_file_is_in_the_program(hostile: str) -> None:
    """Names and strings are values of variables: the source is the same whatever they are."""
    written = hostile.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

    def source(name: str, text: str) -> str:
        scope = {name: Name(name, feel.string, ("名",))}
        compiled = feel.compile(f'名 = "{text}" or string length(名) > 100', scope)
        assert compiled({name: name}) is (text == written)
        return compiled.source

    assert source(hostile, written) == source("harmless", "another")


def test_generated_code_has_no_builtins_of_python() -> None:
    compiled = feel.compile("n > 2", SCOPE)

    assert compiled({"n": 3}) is True
    assert compiled._program.run.__globals__["__builtins__"] == {}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("count(for x in 1..2000000 return x) > 0", "CRM020"),
        ("string length(string(for x in 1..999999 return x)) > n", "CRM020"),
    ],
)
def test_limits_hold(text: str, code: str) -> None:
    compiled = feel.compile(text, SCOPE, "standard")

    with pytest.raises(FeelError) as caught:
        compiled({"n": 1})

    assert caught.value.code == code
    assert outcome(compiled.expression.evaluate, {"n": 1}) == code


@pytest.mark.parametrize(
    "text",
    [
        " + ".join(["n"] * 140),
        "(" * 60 + "n" + " + 1)" * 60 + " > 2",
        "not(" * 50 + "n > 2" + ")" * 50,
        "".join(f"if n = {each} then {each} else " for each in range(55)) + "0",
        " and ".join(f"(n > {each} or ok)" for each in range(2000)),
        "abs(" * 50 + "n" + ")" * 50,
        "n" + " in (1, > 2, true)" * 60,
        "(" * 50 + "n" + " = 1) = ok" * 50,
    ],
    ids=["sum", "brackets", "not", "if", "and", "calls", "in", "equal"],
)
def test_deep_and_long_texts(text: str) -> None:
    """The program grows with the text, not with what it could be unfolded to."""
    compiled = feel.compile(text, SCOPE, "standard")

    assert len(compiled.source) < 200 * len(text)
    given_: list[dict[str, object]] = [{"n": 3, "ok": True}, {"n": Decimal("1.5")}, {"n": None, "ok": False}]
    for context in given_:
        assert outcome(compiled, context) == outcome(compiled.expression.evaluate, context)


def test_what_cannot_be_read_is_refused() -> None:
    with pytest.raises(FeelError, match="CRM101"):
        feel.compile("金额 > 没有", SCOPE)
