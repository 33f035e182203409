"""Does a trace tell why a condition is true, false or unknown?"""

from __future__ import annotations

from decimal import Decimal

import pytest

from crmflow.rules import feel
from crmflow.rules.feel import Trace


def trace(text: str, **context: object) -> Trace:
    names = {name.replace("_", " "): value for name, value in context.items()}
    return feel.parse(text, names.keys()).trace(names)


def said(steps: tuple[Trace, ...]) -> list[str]:
    return [step.text for step in steps]


def test_conditions_carry_their_values() -> None:
    found = trace('age > 18 and 城市 in ("北京", "上海")', age=20, 城市="上海")
    assert (found.kind, found.value) == ("and", True)
    older, lives = found.children
    assert [(step.text, step.value) for step in older.children] == [("age", 20)]
    assert [(step.text, step.value) for step in lives.children] == [
        ("城市", "上海"),
        ('"北京"', False),
        ('"上海"', True),
    ]
    assert found.failing() == ()


def test_every_failing_condition_is_named() -> None:
    found = trace("a > 1 and (b > 1 and c > 1) and (d > 1 or a > 5)", a=2, b=0, c=None, d=1)
    assert said(found.failing()) == ["b > 1", "c > 1", "d > 1 or a > 5"]
    assert [step.value for step in found.failing()] == [False, None, False]
    assert said(tuple(found.names())) == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("text", "reason", "grund"),
    [
        ("own_cycle > 3", "own_cycle has no value", "own_cycle 没有值"),
        ("p.left", "p.left has no value", "p.left 没有值"),
        ("1 / zero > 3", "1 / zero divides by zero", "1 / zero 的除数为零"),
        (
            "not(text > 3)",
            "text > 3: string, number cannot be compared",
            "text > 3:文本、数值 之间无法比较",
        ),
        (
            'date("2026-02-30") > u',
            '"2026-02-30" is no date that can be read',
            '"2026-02-30" 不能识别为 date',
        ),
        ("xs[3] > 1", "xs[3]: the list has no such item", "xs[3]:列表中没有该项"),
        ("(every x in xs satisfies x.a > 0) and u", "x.a has no value", "x.a 没有值"),
    ],
)
def test_null_has_a_reason(text: str, reason: str, grund: str) -> None:
    context: dict[str, object] = {"own_cycle": None, "p": {}, "zero": 0, "text": "7", "xs": [1], "u": None}
    found = feel.parse(text, list(context)).trace(context)
    assert found.value is None
    assert found.reason is not None
    assert (found.reason.text(), found.reason.text("zh")) == (reason, grund)


def test_a_cell_is_traced_with_its_input() -> None:
    found = feel.parse_unary("[1..limit), > 10", feel.number, ["limit"]).trace({"limit": 5}, 7)
    assert [(step.text, step.value) for step in found.children] == [
        ("?", 7),
        ("[1..limit)", False),
        ("> 10", False),
    ]


def test_a_loop_shows_its_items() -> None:
    found = trace("every p in plates satisfies p.left", plates=[{"left": True}, {"left": False}])
    assert [(step.text, step.value) for step in found.children[1:]] == [("p.left", True), ("p.left", False)]


def test_an_if_shows_the_branch_it_took() -> None:
    found = trace("if u > 1 then a else b", u=None, a=1, b=2)
    assert said(found.children) == ["u > 1", "b"]
    assert found.value == Decimal(2)
    assert found.reason is None
