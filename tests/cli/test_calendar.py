"""Does `crmflow calendar` say what the days of a month are, and whose each calendar is?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

DEFAULT = """\
format: 1
title: X
zone: Asia/Shanghai
based on: China
week: {mon-fri: ["08:30-12:00", "13:30-17:30"]}
"""


@pytest.fixture(autouse=True)
def calendars(site: Path) -> None:
    folder = site / "rules" / "calendars"
    folder.mkdir(parents=True)
    (folder / "default.yaml").write_text(DEFAULT, "utf-8")
    top = "format: 1\ntitle: Y\non top of: default\nfor: {units: [D1], staff: [W7]}\n"
    (folder / "east.yaml").write_text(top, "utf-8")


def rows(run: Run, *words: str) -> list[dict[str, str | None]]:
    done = run("calendar", *words, "--json")
    assert done.exit_code == 0, done.stderr
    found: list[dict[str, str | None]] = json.loads(done.stdout)["rows"]
    return found


def test_a_month_has_a_row_a_day(run: Run) -> None:
    october = rows(run, "show", "--month", "2026-10", "--lang", "en")
    assert [row["date"] for row in october[::30]] == ["2026-10-01", "2026-10-31"]
    assert october[0] == {
        "date": "2026-10-01",
        "weekday": "Thu",
        "kind": "holiday",
        "shifts": "",
        "hours": None,
        "why": "National Day",
    }
    assert october[9]["why"] == "make-up working day for National Day"
    assert (october[7]["shifts"], october[7]["hours"]) == ("08:30-12:00, 13:30-17:30", "7.5")


def test_the_month_is_shown_in_chinese(run: Run) -> None:
    shown = run("calendar", "show", "calendars/east", "--month", "2026-10", "--lang", "zh").stdout
    assert "2026-10-10  周六  调休上班  08:30-12:00, 13:30-17:30   7.5  国庆节调休上班" in shown


def test_days_past_the_announced_holidays_are_provisional(run: Run) -> None:
    assert "provisional" in str(rows(run, "show", "--month", "2048-10", "--lang", "en")[0]["why"])


def test_this_month_is_shown_without_one(run: Run) -> None:
    assert len(rows(run, "show", "east")) >= 28


def test_the_list_says_whose_each_is(run: Run) -> None:
    default, east = rows(run, "list")
    assert (default["calendar"], default["unit"], default["staff"]) == ("calendars/default", "", "")
    assert (east["calendar"], east["unit"], east["staff"]) == ("calendars/east", "D1", "W7")
    assert default["version"] == east["version"]


@pytest.mark.parametrize(
    ("words", "code"),
    [(["defualt"], "CRM170"), (["--month", "2026-13"], "CRM827"), (["--month", "x"], "CRM827")],
)
def test_what_is_not_there_is_refused(run: Run, words: list[str], code: str) -> None:
    done = run("calendar", "show", *words)
    assert done.exit_code != 0
    assert code in done.stderr
