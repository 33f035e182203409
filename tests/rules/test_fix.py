"""Does mending change what is wrong and nothing else, and never make matters worse?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmflow.core.diagnostic import Diagnostic, Edit, Position, one_letter_off
from crmflow.rules.check import check
from crmflow.rules.fix import Mended, mend
from crmflow.rules.lines import Lines, applied
from crmflow.rules.source import Findings, RuleFile, read
from tests.rules.shop import SHOP, core, shop, text_of

BOOK = """format: 1
title: X
decides: segment
gives: {{name: x, of: [a, b]}}
rules:
  - id: one     # 第一条
    when: {when}
    then: a
tests:
  - {{name: t, given: {{spend: 9}}, expect: a}}
"""
QUIET = (SHOP / "visits" / "quiet.yaml").read_text("utf-8")


def book(when: str) -> RuleFile:
    return RuleFile("shop/segments/x.yaml", BOOK.format(when=when), "site", "shop")


def mended(*files: RuleFile, unsafe: bool = False) -> Mended:
    return mend([*core(), *shop(), *files], lambda each: each.safe or unsafe)


def text_after(file: RuleFile, unsafe: bool = False) -> str:
    return mended(file, unsafe=unsafe).files[-1].content


@pytest.mark.parametrize(
    ("when", "then"),
    [
        ("spend ＞ 3", "spend > 3"),
        ("（spend）＞（3）", "(spend)>(3)"),
        ('"金卡" = 会员等级', "'\"金卡\" = 会员等级'"),
        ("spend == 3 && rank ≥ 1", "spend = 3 and rank >= 1"),
        ("spend > 5%", "spend > 0.05"),
        ("Spend > 3", "spend > 3"),
    ],
)
def test_what_surely_is_meant_is_written(when: str, then: str) -> None:
    assert text_after(book(when)) == BOOK.format(when=then)


@pytest.mark.parametrize("when", ["spned > 3", '会员等级 = "金咔"', '会员等级 != "金卡"', "消费鹅 > 3"])
def test_a_guess_is_left_to_the_author(when: str) -> None:
    assert text_after(book(when)) == BOOK.format(when=when)
    assert text_after(book(when), unsafe=True) != BOOK.format(when=when)


def test_fixes_that_hide_each_other_are_applied_in_rounds() -> None:
    broken = BOOK.format(when='"金卡" != 会员等级 and （spned） > 3').replace("title: X", "title：X")
    file = replace(book(""), text=broken.replace("rules:", "hti: first\nrules:"))
    done = mended(file, unsafe=True)
    assert not [each for each in done.left if each.severity == "error"]
    assert "title: X" in done.files[-1].content
    assert "hit: first" in done.files[-1].content
    assert "会员等级 != null and" in done.files[-1].content


def test_bytes_that_are_not_wrong_stay() -> None:
    text = "\ufeff" + BOOK.format(when="spend ＞ 3").replace("\n", "\r\n")
    done = mended(replace(book(""), text=text.encode()))
    assert done.files[-1].raw == text.replace("＞", ">").encode()


def test_files_of_a_pack_are_not_touched_but_counted() -> None:
    file = replace(book("spend ＞ 3"), layer="pack")
    done = mended(file)
    assert (done.done, done.foreign) == ((), 1)
    assert done.files[-1] is file


def test_a_key_that_is_there_already_is_not_offered() -> None:
    file = replace(
        book("spend > 3"), text=BOOK.format(when="spend > 3").replace("title: X", "titel: X\ntitle: Y")
    )
    done = mended(file, unsafe=True)
    assert done.files[-1].content == file.content
    assert [each.code for each in done.left if each.severity == "error"] == ["CRM060"]


def edit(start: int, end: int, text: str) -> Edit:
    return Edit(Position(1, start), Position(1, end), text)


@given(st.text(st.sampled_from("ab客\r\n"), max_size=30), st.data())
def test_an_offset_and_its_position_are_the_same_place(text: str, data: st.DataObject) -> None:
    lines = Lines(text)
    at = data.draw(st.integers(0, len(text)))
    assert lines.offset(lines.position(at)) == at
    start, end = lines.position(at), lines.position(at)
    assert applied(text, [Edit(start, end, "X")]) == text[:at] + "X" + text[at:]


def test_edits_are_applied_from_the_end() -> None:
    assert applied("abcdef", [edit(1, 2, "XX"), edit(4, 6, ""), edit(7, 7, "!")]) == "XXbcf!"


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(st.integers(0, len(QUIET) - 1), st.sampled_from("：，（）“”＝＞ :\t\"'[]{}x客")),
        min_size=1,
        max_size=3,
    ),
    st.booleans(),
)
def test_mending_never_adds_an_error_that_hides_more(damage: Sequence[tuple[int, str]], unsafe: bool) -> None:
    text = QUIET
    for at, sign in damage:
        text = text[:at] + sign + text[at + 1 :]
    others = [file for file in shop() if file.path != "shop/visits/quiet.yaml"]
    file = RuleFile("shop/visits/quiet.yaml", text, "site", "shop")
    files = [*core(), *others, file]
    done = mend(files, lambda each: each.safe or unsafe)
    assert done.files[:-1] == tuple(files[:-1])
    if not done.done:
        assert done.files[-1].content == text
    before, after = (unreadable(found) for found in (check(files), done.left))
    assert after <= before


def unreadable(findings: Sequence[Diagnostic]) -> int:
    return sum(each.code.startswith("CRM04") and each.severity == "error" for each in findings)


@pytest.mark.parametrize(
    ("name", "other", "near"),
    [
        ("titel", "title", True),
        ("whn", "when", True),
        ("tests", "test", True),
        ("decide", "decides", True),
        ("hit", "hat", True),
        ("of", "if", False),
        ("frist", "first", True),
        ("rules", "tables", False),
        ("ab", "ba", False),
    ],
)
def test_one_letter_is_off(name: str, other: str, near: bool) -> None:
    assert one_letter_off(name, other) is near
    assert one_letter_off(other, name) is near


def test_a_fix_that_changes_nothing_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    here = Position(2, 8), Position(2, 9)
    idle = Diagnostic("CRM012", "shop/segments/x.yaml", *here, fix=(Edit(*here, "X"),))
    monkeypatch.setattr("crmflow.rules.fix.check", lambda files: (idle,))

    done = mend([book("spend > 3")], lambda each: True)

    assert done.done == ()
    assert done.left == (idle,)


@pytest.mark.parametrize(
    ("text", "then"),
    [
        ("a: {units: {滨河加油站：5}}", "a: {units: {滨河加油站: 5}}"),
        ("a: {units: {S1: 4, 滨河加油站：5, S2： 6}}", "a: {units: {S1: 4, 滨河加油站: 5, S2: 6}}"),
        ("a: {value: 3，units: {S1: 4}}", "a: {value: 3, units: {S1: 4}}"),
        ("a: {加油站：{value：5，units：{S1：5}}}", "a: {加油站: {value: 5, units: {S1: 5}}}"),
        ("a: {id: one, when：birthday today}", "a: {id: one, when: birthday today}"),
        ("宽限天数：{value: 3}", "宽限天数: {value: 3}"),
        ("a: 1\n宽限天数：3", "a: 1\n宽限天数: 3"),
        ("a:\n  b: 1\n  宽限天数：\n    value: 3", "a:\n  b: 1\n  宽限天数:\n    value: 3"),
    ],
)
def test_a_full_width_comma_or_colon_of_yaml_is_told_and_mended(text: str, then: str) -> None:
    findings = Findings()

    read(RuleFile("x.yaml", text), findings)

    assert {each.code for each in (*findings.errors, *findings.notes)} <= {"CRM012", "CRM044"}
    assert applied(text, [edit for each in (*findings.errors, *findings.notes) for edit in each.fix]) == then


@pytest.mark.parametrize(
    "text",
    [
        "a: {en: x, zh: 逐级，各一次：好}",
        "a: {zh: '注意：好，b: 1', en: x}",
        "a: [b，c：d]",
        "a: |\n  注意：{x}",
    ],
)
def test_chinese_punctuation_of_a_text_stays(text: str) -> None:
    findings = Findings()

    read(RuleFile("x.yaml", text), findings)

    assert (findings.errors, findings.notes) == ([], [])


def test_the_shop_needs_no_mending() -> None:
    assert mended().done == ()
    assert text_of("shop/visits/quiet.yaml") == QUIET
