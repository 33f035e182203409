"""What is a rule table as a sheet: which columns does it have, and which rows?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from crmflow.core.text import Text
from crmflow.exchange.spelling import fold
from crmflow.rules.feel import Type, any_

Part = Literal["table", "rules", "moves"]
"""What of a rule file is a sheet: a decision table, a list of rules, or a chart's moves."""
Holds = Literal["id", "text", "test", "condition", "value", "states", "trigger"]
"""What the cells of a column hold: the row's id, a text for readers, a FEEL test or condition, a word or
literal, the states that a move leaves, or the trigger that it waits for."""

ANY: Final = "-"
FIRST_ROW: Final = 4
"""The sheet's first row of the table, counted from 1: above it are the title, the labels and the names."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the values of a column: as the rule file has it (`"gold"`), and how readers call it."""

    value: str
    label: Text


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `path` leads from a row of the file to the cell; `type` is that of the values that a test is
    about. Where `choices` are all there is, the column is `closed`; a test may hold the names in `words`."""

    path: tuple[str | int, ...]
    name: str
    label: Text
    holds: Holds = "value"
    type: Type = any_
    choices: tuple[Choice, ...] = ()
    closed: bool = False
    needed: bool = True
    words: frozenset[str] = field(default=frozenset(), repr=False)

    def shown(self, value: str, language: str) -> str:
        """A choice as readers call it, where no other is called the same."""
        labels = [choice.label.in_language(language) for choice in self.choices]
        for choice, label in zip(self.choices, labels, strict=True):
            if choice.value == value and labels.count(label) == 1 and "," not in label:
                return label
        return value

    def spellings(self) -> Mapping[str, str]:
        """What a person may write for each choice, folded → its value. A spelling of two means neither."""
        found: dict[str, str] = {}
        twice: set[str] = set()
        for choice in self.choices:
            for spelling in {fold(each) for each in (choice.label.en, choice.label.zh)}:
                twice |= {spelling} if spelling in found else set()
                found[spelling] = choice.value
        own = {fold(spelling): c.value for c in self.choices for spelling in (c.value.strip('"'), c.value)}
        return {spelling: value for spelling, value in found.items() if spelling not in twice} | own


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its id, and the texts of its cells by the names of the columns; a cell that is not there is "".
    `note` is what the file's author remarked on it."""

    id: str
    cells: Mapping[str, str]
    note: str = ""


@dataclass(frozen=True, slots=True)
class RuleSheet:
    """One table of one rule file; `id` is the file's, `hash` is over the content of the whole file."""

    id: str
    part: Part
    title: Text
    hash: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...] = field(repr=False)

    def column(self, name: str) -> Column | None:
        return next((each for each in self.columns if each.name == name), None)

    @property
    def digest(self) -> str:
        """SHA-256 over the table alone: names of columns, and cells."""
        lines = ["\x1f".join(column.name for column in self.columns)]
        lines += ["\x1f".join(row.cells.get(column.name, "") for column in self.columns) for row in self.rows]
        return hashlib.sha256("\x1e".join(lines).encode()).hexdigest()


def free_ids(taken: set[str], wish: str) -> Iterator[str]:
    """Ids that nobody has: the wish itself, then "wish 2", "wish 3"."""
    number = 1
    while True:
        id = wish if number == 1 else f"{wish} {number}"
        if id not in taken:
            taken.add(id)
            yield id
        number += 1
