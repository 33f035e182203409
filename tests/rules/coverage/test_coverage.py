"""Is counted what the tests of a file reach, and said at its place what they do not?"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from crmflow.rules.coverage import Covered, Share, coverage, total
from crmflow.rules.source import RuleFile
from crmflow.workflow.rehearsal import rehearse
from tests.rules.shop import edited, ruleset, with_text

CASES: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "cases.toml").read_text("utf-8"))["case"]


def file_of(case: dict[str, Any]) -> RuleFile:
    """A file of the shop with the tests of the case in the place of its own."""
    file = edited(case["path"], *case.get("edits", ()))
    if "tests" not in case:
        return file
    tests = "".join(f"  - {test}\n" for test in case["tests"])
    return with_text(file, file.content.partition("tests:\n")[0] + (f"tests:\n{tests}" if tests else ""))


def covered(file: RuleFile) -> Covered:
    (found,) = coverage(ruleset(file), [file.id], rehearse=rehearse)
    return found


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_what_tests_reach(case: dict[str, Any]) -> None:
    found = covered(file_of(case))

    missed = [f"{each.start.line}:{each.start.column} {each.code} {each.name}" for each in found.missed]
    assert f"{found.total.reached}/{found.total.all}" == case["reached"], missed
    if "missed" in case or found.total.percent == 100:
        assert missed == case.get("missed", [])


def test_an_inference_counts_the_rules_that_conclude() -> None:
    text = (
        "format: 1\ntitle: X\ndecides: infer\ngives: {name: brought}\nrules:\n"
        "  - {id: one, for: {a: customer, b: 客户}, when: a.tier = b.tier and b != a, then: brought(a)}\n"
        '  - {id: two, for: {a: customer}, when: a.tier = "金卡", then: brought(a)}\n'
        "tests:\n  - {name: t, given: {customer: {K1: {tier: 金卡}}}, expect: {K1: true}}\n"
    )

    found = covered(RuleFile("shop/inferences/x.yaml", text, "pack", "shop"))

    assert found.shares == {"rules": Share(1, 2)}
    assert [each.name for each in found.missed] == ["one"]


@pytest.mark.parametrize(
    ("share", "percent"),
    [(Share(9999, 10000), 99), (Share(1, 1), 100), (Share(0, 3), 0), (Share(), 100), (Share(2, 3), 66)],
)
def test_percentages_are_rounded_down(share: Share, percent: int) -> None:
    assert share.percent == percent


def test_a_threshold_is_not_met_by_rounding() -> None:
    assert not Share(9499, 10000).meets(95)
    assert Share(95, 100).meets(95)
    assert not Share(9999, 10000).meets(100)
    assert Share().meets(100)


def test_the_total_is_over_all_files() -> None:
    files = coverage(ruleset(), list(ruleset().documents), rehearse=rehearse)

    assert total(files).all == sum(each.total.all for each in files) > 50
    assert total([]) == Share()
