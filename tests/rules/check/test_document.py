"""Are missing titles and tests noted, and rules that no test fires?"""

from __future__ import annotations

from crmflow.rules.check import checked
from crmflow.rules.source import RuleFile
from tests.rules.shop import edited, loaded, shown


def test_a_file_without_tests_or_title_is_noted() -> None:
    bare = RuleFile(
        "shop/bare.yaml",
        "format: 1\ntitle: {en: Bare}\ndecides: visit\n"
        "rules: [{id: one, when: quiet, then: {reason: a, channel: phone, by: service desk}}]\n",
        "pack",
        "shop",
    )

    assert [shown(each) for each in checked(loaded(bare)).notes] == [
        "2:8-2:18 CRM210 shop/bare",
        "2:8-2:18 CRM209 shop/bare",
    ]


def test_a_rule_that_no_test_reaches_is_noted() -> None:
    file = edited(
        "shop/visits/quiet.yaml", ("given: {tier: 金卡}, expect: gold", "given: {tier: 银卡}, expect: none")
    )

    assert [shown(each) for each in checked(loaded(file)).notes] == ["14:12-14:16 CRM211 gold"]
