"""Which sheets does a workbook have, and what stands in their cells?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from crmflow.core.text import Text
from crmflow.errors import ImportFileError
from crmflow.exchange.sheet_xml import Oddities, Spot, oddities
from crmflow.exchange.tablefile import Known, Row
from crmflow.exchange.typed_cell import Cell, Unread, is_blank, shown

LOOKED_AT: Final = 20
"""Among so many rows the header is sought, below titles and remarks."""


@dataclass(frozen=True, slots=True)
class Workbook:
    """An opened workbook (.xlsx, .xlsm)."""

    path: Path
    _book: Any

    @classmethod
    def open(cls, path: Path) -> Workbook:
        """Raises ImportFileError: python-calamine is not installed CRM469, damaged or encrypted CRM497."""
        try:
            from python_calamine import CalamineError, load_workbook
        except ImportError:
            raise ImportFileError("CRM469", path=path, format="XLSX", extra="sheets") from None
        try:
            return cls(path, load_workbook(BytesIO(path.read_bytes())))  # by a path it goes by the name
        except CalamineError as error:
            raise ImportFileError("CRM497", path=path) from error

    @property
    def names(self) -> list[str]:
        """Every sheet of cells, in the workbook's order."""
        return [sheet.name for sheet in self._sheets()]

    @property
    def visible(self) -> list[str]:
        """The sheets that a reader sees."""
        from python_calamine import SheetVisibleEnum

        return [sheet.name for sheet in self._sheets() if sheet.visible == SheetVisibleEnum.Visible]

    def sheet(self, name: str) -> Sheet:
        """One sheet. Raises ImportFileError CRM423 no such sheet, CRM497 damaged."""
        from python_calamine import CalamineError

        if name not in self.names:
            raise ImportFileError("CRM423", path=self.path, name=name, sheets=", ".join(self.names))
        try:
            cells = self._book.get_sheet_by_name(name)
            return Sheet(self.path, name, cells, oddities(self.path, name))
        except CalamineError as error:
            raise ImportFileError("CRM497", path=self.path) from error

    def chosen(self, name: str | None) -> Sheet:
        """The sheet of this name, else the only one that is visible and has cells.

        Raises ImportFileError CRM451 empty, CRM423 none has this name, CRM491 there are several.
        """
        if name is not None:
            return self.sheet(name)
        filled = [sheet for sheet in map(self.sheet, self.visible) if sheet.lines]
        if not filled:
            raise ImportFileError("CRM451", path=self.path)
        if len(filled) > 1:
            raise ImportFileError("CRM491", path=self.path, sheets=", ".join(sheet.name for sheet in filled))
        return filled[0]

    def _sheets(self) -> list[Any]:
        from python_calamine import SheetTypeEnum

        return [sheet for sheet in self._book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]


class Merged(NamedTuple):
    """Cells that are merged into one: the first row, the columns from 0, and the name: "A5:B6"."""

    top: int
    left: int
    right: int
    name: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet. Rows and columns count from 0 in `odd`, and from 1 as `place` writes them."""

    path: Path
    name: str
    _cells: Any
    odd: Oddities

    @property
    def lines(self) -> int:
        """The number of its last row that is not empty; 0 where there is none."""
        return 0 if self._cells.end is None else int(self._cells.end[0]) + 1

    @property
    def formulas(self) -> frozenset[Spot]:
        """The cells that hold a formula, with a value or without."""
        return self.odd.formulas

    def rows(self) -> Iterator[list[Cell]]:
        """Every row from the first on, from column A; equally long; a blank cell is "".

        Dates, instants, numbers (float), truth values and texts come as what they are. A cell is `Unread`
        where it holds an error (CRM492), a formula that was never computed (CRM493), or is covered by
        another one with which it is merged (CRM494).
        """
        if self._cells.start is None:
            return
        unread, merged = self._unread(), self._merged()
        before: list[Cell] = [""] * self._cells.start[1]
        for row, cells in enumerate(self._cells.iter_rows()):
            read = [*before, *cells]
            covered = [each for one in merged.get(row, ()) for each in self._covered(row, one)]
            for column, cell in (*unread.get(row, {}).items(), *covered):
                if column < len(read):
                    read[column] = cell
            yield read

    def place(self, row: int, column: int | None = None) -> str:
        """Of a row and column that count from 0 it is "Sheet!C7", of a row "Sheet!7"."""
        return f"{self.name}!{letters(column) if column is not None else ''}{row + 1}"

    def _unread(self) -> Mapping[int, Mapping[int, Unread]]:
        found: dict[int, dict[int, Unread]] = {}
        for (row, column), value in self.odd.errors.items():
            error = ImportFileError("CRM492", place=self.place(row, column), found=value)
            found.setdefault(row, {})[column] = Unread(error)
        for row, column in self.odd.uncomputed:
            error = ImportFileError("CRM493", place=self.place(row, column))
            found.setdefault(row, {})[column] = Unread(error)
        return found

    def _merged(self) -> Mapping[int, Sequence[Merged]]:
        """The merged cells that each row has a part of."""
        found: dict[int, list[Merged]] = {}
        for (top, left), (bottom, right) in self._cells.merged_cell_ranges or ():
            last, right = min(bottom, self._cells.end[0]), min(right, self._cells.end[1])
            merged = Merged(top, left, right, f"{letters(left)}{top + 1}:{letters(right)}{bottom + 1}")
            for row in range(top, last + 1):
                found.setdefault(row, []).append(merged)
        return found

    def _covered(self, row: int, merged: Merged) -> Iterator[tuple[int, Unread]]:
        """The cells of a row that lie under the first one of merged cells."""
        for column in range(merged.left, merged.right + 1):
            if (row, column) != (merged.top, merged.left):
                error = ImportFileError("CRM494", place=self.place(row, column), range=merged.name)
                yield column, Unread(error, blank=True)


@dataclass(frozen=True, slots=True)
class SheetTable:
    """A sheet read as a table: the header row is `header` (from 0), what stands above it is not read."""

    sheet: Sheet
    header: int
    headers: Sequence[str]

    @classmethod
    def of(cls, sheet: Sheet, known: Known) -> SheetTable:
        """The header is the row, among the first ones, that holds the most names that are known; else the
        first that is not blank. Raises ImportFileError CRM451: no row at all."""
        first = [
            (row, [shown(cell).strip() for cell in cells])
            for row, cells in enumerate(islice(sheet.rows(), LOOKED_AT))
            if not is_blank(cells)
        ]
        if not first:
            raise ImportFileError("CRM451", path=sheet.path)
        header, cells = max(first, key=lambda each: sum(map(known, each[1])))
        return cls(sheet, header, cells)

    @property
    def lines(self) -> int:
        return self.sheet.lines

    @property
    def notes(self) -> tuple[Text, ...]:
        if not self.header:
            return ()
        row = self.header + 1
        return (Text(f"the header is row {row}", f"表头在第 {row} 行"),)

    def rows(self) -> Iterator[Row]:
        for row, cells in enumerate(self.sheet.rows()):
            if row > self.header and not is_blank(cells):
                yield Row(row + 1, cells)

    def place(self, line: int | None, header: str | None = None) -> str:
        """Of two columns with one header the later is meant: the one to fill in stands behind."""
        columns = {name: column for column, name in enumerate(self.headers)}
        return self.sheet.name if line is None else self.sheet.place(line - 1, columns.get(header or ""))


def letters(column: int) -> str:
    """What a workbook calls a column that counts from 0: A, Z, AA."""
    name = ""
    column += 1
    while column:
        column, letter = divmod(column - 1, 26)
        name = chr(ord("A") + letter) + name
    return name
