"""Do folds amount to what they say, for one customer and for all?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal, localcontext
from pathlib import Path
from statistics import quantiles
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some
from ruamel.yaml import YAML

from crmflow.core.holding import Holding
from crmflow.core.moment import end_of_day
from crmflow.core.touchpoint import Touchpoint
from crmflow.rules.fact import define
from crmflow.rules.feel import DECIMALS
from crmflow.rules.fold import Folds, kind_seen
from tests.rules.world import KINDS, ROWS, facts_of, in_turn, number, touchpoint

SHANGHAI = ZoneInfo("Asia/Shanghai")
CASES = YAML(typ="safe", pure=True).load(Path(__file__).with_name("fold_cases.yaml"))
FACTS = facts_of(
    {
        "orders": {"count": "at", "where": 'kind = "purchase"'},
        "spent": {"sum": "amount", "where": 'kind in ("purchase", "return")', "over": "P12M", "else": 0},
        "large orders": {"count": "at", "where": "amount > 50", "over": "P30D"},
        "mean": {"average": "amount", "over": "P3M"},
        "cycle": {"median gap": "at", "where": 'kind = "fuel.fill"', "over": "P180D", "at least": 4},
        "last order": {"last": "at", "where": 'kind = "purchase"'},
        "products": {"distinct": "product"},
        "middle": {"median": "amount", "over": "P6M"},
        "large": {"quantile": "amount", "at": Decimal("0.9")},
        "month before": {"sum": "amount", "over": "P1M", "ago": "P1M", "else": 0},
        "until a quarter ago": {"count": "at", "where": "amount > 0", "ago": "P90D"},
        "lately": {"portion": "amount", "over": "P30D", "out of": "P12M", "at least": 2},
        "returned": {"portion": "amount", "where": 'kind = "return"', "ago": "P30D"},
    }
)
AS_OF = datetime(2026, 3, 31, 12, tzinfo=UTC)


def moment(value: date | datetime, zone: ZoneInfo) -> datetime:
    if isinstance(value, datetime):
        return value.replace(tzinfo=zone).astimezone(UTC)
    return end_of_day(value, zone)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_folds_amount_to(case: Mapping[str, Any]) -> None:
    zone = ZoneInfo(case.get("zone", "Asia/Shanghai"))
    touchpoints = [
        touchpoint(
            kind, moment(at, zone), {name: value_of(name, value) for name, value in fields.items()}, id=id
        )
        for id, (kind, at, fields) in enumerate(case["touchpoints"])
    ]
    found = Folds(facts_of(case["facts"]), KINDS).at(moment(case["as_of"], zone), zone).fold(touchpoints)
    assert found.values == {name: meant(value, zone) for name, value in case["expect"].items()}


def value_of(name: str, value: Any) -> Any:
    return number(value) if name in ("amount", "litres") and value is not None else value


def meant(expected: Any, zone: ZoneInfo) -> object:
    """Numbers of more digits than a float keeps are written as texts."""
    if isinstance(expected, datetime):
        return moment(expected, zone)
    return number(expected) if re.fullmatch(r"-?\d+(\.\d+)?", str(expected)) else expected


@some.composite
def customers(draw: some.DrawFn) -> list[Touchpoint]:
    """Touchpoints of a few customers in the order (at, id)."""
    count = draw(some.integers(0, 12))
    return in_turn(
        [
            touchpoint(
                draw(some.sampled_from(KINDS)),
                AS_OF - timedelta(minutes=draw(some.integers(-60 * 24 * 40, 60 * 24 * 500))),
                {"amount": draw(some.none() | some.decimals(-100, 100, places=2))},
                id=id,
                customer=draw(some.integers(1, 3)),
            )
            for id in range(count)
        ]
    )


@given(customers())
def test_one_customer_and_all_customers_have_the_same_values(touchpoints: list[Touchpoint]) -> None:
    together = Folds(FACTS, KINDS).at(AS_OF, SHANGHAI)
    theirs = {id: [each for each in touchpoints if each.customer_id == id] for id in (1, 2, 3)}
    everyone = {id: together.fold(own) for id, own in theirs.items()}
    for id, own in theirs.items():
        assert Folds(FACTS, KINDS).at(AS_OF, SHANGHAI).fold(own) == everyone[id]
        for fact in FACTS:
            alone = Folds([fact], KINDS).at(AS_OF, SHANGHAI).fold(own).values
            assert alone[fact.name] == everyone[id].values[fact.name]


@given(customers())
def test_what_happens_later_is_not_seen(touchpoints: list[Touchpoint]) -> None:
    folds = Folds(FACTS, KINDS).at(AS_OF, SHANGHAI)
    assert (
        folds.fold([each for each in touchpoints if each.at <= AS_OF]).values
        == folds.fold(touchpoints).values
    )


@given(customers(), some.integers(0, 60 * 24 * 400))
def test_nothing_changes_before_the_flip(touchpoints: list[Touchpoint], minutes: int) -> None:
    folds = Folds(FACTS, KINDS)
    now = folds.at(AS_OF, SHANGHAI).fold(touchpoints)
    later = AS_OF + timedelta(minutes=minutes)
    if now.flips_at is None or later < now.flips_at:
        assert folds.at(later, SHANGHAI).fold(touchpoints).values == now.values


@given(some.lists(some.decimals(-1000, 1000, places=2), min_size=1, max_size=9), some.sampled_from("01234"))
def test_a_quantile_is_the_one_that_the_standard_library_interpolates(amounts: list[Decimal], n: str) -> None:
    (fact,) = facts_of({"quantile": {"quantile": "amount", "at": Decimal(n) / 4}})
    touchpoints = [
        touchpoint("retail.purchase", AS_OF, {"amount": amount}, id=id) for id, amount in enumerate(amounts)
    ]
    found = Folds([fact], KINDS).at(AS_OF, SHANGHAI).fold(touchpoints).values["retail.quantile"]
    inner = quantiles(amounts, n=4, method="inclusive") if len(amounts) > 1 else [amounts[0]] * 3
    assert found == [min(amounts), *inner, max(amounts)][int(n)]


@given(customers())
def test_two_windows_that_touch_hold_what_one_of_both_holds(touchpoints: list[Touchpoint]) -> None:
    facts = facts_of(
        {
            "days": {"count": "at", "over": "P30D"},
            "days before": {"count": "at", "over": "P30D", "ago": "P30D"},
            "both": {"count": "at", "over": "P60D"},
            "until then": {"count": "at", "ago": "P60D"},
            "ever": {"count": "at"},
        }
    )
    now: Any = Folds(facts, KINDS).at(AS_OF, SHANGHAI).fold(touchpoints).values
    assert now["retail.days"] + now["retail.days before"] == now["retail.both"]
    assert now["retail.both"] + now["retail.until then"] == now["retail.ever"]


def test_what_a_fact_of_the_past_was_computed_from_is_what_was_seen_then() -> None:
    (fact,) = facts_of({"before": {"portion": "amount", "over": "P30D", "ago": "P30D"}})
    days = (10, 40, 50, 100)
    touchpoints = [
        touchpoint("retail.purchase", AS_OF - timedelta(days), {"amount": Decimal(1)}) for days in days[::-1]
    ]
    folds = Folds([fact], KINDS).at(AS_OF, SHANGHAI)
    assert folds.fold(touchpoints).values == {"retail.before": DECIMALS.divide(Decimal(2), Decimal(3))}
    assert [(AS_OF - row.at).days for row in folds.rows_of("retail.before", touchpoints)] == [50, 40]


def test_a_host_that_sets_its_own_decimal_context_changes_nothing() -> None:
    touchpoints = [
        touchpoint("retail.purchase", AS_OF, {"amount": Decimal("1234567.89")}, id=id) for id in (1, 2)
    ]
    folds = Folds(FACTS, KINDS).at(AS_OF, SHANGHAI)
    with localcontext(Context(prec=3)):
        assert folds.fold(touchpoints).values["retail.spent"] == Decimal("2469135.78")


def test_units_are_counted_by_their_code() -> None:
    shops = facts_of({"shops": {"distinct": "unit"}, "latest shop": {"last": "unit"}})
    touchpoints = [
        touchpoint("retail.purchase", AS_OF, {}, id=id, unit=unit)
        for id, unit in enumerate(["S1", None, "S2", "S1"])
    ]
    assert Folds(shops, KINDS).at(AS_OF, SHANGHAI).fold(touchpoints).values == {
        "retail.shops": 2,
        "retail.latest shop": "S1",
    }


def test_holdings_are_folded_in_their_turn() -> None:
    spec = {"last": "product", "from": "policies"}
    latest = define("insurance.latest", spec, rows=ROWS, customer=ROWS, source="insurance.policy")
    holdings = [
        Holding(
            id, 0, 1, "insurance.policy", "test", str(id), AS_OF - timedelta(days=days), {"product": product}
        )
        for id, (days, product) in enumerate([(3, "life"), (1, "health"), (2, "car"), (-1, "not yet")])
    ]
    folded = Folds([latest], KINDS).at(AS_OF, SHANGHAI).fold([], holdings)
    assert folded.values == {"insurance.latest": "health"}
    assert folded.flips_at == AS_OF + timedelta(days=1)


def test_holdings_are_folded_by_their_kind() -> None:
    premium = define(
        "insurance.premium",
        {"sum": "amount", "from": "policies", "where": "amount > 10"},
        rows=ROWS,
        customer=ROWS,
        source="insurance.policy",
    )
    holdings = [
        Holding(id, 0, 1, kind, "test", str(id), AS_OF, {"amount": number(amount)})
        for id, (kind, amount) in enumerate(
            [
                ("insurance.policy", 100),
                ("insurance.policy", 10),
                ("insurance.loan", 500),
                ("insurance.policy", 20),
            ]
        )
    ]
    folds = Folds([premium], KINDS).at(AS_OF, SHANGHAI)
    assert folds.fold([], holdings).values == {"insurance.premium": 120}
    assert folds.rows_of("insurance.premium", [], holdings) == [holdings[0], holdings[3]]


@pytest.mark.parametrize(
    ("kind", "pack", "seen"),
    [
        ("retail.purchase", "retail", "purchase"),
        ("retail.purchase", "fuel", "retail.purchase"),
        ("core.complaint", "fuel", "complaint"),
        ("core.complaint", "retail", "core.complaint"),
        ("retail.complaint", "retail", "complaint"),
    ],
)
def test_a_pack_sees_its_own_kinds_bare(kind: str, pack: str, seen: str) -> None:
    assert kind_seen(kind, pack, ("core.complaint", "retail.complaint", "retail.purchase")) == seen
