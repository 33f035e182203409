"""Do findings have an end, and does a stack that is nearly full? (hostile texts: tests/rules/hostile.py)"""

from __future__ import annotations

import sys

import pytest

from crmflow.rules import feel


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
