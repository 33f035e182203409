"""Does docs/reference say, in both languages, what each requirement id asks that the product quotes?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ID = re.compile(r"\b[FIURC]\d{1,2}\b")
ROW = re.compile(r"^\| ([A-Z]\d+) \| \S", re.MULTILINE)


def quoted() -> set[str]:
    """The ids in the `source:` lines of rule files."""
    files = [*ROOT.glob("crmflow/core/**/*.yaml"), *ROOT.glob("plugins/*/crmflow_*/*/*.yaml")]
    sources = re.findall(r"^source:(.*)$", "\n".join(file.read_text("utf-8") for file in files), re.MULTILINE)
    return {id for line in sources for id in ID.findall(line)}


@pytest.mark.parametrize("page", ["requirements.md", "requirements.zh.md"])
def test_every_quoted_requirement_is_told(page: str) -> None:
    told = ROW.findall((ROOT / "docs" / "reference" / page).read_text("utf-8"))
    assert len(told) == len(set(told))
    assert quoted() <= set(told)


def test_both_pages_tell_the_same_requirements() -> None:
    english, chinese = (
        ROW.findall((ROOT / "docs" / "reference" / page).read_text("utf-8"))
        for page in ("requirements.md", "requirements.zh.md")
    )
    assert english == chinese
