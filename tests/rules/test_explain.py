"""Does an explanation say, in both languages, why and why not?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ruamel.yaml import YAML

from crmflow.core.customer import Customer
from crmflow.core.explanation import Explanation
from crmflow.core.holding import Holding
from crmflow.core.post import Posts, Staff, Unit
from crmflow.core.text import Text
from crmflow.errors import RuleFileError
from crmflow.rules.context import Contexts
from crmflow.rules.explain import explain_decision, why_not
from crmflow.rules.fold import Folds
from crmflow.rules.load import load
from crmflow.rules.origin import Origins, explain_facts
from crmflow.rules.ruleset import Ruleset
from crmflow.rules.source import RuleFile
from crmflow.rules.wording import Wording
from tests.rules.world import touchpoint

SHANGHAI = ZoneInfo("Asia/Shanghai")
AS_OF = datetime(2026, 3, 31, 4, tzinfo=UTC)
FOLDER = Path(__file__).parent / "explained"
CASES = YAML(typ="safe", pure=True).load((FOLDER / "cases.yml").read_text("utf-8"))
MARKS = {True: "+", False: "-", None: "?"}
POSTS = Posts([Unit("S1", "长江路站", "station")], [Staff("W1", "王五"), Staff("W2", "赵六", left=True)])


@pytest.fixture(scope="module")
def rules() -> Ruleset:
    files = [
        RuleFile(path=f"fuel/{file.name}", text=file.read_bytes(), layer="pack", pack="fuel")
        for file in sorted(FOLDER.glob("*.yaml"))
    ]
    loaded = load(files)
    assert loaded.ruleset is not None, [(found.file, found.message()) for found in loaded.errors]
    return loaded.ruleset


def context_of(rules: Ruleset, given: Mapping[str, Any]) -> dict[str, object]:
    """The context of a customer with these values, under bare names."""
    given = {
        name: Decimal(str(value)) if type(value) in (int, float) else value for name, value in given.items()
    }
    holdings = [
        Holding(id, 0, 1, "fuel.policy", "test", str(id), AS_OF, {"agent": agent})
        for id, agent in enumerate(given.pop("agents", []))
    ]
    owner = given.pop("owner", None)
    values = {f"fuel.{name}": value for name, value in given.items()}
    contexts = Contexts(rules.vocabulary, POSTS, AS_OF, SHANGHAI)
    return contexts.customer(Customer(1, 0, "test", "1", AS_OF, values, owner=owner), holdings)


def printed(explanation: Explanation, language: str) -> str:
    lines = (f"{'  ' * depth}{MARKS[node.holds]} {says}" for depth, node, says in explanation.lines(language))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_explains(rules: Ruleset, case: Mapping[str, Any], language: str) -> None:
    wording = Wording(rules.vocabulary, SHANGHAI, POSTS, show_personal=case.get("show personal", False))
    ask = explain_decision if case["ask"] == "why" else why_not
    explanation = ask(rules.rulebook(f"fuel/{case['rulebook']}"), context_of(rules, case["given"]), wording)
    assert printed(explanation, language) == case[language]


def test_a_rule_that_there_is_not_is_refused(rules: Ruleset) -> None:
    with pytest.raises(RuleFileError, match="overdu`; ask for one of: overdue"):
        why_not(
            rules.rulebook("fuel/overdue"),
            context_of(rules, {}),
            Wording(rules.vocabulary, SHANGHAI),
            rule="overdu",
        )


def test_one_rule_may_be_asked_about(rules: Ruleset) -> None:
    context = context_of(rules, {"litres": 80, "share above": Decimal("0.8")})
    wording = Wording(rules.vocabulary, SHANGHAI)
    explanation = why_not(rules.rulebook("fuel/class"), context, wording, rule="idle")
    assert [line.says.en for line in explanation.because] == ["the rule “idle” does not apply"]


def test_recorded_facts_explain_a_decision_without_what_they_were_computed_from(rules: Ruleset) -> None:
    recorded = {"fuel.litres": Decimal(80), "fuel.share above": None}
    wording = Wording(rules.vocabulary, SHANGHAI)
    explanation = explain_decision(rules.rulebook("fuel/class"), recorded, wording, since=AS_OF)
    assert (explanation.says.en, explanation.since) == ("Class by litres: C", AS_OF)
    reason = "the customer is not in the latest snapshot of all customers"
    assert f"share held by larger customers: unknown, {reason}" in printed(explanation, "en")


def test_a_holdings_facts_are_explained_without_its_customers_touchpoints(rules: Ruleset) -> None:
    folds = Folds([], ()).at(AS_OF, SHANGHAI)
    explanation = explain_facts(
        ["fuel.litres"], {"fuel.litres": Decimal(1)}, Wording(rules.vocabulary, SHANGHAI), Origins(folds)
    )
    said = Text("litres: 1 L", "加油量：1 升")
    assert explanation.because[0] == Explanation(said, name="fuel.litres", value=Decimal(1))


def test_facts_say_where_they_come_from(rules: Ruleset) -> None:
    fills = [
        touchpoint("fuel.fill", datetime(2026, 3, day, 1, tzinfo=UTC), {"litres": Decimal(40)}, id=day)
        for day in (1, 8, 15)
    ]
    policies = [Holding(1, 0, 1, "fuel.policy", "test", "1", AS_OF, {})]
    kinds = (*rules.vocabulary.touchpoints, *rules.vocabulary.holdings)
    folds = Folds(rules.vocabulary.facts.values(), kinds).at(AS_OF, SHANGHAI)
    contexts = Contexts(rules.vocabulary, POSTS, AS_OF, SHANGHAI)
    context = contexts.customer(
        Customer(1, 0, "test", "1", AS_OF), policies, folds.fold(fills, policies).values
    )
    explanation = explain_facts(
        [
            f"fuel.{name}"
            for name in ("days since last fill", "own cycle", "litres", "policies held", "idle share")
        ],
        context,
        Wording(rules.vocabulary, SHANGHAI),
        Origins(folds, fills, policies),
    )
    assert printed(explanation, "en") == (FOLDER / "facts.en.txt").read_text("utf-8")
    assert printed(explanation, "zh") == (FOLDER / "facts.zh.txt").read_text("utf-8")
    assert explanation.because[1].since == fills[-1].at
