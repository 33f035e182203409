"""What do the commands about the journal print, and with which exit code do they end?"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from crmflow import Engine
from crmflow.cli import main
from crmflow.testing import empty_site


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site with a release and a customer, so that there is something in the journal."""
    folder = tmp_path / "site"
    with Engine.open(empty_site(folder, "fuel", language="en")) as engine:
        engine.publish()
    return folder


def journal(site: Path, *words: str) -> tuple[int, Any]:
    """The exit code, and what `--json` printed."""
    done = CliRunner().invoke(main, ["--site", str(site), "journal", *words, "--json"])
    return done.exit_code, json.loads(done.stdout)


def test_seal_and_verify_as_json(site: Path) -> None:
    code, [seal] = journal(site, "seal")
    assert (code, seal["number"], seal["before"]) == (0, 1, None)
    assert journal(site, "seal") == (0, [])
    code, found = journal(site, "verify", "--expect", seal["digest"][:16])
    assert (code, found["holds"], found["sealed"], found["unsealed"]) == (0, True, seal["count"], 0)
    assert found["last"] == seal


def test_what_was_changed_is_named_and_the_exit_code_is_one(site: Path) -> None:
    journal(site, "seal")
    with sqlite3.connect(site / "crm.db") as database:
        database.execute("UPDATE crmflow_journal SET at = at + 1 WHERE kind = 'release published'")
    code, found = journal(site, "verify")
    assert (code, found["holds"]) == (1, False)
    assert [flaw["code"] for flaw in found["flaws"]] == ["CRM590"]


def test_a_digest_that_no_seal_has_is_told(site: Path) -> None:
    journal(site, "seal")
    code, found = journal(site, "verify", "--expect", "00000000")
    assert (code, [flaw["code"] for flaw in found["flaws"]]) == (1, ["CRM595"])


def test_an_export_may_begin_with_a_day(site: Path, tmp_path: Path) -> None:
    counts = []
    for since in ("2000-01-01", "2999-01-01"):
        path = tmp_path / f"{since}.jsonl"
        words = ["--site", str(site), "journal", "export", str(path), "--since", since]
        assert CliRunner().invoke(main, words).exit_code == 0
        counts.append(len(path.read_text("utf-8").splitlines()))
    assert counts == [journal(site, "verify")[1]["unsealed"], 0]
