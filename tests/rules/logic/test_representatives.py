"""Which values stand for all others of a name?"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from crmflow.rules import feel
from crmflow.rules.feel import Enumeration, ListType, Name
from crmflow.rules.logic.of_rulebook import representatives
from crmflow.rules.vocabulary import Vocabulary

NAMES = {
    "n": Name("n", feel.number),
    "k": Name("k", Enumeration(("low", "high"))),
    "s": Name("s", feel.string, nullable=False),
    "d": Name("d", feel.date),
    "xs": Name("xs", ListType(feel.number), nullable=False),
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("n > 5 and n <= 7.5", {"n": [None, 4, 5, 6, Decimal("7.5"), 8]}),
        ('k = "low"', {"k": [None, "low", "high"]}),
        ('s in ("a", "b")', {"s": ["a", "b", "other"]}),
        ('d = date("2026-05-01")', {"d": [None, date(2026, 1, 1), date(2026, 5, 1), date(2026, 5, 2)]}),
        ("2 * n + 1 < 4", {"n": [None, 1, Decimal("1.5"), 2]}),
    ],
)
def test_each_region_has_a_value(text: str, expected: dict[str, list[Any]]) -> None:
    assert representatives([feel.parse(text, NAMES)], Vocabulary()) == expected


def test_what_is_not_looked_into_has_values_that_decide_it() -> None:
    condition = feel.parse("count(xs[item > 3]) > 0", NAMES)

    values = representatives([condition], Vocabulary())["xs"]

    assert {condition.evaluate({"xs": value}) for value in values} == {True, False}


def test_a_cell_is_about_its_column() -> None:
    column = feel.parse("n", NAMES)
    cell = feel.parse_unary("[1..3)", feel.number, NAMES)

    assert representatives([(cell, column)], Vocabulary()) == {"n": [None, 0, 1, 2, 3, 4]}
