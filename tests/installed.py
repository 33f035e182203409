"""How does a test install a plugin? As pip would leave it behind: a module beside its metadata."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

IMPORTS = """
from pathlib import Path
from crmflow import Pack, Text, hookimpl
HERE = Path(__file__).parent
"""


def install(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    hooks: str,
    *,
    distribution: str | None = None,
    version: str = "1.2",
    group: str = "crmflow",
) -> None:
    """A distribution that registers the plugin `name`, found in this process until the test ends."""
    distribution = distribution or f"crmflow-{name}"
    module = distribution.replace("-", "_")
    root = folder / distribution
    info = root / f"{module}-{version}.dist-info"
    info.mkdir(parents=True)
    (root / f"{module}.py").write_text(IMPORTS + hooks, "utf-8")
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(f"[{group}]\n{name} = {module}\n")
    monkeypatch.syspath_prepend(root)
    monkeypatch.delitem(sys.modules, module, raising=False)
