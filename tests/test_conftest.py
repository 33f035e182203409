"""Do the shared fixtures and the rule against skips keep their word?"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from tests.house import ROOT

SKIPS = """
import pytest

def test_inside():
    pytest.skip("skipped inside")

@pytest.mark.skipif(True, reason="skipped by a mark")
def test_marked():
    pass

@pytest.mark.xfail
def test_known():
    raise AssertionError
"""


@pytest.mark.parametrize("turn", ["first", "second"])
def test_a_database_is_empty_each_time(database_url: str, turn: str) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        assert inspect(connection).get_table_names() == []
        connection.execute(text("CREATE TABLE left_behind (id INTEGER)"))
    engine.dispose()


def test_postgres_is_as_safe_as_in_production(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with engine.connect() as connection:
        assert connection.scalar(text("SHOW fsync")) == "on"
        assert connection.scalar(text("SHOW synchronous_commit")) == "on"
    engine.dispose()


@pytest.mark.parametrize(
    ("no_skips", "counts"), [("0", "2 skipped, 1 xfailed"), ("1", "1 failed, 1 xfailed, 1 error")]
)
def test_where_nothing_may_be_skipped_a_skip_fails_with_its_reason(
    tmp_path: Path, no_skips: str, counts: str
) -> None:
    test = tmp_path / "test_skips.py"
    test.write_text(SKIPS)
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "conftest", "-c", "pyproject.toml", str(test)],
        cwd=ROOT,
        env=os.environ | {"CRMFLOW_NO_SKIPS": no_skips},
        capture_output=True,
        text=True,
        check=False,
    )
    assert counts in ran.stdout.splitlines()[-1]
    assert "skipped inside" in ran.stdout
    assert "skipped by a mark" in ran.stdout
