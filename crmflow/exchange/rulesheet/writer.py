"""How do the rows of a rule table become the text of its rule file?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crmflow.errors import RuleFileError
from crmflow.exchange.rulesheet.reader import PARTS, rows
from crmflow.exchange.rulesheet.sheet import Column, Part, Row
from crmflow.rules.patch.keys import added, removed
from crmflow.rules.patch.marks import Marks, Splice, cell, scalar, sequence, spliced, value
from crmflow.rules.patch.rows import new_item, new_row, rearranged
from crmflow.rules.source import Document, Findings, Path, read

Wanted = Sequence[tuple[str | None, Row]]
"""The rows as they shall be, each with the id that it has in the file now (None: a new row)."""


def written(document: Document, part: Part, columns: Sequence[Column], wanted: Wanted) -> str:
    """The file's text with these rows, all else byte for byte as it was.

    Raises RuleFileError CRM077 no rows at all, CRM078 a sign that no text file holds, CRM079 what cannot be
    written into this file by a program.
    """
    if not wanted:
        raise RuleFileError("CRM077", name=document.file.id)
    current = {row.id: (number, row) for number, row in enumerate(rows(document, part, columns))}
    writer = _Writer(document, PARTS[part])
    for id, row in wanted:
        if id is not None:
            number, before = current[id]
            for column in columns:
                if row.cells.get(column.name, "") != before.cells[column.name]:
                    writer.change((*PARTS[part], number, *column.path), column, row)
    writer.settle()
    writer.rearrange([row if id is None else current[id][0] for id, row in wanted], columns)
    _verify(writer.document, part, columns, wanted)
    return writer.marks.text


def _verify(document: Document, part: Part, columns: Sequence[Column], wanted: Wanted) -> None:
    """What was written reads as what was wanted."""
    found = list(rows(document, part, columns))
    for (_, row), read_back in zip(wanted, found, strict=True):
        for column in columns:
            if row.cells.get(column.name, "") != read_back.cells[column.name]:
                raise _unwritable(row, column)


def _unwritable(row: Row, column: Column) -> RuleFileError:
    return RuleFileError("CRM079", name=row.id, column=column.name, value=row.cells.get(column.name, ""))


class _Writer:
    """Collects the changes of cells, then sets the rows in order."""

    def __init__(self, document: Document, path: Path) -> None:
        self.document, self.path = document, path
        self.marks = Marks(document)
        self.splices: list[Splice] = []

    def change(self, path: Path, column: Column, row: Row) -> None:
        text = row.cells.get(column.name, "")
        if path in self.document.places and text:
            yaml = _yaml(row, column)
            is_scalar = yaml[0] not in "[{"
            self.splices += cell(self.marks, path, text) if is_scalar else value(self.marks, path, yaml)
            return
        self.settle()  # a key that comes or goes moves what stands around it
        change = added(self.marks, path, _yaml(row, column)) if text else removed(self.marks, path)
        if change is None:
            raise _unwritable(row, column)
        self.splices = [change]
        self.settle()

    def settle(self) -> None:
        """Makes the changes so far, and reads the text again."""
        if not self.splices:
            return
        text = spliced(self.marks.text, self.splices)
        findings = Findings()
        document = read(replace(self.document.file, text=text), findings)
        if document is None or findings.errors:
            raise RuleFileError("CRM079", name=self.document.file.id, column="", value="")
        self.document, self.marks, self.splices = document, Marks(document), []

    def rearrange(self, wanted: Sequence[int | Row], columns: Sequence[Column]) -> None:
        order = [each if isinstance(each, int) else self.fresh(each, columns) for each in wanted]
        self.splices = rearranged(self.marks, self.path, order)
        self.settle()

    def fresh(self, row: Row, columns: Sequence[Column]) -> str:
        """A new row in the form of the others, quoted as the last one."""
        last = len(self.marks.keys(self.path)) - 1
        styles = {each.path: self.marks.style((*self.path, last, *each.path)) for each in columns}
        cells = {each.path: _yaml(row, each, styles[each.path]) for each in columns}
        filled = {path: text for path, text in cells.items() if text}
        if columns[0].path == ("id",):
            return new_item(self.marks, self.path, filled)
        return new_row(self.marks, self.path, list(filled.values()))


def _yaml(row: Row, column: Column, style: str | None = None) -> str:
    """A cell as YAML, quoted like others if it can be; "" where there is none."""
    text = row.cells.get(column.name, "")
    if not text:
        return ""
    try:
        if column.holds == "states" and "," in text:
            return sequence([piece.strip() for piece in text.split(",")])
        return text if text.startswith("{") and column.name.startswith("then") else scalar(text, style)
    except ValueError:
        raise RuleFileError("CRM078", name=row.id, column=column.name, value=repr(text)[1:-1]) from None
