"""Do the tests inside rule files pass where the rules are right, and say what is wrong where they are not?"""

from __future__ import annotations

import pytest

from crmflow.rules.load import load
from tests.rules.shop import core, edited, results, ruleset, shown


def test_the_tests_of_the_core_and_the_shop_pass() -> None:
    found = results(ruleset())

    assert [(each.rule, each.name.en) for each in found if not each.passed] == []
    assert len(found) > 25
    assert {each.rule for each in found} >= {
        "core/charts/complaint",
        "shop/charts/fault",
        "shop/owners/adviser",
    }


def test_the_tests_of_the_core_pass_by_themselves() -> None:
    rules = load(core()).ruleset
    assert rules is not None
    assert all(each.passed for each in results(rules))


@pytest.mark.parametrize(
    ("path", "edit", "finding", "found"),
    [
        ("segments/grade", ("expect: middle", "expect: high"), "18:75-18:79", "middle"),
        ("segments/grade", ("{a: high, b: high,", "{a: high, b: low,"), "24:26-24:29", "high"),
        (
            "visits/quiet",
            ("{未消费天数: 61}, expect: quiet", "{未消费天数: 60}, expect: quiet"),
            "19:64-19:69",
            "none",
        ),
        ("owners/adviser", ("expect: W3", "expect: W2"), "16:185-16:187", "W3"),
        ("sends/thanks", ("expect: thanks", "expect: none"), "13:64-13:68", "thanks"),
        (
            "charts/fault",
            ("expect: {state: repair,", "expect: {state: tell,"),
            "34:13-34:52",
            "state: repair",
        ),
    ],
)
def test_a_failed_test_says_where_what_and_why(
    path: str, edit: tuple[str, str], finding: str, found: str
) -> None:
    failed = [each for each in results(ruleset(edited(f"shop/{path}.yaml", edit))) if not each.passed]

    assert len(failed) == 1
    assert failed[0].finding is not None
    assert shown(failed[0].finding).startswith(f"{finding} CRM301")
    assert failed[0].finding.parts["found"] == found
    if "charts" not in path:
        assert failed[0].because


def test_rules_that_contradict_each_other_are_found_as_such() -> None:
    file = edited("shop/segments/grade.yaml", ('"[100..high limit)"', '">= 100"'))

    failed = {each.name.en: each.found for each in results(ruleset(file)) if not each.passed}

    assert failed["high"] == "conflict"


def test_a_test_that_cannot_run_says_so() -> None:
    file = edited("shop/charts/fault.yaml", ("{wait: P1D}", "{jump: P1D}"))

    [failed] = [each for each in results(ruleset(file)) if not each.passed]

    assert failed.finding is not None
    assert failed.finding.code == "CRM302"
