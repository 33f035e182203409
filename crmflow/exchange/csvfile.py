"""Which rows of cells does a CSV file hold, in which encoding, and which of its lines are broken?"""

from __future__ import annotations

import codecs
import csv
import gzip
import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BufferedReader, RawIOBase
from itertools import takewhile
from operator import attrgetter
from pathlib import Path
from typing import IO, NamedTuple, cast

from crmflow.core.text import Text
from crmflow.errors import ImportFileError
from crmflow.exchange.tablefile import Broken, Row

DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class CsvFile:
    """An opened CSV file: its encoding, delimiter, header cells and how many lines it has."""

    path: Path
    encoding: str
    delimiter: str
    headers: list[str]
    lines: int

    @classmethod
    def open(cls, path: Path, encoding: str | None = None) -> CsvFile:
        """Reads the file through once, so that a broken end is found before anything is imported.

        Without `encoding`, UTF-8 where it fits, else GB18030. `.gz` files are unpacked as they are read.
        Raises ImportFileError: unreadable CRM450, empty CRM451, no such encoding CRM452.
        """
        try:
            used, lines = look_through(path, encoding)
            with _binary(path) as file:
                first = next(Lines(by_line(file), used)).text
            delimiter = max(DELIMITERS, key=first.count)
            headers = next(csv.reader([first], delimiter=delimiter))
        except (OSError, EOFError, zlib.error, csv.Error) as error:
            reason = getattr(error, "strerror", None) or error
            raise ImportFileError("CRM450", path=path, reason=reason) from error
        except StopIteration:
            raise ImportFileError("CRM451", path=path) from None
        return cls(path, used, delimiter, [header.strip() for header in headers], lines)

    @property
    def notes(self) -> tuple[Text, ...]:
        """In which encoding the file was read, where it is not UTF-8."""
        if self.encoding == "utf-8":
            return ()
        name = self.encoding.upper()
        return (Text(f"read as {name}", f"按 {name} 编码读取"),)

    def place(self, line: int | None, header: str | None = None) -> str:
        """A line's number."""
        return str(line or "")

    def rows(self) -> Iterator[Row | Broken]:
        """The rows below the header in the file's order; blank ones are left out.

        A quotation mark that is never closed spoils its own line, not those that follow.
        """
        with _binary(self.path) as file:
            lines = Lines(by_line(file), self.encoding)
            next(lines)
            reader = csv.reader(lines.texts(), delimiter=self.delimiter, strict=True)
            while True:
                row = self.row(reader, lines)
                if row is None:
                    return
                if isinstance(row, Broken) or row.cells:
                    yield row

    def row(self, reader: Iterator[list[str]], lines: Lines) -> Row | Broken | None:
        """The next row, a blank one without cells; None at the end."""
        lines.used.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return None
        except csv.Error:
            return lines.give_up(ImportFileError("CRM466"))
        first = lines.used[0]
        for line in lines.used:
            if line.error is not None:
                return lines.give_up(line.error)
        if not any(map(str.strip, cells)):
            return Row(first.number, ())
        if len(cells) != len(self.headers):
            return lines.give_up(ImportFileError("CRM465", found=len(cells), wanted=len(self.headers)))
        return Row(first.number, cells)

    def whole_cells(self, broken: Broken) -> list[str]:
        """The cells at the beginning of a broken line that can be told all the same."""
        try:
            cells = next(csv.reader([broken.text], delimiter=self.delimiter), [])
        except csv.Error:
            return []
        if broken.error.code == "CRM466":
            del cells[-1:]  # it has swallowed those that follow
        return [*takewhile(lambda cell: "\ufffd" not in cell and "\0" not in cell, cells)]


class Line(NamedTuple):
    """A decoded line; `error` says what is wrong with its bytes."""

    number: int
    text: str
    error: ImportFileError | None = None


@dataclass(slots=True)
class Lines:
    """The decoded lines of a file. `used` are those taken for the present row: all but the first can be given
    back when the row turns out to be broken."""

    raw: Iterator[bytes]
    encoding: str
    number: int = 0
    used: list[Line] = field(default_factory=list)
    again: deque[Line] = field(default_factory=deque)

    def __iter__(self) -> Iterator[Line]:
        return self

    def __next__(self) -> Line:
        line = self.again.popleft() if self.again else self.decoded(next(self.raw))
        self.used.append(line)
        return line

    def decoded(self, raw: bytes) -> Line:
        self.number += 1
        if self.number == 1:
            raw = raw.removeprefix(codecs.BOM_UTF8)
        try:
            text = raw.decode(self.encoding)
        except UnicodeDecodeError:
            error = ImportFileError("CRM467", encoding=self.encoding)
            return Line(self.number, raw.decode(self.encoding, "replace"), error)
        if "\0" in text:
            return Line(self.number, text, ImportFileError("CRM468"))
        return Line(self.number, text)

    def texts(self) -> Iterator[str]:
        return map(attrgetter("text"), self)

    def give_up(self, error: ImportFileError) -> Broken:
        """The first line taken is broken; those after it are read again."""
        first, *others = self.used
        self.again.extendleft(reversed(others))
        return Broken(first.number, first.text.rstrip("\r\n"), error)


def _binary(path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return BufferedReader(cast(RawIOBase, gzip.open(path, "rb")))
    return path.open("rb")


def by_line(file: IO[bytes]) -> Iterator[bytes]:
    """The lines of a file, which end with LF, CR LF, or a bare CR."""
    for raw in file:
        yield from raw.splitlines(keepends=True)


def look_through(path: Path, declared: str | None) -> tuple[str, int]:
    """The encoding to use, and the number of lines.

    A line that fits UTF-8 may do so by chance, and one broken line does not make a file GB18030:
    the majority of the lines with characters beyond ASCII decides.
    """
    utf8 = other = lines = 0
    with _binary(path) as file:
        for raw in by_line(file):
            lines += 1
            if declared is None and not raw.isascii():
                fits = _is_utf8(raw)
                utf8 += fits
                other += not fits
    if declared is None:
        return ("gb18030" if other > utf8 else "utf-8"), lines
    try:
        return codecs.lookup(declared).name, lines
    except LookupError:
        raise ImportFileError("CRM452", path=path, encoding=declared) from None


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
