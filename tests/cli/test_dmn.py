"""Do the commands about DMN models print values, convert, and count?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from crmflow.cli import main
from crmflow.rules import dmn

MODELS = Path(__file__).parents[1] / "rules" / "dmn" / "models"


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["dmn", *map(str, words)], prog_name="crmflow")


@pytest.mark.parametrize(
    ("model", "asked", "given", "expected"),
    [
        ("graph", "to pay", '{"amount": 200, "客户 等级": "金卡"}', 180),
        ("graph", "both", '{"amount": 77}', {"to pay": 77, "rounded": 70}),
        ("types", "the when", '{"a when": @"2026-05-20"}', "2026-05-20T00:00:00Z"),
        ("types", "literal", '{"a any": 0.1}', 0.1),
        ("types", "literal", '{"a any": 0.1234567890123456789}', "0.1234567890123456789"),
        ("tables", "no inputs", "{}", "always"),
        ("boxed", "empty", "{}", None),
    ],
)
def test_a_value_is_printed_as_json(model: str, asked: str, given: str, expected: object) -> None:
    result = run("evaluate", MODELS / f"{model}.dmn", asked, "--given", given)
    assert result.exit_code == 0
    assert json.loads(result.stdout) == expected


def test_what_cannot_be_used_is_said_beside_the_value() -> None:
    result = run("evaluate", MODELS / "boxed.dmn", "choice", "--lang", "zh")
    assert json.loads(result.stdout) == "few"
    assert "CRM164" in result.stderr
    assert "Java" in result.stderr


def test_inputs_that_are_no_context_are_refused() -> None:
    assert "CRM843" in run("evaluate", MODELS / "graph.dmn", "to pay", "--given", "[1]").stderr


def test_a_name_that_is_none_is_refused() -> None:
    result = run("evaluate", MODELS / "graph.dmn", "to pey")
    assert result.exit_code == 3
    assert "to pay" in result.stderr


def test_a_table_is_checked() -> None:
    result = run("check", MODELS / "tables.dmn", "--lang", "zh")
    assert result.exit_code == 1
    assert "CRM22" in result.stdout
    assert run("check", MODELS / "base.dmn").exit_code == 0


def test_a_model_is_converted(tmp_path: Path) -> None:
    target = tmp_path / "graph.dmn"
    assert run("convert", MODELS / "graph.dmn", target).exit_code == 0
    assert "20191111" in target.read_text("utf-8")
    assert dmn.load(target).evaluate("to pay", {"amount": 5}) == 5


def test_a_conversion_shows_what_cannot_be_used(tmp_path: Path) -> None:
    result = run("convert", MODELS / "boxed.dmn", tmp_path / "boxed.dmn")
    assert result.exit_code == 1
    assert "n +" in result.stdout
    assert (tmp_path / "boxed.dmn").exists()


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    (tmp_path / "plain.dmn").write_bytes((MODELS / "plain.dmn").read_bytes())
    node = '<testCase id="{}"><resultNode name="doubled">{}</resultNode></testCase>'
    cases = node.format(1, "") + node.format(2, "<expected><value>x</value></expected>")
    (tmp_path / "plain-test-01.xml").write_text(
        f"<testCases><modelName>plain.dmn</modelName>{cases}</testCases>", "utf-8"
    )
    return tmp_path


def test_the_kit_is_counted(kit: Path, tmp_path: Path) -> None:
    results = tmp_path / "tck_results.csv"
    result = run("tck", kit, "--results", results, "--misses", "--lang", "en")
    assert result.exit_code == 0
    assert "strict 1 / 2" in result.stdout
    assert "lenient 1 / 2" in result.stdout
    assert "value-expected 0 / 1" in result.stdout
    assert "expected 'x', found None" in result.stdout
    assert len(results.read_text("utf-8").splitlines()) == 2


def test_a_folder_without_the_kit_is_refused(tmp_path: Path) -> None:
    result = run("tck", tmp_path)
    assert result.exit_code == 3
    assert "CRM303" in result.stderr
