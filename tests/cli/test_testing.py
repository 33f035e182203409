"""Does `crmflow test` say what fails and why, what is reached, and what is missing?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from crmflow.cli import main
from crmflow.engine import Engine
from crmflow.settings import Site

RULES = """# many litres
format: 1
title: {en: Many litres, zh: 大量加油}
decides: visit
rules:
  - id: much
    title: {en: much, zh: 多}
    when: litres 30 days > 300 and class = "A"
    then: {reason: VIP needs, channel: phone, by: owner}
tests:
  - {name: {en: many, zh: 多}, given: {litres 30 days: 400, class: A}, expect: VIP needs}
"""
WRONG = "  - {name: {en: exactly, zh: 恰好}, given: {litres 30 days: 300, class: A}, expect: VIP needs}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A site's rule file with one test."""
    Engine.create(Site.init(tmp_path / "shop", ["fuel"], zone="Asia/Shanghai", language="zh")).close()
    path = tmp_path / "shop" / "rules" / "fuel" / "visits" / "many.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(RULES, "utf-8")
    return path


def run(file: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["--site", str(file.parents[3]), "test", "fuel/visits/many", *words])


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["expected VIP needs", "found    none", "✗ litres in 30 days > 300", "300 L"]),
        ("zh", ["应为 VIP needs", "实际 none", "✗ 近30天加油量 > 300", "300 升"]),
    ],
)
def test_a_failure_shows_how_it_came_about(file: Path, language: str, said: list[str]) -> None:
    file.write_text(RULES + WRONG, "utf-8")

    shown = run(file, "--lang", language)

    assert shown.exit_code == 1
    assert all(each in shown.stdout for each in said), shown.stdout
    assert "many.yaml:12:" in shown.stdout


def test_fail_fast_runs_no_test_behind_a_failure(file: Path) -> None:
    file.write_text(RULES.replace("expect: VIP needs", "expect: none") + WRONG, "utf-8")

    assert [len(json.loads(run(file, "--json", *words).stdout)) for words in ([], ["--fail-fast"])] == [2, 1]


@pytest.mark.parametrize(("threshold", "code"), [("60", 0), ("60.1", 1), ("100", 1)])
def test_less_than_the_threshold_is_a_finding(file: Path, threshold: str, code: int) -> None:
    shown = run(file, "--coverage", "--threshold", threshold)

    assert shown.exit_code == code
    assert "60%" in shown.stdout
    assert shown.stdout.count("CRM306") == 2


def test_coverage_as_data(file: Path) -> None:
    found = json.loads(run(file, "--coverage", "--json").stdout)

    assert found["coverage"]["percent"] == 60
    (covered,) = found["coverage"]["files"]
    assert covered["branches"] == {"reached": 2, "all": 4}
    assert [(each["code"], each["line"]) for each in covered["missed"]] == [("CRM306", 8), ("CRM306", 8)]
    assert found["tests"][0]["passed"] is True


def test_missing_tests_are_printed_or_put_into_the_file(file: Path) -> None:
    printed = run(file, "--suggest")
    assert printed.stdout.count("- {name:") == 2
    assert file.read_text("utf-8") == RULES

    written = run(file, "--suggest", "--write", "--lang", "en")
    assert "2 tests added" in written.stderr
    assert file.read_text("utf-8").startswith(RULES)
    assert run(file, "--threshold", "100").exit_code == 0
    assert "nothing to add" in run(file, "--suggest", "--lang", "en").stderr


def test_a_name_that_means_nothing_names_the_known_ones(file: Path) -> None:
    shown = CliRunner().invoke(main, ["--site", str(file.parents[3]), "test", "nothing"])

    assert shown.exit_code != 0
    assert "fuel/visits/many" in shown.stderr
