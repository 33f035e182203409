"""Does the quick parser give the tree that the exact one gives, and leave to it what it reads otherwise?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from crmflow.rules import yaml

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "plugins").rglob("crmflow_*/**/*.yaml"))
TEXTS = [file.read_text("utf-8") for file in FILES]
SIGNS = " \n:,[]{}\"'#&*!|>%@`-?~\t，：“😀0\r\u2028\x85\\"


def told(node: Node | None) -> Iterator[object]:
    """What a rule file reads of a tree."""
    if node is None:
        return
    yield type(node), node.start_mark.index, node.end_mark.index
    if isinstance(node, ScalarNode):
        yield node.value, node.style or None
        return
    for each in node.value:
        for part in each if isinstance(node, MappingNode) else (each,):
            yield from told(part)


def outcome(compose: object, text: str) -> object:
    try:
        return list(told(compose(text)))  # type: ignore[operator]
    except YAMLError:
        return "no YAML"


def exact(text: str) -> Node | None:
    return YAML(typ="safe", pure=True).compose(text)  # type: ignore[no-any-return]


@pytest.mark.parametrize("text", TEXTS, ids=[file.relative_to(ROOT).as_posix() for file in FILES])
def test_a_rule_file_is_the_same_tree(text: str) -> None:
    assert outcome(yaml.compose, text) == outcome(exact, text) != "no YAML"


@given(
    st.sampled_from(TEXTS), st.integers(0), st.lists(st.tuples(st.integers(0), st.text(SIGNS, max_size=3)))
)
def test_a_damaged_file_is_the_same_tree_or_refused_by_both(
    text: str, first: int, damage: list[tuple[int, str]]
) -> None:
    lines = text.splitlines(keepends=True)
    text = "".join(lines[first % len(lines) :][:12])
    for at, signs in damage:
        at %= len(text) + 1
        text = text[:at] + signs + text[at + 1 :]

    assert outcome(yaml.compose, text) == outcome(exact, text)


def test_without_libyaml_the_exact_parser_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml, "CParser", None)

    assert outcome(yaml.compose, TEXTS[0]) == outcome(exact, TEXTS[0])
