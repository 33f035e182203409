"""Is a text what it should be in each language?"""

from __future__ import annotations

import pytest

from crmflow.core.text import Text


def test_a_text_fills_each_language_with_its_own() -> None:
    text = Text("{who} at {level}", "{level}的{who}").filled(who="W1", level=Text("station", "站"))
    assert text == Text("W1 at station", "站的W1")
    assert (text.in_language("zh"), text.in_language("fr")) == ("站的W1", "W1 at station")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("both", Text("both", "both")),
        ({"en": "a", "zh": "b"}, Text("a", "b")),
        ({"zh": "b"}, Text("name", "b")),
        ({"en": "a"}, Text("a", "a")),
        ({}, Text("name", "name")),
    ],
)
def test_a_text_is_read_from_one_or_both_languages(value: str | dict[str, str], text: Text) -> None:
    assert Text.of(value, "name") == text
