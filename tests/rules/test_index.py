"""Does the index of a long table find the rows that are found row by row?"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from crmflow.rules import feel, fused, index
from crmflow.rules.feel import Enumeration, Expression, Name, Scope
from crmflow.rules.fused import Fused, cells_of
from crmflow.rules.index import Index
from crmflow.rules.rulebook import Condition, Rule
from tests.rules.test_fused import rule

SCOPE = Scope(
    {
        "城市": Name("城市", feel.string),
        "amount": Name("amount", feel.number),
        "tier": Name("tier", Enumeration(("gold", "silver", "bronze"), ordered=True)),
        "day": Name("day", feel.date),
        "ok": Name("ok", feel.boolean),
        "who": Name("who"),
        "limit": Name("limit", feel.number),
    }
)
CELLS: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("cells.toml").read_text("utf-8"))
VALUES: dict[str, list[object]] = {
    "城市": ["杭州", "上海", "北京", "", "😀", "b", None, 5, True],
    "amount": [
        2,
        5,
        Decimal("2.5"),
        Decimal("5.0"),
        -3,
        9,
        4,
        Decimal("1E+40"),
        0,
        None,
        2.5,
        True,
        "5",
        Decimal("NaN"),
    ],
    "tier": ["gold", "silver", "bronze", "other", None],
    "day": [date(2025, 1, 1), date(2026, 1, 1), date(2025, 6, 1), date.min, None, "2026-01-01"],
    "ok": [True, False, None, 1],
    "who": ["杭州", 5, None, True, 4],
    "limit": [3, Decimal("2.5"), None],
}
COLUMNS = list(CELLS)
ROWS = some.lists(some.tuples(*map(some.sampled_from, CELLS.values())), min_size=1, max_size=40)
CONTEXTS = some.fixed_dictionaries({name: some.sampled_from(values) for name, values in VALUES.items()})


def columns() -> list[Expression]:
    return [feel.parse(name, SCOPE, "standard") for name in COLUMNS]


def table(rows: Sequence[tuple[str, ...]]) -> list[Rule]:
    """A rule a row."""
    heads = columns()
    known = {
        (n, text): Condition(head.text, feel.parse_unary(text, head.type, SCOPE, "standard"), n)
        for n, head in enumerate(heads)
        for text in {row[n] for row in rows}
    }
    return [
        rule(str(at), *(known[n, text] for n, text in enumerate(row) if text != "-" or n % 2))
        for at, row in enumerate(rows)
    ]


@settings(max_examples=300)
@given(ROWS, CONTEXTS, some.booleans(), some.sampled_from([10, 10**9]))
def test_the_index_finds_what_row_by_row_is_found(
    rows: list[tuple[str, ...]], context: dict[str, object], first: bool, bits: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fused, "LONG", 1)
        patch.setattr(index, "AXIS_BITS", bits)
        long = Fused(table(rows), columns(), first)

        assert long.fired(context) == long.walk(context, {})


def test_ten_thousand_rows_are_told_apart() -> None:
    """The row for a value is among the few that are asked at all."""
    rows = [(f'"c{n % 50}"', f"[{n}..{n + 1})", "-", "-", "-", "-") for n in range(10_000)]
    rules = table(rows)
    found = Index(columns(), [cells_of(each) for each in rules])

    values = ["c17", Decimal("4217.5"), None, None, None, None]
    left = found.rows(values)

    assert left is not None
    assert left.bit_count() == 1
    assert list(found.places(left, values)) == [4217]
    assert not any(found.unread)
