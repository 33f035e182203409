"""Which value does a cell of a file mean?"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from crmflow.core.field import Field, Stored, Value
from crmflow.errors import ImportFileError
from crmflow.exchange.spelling import fold, folded, narrow

Convert = Callable[[str, ZoneInfo], tuple[Value | Stored, str]]

# Cells of one column repeat (days, amounts, codes), so that each column remembers what it has read.
REMEMBERED = 1 << 16

THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]+(\d{1,2})(:.+))?")


def converter(field: Field, *, stored: bool, mark: str = "") -> Convert:
    """Reads a cell: its value, None where it is empty, and the value as text after `mark`.

    With `stored` the value is as `Field.encode` gives it. The text is the same however the cell was written
    ("1,200.50", "1200.5"). Raises ImportFileError CRM470–474.
    """

    @lru_cache(maxsize=REMEMBERED)
    def convert(cell: str, zone: ZoneInfo) -> tuple[Value | Stored, str]:
        value = _read(field, cell.strip(), zone)
        return (field.encode(value) if stored else value), mark + canonical(value)

    return convert


def chooser(spelled: Mapping[str, str]) -> Convert:
    """Reads one of the declared names by any of its spellings. Raises ImportFileError CRM474."""
    names = folded(spelled)

    def choose(cell: str, zone: ZoneInfo) -> tuple[Value | Stored, str]:
        name = names.get(fold(cell))
        if name is None and cell.strip():
            raise ImportFileError("CRM474", value=cell, values=", ".join(dict.fromkeys(spelled)))
        return name, name or ""

    return choose


def _read(field: Field, text: str, zone: ZoneInfo) -> Value:
    try:
        match field.kind:
            case "number":
                return field.parse(ungrouped(narrow(text)), zone)
            case "date" | "instant":
                return field.parse(iso(narrow(text)), zone)
            case "boolean":
                return field.parse(narrow(text), zone)
            case _:
                return field.parse(text, zone)
    except ValueError:
        raise _unreadable(field, text) from None


def _unreadable(field: Field, text: str) -> ImportFileError:
    match field.kind:
        case "number":
            whole = field.precision - field.scale
            return ImportFileError("CRM470", value=text, whole=whole, decimals=field.scale)
        case "date":
            return ImportFileError("CRM471", value=text)
        case "instant":
            return ImportFileError("CRM472", value=text)
        case "boolean":
            return ImportFileError("CRM473", value=text)
        case _:
            return ImportFileError("CRM474", value=text, values=", ".join((*field.values, *field.called)))


def ungrouped(text: str) -> str:
    """Without separators of thousands. Raises ValueError on another comma, which may be a decimal sign."""
    if "," not in text:
        return text
    if not THOUSANDS.fullmatch(text):
        raise ValueError(text)
    return text.replace(",", "")


def iso(text: str) -> str:
    """A day or instant as ISO 8601, from what spreadsheets write: "2026/1/5 9:05", "2026年1月5日"."""
    if found := DAY.fullmatch(text):
        year, month, day, hour, rest = found.groups()
        clock = f"T{hour:0>2}{rest}" if hour else ""
        return f"{year}-{month:0>2}-{day:0>2}{clock}"
    return text


def canonical(value: Value) -> str:
    """One text for one value."""
    match value:
        case Decimal():
            return f"{value.normalize():f}"
        case datetime():
            return value.isoformat()
        case _:
            return str(value)
