"""Does `rules diff` say what has changed, and nothing else?"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.errors import RuleFileError
from crmflow.rules.source import RuleFile
from crmflow.rules.versions.diff import diff, moved
from crmflow.rules.versions.words import record, sentence
from tests.rules.shop import core, shop

CASES = tomllib.loads((Path(__file__).parent / "diff_cases.toml").read_text("utf-8"))["case"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_change_is_said_in_words(case: dict[str, Any]) -> None:
    found = diff([RuleFile(case["path"], case["old"])], [RuleFile(case["path"], case["new"])])
    assert [sentence(change).en for change in found] == case["en"]
    assert [sentence(change).zh for change in found] == case["zh"]


def test_files_come_go_and_are_renamed() -> None:
    rules = "decides: segment\nrules: [{id: r, when: x, then: y}]\n"
    old = [RuleFile("a.yaml", rules), RuleFile("b.yaml", "states: {s: {}}\n")]
    new = [RuleFile("c/d.yaml", rules), RuleFile("e.yaml", "week: {mon: []}\n")]
    said = [sentence(change) for change in diff(old, new)]
    assert [each.en for each in said] == [
        "rulebook a is now called c/d",
        "chart b was removed",
        "calendar e was added",
    ]
    assert [each.zh for each in said] == ["规则表 a 改名为 c/d", "删除流程图 b", "新增日历 e"]


def test_a_param_that_was_not_set_had_the_value_of_its_rulebook() -> None:
    book = RuleFile("shop/a.yaml", "decides: visit\nparams: {late: {zh: 宽限, value: 7}}\n", "pack", "shop")
    [change] = diff([book], [book, RuleFile("params.yaml", "shop/a:\n  宽限: {value: 5}\n")])
    assert sentence(change).en == "param `宽限` of shop/a: 7 → 5"


def test_a_pack_and_a_site_may_have_a_file_of_one_name() -> None:
    pack = RuleFile("shop/a.yaml", "decides: visit\nhit: first\n", "pack", "shop")
    newer = RuleFile("shop/a.yaml", "decides: visit\nhit: unique\n", "pack", "shop")
    own = RuleFile("shop/a.yaml", "decides: visit\nhit: first\n")
    [change] = diff([pack, own], [newer, own])
    assert sentence(change).en == "hit policy in shop/a (pack): `first` became `unique`"
    assert record(change, "zh") == {
        "kind": "changed",
        "file": "shop/a",
        "layer": "pack",
        "part": ["hit"],
        "before": "first",
        "after": "unique",
        "says": "shop/a (pack)：命中策略由 `first` 改为 `unique`",
    }


def test_real_files_do_not_differ_from_themselves() -> None:
    files = [*core(), *shop()]
    assert diff(files, files) == []


def test_what_is_no_yaml_is_shown_at_its_place() -> None:
    with pytest.raises(RuleFileError) as refused:
        diff([], [RuleFile("a.yaml", "rules: [\n")])
    assert refused.value.code == "CRM090"
    assert refused.value.diagnostics


@given(st.permutations("abcdefg"))
def test_taking_out_what_moved_leaves_the_old_order(new: list[str]) -> None:
    rest = [name for name in new if name not in moved("abcdefg", new)]
    assert rest == sorted(rest)
    assert len(moved("abcdefg", new)) <= 6


def test_one_that_moved_is_one() -> None:
    assert moved("abcd", "bcda") == {"a"}
    assert moved("abcd", "dabc") == {"d"}
    assert moved("abcd", "abcd") == set()
