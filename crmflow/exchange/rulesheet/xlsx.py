"""How does a rule table look as a workbook, and what does the workbook remember of the rule files?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from crmflow.core.text import Text
from crmflow.errors import ImportFileError
from crmflow.exchange.atomic import replacing
from crmflow.exchange.rulesheet.cells import show
from crmflow.exchange.rulesheet.sheet import ANY, FIRST_ROW, Column, Row, RuleSheet
from crmflow.exchange.workbook import letters
from crmflow.rules.patch.marks import screen_width

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

MEMORY: Final = "crmflow"
"""The hidden sheet: a line that says what the workbook is, then for each sheet a line "sheet" (name, id of
the file, part, hash), a line "columns" and a line "row" for each row, as the rule file had them."""
LISTS: Final = "crmflow lists"
KEY: Final = "#"
"""The name of the hidden first column, which holds the id that a row had when it went out."""
KIND: Final = "crmflow rules 1"

_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\']")
_WIDTHS: Final = (8, 44)
_SPARE: Final = 500
_HEADER, _NAMES, _CLOSED = "DDEBF7", "F2F2F2", "E2EFDA"
_REFUSED = Text("choose one of the list", "请从列表中选择")
_HINT = Text(
    "A blank row is skipped; - means any value. New rows need no id.",
    "空行不读取；- 表示任意值。新增的行可以不填编号。",
)


def write_workbook(sheets: Sequence[RuleSheet], path: Path, language: str) -> None:
    """The sheets as one workbook. Raises ImportFileError CRM488: openpyxl is not installed."""
    try:
        from openpyxl import Workbook
    except ImportError:
        raise ImportFileError("CRM488", path=path) from None
    book = Workbook()
    del book[book.sheetnames[0]]
    lists, memory = book.create_sheet(LISTS), book.create_sheet(MEMORY)
    kept = [[KIND, language]]
    for sheet in sheets:
        name = _free_name(sheet.title.in_language(language), book.sheetnames)
        _Writer(book.create_sheet(name, len(book.sheetnames) - 2), lists, sheet, language).write()
        kept += remembered(sheet, name)
    for number, line in enumerate(kept, 1):
        for place, text in enumerate(line, 1):
            _text(memory.cell(number, place), text)
    for hidden in (lists, memory):
        hidden.sheet_state = "veryHidden"
    with replacing(path) as target:
        book.save(target)


def remembered(sheet: RuleSheet, name: str) -> Iterator[list[str]]:
    """What the workbook keeps of a sheet."""
    yield ["sheet", name, sheet.id, sheet.part, sheet.hash]
    yield ["columns", *(column.name for column in sheet.columns)]
    for row in sheet.rows:
        yield ["row", *(row.cells.get(column.name, "") for column in sheet.columns)]


class _Writer:
    """Writes one sheet: title, labels, names, then the rows."""

    def __init__(self, target: Worksheet, lists: Worksheet, sheet: RuleSheet, language: str) -> None:
        self.target, self.lists = target, lists
        self.sheet, self.language = sheet, language

    def write(self) -> None:
        from openpyxl.styles import Font

        sheet, target = self.sheet, self.target
        title = f"{sheet.title.in_language(self.language)}  ·  {sheet.id}"
        self.put(1, 2, title).font = Font(bold=True, size=14)
        self.put(1, 1, sheet.id)
        self.put(3, 1, KEY)
        for number, column in enumerate(sheet.columns, 2):
            self.head(number, column)
        for number, row in enumerate(sheet.rows, FIRST_ROW):
            self.row(number, row)
        target.column_dimensions["A"].hidden = True
        target.freeze_panes = f"C{FIRST_ROW}"
        last = max(FIRST_ROW, FIRST_ROW + len(sheet.rows) - 1)
        target.auto_filter.ref = f"A3:{letters(len(sheet.columns))}{last}"

    def head(self, number: int, column: Column) -> None:
        from openpyxl.styles import Alignment, Font, PatternFill

        letter = letters(number - 1)
        self.target.column_dimensions[letter].number_format = "@"
        label = self.put(2, number, column.label.in_language(self.language))
        label.font = Font(bold=True)
        label.fill = PatternFill("solid", fgColor=_CLOSED if column.closed else _HEADER)
        label.alignment = Alignment(wrap_text=True, vertical="top")
        name = self.put(3, number, column.name)
        name.font = Font(italic=True, size=9, color="808080")
        name.fill = PatternFill("solid", fgColor=_NAMES)
        shown = [show(column, row.cells.get(column.name, ""), self.language) for row in self.sheet.rows]
        widest = max(map(screen_width, [column.label.in_language(self.language), column.name, *shown]))
        self.target.column_dimensions[letter].width = min(max(widest + 3, _WIDTHS[0]), _WIDTHS[1])
        if column.choices:
            self.offer(letter, column)

    def offer(self, letter: str, column: Column) -> None:
        """A drop-down of the choices; where they are all there is, Excel takes nothing else."""
        from openpyxl.worksheet.datavalidation import DataValidation

        offered = [column.shown(choice.value, self.language) for choice in column.choices]
        if column.holds in ("test", "condition"):
            offered.append(ANY)
        place = self.lists.max_column + (self.lists.max_row > 1 or self.lists.cell(1, 1).value is not None)
        for number, text in enumerate(offered, 1):
            _text(self.lists.cell(number, place), text)
        source = letters(place - 1)
        validation = DataValidation(
            type="list",
            formula1=f"'{LISTS}'!${source}$1:${source}${len(offered)}",
            allow_blank=True,
            showErrorMessage=column.closed and column.holds != "states",
            error=_REFUSED.in_language(self.language),
        )
        validation.add(f"{letter}{FIRST_ROW}:{letter}{FIRST_ROW + len(self.sheet.rows) + _SPARE}")
        self.target.add_data_validation(validation)

    def row(self, number: int, row: Row) -> None:
        from openpyxl.comments import Comment

        self.put(number, 1, row.id)
        for place, column in enumerate(self.sheet.columns, 2):
            cell = self.put(number, place, show(column, row.cells.get(column.name, ""), self.language))
            if row.note and column.holds == "id":
                cell.comment = Comment(row.note, "crmflow")

    def put(self, row: int, column: int, text: str) -> Any:
        return _text(self.target.cell(row, column), text)


def _text(cell: Any, text: str) -> Any:
    """Writes a text as a text, so that no sheet takes `= 5`, `3-5` or `0012` for something else."""
    cell.number_format = "@"
    if text:
        cell.value = text
        cell.data_type = "s"
    return cell


def _free_name(title: str, taken: Sequence[str]) -> str:
    """A name as workbooks allow it: at most 31 signs, and no other sheet's."""
    name = " ".join(_FORBIDDEN.sub(" ", title).split())[:28] or "rules"
    lowered = {each.casefold() for each in taken}
    number, free = 1, name
    while free.casefold() in lowered:
        number += 1
        free = f"{name} {number}"
    return free
