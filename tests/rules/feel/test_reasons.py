"""Can every null at run time be explained, in both languages?"""

from __future__ import annotations

from pathlib import Path

import pytest

from crmflow.errors import LANGUAGES
from crmflow.rules import feel
from crmflow.rules.feel.builtins import BUILTINS

CONTEXT: dict[str, object] = {
    "x": None,
    "n": 7,
    "zero": 0,
    "t": "7",
    "p": {},
    "xs": [1, None],
    "none": [],
    "local": feel.evaluate('time("08:30:00")'),
    "there": feel.evaluate('time("08:30:00Z")'),
}


def cases() -> list[tuple[str, list[str], list[str]]]:
    found = []
    for line in Path(__file__).with_name("reasons.txt").read_text("utf-8").splitlines():
        text, _, told = line.partition(" => ")
        if told:
            english, chinese = (each.strip().split(" & ") for each in told.split(" | "))
            found.append((text.strip(), english, chinese))
    return found


@pytest.mark.parametrize(("text", "english", "chinese"), cases())
def test_null_is_explained(text: str, english: list[str], chinese: list[str]) -> None:
    assert feel.evaluate(text, CONTEXT) is None
    causes = feel.reasons(text, CONTEXT)
    assert [cause.text("en") for cause in causes] == english
    assert [cause.text("zh") for cause in causes] == chinese


@pytest.mark.parametrize("text", [text for text, _, _ in cases()])
def test_a_trace_gives_the_first_reason(text: str) -> None:
    trace = feel.parse(text, CONTEXT.keys(), mode="standard").trace(CONTEXT)
    assert trace.reason == feel.reasons(text, CONTEXT)[0]


def test_what_has_a_value_needs_no_reason() -> None:
    assert feel.reasons("x = null or n / zero > 3", CONTEXT) == ()


def test_a_cell_is_explained_by_its_input() -> None:
    cell = feel.parse_unary("> 3", feel.number)
    assert [cause.text() for cause in cell.reasons({}, None)] == ["? has no value"]
    assert cell.reasons({}, 2) == ()


@pytest.mark.parametrize("name", sorted(BUILTINS))
def test_every_null_of_a_builtin_has_a_reason(name: str) -> None:
    for values in (
        "",
        "null",
        "-1",
        '"?"',
        "[]",
        "[null]",
        "n, t",
        "t, n",
        "xs, 9",
        "p, t, n",
        "function(a) a",
    ):
        text = f"{name}({values})"
        if feel.evaluate(text, CONTEXT) is None:
            causes = feel.reasons(text, CONTEXT)
            assert causes
            assert all("{" not in cause.text(language) for cause in causes for language in LANGUAGES)
