"""Does hostile text end soon, with a clear error?"""

from __future__ import annotations

import sys

import pytest

from crmflow.rules import feel
from crmflow.rules.feel.lexer import TEXT_LIMIT

LAUGHS = "{a0: [1, 1], " + ", ".join(f"a{n + 1}: [a{n}, a{n}]" for n in range(60)) + "}"
HOSTILE = {
    "parentheses": ("(" * 5000 + "1" + ")" * 5000, "CRM006"),
    "brackets": ("[" * 5000, "CRM006"),
    "minuses": ("-" * 5000 + "1", "CRM006"),
    "tests in tests": ("1 in (" * 3000, "CRM006"),
    "ifs": ("if true then " * 3000, "CRM006"),
    "sums": ("+".join(["1"] * 5000), "CRM006"),
    "paths": ("a" + ".b" * 5000, "CRM006"),
    "calls": ("f" + "(1)" * 5000, "CRM006"),
    "filters": ("xs" + "[1]" * 5000, "CRM006"),
    "types": ("1 instance of " + "list<" * 3000, "CRM006"),
    "length": ("1" * (TEXT_LIMIT + 1), "CRM007"),
    "a large number": ("1e" + "9" * 5000, "CRM005"),
    "a long range": ("count(for i in 1..10 ** 15 return i)", "CRM02[03]"),
    "a long list": ("for i in 1..3000 return for j in 1..3000 return 1", "CRM02[03]"),
    "products of lists": ("every a in 1..999, b in 1..999, c in 1..999 satisfies a > 0", "CRM020"),
    "doubling lists": ("for i in 1..99 return [partial, partial]", "CRM02[03]"),
    "a billion laughs": (LAUGHS, "CRM023"),
    "recursion": ("{f: function(g, n) g(g, n + 1), r: f(f, 0)}.r", "CRM022"),
    "branching recursion": (
        "{f: function(g, n) if n = 0 then 1 else g(g, n - 1) + g(g, n - 1), r: f(f, 60)}.r",
        "CRM020",
    ),
    "a pattern that refers back": (f'matches("{"a" * 60}", "^(a*)*\\1(a*)*\\2b$")', "CRM021"),
}


@pytest.mark.parametrize(("text", "code"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_ends_in_an_error(text: str, code: str) -> None:
    with pytest.raises(feel.FeelError, match=code):
        feel.evaluate(text, {"xs": [1]})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("9 ** 9 ** 9 ** 9 ** 9", None),
        ("10 ** (10 ** 10)", None),
        ("exp(10 ** 30)", None),
        ("1.0000001 ** (10 ** 40)", None),
        ("count(" + ", ".join(["1"] * 20_000) + ")", None),
        (" and ".join(["true"] * 10_000), True),
        ("1 in (" + ", ".join(str(n) for n in range(2, 15_000)) + ")", False),
        ('matches("' + "a" * 5000 + '!", "^(a+)+$")', False),
        ('matches("' + "a" * 500 + '", "(a{1,99}){1,99}b")', None),
        ("{" + ", ".join(f"a{n}: {n}" for n in range(5000)) + "}.a7", 7),
    ],
    ids=lambda value: str(value)[:20],
)
def test_large_text_has_its_value(text: str, value: object) -> None:
    assert feel.evaluate(text) == value


def test_many_unknown_names_are_told_soon() -> None:
    with pytest.raises(feel.FeelError, match="CRM101") as caught:
        feel.parse(" + ".join(f"nam{n}" for n in range(150)), [f"name {n}" for n in range(500)])
    assert len(caught.value.others) < 50


def test_a_full_stack_is_no_recursion_error() -> None:
    nested = "(" * 60 + "1" + ")" * 60

    def down(left: int) -> object:
        return down(left - 1) if left else feel.evaluate(nested)

    depth = 0
    frame = sys._getframe()
    while frame.f_back is not None:
        depth, frame = depth + 1, frame.f_back
    with pytest.raises(feel.FeelError, match="CRM006"):
        down(sys.getrecursionlimit() - depth - 60)
