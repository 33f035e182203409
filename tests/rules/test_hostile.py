"""Does every hostile expression, rule file and model end soon, in little memory, in an error or a value?"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rules.hostile import Case, table

FOLDER = Path(__file__).parent
TABLES = [FOLDER / part / "hostile.toml" for part in ("feel", "", "dmn")]
# Limits of work and size that are so many times lower are as good, and quicker.
FEWER = [20, pytest.param(1, marks=pytest.mark.long)]


@pytest.mark.parametrize("fewer", FEWER)
@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.parent.name)
def test_hostile_texts_end(path: Path, fewer: int) -> None:
    found, cases = outcomes(path, fewer), table(path)
    assert {name: found[name] for name, case in cases.items() if not as_expected(case, found[name])} == {}


def outcomes(path: Path, fewer: int) -> dict[str, str]:
    command = [sys.executable, "-m", "tests.rules.hostile", str(path), str(fewer)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return dict(json.loads(line) for line in said.splitlines())


def as_expected(case: Case, found: str) -> bool:
    return re.fullmatch(case["code"], found) is not None if "code" in case else bool(found == case["gives"])
