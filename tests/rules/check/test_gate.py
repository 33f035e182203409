"""Is a gate found whose lines exclude each other, and a move whose condition can never hold?"""

from __future__ import annotations

import pytest

from crmflow.rules.check.gate import gates
from tests.rules.shop import edited, ruleset, shown

CHART = "shop/charts/fault.yaml"


def test_the_shops_charts_can_pass() -> None:
    assert list(gates(ruleset())) == []


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("when: entries >= 1}", "when: 消费额 < 0}", "17:40-17:47 CRM225 may close"),
        ("when: 消费额 >= 0}", "when: spend > 5 and spend < 5}", "18:43-18:66 CRM225 may close"),
        (
            "done = false and tried twice, tell, up",
            "done = false and done, tell, up",
            "23:30-23:51 CRM225 (given up, when) given up",
        ),
    ],
)
def test_what_can_never_pass_is_found(old: str, new: str, found: str) -> None:
    assert [shown(each) for each in gates(ruleset(edited(CHART, (old, new))))] == [found]
