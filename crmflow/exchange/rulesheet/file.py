"""What stands in the cells of an edited workbook or CSV file of rule tables, and how did they go out?"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from crmflow.core.diagnostic import Diagnostic, Position, SheetCell
from crmflow.core.text import Text
from crmflow.errors import CrmflowError, ImportFileError
from crmflow.exchange.atomic import replacing
from crmflow.exchange.rulesheet.cells import show
from crmflow.exchange.rulesheet.sheet import Row, RuleSheet
from crmflow.exchange.rulesheet.xlsx import KIND, MEMORY
from crmflow.exchange.typed_cell import Cell, shown
from crmflow.exchange.workbook import Sheet, Workbook, letters

SUFFIXES: Final = frozenset({".xlsx", ".xlsm"})
_RISKY: Final = re.compile(r"[=+@\t\r]|-.*[^\d.]|'[=+@'-]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SheetFile:
    """One sheet as it came back: its cells by row and column from 0, and what is known of how it went out.

    `base` are the rows that went out with the names of their columns; of CSV, which remembers none, None, and
    `digest` tells what they were.
    """

    path: Path
    name: str
    id: str
    cells: Sequence[Sequence[Cell]]
    base: tuple[Row, ...] | None = None
    names: tuple[str, ...] = ()
    digest: str = ""
    formulas: frozenset[tuple[int, int]] = field(default_factory=frozenset)

    def finding(self, error: CrmflowError, row: int, column: int | None) -> Diagnostic:
        """What is wrong with a cell, or with a row, at its place."""
        cells = self.cells[row] if row < len(self.cells) else ()
        text = shown(cells[column]) if column is not None and column < len(cells) else ""
        if self.path.suffix.lower() in SUFFIXES:
            address = f"{'' if column is None else letters(column)}{row + 1}"
            start, end = Position(1, 1), Position(1, len(text) + 1)
            sheet = SheetCell(self.name, address, text)
            return Diagnostic(error.code, str(self.path), start, end, error.parts, sheet=sheet)
        start, end = Position(row + 1, 1), Position(row + 1, 2)
        place = None if column is None else letters(column)
        return Diagnostic(error.code, str(self.path), start, end, error.parts, cell=place)


@dataclass(frozen=True, slots=True)
class SheetBook:
    """The sheets of rules in a workbook or CSV file, and what a person should know of the others."""

    sheets: tuple[SheetFile, ...]
    notes: tuple[Text, ...] = ()


def read_sheets(path: Path) -> SheetBook:
    """Every sheet of rules in a workbook or CSV file.

    Raises ImportFileError CRM450 unreadable, CRM469 python-calamine is not installed, CRM477 not an export of
    rules, CRM497 damaged.
    """
    if path.suffix.lower() in SUFFIXES:
        return _read_workbook(path)
    return SheetBook((_read_csv(path),))


def _read_workbook(path: Path) -> SheetBook:
    """A sheet is known by the id in its first cell, so that it may be called otherwise than it was; by its
    name where that cell has been deleted."""
    book = Workbook.open(path)
    if MEMORY not in book.names:
        raise ImportFileError("CRM477", path=path)
    lines = [[shown(cell) for cell in row] for row in book.sheet(MEMORY).rows()]
    if not lines or lines[0][0] != KIND:
        raise ImportFileError("CRM477", path=path)
    there: dict[str, list[Sheet]] = {}
    for sheet in map(book.sheet, book.names):
        if sheet.name != MEMORY and (first := next(sheet.rows(), [""])):
            there.setdefault(shown(first[0]), []).append(sheet)
    sheets, notes = [], []
    starts = [n for n, line in enumerate(lines) if line[0] == "sheet"]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        _, name, id, *_ = lines[start]
        found = sorted(there.get(id, ()), key=lambda sheet: sheet.name != name)
        found = found or ([book.sheet(name)] if name in book.names else [])
        sheets += [_remembered(path, sheet, id, lines[start + 1 : end]) for sheet in found[:1]]
        notes += [_copied(sheet.name, found[0].name) for sheet in found[1:]]
        notes += [] if found else [_gone(name, id)]
    return SheetBook(tuple(sheets), tuple(notes))


def _gone(name: str, id: str) -> Text:
    return Text(f"the sheet {name} is gone: {id} stays as it is", f"工作表“{name}”已被删除：{id} 保持不变")


def _copied(name: str, other: str) -> Text:
    return Text(
        f"the sheet {name} is a copy of {other} and is not read",
        f"工作表“{name}”是“{other}”的副本，未读取",
    )


def _remembered(path: Path, sheet: Sheet, id: str, lines: Sequence[Sequence[str]]) -> SheetFile:
    names = tuple(name for name in lines[0][1:] if name)
    base = tuple(
        Row(line[1], dict(zip(names, line[1:], strict=False))) for line in lines[1:] if line[0] == "row"
    )
    return SheetFile(path, sheet.name, id, list(sheet.rows()), base, names, formulas=sheet.formulas)


def write_csv(sheet: RuleSheet, path: Path, language: str) -> None:
    """One sheet as CSV in UTF-8 with a mark that Excel knows: what it is, labels, names, then the rows."""
    labels = [column.label.in_language(language) for column in sheet.columns]
    names = [column.name for column in sheet.columns]
    with replacing(path) as target, target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([KIND, sheet.id, sheet.digest])
        writer.writerow([_safe(label) for label in labels])
        writer.writerow([_safe(name) for name in names])
        for row in sheet.rows:
            cells = (show(column, row.cells.get(column.name, ""), language) for column in sheet.columns)
            writer.writerow([_safe(cell) for cell in cells])


def _read_csv(path: Path) -> SheetFile:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ImportFileError("CRM450", path=path, reason=error.strerror) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = raw.decode("gb18030")
        except UnicodeDecodeError:
            raise ImportFileError("CRM477", path=path) from None
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    lines = [[_plain(cell) for cell in row] for row in csv.reader(io.StringIO(text), delimiter=delimiter)]
    first = [*(lines[0] if lines else ()), "", "", ""]
    if first[0] != KIND:
        raise ImportFileError("CRM477", path=path)
    return SheetFile(path, path.stem, first[1], lines, digest=first[2])


def _safe(text: str) -> str:
    """With a sign before what a spreadsheet would run as a formula."""
    return f"'{text}" if _RISKY.match(text) else text


def _plain(text: str) -> str:
    return text[1:] if text[:1] == "'" and _RISKY.match(text[1:]) else text
