"""How does a listing become a workbook: a sheet for each unit or person, with the columns to fill in?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any, Final, cast
from unicodedata import east_asian_width

from crmflow.core.listing import Asked, Column, Listing, Question
from crmflow.core.text import Text
from crmflow.errors import ImportFileError
from crmflow.exchange.listings import KEY, MADE_ON, MASK, YES_NO, Style
from crmflow.exchange.typed_cell import DIGITS
from crmflow.exchange.workbook import letters

PER: Final[Mapping[str, tuple[str, ...]]] = {"unit": ("unit",), "staff": ("staff", "holder", "owner")}
"""The columns by which a listing is put on sheets: the first that it has."""
MOST_ROWS: Final = 1_000_000
WIDEST: Final = 48
DATE, INSTANT, TEXT = "yyyy-mm-dd", "yyyy-mm-dd hh:mm", "@"
# What a workbook cannot hold: most control characters, and in a sheet's name some signs.
NOT_XML: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
NOT_IN_NAMES: Final = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
HEAD, ASK, BARRED = "DDE6F0", "FFF2CC", "EEEEEE"

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one sheet, each with what it asks (or None), and the questions of all."""

    name: str
    rows: Sequence[tuple[Row, Asked | None]]
    questions: Sequence[Question]


def write_book(
    listing: Listing,
    style: Style,
    path: Path,
    *,
    per: str | None = None,
    about: Mapping[str, str] | None = None,
) -> int:
    """Writes the listing as an .xlsx file; `per` is "unit" or "staff", `about` what the file is. Returns how
    many sheets it has.

    Raises ImportFileError CRM469: openpyxl is not installed.
    """
    try:
        from openpyxl import Workbook
    except ImportError:
        raise ImportFileError("CRM469", path=path, format="XLSX", extra="sheets") from None
    book = Workbook(write_only=True)
    lists = _Lists()
    written = list(pages(listing, style, per))
    for page in written:
        _Sheet(book, listing, style, page, lists).write()
    _write_hidden(book, about or {}, lists)
    book.save(path)
    return len(written)


def pages(listing: Listing, style: Style, per: str | None) -> Iterator[Page]:
    """The rows by unit or person, in the order of their names; a sheet for those without one comes last."""
    column = column_of(listing, per)
    title = listing.title.in_language(style.language)
    asked: Sequence[Asked | None] = listing.asks or [None] * len(listing.rows)
    rows = list(zip(listing.rows, asked, strict=True))
    taken: Counter[str] = Counter({KEY: 1})
    if column is None or not rows:
        yield from _cut(title, rows, taken)
        return

    def name(each: tuple[Row, Asked | None]) -> str:
        return _sheet_of(column, each[0], style)

    rows.sort(key=lambda each: (not name(each), name(each)))
    for label, group in groupby(rows, name):
        yield from _cut(label or title, list(group), taken)


def column_of(listing: Listing, per: str | None) -> Column | None:
    """The column by which a listing is put on sheets; None where it has none."""
    names = PER.get(per or "", ())
    return next((column for name in names for column in listing.columns if column.name == name), None)


def _sheet_of(column: Column, row: Row, style: Style) -> str:
    """What the unit or person of a row is called: a person by name and code."""
    text = style.text(column, row.get(column.name))
    person = row.get("name") if column.name in PER["staff"] else None
    return f"{person} {text}" if person and text else text


def _cut(name: str, rows: Sequence[tuple[Row, Asked | None]], taken: Counter[str]) -> Iterator[Page]:
    """One sheet, or more where a workbook's sheet is too short."""
    for start in range(0, max(len(rows), 1), MOST_ROWS):
        part = rows[start : start + MOST_ROWS]
        questions: dict[str, Question] = {}
        for _, asked in part:
            for question in asked.questions if asked else ():
                questions.setdefault(question.field.name, question)
        yield Page(_free(name, taken), part, tuple(questions.values()))


