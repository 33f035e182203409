"""How are findings shown in the workbook itself: as notes on its cells, and as a list on a sheet?"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from crmflow.core.diagnostic import Diagnostic
from crmflow.core.text import Text
from crmflow.errors import ImportFileError, RuleFileError
from crmflow.exchange.atomic import replacing
from crmflow.exchange.rulesheet.file import SUFFIXES

AUTHOR: Final = "crmflow check"
"""Notes by this author are taken away before new ones are written."""
BELOW: Final = "\n—— crmflow check ——\n"
"""Stands between a note that was there and ours."""

_TITLE: Final = Text("crmflow check", "检查结果")
_HEADS: Final = (
    Text("place", "位置"),
    Text("code", "代码"),
    Text("what is wrong", "问题"),
    Text("what to do", "处理"),
)
_NONE: Final = Text("no findings", "未发现问题")
_REMEDY: Final = Text("help", "处理")
_WIDTHS: Final = (30, 10, 70, 60)
_RED, _PINK, _AMBER = "C00000", "FFC7CE", "FFEB9C"


def annotate(path: Path, target: Path, findings: Sequence[Diagnostic], language: str) -> None:
    """Writes the workbook at `path` to `target` with a note, a red frame and a fill on every cell of which
    something was found, and with a list of all findings.

    Raises RuleFileError CRM074 no workbook, ImportFileError CRM488 openpyxl is not installed.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise RuleFileError("CRM074", path=path)
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise ImportFileError("CRM488", path=target) from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what openpyxl does not know of Excel's extensions
        book = load_workbook(path, keep_vba=path.suffix.lower() == ".xlsm")
    for title in (_TITLE.en, _TITLE.zh):
        if title in book.sheetnames:
            del book[title]
    for sheet in book.worksheets:
        _clean(sheet)
    for finding in findings:
        if finding.sheet is not None and finding.sheet.sheet in book.sheetnames:
            _mark(book[finding.sheet.sheet], finding, language)
    _list(book.create_sheet(_TITLE.in_language(language), 0), findings, language)
    book.active = 0
    with replacing(target) as beside:
        book.save(beside)


def _clean(sheet: Any) -> None:
    """Takes away what an earlier check wrote; a person's own notes stay."""
    from openpyxl.comments import Comment
    from openpyxl.styles import Border, PatternFill

    for row in sheet.iter_rows():
        for cell in row:
            if cell.comment is not None and cell.comment.author == AUTHOR:
                own, _, ours = cell.comment.text.rpartition(BELOW)
                cell.comment = Comment(own, "") if ours and own else None
                cell.fill, cell.border = PatternFill(), Border()


def _mark(sheet: Any, finding: Diagnostic, language: str) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import Border, PatternFill, Side

    assert finding.sheet is not None
    address = finding.sheet.address
    cell = sheet[f"B{address}" if address.isdigit() else address]
    for merged in sheet.merged_cells.ranges:
        if cell.coordinate in merged:  # only the first of merged cells takes a note
            cell = merged.start_cell
    advice = f"{_REMEDY.in_language(language)}: {_advice(finding, language)}"
    said = f"{finding.code} {finding.message(language)}\n{advice}"
    before = ""
    if cell.comment is not None:
        before = cell.comment.text + ("\n" if cell.comment.author == AUTHOR else BELOW)
    cell.comment = Comment(before + said, AUTHOR, width=420, height=60 + 40 * (before + said).count("\n"))
    line = Side(style="medium", color=_RED)
    cell.border = Border(left=line, right=line, top=line, bottom=line)
    cell.fill = PatternFill("solid", fgColor=_PINK if finding.severity == "error" else _AMBER)


def _list(sheet: Any, findings: Sequence[Diagnostic], language: str) -> None:
    from openpyxl.styles import Alignment, Font

    sheet.append([head.in_language(language) for head in _HEADS])
    for finding in findings:
        place = finding.place if finding.sheet is None else str(finding.sheet)
        sheet.append([place, finding.code, finding.message(language), _advice(finding, language)])
        for cell in sheet[sheet.max_row]:
            cell.data_type = "s"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        if finding.sheet is not None:
            address = finding.sheet.address
            target = f"B{address}" if address.isdigit() else address
            sheet.cell(sheet.max_row, 1).hyperlink = f"#'{finding.sheet.sheet}'!{target}"
    if not findings:
        sheet.append([_NONE.in_language(language)])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for letter, width in zip("ABCD", _WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"


def _advice(finding: Diagnostic, language: str) -> str:
    advice = finding.remedy(language)
    return advice if finding.suggestion is None else f"{advice} → {finding.suggestion}"
