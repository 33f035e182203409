"""How is a listing written: as text for people, as JSON and as CSV for programs?"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from io import StringIO
from typing import Any

from crmflow.core.listing import Column, Listing
from crmflow.core.text import Text

MASK = "•••"
KEY = "crmflow"
"""The header of the column by which a row is known again, and the name of a workbook's hidden sheet."""
MADE_ON = Text("made on", "完成日期")
YES_NO = {"en": ("yes", "no"), "zh": ("是", "否")}


@dataclass(frozen=True, slots=True)
class Style:
    """In which language and zone, and whether values of personal columns are shown or masked."""

    language: str = "en"
    zone: tzinfo = UTC
    personal: bool = False

    def text(self, column: Column, value: object) -> str:
        """A value as a person reads it: instants in the zone, numbers in full, no value as nothing."""
        match value:
            case None | "":
                return ""
            case _ if column.personal and not self.personal:
                return MASK
            case bool():
                return YES_NO[self.language][not value]
            case Decimal():
                return f"{value:,f}"
            case int():
                return str(value) if column.name.endswith("id") else f"{value:,d}"
            case datetime():
                return f"{value.astimezone(self.zone):%Y-%m-%d %H:%M}"
            case Text():
                return value.in_language(self.language)
            case str() if value in column.labels:
                return column.labels[value].in_language(self.language)
            case _:
                return str(value)

    def plain(self, column: Column, value: object) -> Any:
        """A value as JSON has it: instants as ISO 8601 in UTC, dates as ISO, decimals as strings, so that no
        reader rounds them."""
        match value:
            case None | bool() | int():
                return value if value is None or not self.masks(column) else MASK
            case _ if self.masks(column):
                return MASK
            case datetime():
                return value.astimezone(UTC).isoformat()
            case date():
                return value.isoformat()
            case Text():
                return value.in_language(self.language)
            case _:
                return str(value)

    def masks(self, column: Column) -> bool:
        return column.personal and not self.personal


def as_json(listing: Listing, style: Style) -> str:
    """One object: name, title, columns (name and label) and rows by the columns' names."""
    record = {
        "name": listing.name,
        "title": listing.title.in_language(style.language),
        "columns": [
            {"name": column.name, "label": column.label.in_language(style.language)}
            for column in listing.columns
        ],
        "rows": [
            {column.name: style.plain(column, row.get(column.name)) for column in listing.columns}
            for row in listing.rows
        ],
    }
    return json.dumps(record, ensure_ascii=False, indent=2)


def as_csv(listing: Listing, style: Style, *, form: bool = False) -> str:
    """The labels as header, then the values as in JSON; no value is an empty cell.

    With `form` each row begins with its key, and ends with the empty columns to fill in.
    """
    file = StringIO()
    writer = csv.writer(file, lineterminator="\n")
    head = [column.label.in_language(style.language) for column in listing.columns]
    rows = [[style.plain(column, row.get(column.name)) for column in listing.columns] for row in listing.rows]
    if form:
        questions = {each.field.name: each.field for asked in listing.asks for each in asked.questions}
        asked = [field.label.in_language(style.language) for field in questions.values()]
        head = [KEY, *head, MADE_ON.in_language(style.language), *asked]
        blank = [""] * (len(asked) + 1)
        rows = [[asked.key, *row, *blank] for asked, row in zip(listing.asks, rows, strict=True)]
    writer.writerow(head)
    writer.writerows(rows)
    return file.getvalue()


def texts(listing: Listing, style: Style) -> Iterator[list[str]]:
    """The rows as people read them."""
    for row in listing.rows:
        yield [style.text(column, row.get(column.name)) for column in listing.columns]


def is_numeric(listing: Listing, column: Column) -> bool:
    """Whether a column holds numbers and percentages alone, which stand to the right."""
    values = [value for row in listing.rows if (value := row.get(column.name)) is not None]
    return bool(values) and all(map(_is_number, values))


def _is_number(value: object) -> bool:
    if isinstance(value, str):
        return value.endswith("%")
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)