def _free(name: str, taken: Counter[str]) -> str:
    """A name that a sheet may have, and no other has: at most 31 characters, upper and lower case alike."""
    plain = NOT_IN_NAMES.sub(" ", name).strip(" '") or "1"
    while True:
        number = taken[plain[:31].casefold()]
        taken[plain[:31].casefold()] += 1
        if not number:
            return plain[:31]
        plain = f"{plain[: 31 - len(f' ({number + 1})')]} ({number + 1})"


class _Lists:
    """The lists that cells offer, each in a column of the hidden sheet."""

    def __init__(self) -> None:
        self.columns: dict[tuple[str, ...], str] = {}

    def range_of(self, values: tuple[str, ...]) -> str:
        if values not in self.columns:
            column = letters(len(self.columns) + 2)
            self.columns[values] = f"{KEY}!${column}$1:${column}${len(values)}"
        return self.columns[values]


class _Sheet:
    """Writes one page: the hidden key, the listing's columns, and those to fill in."""

    def __init__(self, book: Any, listing: Listing, style: Style, page: Page, lists: _Lists) -> None:
        self.sheet = book.create_sheet(page.name)
        self.listing, self.style, self.page, self.lists = listing, style, page, lists
        self.asks = bool(listing.asks)
        self.first_question = len(listing.columns) + 2  # behind the key, the columns and the day

    def write(self) -> None:
        language = self.style.language
        heads = [column.label.in_language(language) for column in self.listing.columns]
        asked = [question.field.label.in_language(language) for question in self.page.questions]
        if self.asks:
            heads, asked = [KEY, *heads], [MADE_ON.in_language(language), *asked]
        rows = [self.values(row) for row, _ in self.page.rows]
        self.lay_out(heads, asked, rows)
        self.sheet.append(
            [
                *(self.cell(head, fill=HEAD, bold=True) for head in heads),
                *(self.cell(head, fill=ASK, bold=True) for head in asked),
            ]
        )
        for (_, ask), values in zip(self.page.rows, rows, strict=True):
            cells = [self.cell(value, form) for value, form in values]
            if ask is not None:
                cells = [self.cell(ask.key, TEXT), *cells, *self.answers(ask)]
            self.sheet.append(cells)

    def values(self, row: Row) -> list[tuple[Any, str | None]]:
        return [cell_value(column, row.get(column.name), self.style) for column in self.listing.columns]

    def lay_out(self, heads: list[str], asked: list[str], rows: Sequence[Sequence[tuple[Any, Any]]]) -> None:
        """What a workbook wants to know before its rows: widths, the frozen header, filters, drop-downs."""
        hidden = int(self.asks)
        self.sheet.freeze_panes = "A2"
        self.sheet.auto_filter.ref = f"A1:{letters(len(heads) + len(asked) - 1)}{len(rows) + 1}"
        if hidden:
            self.sheet.column_dimensions["A"].hidden = True
        for place, head in enumerate(heads[hidden:]):
            texts = (shown_width(row[place]) for row in rows)
            width = min(max([_width(head) + 3, *texts]) + 2, WIDEST)
            self.sheet.column_dimensions[letters(place + hidden)].width = width
        for place, head in enumerate(asked):
            self.sheet.column_dimensions[letters(len(heads) + place)].width = max(_width(head) + 4, 16)
        if hidden:
            self.offer()

    def offer(self) -> None:
        """Drop-downs and dates for the cells to fill in."""
        last = len(self.page.rows) + 1
        self.restrict("date", self.first_question - 1, [(2, last)])
        for place, question in enumerate(self.page.questions):
            kind, values = _restriction(question, self.style.language)
            if kind:
                self.restrict(kind, self.first_question + place, self.runs(question), values)

    def runs(self, question: Question) -> list[tuple[int, int]]:
        """The stretches of rows that ask a question."""
        asking = [
            row
            for row, (_, ask) in enumerate(self.page.rows, 2)
            if ask is not None and any(each.field.name == question.field.name for each in ask.questions)
        ]
        runs: list[tuple[int, int]] = []
        for row in asking:
            if runs and runs[-1][1] == row - 1:
                runs[-1] = runs[-1][0], row
            else:
                runs.append((row, row))
        return runs

    def restrict(
        self, kind: str, column: int, runs: Iterable[tuple[int, int]], values: tuple[str, ...] = ()
    ) -> None:
        from openpyxl.worksheet.datavalidation import DataValidation

        name = letters(column)
        cells = " ".join(f"{name}{first}:{name}{last}" for first, last in runs)
        if not cells:
            return
        if kind == "list":
            rule = DataValidation("list", formula1=self.lists.range_of(values), allow_blank=True, sqref=cells)
        elif kind == "date":
            rule = DataValidation(
                "date", "DATE(1900,1,1)", operator="greaterThan", allow_blank=True, sqref=cells
            )
        else:
            rule = DataValidation("decimal", "-1E+15", operator="greaterThan", allow_blank=True, sqref=cells)
        rule.showErrorMessage = True
        self.sheet.data_validations.append(rule)

    def answers(self, ask: Asked) -> list[Any]:
        """The empty cells of a row; those that it does not ask are grey."""
        wanted = {question.field.name: question.field.kind for question in ask.questions}
        formats = {"date": DATE, "instant": INSTANT, "number": None, "boolean": None}
        cells = [self.cell(None, DATE)]
        for question in self.page.questions:
            kind = wanted.get(question.field.name)
            cells.append(
                self.cell(None, fill=BARRED) if kind is None else self.cell(None, formats.get(kind, TEXT))
            )
        return cells

    def cell(
        self, value: Any, form: str | None = None, *, fill: str | None = None, bold: bool = False
    ) -> Any:
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.styles import Font, PatternFill

        cell = cast(Any, WriteOnlyCell(self.sheet, value=value))
        if isinstance(value, str):
            cell.data_type = "s"  # also where it begins with =
        if form:
            cell.number_format = form
        if fill:
            cell.fill = PatternFill("solid", fgColor=fill)
        if bold:
            cell.font = Font(bold=True)
        return cell


