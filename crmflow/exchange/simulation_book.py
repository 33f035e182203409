"""How does a simulation become a workbook: summary, movements, examples, load?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from crmflow.core.explanation import Explanation
from crmflow.core.listing import Listing
from crmflow.core.simulation import Simulation
from crmflow.core.text import Text
from crmflow.errors import ImportFileError
from crmflow.exchange.atomic import replacing
from crmflow.exchange.listings import Style
from crmflow.exchange.simulation import NEW_SIDE, OLD_SIDE, headline, matrix_listing

SHEETS = [
    Text("summary", "汇总"),
    Text("movements", "变动"),
    Text("examples", "示例"),
    Text("load", "工作量"),
]
EXAMPLE = [
    Text("customer", "客户"),
    Text("known as", "客户编号"),
    Text("what", "项目"),
    Text("as of", "截至"),
]
WHY = [Text("why, old", "原因（现行）"), Text("why, new", "原因（新规则）")]
MOVES = "F8CBAD"
WIDTH = 20
LOAD = frozenset({"load", "load-months"})
Row = Sequence[Any]


def write_simulation(simulation: Simulation, style: Style, path: Path) -> None:
    """Writes the .xlsx file. Raises ImportFileError CRM469: openpyxl is not installed."""
    try:
        from openpyxl import Workbook
    except ImportError:
        raise ImportFileError("CRM469", path=path, format="XLSX", extra="sheets") from None
    book = Workbook(write_only=True)
    for title, rows in zip(SHEETS, (_summary, _movements, _examples, _load), strict=True):
        sheet = book.create_sheet(title.in_language(style.language))
        for column in "ABCDEFGHIJ":
            sheet.column_dimensions[column].width = WIDTH
        for row in rows(simulation, style):
            sheet.append([_cell(sheet, value) for value in row])
    with replacing(path) as beside:
        book.save(beside)


class Head(str):
    """A heading."""


class Moves(int):
    """A count of those who move."""


def _cell(sheet: Any, value: Any) -> Any:
    """A cell of the sheet; text stays text, whatever it begins with."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font, PatternFill

    cell = WriteOnlyCell(sheet, value=str(value) if isinstance(value, str) else value)
    if isinstance(value, str):
        cell.data_type = "s"
    if isinstance(value, Head):
        cell.font = Font(bold=True)
    if isinstance(value, Moves) and value:
        cell.fill = PatternFill("solid", fgColor=MOVES)
    return cell


def _summary(simulation: Simulation, style: Style) -> Iterator[Row]:
    yield [Head(headline(simulation).in_language(style.language))]
    for note in simulation.notes:
        yield [note.in_language(style.language)]
    for listing in simulation.tables:
        if listing.name not in LOAD:
            yield []
            yield from _listing(listing, style)


def _movements(simulation: Simulation, style: Style) -> Iterator[Row]:
    for matrix in simulation.matrices:
        head, *rows = _listing(matrix_listing(matrix), style, title=False)
        yield [Head(matrix.title.in_language(style.language))]
        yield head
        for place, row in enumerate(rows[:-1]):
            yield [
                Moves(value) if isinstance(value, int) and column not in (place + 1, len(row) - 1) else value
                for column, value in enumerate(row)
            ]
        yield rows[-1]
        yield []


def _examples(simulation: Simulation, style: Style) -> Iterator[Row]:
    yield [Head(label.in_language(style.language)) for label in (*EXAMPLE, OLD_SIDE, NEW_SIDE, *WHY)]
    for example in simulation.examples:
        said = (each.in_language(style.language) for each in (example.old, example.new))
        why = (_lines(each, style) for each in (example.why_old, example.why_new))
        what = example.what.in_language(style.language)
        yield [f"C{example.customer}", example.known_as, what, example.at, *said, *why]


def _lines(why: Explanation | None, style: Style) -> str:
    """Each sentence on a line, the deeper the further in."""
    lines = () if why is None else why.lines(style.language)
    return "\n".join("  " * depth + line for depth, _, line in lines)


def _load(simulation: Simulation, style: Style) -> Iterator[Row]:
    for listing in simulation.tables:
        if listing.name in LOAD:
            yield from _listing(listing, style)
            yield []


def _listing(listing: Listing, style: Style, *, title: bool = True) -> Iterator[Row]:
    if title:
        yield [Head(listing.title.in_language(style.language))]
    yield [Head(column.label.in_language(style.language)) for column in listing.columns]
    for row in listing.rows:
        yield [_plain(row.get(column.name), style) for column in listing.columns]


def _plain(value: object, style: Style) -> object:
    """Numbers and days as such, everything else as text."""
    if isinstance(value, Text):
        return value.in_language(style.language)
    return value if value is None or isinstance(value, (int, date, Decimal)) else str(value)
