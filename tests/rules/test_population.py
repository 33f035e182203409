"""Where does a customer stand among all?"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some

from crmflow.rules.population import population
from tests.rules.world import facts_of, number

FACTS = {
    fact.name.removeprefix("retail."): fact
    for fact in facts_of(
        {
            "spent": {"sum": "amount"},
            "rank": {"rank": "spent"},
            "share": {"share": "spent"},
            "share above": {"share above": "spent"},
            "fifth": {"band": "spent"},
            "third, small first": {"band": "spent", "bands": 3, "reverse": True},
        }
    )
}
BUYERS = {"w": 500, "x": 150, "y": 150, "z": 120, "v": 80, "n": 0, "r": -20, "new": None}
amounts = some.dictionaries(
    some.integers(0, 30), some.none() | some.decimals(-1000, 1000, places=2), max_size=20
)


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        ("rank", {"w": 1, "x": 2, "y": 2, "z": 4, "v": 5, "n": 6, "r": 7}),
        ("share", {"w": "0.5", "x": "0.15", "y": "0.15", "z": "0.12", "v": "0.08", "n": 0, "r": 0}),
        ("share above", {"w": 0, "x": "0.5", "y": "0.5", "z": "0.8", "v": "0.92", "n": 1, "r": 1}),
        ("fifth", {"w": 5, "x": 3, "y": 3, "z": 3, "v": 2, "n": 1, "r": 1}),
        ("third, small first", {"r": 3, "n": 3, "v": 2, "z": 2, "y": 1, "x": 1, "w": 1}),
    ],
)
def test_standing(fact: str, expected: Mapping[str, object]) -> None:
    found = population(
        FACTS[fact], {id: None if value is None else number(value) for id, value in BUYERS.items()}
    )
    assert found == {**{id: number(value) for id, value in expected.items()}, "new": None}


@pytest.mark.parametrize("fact", ["share", "share above"])
def test_nobody_with_a_positive_amount_has_no_shares(fact: str) -> None:
    assert population(FACTS[fact], {1: Decimal(0), 2: Decimal(-5), 3: None}) == {1: None, 2: None, 3: None}


def test_a_population_of_nobody() -> None:
    assert population(FACTS["fifth"], {}) == {}


@given(amounts)
def test_share_above_is_that_of_strictly_larger_customers(amounts: dict[int, Decimal | None]) -> None:
    known = [Fraction(amount) for amount in amounts.values() if amount is not None]
    total = sum((amount for amount in known if amount > 0), Fraction())
    for id, share in population(FACTS["share above"], amounts).items():
        amount = amounts[id]
        if amount is None or not total:
            assert share is None
        else:
            mine = max(Fraction(amount), Fraction())
            larger = sum((other for other in known if other > mine), Fraction())
            assert share is not None
            assert abs(Fraction(share) - larger / total) < Fraction(1, 10**33)


@given(amounts)
def test_who_has_more_never_stands_lower(amounts: dict[int, Decimal | None]) -> None:
    known = sorted((amount, id) for id, amount in amounts.items() if amount is not None)
    ranks, bands = population(FACTS["rank"], amounts), population(FACTS["fifth"], amounts)
    standing = [(-(ranks[id] or 0), bands[id] or 0) for _, id in known]
    assert standing == sorted(standing)
    assert all(1 <= band <= 5 for _, band in standing)
