"""Is every mistake in an inference's file found, at its place?"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from crmflow.rules.load import RuleFile, load
from tests.rules.infer.programs import VOCABULARY
from tests.rules.shop import core, shown

TABLE = tomllib.loads(Path(__file__).with_name("broken.toml").read_text("utf-8"))


def edited(edits: list[list[str]]) -> str:
    text: str = TABLE["text"].removeprefix("\n")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


@pytest.mark.parametrize("file", TABLE["file"], ids=lambda file: file["name"])
def test_a_mistake_is_found_at_its_place(file: dict[str, Any]) -> None:
    names = RuleFile("shop/vocabulary.yaml", VOCABULARY, "pack", "shop")
    loaded = load([*core(), names, RuleFile("shop/x.yaml", edited(file["edits"]), "pack", "shop")])
    assert [shown(found) for found in loaded.diagnostics if found.code != "CRM214"] == file["finds"]
    for found in loaded.diagnostics:
        assert "{" not in found.message("en") + found.remedy("zh").replace("{}", "")
