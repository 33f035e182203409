"""Is a finding shown where it is, also under Chinese characters, and in each format?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from crmflow.cli.frames import frame, github, show_findings, underline
from crmflow.cli.shell import Shell
from crmflow.core.diagnostic import Diagnostic, Edit, Position


def finding(
    line: int, start: int, end: int, file: str = "rules/abc.yaml", fixable: bool = False
) -> Diagnostic:
    """CRM801 stands in for any code: its message names a folder."""
    edits = (Edit(Position(line, start), Position(line, end), "spend"),) if fixable else ()
    return Diagnostic(
        "CRM801",
        file,
        Position(line, start),
        Position(line, end),
        {"folder": "[x]", "name": "spned"},
        cell="A, when",
        suggestion="spend",
        fix=edits,
    )


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("when: spned > 3", "spned"),
        ('when: 会员等级 = "金卡" and spned > 3', "spned"),
        ("when: 会员等极 > 3", "会员等极"),
        ("备注（全角）：ｓｐｎｅｄ", "ｓｐｎｅｄ"),
        ("emoji 👍🏽 spned", "spned"),
    ],
)
def test_the_carets_stand_under_the_word(line: str, word: str) -> None:
    start = line.index(word) + 1
    carets = underline(finding(1, start, start + len(word)), line)
    assert len(carets) - len(carets.lstrip()) == cell_len(line[: start - 1])
    assert carets.count("^") == cell_len(word)


@pytest.mark.parametrize(("start", "end", "carets"), [(3, 3, "  ^"), (10, 12, "         ^")])
def test_an_empty_place_still_has_a_caret(start: int, end: int, carets: str) -> None:
    assert underline(finding(1, start, end), "abcdef")[: len(carets)].count("^") <= 1
    assert "^" in underline(finding(1, start, end), "abcdef")


def printed(markup: str) -> str:
    console = Console(width=200, no_color=True)
    with console.capture() as capture:
        console.print(markup, soft_wrap=True)
    return capture.get()


def test_the_frame_says_what_where_and_what_to_do() -> None:
    shown = printed(frame(finding(12, 7, 12, fixable=True), "when: spned > 3", "en")).splitlines()
    assert shown[0] == "CRM801 [*] no crmflow.toml in [x] or above it"
    assert shown[1] == "  --> rules/abc.yaml:12:7  (A, when)"
    assert shown[3] == "12 | when: spned > 3"
    assert shown[4] == "   |       ^^^^^"
    assert shown[5] == "   = did you mean spend"
    assert shown[6].startswith("   = help: make one with")
    assert "您是否想写 spend" in printed(frame(finding(12, 7, 12), None, "zh"))


def test_github_gets_one_line_with_its_signs_escaped() -> None:
    line = github(finding(12, 7, 12, file="a,b:c.yaml"), "en")
    assert line.startswith(
        "::error file=a%2Cb%3Ac.yaml,line=12,endLine=12,col=7,endColumn=12,title=CRM801::no crmflow.toml"
    )
    assert "\n" not in line


def test_json_is_the_public_record(capsys: pytest.CaptureFixture[str]) -> None:
    show_findings(Shell(Path(), "zh"), [finding(12, 7, 12, fixable=True)], "json")
    (record,) = json.loads(capsys.readouterr().out)
    assert (record["code"], record["file"], record["line"], record["column"]) == (
        "CRM801",
        "rules/abc.yaml",
        12,
        7,
    )
    assert (record["end_line"], record["end_column"], record["cell"]) == (12, 12, "A, when")
    assert (record["name"], record["suggestion"]) == ("spned", "spend")
    assert record["fix"] == [{"line": 12, "column": 7, "end_line": 12, "end_column": 12, "text": "spend"}]


def test_the_full_format_shows_the_line_of_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "abc.yaml"
    file.write_text("format: 1\nwhen: 金额 > spned\n", "utf-8")
    show_findings(
        Shell(tmp_path, "zh"), [finding(2, 12, 17, str(file)), finding(9, 1, 2, "gone.yaml")], "full"
    )
    shown = capsys.readouterr()
    assert "2 | when: 金额 > spned\n  |              ^^^^^" in shown.out
    assert "gone.yaml:9:1" in shown.out
    assert shown.err == "2 个文件中有 2 处问题\n"
