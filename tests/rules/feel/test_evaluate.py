"""Does each expression have the value that the standard gives it?"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import localcontext
from pathlib import Path
from typing import Any

import pytest

from crmflow.rules import feel
from crmflow.rules.feel.builtins import BUILTINS


def cases() -> Iterator[Any]:
    """`expression => another that it equals`, after a line `given` with the context."""
    for path in sorted(Path(__file__).with_name("cases").glob("*.txt")):
        context: object = {}
        for line in path.read_text("utf-8").splitlines():
            text, _, expected = line.partition(" => ")
            if line.startswith("given "):
                context = feel.evaluate(line.removeprefix("given "))
            elif expected:
                yield pytest.param(text.strip(), context, expected, id=f"{path.stem}: {text.strip()}")


CASES = list(cases())


@pytest.mark.parametrize(("text", "context", "expected"), CASES)
def test_an_expression_equals(text: str, context: dict[str, object], expected: str) -> None:
    value, wanted = feel.evaluate(text, context), feel.evaluate(expected)
    assert value == wanted
    assert type(value) is type(wanted)


@pytest.mark.parametrize("name", sorted(BUILTINS))
def test_every_builtin_has_a_case(name: str) -> None:
    assert any(f"{name}(" in case.values[0] for case in CASES)


def test_no_value_depends_on_the_decimal_context_of_the_thread() -> None:
    with localcontext(prec=2, Emax=5, Emin=-5):
        found = [feel.evaluate(text, context) for text, context, _ in (case.values for case in CASES)]
    assert found == [feel.evaluate(expected) for _, _, expected in (case.values for case in CASES)]


def test_strict_gives_the_same_values() -> None:
    """What strict mode accepts has the value that standard mode gives."""
    accepted = 0
    for text, context, expected in (case.values for case in CASES):
        try:
            value = feel.evaluate(text, context, "strict")
        except feel.FeelError:
            continue
        accepted += 1
        assert value == feel.evaluate(expected), text
    assert accepted > 300


def test_other_modes_are_refused() -> None:
    with pytest.raises(ValueError, match="standard"):
        feel.evaluate("1", mode="lenient")
