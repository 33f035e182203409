"""Is it said what is meant by a cell in spoken words, and by what a program gives in place of a text?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from crmflow.errors import FeelError, RuleFileError
from crmflow.rules import dmn, feel


@pytest.mark.parametrize(
    ("cell", "code", "meant"),
    [
        (">=1 and <5", "CRM024", "[1..5)"),
        ("> 1 and <= 5", "CRM024", "(1..5]"),
        ("<5 and >=1", "CRM024", "[1..5)"),
        (">= 1, and < 5", "CRM024", "[1..5)"),
        (">=-1.5 && <5", "CRM024", "[-1.5..5)"),
        (">=1 且 <5", "CRM024", "[1..5)"),
        ("<1 or >5", "CRM024", "<1, >5"),
        ("1 or 5", "CRM024", "1, 5"),
        ("1 或 5", "CRM024", "1, 5"),
        ("1~5", "CRM025", "[1..5]"),
        ("1～5", "CRM025", "[1..5]"),
        ("1 至 5", "CRM025", "[1..5]"),
        ("1到5", "CRM025", "[1..5]"),
        ("1 to 5", "CRM025", "[1..5]"),
        ("between 1 and 5", "CRM025", "[1..5]"),
        ("大于3", "CRM025", "> 3"),
        ("不低于 3", "CRM025", ">= 3"),
        ("超过3.5", "CRM025", "> 3.5"),
        ("3以上", "CRM025", ">= 3"),
        ("3 以内", "CRM025", "<= 3"),
    ],
)
def test_a_cell_in_words_is_told_in_feel(cell: str, code: str, meant: str) -> None:
    with pytest.raises(FeelError) as caught:
        feel.parse_unary(cell, feel.number)
    error = caught.value
    assert (error.code, error.suggestion, error.start, error.end) == (code, meant, 0, len(cell))
    assert feel.parse_unary(meant, feel.number).notices == ()


@pytest.mark.parametrize("cell", ["大约3", "3个", "1 and 5", "> and 3", ">1 and >5", "1~"])
def test_what_nobody_can_know_stays_what_it_is(cell: str) -> None:
    with pytest.raises(FeelError) as caught:
        feel.parse_unary(cell, feel.number)
    assert caught.value.code not in ("CRM024", "CRM025")


@pytest.mark.parametrize(
    ("cell", "name", "meant"),
    [
        ("3000升", "3000升", "3000"),
        (">= 3000升", "3000升", "3000"),
        ("1万", "1万", "10000"),
        ("< 1.5万元", "1.5万元", "15000"),
        ("[1万..2百万)", "1万", "10000"),
        ("0.50元", "0.50元", "0.5"),
    ],
)
def test_a_number_with_a_unit_is_told_in_figures(cell: str, name: str, meant: str) -> None:
    with pytest.raises(FeelError) as caught:
        feel.parse_unary(cell, feel.number)
    assert (caught.value.code, caught.value.name, caught.value.suggestion) == ("CRM038", name, meant)


def test_a_name_that_begins_with_a_digit_still_needs_backticks() -> None:
    with pytest.raises(FeelError, match="CRM008"):
        feel.parse("30天投诉 > 2")


@pytest.mark.parametrize("type", [feel.number, feel.string, feel.boolean])
@pytest.mark.parametrize("cell", ["不限", " 任意", "全部"])
def test_any_value_in_words_is_a_dash(cell: str, type: feel.Type) -> None:
    with pytest.raises(FeelError) as caught:
        feel.parse_unary(cell, type)
    assert (caught.value.code, caught.value.suggestion) == ("CRM039", "-")


@pytest.mark.parametrize(
    ("text", "code", "meant"),
    [
        ("true = 否", "CRM101", "false"),
        ("true = 是", "CRM101", "true"),
        ("1 > 3 并且 true", "CRM017", "and"),
        ("1 > 3 或者 true", "CRM017", "or"),
    ],
)
def test_a_chinese_word_for_one_of_feel_is_told(text: str, code: str, meant: str) -> None:
    with pytest.raises(FeelError) as caught:
        feel.parse(text)
    assert (caught.value.code, caught.value.suggestion) == (code, meant)


def test_a_minus_between_numbers_is_noted() -> None:
    (notice,) = feel.parse_unary("3-5", feel.number).notices
    assert (notice.code, notice.replacement) == ("CRM026", "[3..5]")
    assert feel.parse_unary("-5", feel.number).notices == ()
    assert feel.unary("3-5", -2) is True


FOREIGN: list[tuple[str, Callable[[Any], object], object]] = [
    ("CRM120", feel.evaluate, None),
    ("CRM120", feel.parse, 3),
    ("CRM120", lambda text: feel.unary(text, 3), None),
    ("CRM120", lambda text: feel.from_xsd("decimal", text), None),
    ("CRM120", lambda name: feel.from_xsd(name, "1"), None),
    ("CRM121", lambda context: feel.evaluate("a", context), {1: 2}),
    ("CRM121", lambda context: feel.evaluate("a", context), None),
    ("CRM121", lambda context: feel.evaluate("a", context), ["a"]),
    ("CRM121", lambda names: feel.parse("a", names), [1]),
    ("CRM121", lambda names: feel.parse("a", names), 3),
    ("CRM121", lambda names: feel.parse("a", names), "a"),
    ("CRM122", lambda types: feel.compile("a", types), {"a": "number"}),
    ("CRM122", lambda types: feel.parse("a", types), {"a": int}),
    ("CRM123", dmn.load, "<definitions/>"),
    ("CRM123", dmn.load, '\ufeff<?xml version="1.0"?>\n<definitions/>'),
    ("CRM123", dmn.load, b"<definitions/>"),
    ("CRM123", dmn.load, None),
]


@pytest.mark.parametrize(("code", "call", "given"), FOREIGN, ids=range(len(FOREIGN)))
def test_what_is_no_text_name_type_or_path_is_refused_in_our_words(
    code: str, call: Callable[[Any], object], given: object
) -> None:
    with pytest.raises(RuleFileError) as caught:
        call(given)
    assert caught.value.code == code
    assert "{" not in caught.value.text("zh").replace('{"own cycle": 7}', "").replace("{1: 2}", "")
