"""What does the repository look like? Its files, and the house rules that the structure tests hold."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]
RULES = tomllib.loads((ROOT / "tests/house.toml").read_text("utf-8"))
FOLDERS = (".ci", "benchmarks", "crmflow", "docs", "examples", "plugins", "scripts", "tests")

FILES = [
    path.relative_to(ROOT)
    for place in (ROOT.glob("*"), *((ROOT / folder).rglob("*") for folder in FOLDERS))
    for path in sorted(place)
    if path.is_file() and "__pycache__" not in path.parts
]
PYTHON = [path for path in FILES if path.suffix == ".py"]
CORE = [path for path in PYTHON if path.parts[0] == "crmflow"]
PACKS = [path for path in PYTHON if path.parts[0] == "plugins" and "crmflow_" in path.as_posix()]


def text(path: Path) -> str:
    """The text of a file of the repository; empty if it is not text."""
    return (ROOT / path).read_bytes().decode("utf-8", errors="ignore")


def refuse(found: Iterable[object], rule: str) -> None:
    """Fails with the rule and each place that breaks it, one a line."""
    lines = [str(place) for place in found]
    assert not lines, "\n".join([rule, *lines])
