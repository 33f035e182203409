"""Does a stranger get from an empty folder to an explanation by typing commands alone?"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from crmflow.cli import main

Type = Callable[..., Result]


def type_(*words: str) -> Result:
    return CliRunner().invoke(main, words, prog_name="crmflow")


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """The fuel pack's demo, run once."""
    folder = tmp_path_factory.mktemp("demo")
    return folder / "fuel", type_("demo", str(folder), "--pack", "fuel", "--language", "zh", "--lang", "zh")


@pytest.fixture
def fuel(shown: tuple[Path, Result]) -> Type:
    """Types a command in the demo's site."""
    return lambda *words: type_("--site", str(shown[0]), *words)


def rows(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.stderr
    found: list[dict[str, Any]] = json.loads(result.stdout)["rows"]
    return found


def test_the_demo_says_what_is_invented_and_what_to_type_next(shown: tuple[Path, Result]) -> None:
    folder, result = shown
    assert result.exit_code == 0, result.stderr
    assert "虚构" in result.stdout
    assert (folder / "report.html").read_text("utf-8").count("<svg") == 3
    typed = [line.split()[1:] for line in result.stdout.splitlines() if " explain " in line]
    assert len(typed) == 3
    for words in typed:
        told = type_(*words)
        assert told.exit_code == 0, told.stderr
        assert "└──" in told.stdout


def test_the_demos_files_are_there_to_look_at_and_nothing_was_rejected(shown: tuple[Path, Result]) -> None:
    names = {path.name for path in (shown[0] / "data").iterdir()}
    assert {"customers.csv", "fills.csv", "fills.mapping.yaml"} <= names
    assert not [name for name in names if "rejects" in name]


def test_the_demo_again_changes_nothing(shown: tuple[Path, Result]) -> None:
    folder, _ = shown
    again = type_("demo", str(folder.parent), "--pack", "fuel")
    assert again.exit_code == 0, again.stderr
    assert "新增 0，变更 0" in again.stderr
    run = type_("--site", str(folder), "run", "--as-of", "2026-06-30", "--json")
    assert json.loads(run.stdout)["changed"] is False


def test_a_viewer_sees_their_units_alone(fuel: Type) -> None:
    everything = rows(fuel("visits", "--json"))
    company = rows(fuel("visits", "--json", "--as", "C01"))
    station = rows(fuel("visits", "--json", "--as", "M1"))
    assert len(company) == len(everything) > len(station) > 0
    assert {row["unit"] for row in station} == {"S1"}


def test_a_complaint_is_recorded_opens_a_case_and_moves_on(fuel: Type) -> None:
    words = ("--at", "2026-06-30T23:59", "--unit", "S1", "--id", "T1", "--json", "--as", "W01")
    done = json.loads(fuel("record", "投诉", "K0001", "text=waited", *words).stdout)
    assert (done["new"], len(done["cases"])) == (True, 1)
    assert json.loads(fuel("record", "投诉", "K0001", "text=waited", *words).stdout)["new"] is False
    moved = fuel("case", "send", str(done["cases"][0]), "done", "--json", "--as", "W02")
    assert json.loads(moved.stdout)["state"] == "verify", moved.stderr
    refused = fuel("case", "send", str(done["cases"][0]), "shout")
    assert (refused.exit_code, refused.stderr[:4]) == (3, "CRM5")


def test_personal_data_is_shown_only_when_asked_for(fuel: Type) -> None:
    assert "•••" in fuel("facts", "K0001").stdout
    assert "•••" not in fuel("facts", "K0001", "--show-personal").stdout


def test_the_packs_rules_pass_their_own_tests(fuel: Type) -> None:
    tested = fuel("test", "--json")
    assert tested.exit_code == 0, tested.stdout
    assert json.loads(tested.stdout)


def test_a_mistake_is_shown_at_its_place(tmp_path: Path) -> None:
    site = tmp_path / "site"
    assert type_("init", str(site), "--pack", "fuel", "--language", "en").exit_code == 0
    rules = site / "rules" / "fuel" / "segments"
    rules.mkdir(parents=True)
    text = (
        "format: 1\ntitle: {en: Loyal, zh: 忠诚}\ndecides: segment\ngives: {name: loyalty, of: [loyal]}\n"
        "hit: first\nrules:\n  - id: loyal\n    when: 近30天加油量 > 1 and 固定周期 < 上次jia油\n"
        "    then: loyal\n"
    )
    (rules / "loyalty.yaml").write_text(text, "utf-8")
    found = type_("--site", str(site), "check", "--output-format", "json")
    assert found.exit_code == 1
    (finding,) = [each for each in json.loads(found.stdout) if each["code"] == "CRM101"]
    assert (finding["line"], finding["name"]) == (8, "上次jia油")
    assert finding["column"] == text.splitlines()[7].index("上次jia油") + 1
    full = type_("--site", str(site), "check")
    assert full.exit_code == 1
    assert type_("--site", str(site), "publish").exit_code == 1


def test_a_table_is_imported_by_its_kind(tmp_path: Path) -> None:
    site = tmp_path / "site"
    type_("init", str(site), "--pack", "fuel", "--language", "en")
    file = tmp_path / "fills.csv"
    file.write_bytes(
        "加油卡号,时间,加油量\n9001,2026/1/5 9:05,30\n9001,2026/1/9 9:05,ten\n".encode("gb18030")
    )
    done = type_("--site", str(site), "import", "touchpoints", str(file), "--kind", "加油")
    assert done.exit_code == 1, done.stderr
    assert "1 new" in done.stderr
    assert "GB18030" in done.stderr
    rejects = (tmp_path / "fills.csv.rejects.csv").read_text("utf-8-sig")
    assert "3,加油量,ten,CRM470" in rejects


def test_a_visit_is_done_when_its_form_is_filled_in(fuel: Type) -> None:
    visit = rows(fuel("visits", "--json"))[0]
    assert fuel("visit", "done", str(visit["id"])).exit_code == 3
    done = fuel("visit", "done", f"visit:{visit['id']}", "cause=moved", "measure=none", "needs=none")
    assert done.exit_code == 0, done.stderr
    assert visit["id"] not in {row["id"] for row in rows(fuel("visits", "--json"))}
