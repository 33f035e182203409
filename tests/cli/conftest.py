"""What the tests of the command line share: a site, and an engine that answers from memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from crmflow.cli import main
from crmflow.cli.shell import Shell

Run = Callable[..., Result]

TOML = 'format = 1\npacks = ["retail"]\nzone = "Asia/Shanghai"\nlanguage = "zh"\n'


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "crmflow.toml").write_text(TOML, "utf-8")
    return tmp_path


@pytest.fixture
def run(site: Path) -> Run:
    """Types a command in the site; what it prints is in `stdout` and `stderr`."""

    def typed(*words: str, at: Path = site) -> Result:
        return CliRunner().invoke(main, ["--site", str(at), *words], prog_name="crmflow")

    return typed


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[[object], None]:
    """Puts an object in the engine's place."""

    def put(engine: object) -> None:
        @contextmanager
        def stand_in(shell: Shell, site: Any = None) -> Iterator[object]:
            yield engine

        monkeypatch.setattr(Shell, "engine", stand_in)

    return put
