"""Which answers do the sheets of a listing bring back?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, cast
from zoneinfo import ZoneInfo

from crmflow.core.field import Field, Value
from crmflow.core.listing import Asked
from crmflow.errors import ImportFileError
from crmflow.exchange.cells import converter
from crmflow.exchange.listings import KEY, MADE_ON
from crmflow.exchange.spelling import fold
from crmflow.exchange.tablefile import Broken, TableFile, format_of, open_table
from crmflow.exchange.typed_cell import Cell, shown, written

DAY: Final = Field("made on", "date", MADE_ON)
DAY_NAMES: Final = frozenset(map(fold, (MADE_ON.en, MADE_ON.zh)))


@dataclass(frozen=True, slots=True)
class Answers:
    """What a person filled in for one key: the value of each field, and the day on which it was made."""

    values: Mapping[str, Value]
    made_on: date | None = None

    def __bool__(self) -> bool:
        return bool(self.values) or self.made_on is not None


@dataclass(frozen=True, slots=True)
class ReturnedRow:
    """A row that came back: `filled` has its cells by folded header, those of the listing left out."""

    file: TableFile
    line: int
    key: str
    filled: Mapping[str, Cell]
    headers: Mapping[str, str]

    def place(self, header: str | None = None) -> str:
        return self.file.place(self.line, header)

    def answers(self, asked: Asked, zone: ZoneInfo) -> Answers:
        """Raises ImportFileError CRM470–474, CRM490, CRM492–495 with the `column` at fault."""
        values = {}
        for question in asked.questions:
            for name in set(map(fold, spellings(question.field))) & self.filled.keys():
                value = self._read(question.field, name, zone)
                if value is not None:
                    values[question.field.name] = value
        days = [self._read(DAY, name, zone) for name in DAY_NAMES & self.filled.keys()]
        day = next((day for day in days if isinstance(day, date)), None)
        return Answers(values, day)

    def strangers(self, asked: Asked, known: Iterable[str]) -> list[str]:
        """The filled columns that other rows ask for, and this one does not."""
        own = {fold(name) for question in asked.questions for name in spellings(question.field)}
        return [self.headers[name] for name in known if name in self.filled and name not in own]

    def _read(self, field: Field, name: str, zone: ZoneInfo) -> Value:
        cell = self.filled[name]
        try:
            text = cell if isinstance(cell, str) else written(cell, field.kind)
            value = cast(Value, converter(field, stored=False)(text, zone)[0])
        except ImportFileError as error:
            error.parts["column"] = self.headers[name]
            raise
        return value


def spellings(field: Field) -> tuple[str, ...]:
    """What the header of a field's column may be."""
    return (field.name, field.label.en, field.label.zh, *field.aliases)


def returned(path: Path) -> Iterator[ReturnedRow | tuple[TableFile, Broken]]:
    """The rows of every sheet that has the key's column; rows without a key are left out.

    Raises ImportFileError CRM450–453, CRM469, CRM497, and CRM498 where no sheet has that column.
    """
    found = False
    for file in _tables(path):
        headers = [fold(header) for header in file.headers]
        if KEY not in headers:
            continue
        found = True
        at = headers.index(KEY)
        first = next((n + 1 for n, name in enumerate(headers) if name in DAY_NAMES), at + 1) - 1
        named = {name: header for name, header in zip(headers, file.headers, strict=True) if name}
        for row in file.rows():
            if isinstance(row, Broken):
                yield file, row
                continue
            pairs = list(zip(headers, row.cells, strict=True))[first:]
            filled = {name: cell for name, cell in pairs if name and cell is not None and cell != ""}
            if key := shown(row.cells[at]).strip():
                yield ReturnedRow(file, row.line, key, filled, named)
    if not found:
        raise ImportFileError("CRM498", name=path.name)


def _tables(path: Path) -> Iterator[TableFile]:
    """The file itself, or every sheet of a workbook that a reader sees."""
    if format_of(path) != "XLSX":
        yield open_table(path)
        return
    from crmflow.exchange.workbook import SheetTable, Workbook

    book = Workbook.open(path)
    for name in book.visible:
        sheet = book.sheet(name)
        if sheet.lines:
            yield SheetTable.of(sheet, lambda header: fold(header) == KEY)
