"""Does `crmflow simulate` print, write its files, and tell a script whether the change is too large?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from python_calamine import load_workbook

from crmflow import Engine, Site
from crmflow.cli import main
from crmflow.engine.demo import play, world_of
from crmflow.plugins import Plugins

PERIOD = ["--from", "2026-05", "--to", "2026-06"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An insurance site with its demo, and a number changed on disk."""
    folder = tmp_path_factory.mktemp("insurance") / "site"
    site = Site.init(folder, ["insurance"], zone="Asia/Shanghai", language="en")
    with Engine.create(site) as engine:
        play(engine, world_of(Plugins(["insurance"]).packs["insurance"]))
    (site.rules / "params.yaml").write_text(
        "format: 1\ninsurance/segments/vip:\n  gold from: {value: 10000}\n", "utf-8"
    )
    return folder


def simulate(folder: Path, *more: str) -> Result:
    return CliRunner().invoke(main, ["--site", str(folder), "simulate", *PERIOD, *more])


@pytest.mark.parametrize(("language", "says"), [("en", "old ↓  new →"), ("zh", "现行 ↓  新规则 →")])
def test_the_matrix_and_the_reasons_are_printed_in_both_languages(
    folder: Path, language: str, says: str
) -> None:
    result = simulate(folder, "--lang", language)
    assert result.exit_code == 0, result.output
    assert says in result.stdout
    assert {"en": "gold", "zh": "黄金"}[language] in result.stdout


def test_json_holds_the_same_counts_as_the_matrix(folder: Path) -> None:
    found = json.loads(simulate(folder, "--json").stdout)
    [matrix] = [each for each in found["matrices"] if each["moved"]]
    assert found["moved"] >= matrix["moved"] > 0
    assert sum(map(sum, matrix["counts"])) == 277, "the customers who hold a policy"
    assert found["examples"][0]["why_new"]["because"]


def test_the_page_needs_nothing_else(folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "change.html"
    assert simulate(folder, "--html", str(page)).exit_code == 0
    text = page.read_text("utf-8")
    assert 'class="moves"' in text
    assert "$" not in text
    assert "http" not in text.replace("http://www.w3.org", "")


def test_the_workbook_has_its_four_sheets(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "change.xlsx"
    assert simulate(folder, "--xlsx", str(path)).exit_code == 0
    book = load_workbook(path)
    assert book.sheet_names == ["summary", "movements", "examples", "load"]
    cells = [row[0] for row in book.get_sheet_by_name("examples").to_python()]
    assert cells[0] == "customer"
    assert str(cells[1]).startswith("C")


@pytest.mark.parametrize(("limit", "code"), [("0%", 1), ("0.01", 1), ("100%", 0), ("100％", 0)])
def test_a_change_that_is_too_large_fails(folder: Path, limit: str, code: int) -> None:
    assert simulate(folder, "--fail-on-change", limit).exit_code == code


REFUSED = {
    "CRM828": ["--fail-on-change", "much"],
    "CRM829": ["--against", "nowhere"],
    "CRM430": ["nothing-of-the-kind"],
    "CRM827": ["--to", "1998-13"],
}


@pytest.mark.parametrize("code", REFUSED)
def test_what_makes_no_sense_has_a_code(folder: Path, code: str) -> None:
    result = simulate(folder, *REFUSED[code])
    assert result.exit_code in (2, 3)
    assert code in result.stderr


def test_another_store_can_be_replayed(folder: Path) -> None:
    own = json.loads(simulate(folder, "--json").stdout)
    assert json.loads(simulate(folder, "--json", "--against", str(folder)).stdout) == own
    url = Site.read(folder).url
    assert json.loads(simulate(folder, "--json", "--against", url).stdout) == own
