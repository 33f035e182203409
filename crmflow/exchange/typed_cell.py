"""What does a cell say that brings its own type, as the cells of workbooks and Parquet files do?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from crmflow.core.field import Kind
from crmflow.errors import ImportFileError

DIGITS: Final = 15
"""So many digits of a number a workbook keeps."""
MOST: Final = 10**DIGITS
TEXT: Final = frozenset({"string", "staff", "unit", "one of"})


@dataclass(frozen=True, slots=True)
class Unread:
    """A cell whose value is not to be had, and why; it matters only where its column is used."""

    error: ImportFileError
    blank: bool = False  # says nothing, so that a row of such cells is a blank one


Cell = None | str | bool | int | float | Decimal | date | datetime | time | timedelta | Unread
"""A float is a number of which 15 digits are known; int and Decimal are exact."""


def written(cell: Cell, kind: Kind) -> str:
    """The cell as it would stand in a CSV file for a field of this kind.

    Raises ImportFileError: a text of more than 15 digits that was kept as a number CRM490, a number where a
    day is meant CRM495, and the reason of an `Unread` cell.
    """
    match cell:
        case Unread():
            raise cell.error
        case float() if kind in TEXT and abs(cell) >= MOST:
            raise ImportFileError("CRM490", value=shown(cell), digits=DIGITS)
        case float() if kind in ("date", "instant") and len(shown(cell)) != len("20260131"):
            raise ImportFileError("CRM495", value=shown(cell))
        case datetime() if kind == "date" and cell.time() == time():
            return cell.date().isoformat()
        case _:
            return shown(cell)


def shown(cell: Cell) -> str:
    """The cell as text: numbers in full, moments as ISO 8601; nothing where the value is not to be had."""
    match cell:
        case None | Unread():
            return ""
        case bool():
            return str(cell).lower()
        case float() if not cell.is_integer():
            return f"{Decimal(repr(cell)):f}"
        case float():
            return str(int(cell))
        case Decimal():
            return f"{cell:f}"
        case datetime():
            return cell.isoformat(" ")
        case date() | time():
            return cell.isoformat()
        case _:
            return str(cell)


def is_blank(cells: Sequence[Cell]) -> bool:
    """Whether a row says nothing at all."""
    return all(cell is None or cell == "" or (isinstance(cell, Unread) and cell.blank) for cell in cells)
