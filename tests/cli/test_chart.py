"""Which charts does `crmflow chart` list, and how does it show one?"""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from crmflow.cli import main


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site that need not be published: charts are read from the files."""
    folder = tmp_path_factory.mktemp("chart") / "site"
    done = CliRunner().invoke(main, ["init", str(folder), "--pack", "utility", "--language", "zh"])
    assert done.exit_code == 0, done.output
    return folder


def chart(site: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["--site", str(site), "chart", *words])


def test_the_list_names_every_chart_and_what_opens_its_cases(site: Path) -> None:
    rows = json.loads(chart(site, "list", "--json").stdout)["rows"]
    opened = {row["id"]: row["opens"] for row in rows}
    assert opened["core/charts/complaint"] == "complaint"
    assert opened["utility/charts/arrears"] == "arrears > 0 and days overdue > 0"


def test_a_chart_is_a_table_of_its_moves(site: Path) -> None:
    done = chart(site, "show", "utility/charts/arrears")
    assert "欠费" not in done.stderr
    assert "7天后" in done.stdout


def test_a_drawing_is_a_file_that_a_browser_shows(site: Path, tmp_path: Path) -> None:
    file = tmp_path / "arrears.svg"
    done = chart(site, "show", "utility/charts/arrears", "--svg", str(file))
    assert (done.exit_code, done.stdout) == (0, "")
    assert "欠费催收阶梯" in file.read_text("utf-8")
    ElementTree.parse(file)


def test_mermaid_goes_to_standard_output(site: Path) -> None:
    assert "stateDiagram-v2" in chart(site, "show", "core/charts/complaint", "--mermaid").stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["utility/charts/arears"], "CRM137"),
        (["utility/charts/arrears", "--svg", "nowhere/at/all.svg"], "CRM817"),
    ],
)
def test_what_cannot_be_shown_is_refused(site: Path, words: list[str], code: str) -> None:
    done = chart(site, "show", *words)
    assert done.exit_code in (2, 3)
    assert code in done.stderr
