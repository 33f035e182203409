"""Which rows of cells does a table's file hold, and of which format is it: CSV, XLSX or Parquet?"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol
from zipfile import BadZipFile, ZipFile

from crmflow.core.text import Text
from crmflow.errors import ImportFileError
from crmflow.exchange.typed_cell import Cell

# The first bytes of a file that is neither CSV nor a workbook nor Parquet.
REFUSED = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
ZIP, OLE, PARQUET = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1"
# What lies in a workbook that was protected by a password, instead of the workbook.
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
# Files that a zipped format has and no other.
ZIPPED = {"xl/workbook.xml": "XLSX", "xl/workbook.bin": "XLSB", "content.xml": "ODS"}


# What is raised where a zipped file holds something else than it says.
DAMAGED = (BadZipFile, EOFError, LookupError, OSError, RuntimeError, ValueError, zlib.error)


class Row(NamedTuple):
    """A row of cells and the line on which it begins, from 1 (a Parquet file has no header line)."""

    line: int
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that is not a row, with its text as far as it can be read."""

    line: int
    text: str
    error: ImportFileError


class TableFile(Protocol):
    """An opened file: its header cells, and how many lines it has in all."""

    @property
    def headers(self) -> Sequence[str]: ...
    @property
    def lines(self) -> int: ...
    @property
    def notes(self) -> tuple[Text, ...]:
        """What a reader should know of how it was read."""
        ...

    def rows(self) -> Iterator[Row | Broken]:
        """The rows below the header in the file's order; blank ones are left out."""
        ...

    def place(self, line: int | None, header: str | None = None) -> str:
        """Where a row, or its cell in one column, stands: a line's number, or "Sheet!C7"."""
        ...


# Whether a header means something in the table that is read.
Known = Callable[[str], bool]


def open_table(
    path: Path, *, encoding: str | None = None, sheet: str | None = None, known: Known = bool
) -> TableFile:
    """Opens a CSV (also .gz), XLSX or Parquet file, by what it holds and not by its name.

    `encoding` is a CSV file's, `sheet` names a workbook's, and `known` finds the header in it.
    Raises ImportFileError: unreadable CRM450, empty CRM451, encoding CRM452, another format CRM453, an extra
    is not installed CRM469, no such sheet CRM423, which sheet CRM491, damaged or encrypted CRM497.
    """
    match format_of(path):
        case "XLSX":
            from crmflow.exchange.workbook import SheetTable, Workbook

            return SheetTable.of(Workbook.open(path).chosen(sheet), known)
        case "Parquet":
            from crmflow.exchange.parquet import ParquetTable

            return ParquetTable.open(path, known)
        case _:
            from crmflow.exchange.csvfile import CsvFile

            return CsvFile.open(path, encoding)


def format_of(path: Path) -> str:
    """XLSX, Parquet, or CSV for whatever may be text. Raises ImportFileError CRM450, CRM453, CRM497."""
    try:
        with path.open("rb") as file:
            first = file.read(4)
            if first == OLE:
                found = "XLS" if ENCRYPTED not in file.read() else ""
                raise _not_read(path, found) if found else ImportFileError("CRM497", path=path)
    except OSError as error:
        raise ImportFileError("CRM450", path=path, reason=error.strerror) from error
    for magic, name in REFUSED.items():
        if first.startswith(magic):
            raise _not_read(path, name)
    if first == ZIP:
        return _zipped(path)
    return "Parquet" if first == PARQUET else "CSV"


def _zipped(path: Path) -> str:
    try:
        with ZipFile(path) as file:
            names = set(file.namelist())
    except DAMAGED as error:
        raise ImportFileError("CRM497", path=path) from error
    found = next((name for file, name in ZIPPED.items() if file in names), "ZIP")
    if found != "XLSX":
        raise _not_read(path, found)
    return found


def _not_read(path: Path, found: str) -> ImportFileError:
    return ImportFileError("CRM453", path=path, found=found)
