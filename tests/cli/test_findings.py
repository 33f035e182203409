"""Is every finding printed in each format, and the right ones of them?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from crmflow.cli.findings import chosen, codes, concise, github, show_findings
from crmflow.cli.shell import Shell
from crmflow.core.diagnostic import Diagnostic, Edit, Position, SheetCell
from crmflow.core.text import Text
from crmflow.errors import SettingsError
from tests.cli.test_frames import finding

CELL = SheetCell("阈值", "C7", "> hihg")


def of(*codes: str) -> list[Diagnostic]:
    return [Diagnostic(code, "x.yaml", Position(1, 1), Position(1, 2)) for code in codes]


def test_github_gets_one_line_with_its_signs_escaped() -> None:
    line = github(finding(12, 7, 12, file="a,b:c.yaml"), "en")
    assert line.startswith(
        "::error file=a%2Cb%3Ac.yaml,line=12,endLine=12,col=7,endColumn=12,title=CRM801::no crmflow.toml"
    )
    assert "\n" not in line


def test_github_gets_a_warning_and_a_cell_without_a_line() -> None:
    found = Diagnostic("CRM801", "b.xlsx", Position(1, 1), Position(1, 2), severity="warning", sheet=CELL)
    assert github(found, "en").startswith("::warning file=b.xlsx,title=CRM801 阈值!C7::")


def test_concise_is_one_line_with_the_mark_of_a_safe_fix() -> None:
    place = Position(3, 7), Position(3, 8)
    parts = {"found": "（", "replacement": "("}
    found = Diagnostic("CRM012", "a.yaml", *place, parts, suggestion="(", fix=(Edit(*place, "("),))
    assert concise(found, "en") == "a.yaml:3:7: CRM012 [*] （ is read as ("
    assert concise(Diagnostic("CRM012", "b.xlsx", *place, parts, sheet=CELL), "zh") == (
        "b.xlsx  阈值!C7: CRM012 （ 按 ( 读取"
    )


def test_json_is_the_public_record(capsys: pytest.CaptureFixture[str]) -> None:
    noted = Diagnostic(
        "CRM801",
        "b.xlsx",
        Position(1, 1),
        Position(1, 2),
        severity="warning",
        sheet=CELL,
        witness={"spend": None, "big": True},
        notes=(Text("more", "更多"),),
    )
    show_findings(Shell(Path(), "zh"), [finding(12, 7, 12, fixable=True), noted], "json")
    record, other = json.loads(capsys.readouterr().out)
    assert {key: record[key] for key in ("code", "severity", "file", "line", "column")} == {
        "code": "CRM801",
        "severity": "error",
        "file": "rules/abc.yaml",
        "line": 12,
        "column": 7,
    }
    assert (record["end_line"], record["end_column"], record["cell"], record["sheet"]) == (
        12,
        12,
        "A, when",
        None,
    )
    assert (record["name"], record["suggestion"], record["applicability"]) == ("spned", "spend", "unsafe")
    assert record["fix"] == [{"line": 12, "column": 7, "end_line": 12, "end_column": 12, "text": "spend"}]
    assert (other["severity"], other["sheet"], other["applicability"]) == ("warning", "阈值!C7", None)
    assert (other["witness"], other["notes"]) == ({"spend": None, "big": True}, ["更多"])


def test_sarif_has_rules_results_regions_and_fixes(capsys: pytest.CaptureFixture[str]) -> None:
    sheet = Diagnostic("CRM214", "b ook.xlsx", Position(1, 1), Position(1, 2), severity="warning", sheet=CELL)
    show_findings(Shell(Path(), "zh"), [finding(12, 7, 12, "规则/a.yaml", fixable=True), sheet], "sarif")
    log = json.loads(capsys.readouterr().out)
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    first, second = run["results"]

    assert (log["version"], log["$schema"]) == ("2.1.0", "https://json.schemastore.org/sarif-2.1.0.json")
    assert (driver["name"], run["columnKind"], run["language"]) == ("crmflow", "unicodeCodePoints", "zh-CN")
    assert [rule["id"] for rule in driver["rules"]] == ["CRM214", "CRM801"]
    for rule in driver["rules"]:
        assert {"name", "shortDescription", "fullDescription", "help"} <= rule.keys()
        assert all(rule[key]["text"] for key in ("shortDescription", "fullDescription", "help"))
    help = driver["rules"][0]["help"]["text"]
    assert ("null" in help, "没有值" in help) == (True, True)
    assert [(each["ruleId"], each["ruleIndex"], each["level"]) for each in (first, second)] == [
        ("CRM801", 1, "error"),
        ("CRM214", 0, "warning"),
    ]
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "%E8%A7%84%E5%88%99/a.yaml"
    assert place["region"] == {"startLine": 12, "startColumn": 7, "endLine": 12, "endColumn": 12}
    (change,) = first["fixes"][0]["artifactChanges"]
    assert change["replacements"] == [
        {"deletedRegion": place["region"], "insertedContent": {"text": "spend"}}
    ]
    assert first["message"]["text"]
    assert first["fixes"][0]["description"]["text"]
    (location,) = second["locations"]
    assert location["physicalLocation"] == {"artifactLocation": {"uri": "b%20ook.xlsx"}}
    assert location["logicalLocations"][0]["fullyQualifiedName"] == "阈值!C7"
    assert "fixes" not in second


def test_no_findings_are_a_valid_log_too(capsys: pytest.CaptureFixture[str]) -> None:
    show_findings(Shell(Path(), "en"), [], "sarif")
    assert json.loads(capsys.readouterr().out)["runs"][0]["results"] == []


def test_the_full_format_counts_what_it_shows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "abc.yaml"
    file.write_text("format: 1\nwhen: 金额 > spned\n", "utf-8")
    show_findings(Shell(tmp_path, "zh"), [finding(2, 12, 17, str(file)), *of("CRM801")], "full")
    shown = capsys.readouterr()
    assert "2 | when: 金额 > spned\n  |              ^^^^^" in shown.out
    assert "x.yaml:1:1" in shown.out
    assert shown.err == "2 个文件中有 2 处错误\n"


def test_the_closing_line_tells_errors_from_warnings_and_safe_fixes_from_guesses(
    capsys: pytest.CaptureFixture[str],
) -> None:
    place = Position(3, 7), Position(3, 8)
    safe = Diagnostic("CRM012", "a.yaml", *place, fix=(Edit(*place, "("),), severity="warning")
    guess = Diagnostic("CRM101", "a.yaml", *place, fix=(Edit(*place, "x"),))
    show_findings(Shell(Path(), "en"), [safe, safe, guess], "concise")
    assert capsys.readouterr().err == (
        "1 error and 2 warnings in 1 file; 2 [*] can be mended with --fix; "
        "1 by a guess, with --fix --unsafe-fixes\n"
    )


@pytest.mark.parametrize(
    ("select", "ignore", "left"),
    [
        ("", "", ["CRM012", "CRM101", "CRM214"]),
        ("CRM214,crm1", "", ["CRM101", "CRM214"]),
        ("", "CRM2, CRM012", ["CRM101"]),
        ("CRM", "CRM1", ["CRM012", "CRM214"]),
        ("CRM0", "CRM0", []),
    ],
)
def test_findings_are_chosen_by_how_their_codes_begin(select: str, ignore: str, left: Sequence[str]) -> None:
    found = of("CRM012", "CRM101", "CRM214")
    assert [each.code for each in chosen(found, codes(select), codes(ignore))] == left


@pytest.mark.parametrize("text", ["CMR214", "CRM9", "101", "CRM214;CRM1"])
def test_a_code_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        codes(text)
    assert caught.value.code == "CRM841"
