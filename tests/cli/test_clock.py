"""Does `crmflow clock replay` write a line for each case, and name what it could not use?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from crmflow.cli import main

CALENDAR = """
format: 1
title: Office
zone: Asia/Shanghai
based on: China
week: {mon-fri: ["08:30-17:30"]}
"""
TARGETS = "format: 1\ntargets: {signs: P10D, lights: PT4H}\n"
CASES = """id,type,start,event,at
007,lights,2026-01-05 09:00,pause,2026-01-05 10:00
8,poles,2026-01-05 09:00,,
9,signs,2026-01-05 09:00,pause,2026-01-05 10:00
10,signs,2044-01-04 09:00,,
007,lights,2026-01-05 09:00,resume,2026-01-05 11:00
"""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in (("c.yaml", CALENDAR), ("t.yaml", TARGETS), ("cases.csv", CASES)):
        Path(name).write_text(text, "utf-8")


def replay(*options: str) -> Result:
    return CliRunner().invoke(
        main, ["clock", "replay", "cases.csv", "--calendar", "c.yaml", "--targets", "t.yaml", *options]
    )


@pytest.mark.usefixtures("files")
def test_each_case_has_a_line_of_json() -> None:
    result = replay("--json")

    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert lines[0] == {"id": "007", "due": "2026-01-05T14:00:00+08:00"}
    assert [line["due"] for line in lines[1:3]] == [None, None]
    assert [line["reason"][:6] for line in lines[1:3]] == ["CRM550", "CRM546"]
    assert lines[3]["due"].startswith("2044-01-18")
    assert lines[3]["provisional"] is True


@pytest.mark.usefixtures("files")
def test_rows_that_cannot_be_used_are_named_by_file_and_line() -> None:
    result = replay("--json")

    assert result.exit_code == 1
    assert [line.split(" ")[:2] for line in result.stderr.splitlines()] == [["cases.csv:3:", "CRM550"]]


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(("language", "head"), [("en", "Due times"), ("zh", "到期时间")])
def test_people_get_a_table(language: str, head: str) -> None:
    result = replay("--lang", language)

    assert result.stdout.splitlines()[0] == head
    assert "2026-01-05 14:00" in result.stdout


@pytest.mark.usefixtures("files")
def test_a_file_that_is_fine_exits_with_nought() -> None:
    Path("cases.csv").write_text("".join(CASES.splitlines(True)[i] for i in (0, 1, 5)), "utf-8")

    assert (replay("--json").exit_code, replay("--json").stderr) == (0, "")


@pytest.mark.usefixtures("files")
def test_a_targets_file_that_is_wrong_is_a_finding() -> None:
    Path("t.yaml").write_text("format: 1\ntargets: {signs: P10}\n", "utf-8")

    result = replay("--json")

    assert result.exit_code == 1
    assert "CRM068" in result.output
