"""What may a declaration of a fact say, and what is refused?"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from crmflow.core.text import Text
from crmflow.errors import RuleFileError
from crmflow.rules import feel
from crmflow.rules.fact import in_order
from crmflow.rules.window import Window
from tests.rules.world import facts_of

ERRORS = YAML(typ="safe", pure=True).load(Path(__file__).with_name("fact_errors.yaml"))


def test_a_declaration_says_how_a_fact_is_computed() -> None:
    (cycle,) = facts_of(
        {
            "own cycle": {
                "zh": "固定周期",
                "unit": "day",
                "median gap": "at",
                "where": 'kind = "fuel.fill"',
                "over": "P180D",
                "at least": 4,
            }
        }
    )
    assert cycle.name == "retail.own cycle"
    assert cycle.label == Text("own cycle", "固定周期")
    assert (cycle.aggregate, cycle.of, cycle.type, cycle.unit) == ("median gap", "at", feel.number, "day")
    assert (cycle.over, cycle.at_least, cycle.otherwise) == (Window(days=180), 4, None)


@pytest.mark.parametrize(
    ("spec", "type"),
    [
        ({"count": "at"}, feel.number),
        ({"max": "amount"}, feel.number),
        ({"last": "at"}, feel.date_time),
        ({"first": "product"}, feel.string),
        ({"days since": "born"}, feel.number),
        ({"anniversary": "出生日期"}, feel.boolean),
        ({"is": "born > date(2000, 1, 1)"}, feel.boolean),
    ],
)
def test_a_fact_has_a_type(spec: Mapping[str, object], type: feel.Type) -> None:
    (fact,) = facts_of({"it": spec})
    assert fact.type == type


def test_else_is_a_value_of_the_facts_type() -> None:
    spent, product = facts_of(
        {"spent": {"sum": "amount", "else": 0.1}, "product": {"last": "product", "else": "–"}}
    )
    assert (spent.otherwise, product.otherwise) == (Decimal("0.1"), "–")


def test_facts_come_after_those_they_are_computed_from() -> None:
    facts = facts_of(
        {
            "idle": {"is": "days idle > 30"},
            "days idle": {"days since": "last order"},
            "last order": {"last": "at"},
        }
    )
    names = ["retail.last order", "retail.days idle", "retail.idle"]
    assert [fact.name for fact in facts] == names
    assert [fact.name for fact in in_order(reversed(facts))] == names


@pytest.mark.parametrize("case", ERRORS, ids=lambda case: str(case["facts"]))
def test_a_wrong_declaration_is_refused(case: Mapping[str, Any]) -> None:
    with pytest.raises(RuleFileError) as caught:
        facts_of(case["facts"])
    error = caught.value
    assert error.code == case["code"]
    for part in ("key", "name", "suggestion", "circle"):
        assert part not in case or error.parts[part] == case[part]
    assert "{" not in error.text("en")
    assert "{" not in error.text("zh")
