"""Is a finding shown where it is, also under Chinese, in long lines, over lines, in a sheet?"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from crmflow.cli.frames import frame, source_lines, underline
from crmflow.core.diagnostic import Diagnostic, Edit, Position, SheetCell
from crmflow.core.text import Text


def test_a_customer_is_shown_in_the_words_of_the_reader() -> None:
    witness: dict[str, object] = {"kind": "unit", "litres 30 days": Decimal(99)}
    labels = {
        "kind": Text("kind", "客户类型"),
        "unit": Text("unit", "单位"),
        "litres 30 days": Text("litres in 30 days", "近30天加油量"),
    }
    shown = replace(finding(1, 1, 2), witness=witness, labels=labels)
    assert '例如: 客户类型 = "单位", 近30天加油量 = 99' in frame(shown, {}, "zh").replace("[/]", "")
    assert 'for example: kind = "unit", litres in 30 days = 99' in frame(shown, {}, "en").replace("[/]", "")


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
        ("e\u0301te\u0301 spned", "spned"),
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
    found = finding(12, 7, 12, fixable=True)
    shown = printed(frame(found, {12: "when: spned > 3"}, "en")).splitlines()
    assert shown[0] == "CRM801 no crmflow.toml in [x] or above it"
    assert shown[1] == "  --> rules/abc.yaml:12:7  (A, when)"
    assert shown[3] == "12 | when: spned > 3"
    assert shown[4] == "   |       ^^^^^"
    assert shown[5] == "   = did you mean spend"
    assert shown[6].startswith("   = help: make one with")
    assert shown[7] == "12 + when: spend > 3"
    assert "您是否想写 spend" in printed(frame(finding(12, 7, 12), {}, "zh"))


def test_a_safe_fix_is_marked() -> None:
    place = Position(1, 7), Position(1, 8)
    found = Diagnostic("CRM012", "a.yaml", *place, {"found": "（"}, suggestion="(", fix=(Edit(*place, "("),))
    assert printed(frame(found, {}, "en")).startswith("CRM012 [*] ")


def test_signs_that_an_eye_passes_over_are_shown() -> None:
    found = Diagnostic("CRM801", "a.yaml", Position(1, 8), Position(1, 9))
    shown = printed(frame(found, {1: "\twhen: \u200bspend\xa0> 3"}, "en")).splitlines()
    assert shown[3] == "1 |     when: <200B>spend␣> 3"
    assert shown[4] == "  |           ^^^^^^"


@pytest.mark.parametrize("before", [0, 100, 1000])
@pytest.mark.parametrize("after", [0, 100, 1000])
def test_a_long_line_is_cut_around_the_carets(before: int, after: int) -> None:
    line = "客" * before + "spned" + "户x" * after
    found = Diagnostic("CRM801", "a.yaml", Position(1, before + 1), Position(1, before + 6))
    shown, carets = printed(frame(found, {1: line}, "en")).splitlines()[3:5]
    assert cell_len(shown) <= 126
    at = cell_len(shown[: shown.index("spned")])
    assert carets == "  |" + " " * (at - 3) + "^^^^^"
    assert shown.startswith("1 | …") is (before > 0 and shown.index("spned") - 5 < before)
    assert shown.endswith("…") is (cell_len(line) > 120 and not shown.endswith(line[-3:]))


def test_a_finding_of_several_lines_underlines_each() -> None:
    found = Diagnostic("CRM801", "a.yaml", Position(2, 6), Position(9, 4))
    lines = {number: f"  line {number}" for number in range(2, 10)}
    shown = printed(frame(found, lines, "en")).rstrip().splitlines()
    assert shown[3:] == [
        "2 |   line 2",
        "  |      ^^^",
        "3 |   line 3",
        "  |   ^^^^^^",
        "4 |   line 4",
        "  |   ^^^^^^",
        "  …",
        "9 |   line 9",
        "  |   ^",
        "  = help: make one with `crmflow init DIR --pack NAME`, or change into it",
    ]


def test_a_cell_of_a_workbook_is_named_as_excel_does_and_its_text_underlined() -> None:
    cell = SheetCell("阈值", "C7", "> 消费额 hihg")
    found = Diagnostic("CRM801", "book.xlsx", Position(1, 7), Position(1, 11), {"folder": "x"}, sheet=cell)
    shown = printed(frame(found, source_lines(found), "zh")).splitlines()
    assert shown[1] == " --> book.xlsx  阈值!C7"
    assert shown[3] == "  | > 消费额 hihg"
    assert shown[4] == "  |          ^^^^"


def test_expected_found_example_and_notes_have_lines_of_their_own() -> None:
    found = Diagnostic(
        "CRM103",
        "a.yaml",
        Position(1, 1),
        Position(1, 2),
        {"expected": Text("number", "数值"), "found": Text("string", "文本")},
        witness={"消费额": Decimal("0.10"), "等级": None, "城市": "上海", "紧急": True},
        notes=(Text("the other row stands on line 9", "另一行在第 9 行"),),
    )
    assert printed(frame(found, {}, "zh")).splitlines()[2:6] == [
        "  = 应为: 数值",
        "  = 实际: 文本",
        '  = 例如: 消费额 = 0.10, 等级 = null, 城市 = "上海", 紧急 = true',
        "  = 说明: 另一行在第 9 行",
    ]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_the_lines_are_those_of_the_file(tmp_path: Path, ends: str) -> None:
    file = tmp_path / "abc.yaml"
    file.write_bytes(f"\ufefffirst\x0b{ends}金额 > spned{ends}third".encode())
    assert source_lines(finding(2, 6, 11, str(file))) == {2: "金额 > spned"}
    assert source_lines(finding(9, 1, 2, str(file))) == {}
    assert source_lines(finding(1, 1, 2, str(tmp_path / "gone.yaml"))) == {}


def test_the_lines_are_those_of_now(tmp_path: Path) -> None:
    file = tmp_path / "abc.yaml"
    for text in ("spned", "spend"):
        file.write_text(text, "utf-8")
        assert source_lines(finding(1, 1, 6, str(file))) == {1: text}
