"""What does a rulebook decide: by hit policy, by day, by params, and with which reasons?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from crmflow.core.decision import Conflict, Hit, Plan, Sending, Target
from crmflow.rules.rulebook import Change, Rulebook
from crmflow.rules.source import RuleFile
from tests.rules.shop import edited, ruleset, site

SCORES = """
format: 1
title: {{en: Scores, zh: 评分}}
decides: segment
gives: {{name: score, zh: 评分, of: [best, good, poor]}}
hit: {hit}
{more}
rules:
  - {{id: many, when: spend > 10, then: good}}
  - {{id: more, when: spend > 100, then: best}}
  - {{id: some, when: spend > 5, then: good}}
  - {{id: some time, when: quiet, then: poor}}
"""


def scores(hit: str, more: str = "") -> Rulebook:
    text = SCORES.format(hit=hit, more=more)
    return ruleset(RuleFile("shop/segments/score.yaml", text, "pack", "shop")).rulebook("shop/segments/score")


def spent(amount: int | None, **others: object) -> dict[str, object]:
    return {"shop.spend": None if amount is None else Decimal(amount), **others}


@pytest.mark.parametrize(
    ("hit", "amount", "rules"),
    [
        ("first", 200, ["many"]),
        ("first", 7, ["some"]),
        ("first", 1, []),
        ("first", None, []),
        ("collect", 200, ["many", "more", "some"]),
        ("priority", 200, ["more"]),
        ("unique", 50, ["many"]),
    ],
)
def test_hit_policies(hit: str, amount: int | None, rules: list[str]) -> None:
    hits = scores(hit).decide(spent(amount))

    assert not isinstance(hits, Conflict)
    assert [each.rule for each in hits] == rules


def test_unique_rules_that_differ_are_a_conflict_and_no_decision() -> None:
    found = scores("unique").decide(spent(200))

    assert isinstance(found, Conflict)
    assert [(each.rule, each.value) for each in found.hits] == [
        ("many", "good"),
        ("more", "best"),
        ("some", "good"),
    ]


def test_a_default_is_given_where_no_rule_fires() -> None:
    assert scores("first", "default: poor").decide(spent(None)) == (Hit("default", "poor"),)


@pytest.mark.parametrize(("day", "fires"), [(1, False), (2, True), (4, True), (5, False)])
def test_a_rulebook_counts_on_its_days_only(day: int, fires: bool) -> None:
    rulebook = scores("first", "effective: {from: 2026-01-02, to: 2026-01-04}")

    hits = rulebook.decide(spent(200, today=date(2026, 1, day)))

    assert bool(hits) is fires


def test_priority_by_the_rules_own_numbers() -> None:
    rulebook = ruleset().rulebook("shop/visits/lease")
    context = {
        "shop.rent": Decimal(20_000),
        "shop.days since visit": Decimal(100),
        "shop.agent": {"id": "W1"},
    }

    assert rulebook.decide(context) == (Hit("dear", Plan("dear lease", "in person", Target(staff="W1"))),)
    assert (rulebook.subject, rulebook.about) == ("holding", "shop.lease")


def test_params_are_the_nearest_unit_s() -> None:
    rules = ruleset(
        site(
            "params.yaml",
            "format: 1\nshop/visits/quiet: {安静天数: {value: 50, units: {北区: 40, S1: 30}}}\n",
        )
    )
    rulebook = rules.rulebook("shop/visits/quiet")

    assert rulebook.params()["安静天数"] == Decimal(50)
    assert rulebook.params(["S2", "店二", "D1", "北区"])["安静天数"] == Decimal(40)
    assert rulebook.params(["S1", "店一", "D1", "北区"])["安静天数"] == Decimal(30)
    quiet = {"shop.quiet days": Decimal(35)}
    assert rulebook.decide(quiet) == ()
    assert rulebook.decide(quiet, rulebook.params(["S1"])) != ()


def test_a_visit_says_reason_channel_who_when_form_and_occasion() -> None:
    rulebook = ruleset().rulebook("shop/visits/quiet")
    sale = datetime(2026, 1, 1, 16, tzinfo=UTC)

    hits = rulebook.decide({"shop.quiet days": Decimal(61), "shop.last sale": sale})

    plan = Plan("quiet", "phone", "owner", timedelta(days=1, hours=12), ("cause", "result"), stays=False)
    assert hits == (Hit("quiet", plan, "2026-01-01T16:00:00+00:00"),)
    assert rulebook.reads == {"shop.quiet days", "shop.tier", "shop.home store", "shop.last sale", "today"}


@pytest.mark.parametrize(
    ("once", "occasion"),
    [
        ("year", "2027"),
        ("quarter", "2027-Q1"),
        ("month", "2027-01"),
        ("week", "2026-W53"),
        ("day", "2027-01-03"),
        ("ever", "ever"),
        ("visit", None),
        ("tier", "金卡"),
        ("home store", "S1"),
    ],
)
def test_once_per(once: str, occasion: str | None) -> None:
    file = edited("shop/visits/quiet.yaml", ("once per: quarter", f"once per: {once}"))
    context = {"shop.tier": "金卡", "shop.home store": {"id": "S1"}, "today": date(2027, 1, 3)}

    [hit] = ruleset(file).rulebook("shop/visits/quiet").decide(context)  # type: ignore[misc]

    assert hit.occasion == occasion
    assert isinstance(hit.value, Plan)
    assert hit.value.by == Target(role="adviser", unit="S1", level="district")


def test_a_message_by_its_qualified_name() -> None:
    rulebook = ruleset().rulebook("shop/sends/thanks")

    assert rulebook.on == Change("shop.grade", "entered", "high")
    assert rulebook.decide({}) == (Hit("thanks", Sending("shop.thanks", "sms"), "ever"),)


def test_an_owner_who_is_unknown_is_nobody() -> None:
    rulebook = ruleset().rulebook("shop/owners/adviser")

    assert rulebook.decide({"shop.adviser": {"id": "W1", "active": True}}) == (
        Hit("adviser", Target(staff="W1")),
    )
    assert rulebook.decide({"shop.adviser": {"id": None, "active": True}}) == (Hit("adviser", None),)


def test_a_trace_names_the_condition_that_failed() -> None:
    rulebook = ruleset().rulebook("shop/segments/grade")

    high, middle, low = rulebook.trace({"shop.spend": Decimal(500), "shop.rank": Decimal(1)})

    assert (high.fired, middle.fired, low.fired) == (False, True, False)
    assert high.failing is not None
    assert (high.failing[0].label, high.failing[1].value) == ("spend", False)


@pytest.mark.parametrize(
    ("edit", "same"),
    [
        (("default: low", "# a comment\ndefault:   'low'"), True),
        (("expect: middle", "expect: high"), True),
        (("value: 1000", "value: 1000.00"), True),
        (("value: 1000", "value: 1001"), False),
        (('"< 100"', '"<= 100"'), False),
    ],
)
def test_the_hash_is_over_what_a_file_means(edit: tuple[str, str], same: bool) -> None:
    path = "shop/segments/grade"

    changed = ruleset(edited(f"{path}.yaml", edit)).rulebook(path).hash

    assert (changed == ruleset().rulebook(path).hash) is same


def test_a_site_s_copy_shares_the_compiled_rules() -> None:
    rulebook = ruleset().rulebook("shop/visits/quiet")

    copy = rulebook.at_site(rulebook.declares, ("shop/visits/lease",))

    assert copy.fused is rulebook.fused
    assert copy.decide({}) == rulebook.decide({})