def cell_value(column: Column, value: object, style: Style) -> tuple[Any, str | None]:
    """The value that a cell has, and its format: numbers, days and instants are such, all else is text."""
    match value:
        case None:
            return None, None
        case _ if style.masks(column):
            return MASK, TEXT
        case bool():
            return YES_NO[style.language][not value], TEXT
        case datetime():
            return value.astimezone(style.zone).replace(tzinfo=None, microsecond=0), INSTANT
        case date():
            return value, DATE
        case int() | Decimal() if _is_short(value) and not column.name.endswith("id"):
            return value, None
        case int():
            return str(value), TEXT
        case _:
            return NOT_XML.sub("", style.text(column, value)), TEXT


def shown_width(cell: tuple[Any, str | None]) -> int:
    """How wide a cell's text is, in digits."""
    value, form = cell
    return len(form) if form in (DATE, INSTANT) else _width("" if value is None else str(value))


def _is_short(value: int | Decimal) -> bool:
    return len(Decimal(value).as_tuple().digits) <= DIGITS


def _width(text: str) -> int:
    """Chinese characters are two digits wide."""
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def _restriction(question: Question, language: str) -> tuple[str, tuple[str, ...]]:
    """What a cell may hold: one of a list, a date, a number; "" where it may hold any text."""
    match question.field.kind:
        case "one of":
            words = (question.words.get(value, Text(value, value)) for value in question.field.values)
            return "list", tuple(word.in_language(language) for word in words)
        case "boolean":
            return "list", YES_NO[language]
        case "date" | "number" as kind:
            return kind, ()
        case _:
            return "", ()


def _write_hidden(book: Any, about: Mapping[str, str], lists: _Lists) -> None:
    """What the file is, and the lists that its cells offer."""
    sheet = book.create_sheet(KEY)
    sheet.sheet_state = "hidden"
    said = list(about.items())
    columns = list(lists.columns)
    for row in range(max([len(said), *map(len, columns)], default=0)):
        offered = [values[row] if row < len(values) else None for values in columns]
        sheet.append([*(said[row] if row < len(said) else (None, None)), *offered])
