"""What do the tests of all packs share? A pack's demo, made once, as a user makes it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

Show = Callable[[str], Path]

PROGRAM = "from crmflow.cli import main; main()"


@pytest.fixture(scope="session")
def show(tmp_path_factory: pytest.TempPathFactory) -> Show:
    """Gives the folder of a pack's demo; the tables that were imported lie in its `data`."""

    @cache
    def folder(pack: str) -> Path:
        made = tmp_path_factory.mktemp("demo")
        subprocess.run([sys.executable, "-c", PROGRAM, "demo", str(made), "--pack", pack], check=True)
        return made / pack

    return folder
