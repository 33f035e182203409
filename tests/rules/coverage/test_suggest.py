"""Do suggested tests reach what was missing, and are they put into a file that else stays as it is?"""

from __future__ import annotations

from codecs import BOM_UTF8

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.rules.coverage import Covered, coverage
from crmflow.rules.coverage.suggest import Suggestions, suggest, with_tests, written
from crmflow.rules.coverage.suggest_chart import suggest_chart
from crmflow.rules.ruleset import Ruleset
from crmflow.rules.source import RuleFile
from crmflow.workflow.rehearsal import rehearse
from tests.rules.shop import choose, document, edited, results, ruleset, shop, with_text

RULEBOOKS = [
    file.path for file in shop() if file.path.split("/")[1] in ("segments", "owners", "sends", "visits")
]
FIRST = "# the first line\n"


def untested(path: str) -> RuleFile:
    file = edited(path)
    return with_text(file, FIRST + file.content.partition("tests:\n")[0])


def suggested(file: RuleFile) -> Suggestions:
    rules = ruleset(file)
    return suggest(rules, rules.rulebook(file.id), choose)


def covered(rules: Ruleset, id: str) -> Covered:
    (found,) = coverage(rules, [id], rehearse=rehearse)
    return found


@pytest.mark.parametrize("path", RULEBOOKS)
def test_a_file_without_tests_gets_tests_that_pass_and_reach_all(path: str) -> None:
    file = untested(path)
    found = suggested(file)
    made = with_tests(ruleset(file).documents[file.id], found.lines)

    assert found.left == ()
    assert made is not None
    assert made.content.startswith(file.content)
    rules = ruleset(made)
    assert covered(rules, file.id).missed == ()
    assert all(result.passed for result in results(rules) if result.rule == file.id)


@pytest.mark.parametrize("path", RULEBOOKS)
def test_a_file_whose_tests_reach_all_gets_none(path: str) -> None:
    rules = ruleset()
    found = suggest(rules, rules.rulebook(path.removesuffix(".yaml")), choose)

    assert bool(found.lines) == bool(covered(rules, path.removesuffix(".yaml")).missed)


def test_what_nothing_reaches_is_left() -> None:
    found = suggested(edited("shop/visits/quiet.yaml", ('会员等级 = "金卡"', '会员等级 = "金卡" and 1 = 2')))

    assert [each.code for each in found.left] == ["CRM211", "CRM305"]


def test_a_chart_gets_plays_that_pass_and_take_every_move() -> None:
    file = untested("shop/charts/fault.yaml")
    rules = ruleset(file)
    found = suggest_chart(rules, rules.chart(file.id), rehearse)
    made = with_tests(rules.documents[file.id], found.lines)

    assert made is not None
    again = ruleset(made)
    assert [each.name for each in covered(again, file.id).missed] == ["entries >= 1"]
    assert [each.name for each in found.left] == ["entries >= 1"], "it always holds"
    assert all(result.passed for result in results(again) if result.rule == file.id)


def test_a_test_for_a_role_names_somebody_who_holds_it() -> None:
    found = suggested(untested("shop/owners/adviser.yaml"))

    assert any('staff: {W1: {role: adviser, unit: "1"}}, expect: W1' in line for line in found.lines)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("title: x\n", "title: x\ntests:\n  - {a: 1}\n"),
        ("title: x", "title: x\ntests:\n  - {a: 1}\n"),
        ("title: x\ntests: []\n", "title: x\ntests:\n  - {a: 1}\n"),
        ("title: x\r\n", "title: x\r\ntests:\r\n  - {a: 1}\r\n"),
        ("tests:\n- {b: 2}  # why\nlast: x\n", "tests:\n- {b: 2}  # why\n- {a: 1}\nlast: x\n"),
        ("tests:\n    - {b: 2}\n", "tests:\n    - {b: 2}\n    - {a: 1}\n"),
        ("tests:\n  - name: b\n    expect: c", "tests:\n  - name: b\n    expect: c\n  - {a: 1}\n"),
        ("tests: [{b: 2}]\n", None),
    ],
)
def test_tests_are_put_in_behind_the_others(before: str, after: str | None) -> None:
    made = with_tests(document(before), ["- {a: 1}"])

    assert (made and made.content) == after


def test_a_byte_order_mark_stays() -> None:
    read = document("title: x\n")
    read.file = with_text(read.file, BOM_UTF8 + b"title: x\n")
    made = with_tests(read, ["- {a: 1}"])

    assert made is not None
    assert made.raw == BOM_UTF8 + b"title: x\ntests:\n  - {a: 1}\n"


NAMES = st.text(st.characters(categories=["L", "N", "Zs"]), min_size=1, max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.decimals(-1000, 1000, places=2) | st.text(max_size=8) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(NAMES, VALUES, max_size=3))
def test_what_is_written_is_read_as_it_was(values: dict[str, object]) -> None:
    text = f"x: {written(values)}\n"

    assert document(text).data == {"x": _read(values)}, text


def _read(value: object) -> object:
    """A value as a file gives it back: dates are text, null is left out of a mapping."""
    if isinstance(value, dict):
        return {key: _read(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_read(each) for each in value]
    return (
        value if value is None or isinstance(value, bool | str) or hasattr(value, "normalize") else str(value)
    )
