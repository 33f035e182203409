"""Which rows does an edited sheet hold, which exported row was each, and what is wrong with its cells?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from crmflow.core.diagnostic import Diagnostic
from crmflow.core.text import Text
from crmflow.errors import ImportFileError
from crmflow.exchange.rulesheet.cells import read, show
from crmflow.exchange.rulesheet.file import SheetFile
from crmflow.exchange.rulesheet.sheet import ANY, Column, Row, RuleSheet, free_ids
from crmflow.exchange.rulesheet.xlsx import KEY
from crmflow.exchange.spelling import fold, nearest
from crmflow.exchange.typed_cell import Cell, Unread, shown

LOOKED_AT = 10
"""Among so many rows the names of the columns are sought."""


@dataclass(slots=True)
class SheetRows:
    """The rows of a sheet, each with the id of the base row that it was (None: a new row), what is wrong, and
    what a person should know. Counted from 0: `head` is the sheet's row of names, `spots` leads from a row's
    id to its row, `places` from a column's name to its column."""

    rows: list[tuple[str | None, Row]] = field(default_factory=list)
    findings: list[Diagnostic] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)
    spots: dict[str, int] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    head: int = 0


def sheet_rows(file: SheetFile, sheet: RuleSheet, base: Sequence[Row]) -> SheetRows:
    """Reads the rows of a sheet; `sheet` is the rule table as it is now, `base` as it went out."""
    return _Reader(file, sheet, base).read()


class _Reader:
    def __init__(self, file: SheetFile, sheet: RuleSheet, base: Sequence[Row]) -> None:
        self.file, self.sheet = file, sheet
        self.base = {row.id: row for row in base}
        names = file.names or tuple(column.name for column in sheet.columns)
        self.columns = [sheet.column(name) or Column((), name, Text.of(name)) for name in names]
        self.result = SheetRows()

    def read(self) -> SheetRows:
        head = self.head()
        if head is None:
            return self.result
        lines = [
            (n, cells)
            for n, cells in enumerate(self.file.cells)
            if n > head and any(shown(cell).strip() for cell in self.of_table(cells))
        ]
        identities = self.identities(lines)
        taken = {shown(self.cell(cells, "id")).strip() for _, cells in lines} | set(self.base)
        given = {id for n, cells in lines if (id := shown(self.cell(cells, "id")).strip()) == identities[n]}
        for n, cells in lines:
            self.row(n, cells, identities[n], given, taken)
        return self.result

    # the head

    def head(self) -> int | None:
        """The row of the names; None where columns are missing."""
        wanted = {fold(column.name): column.name for column in self.columns}
        found = [[fold(shown(cell)) for cell in cells] for cells in self.file.cells[:LOOKED_AT]]
        counts = [sum(name in wanted for name in set(names)) for names in found] or [0]
        head = self.result.head = max(range(len(counts)), key=lambda n: (counts[n], n))
        names = found[head] if found else []
        self.result.places = {wanted[name]: place for place, name in enumerate(names) if name in wanted}
        missing = [column.name for column in self.columns if column.name not in self.result.places]
        if not missing:
            self.refuse_strange(head)
            return head
        strange = [name for name in names if name and name not in (*wanted, KEY)]
        near = nearest(missing[0], strange) if strange else "-"
        self.complain(ImportFileError("CRM484", name=missing[0], near=near), head, None)
        return None

    def refuse_strange(self, head: int) -> None:
        """A column that did not go out must be empty: nobody would read it."""
        known = set(self.result.places.values()) | self.key_places(head)
        for n, cells in enumerate(self.file.cells[head:], head):
            for place, cell in enumerate(cells):
                if place not in known and shown(cell).strip():
                    self.complain(ImportFileError("CRM485", value=shown(cell).strip()), n, place)
                    known.add(place)

    def key_places(self, head: int) -> set[int]:
        return {place for place, cell in enumerate(self.file.cells[head]) if shown(cell) == KEY}

    # the rows

    def of_table(self, cells: Sequence[Cell]) -> list[Cell]:
        return [cells[place] if place < len(cells) else "" for place in self.result.places.values()]

    def cell(self, cells: Sequence[Cell], name: str) -> Cell:
        place = self.result.places[name]
        return cells[place] if place < len(cells) else ""

    def identities(self, lines: Sequence[tuple[int, Sequence[Cell]]]) -> Mapping[int, str | None]:
        """Which base row each row was: by its id, the most alike first; else by the hidden key, which knows a
        row that has got another id."""
        found: dict[int, str | None] = {n: None for n, _ in lines}
        free = set(self.base)
        by_id: dict[str, list[tuple[int, Sequence[Cell]]]] = {}
        for n, cells in lines:
            by_id.setdefault(shown(self.cell(cells, "id")).strip(), []).append((n, cells))
        for id in free & by_id.keys():
            n, _ = max(by_id[id], key=lambda line: (self.likeness(self.base[id], line[1]), -line[0]))
            found[n] = id
            free.discard(id)
        for n, cells in lines:
            key = shown(cells[0]).strip() if self.file.base is not None and cells else ""
            if found[n] is None and key in free:
                found[n] = key
                free.discard(key)
        return found

    def likeness(self, base: Row, cells: Sequence[Cell]) -> int:
        return sum(self.is_same(column, base, self.cell(cells, column.name)) for column in self.columns)

    def is_same(self, column: Column, base: Row, cell: Cell) -> bool:
        """Whether a cell stands as it went out, in whichever language."""
        text = base.cells.get(column.name, "")
        went_out = {text, show(column, text, "en"), show(column, text, "zh")}
        return isinstance(cell, str) and cell.strip() in went_out

    def row(self, n: int, cells: Sequence[Cell], was: str | None, given: set[str], taken: set[str]) -> None:
        texts: dict[str, str] = {}
        for column in self.columns:
            place = self.result.places[column.name]
            try:
                texts[column.name] = self.text(column, self.cell(cells, column.name), was, (n, place))
            except ImportFileError as error:
                self.complain(error, n, place)
                texts[column.name] = self.stopgap(column, was)
        if not any(text not in ("", ANY) for text in texts.values()):
            return
        if texts["id"] != was:
            texts["id"] = self.id(n, texts, given, taken)
        self.result.spots[texts["id"]] = n
        self.result.rows.append((was, Row(texts["id"], texts)))

    def stopgap(self, column: Column, was: str | None) -> str:
        """What stands for a cell that cannot be read, so that the others are looked at all the same."""
        if was is not None:
            return self.base[was].cells.get(column.name, "")
        if column.holds == "test":
            return ANY
        first = next(iter(self.base.values()), None)
        return "" if first is None or column.holds == "id" else first.cells.get(column.name, "")

    def text(self, column: Column, cell: Cell, was: str | None, spot: tuple[int, int]) -> str:
        if spot in self.file.formulas:
            raise ImportFileError("CRM478")
        if was is not None and not isinstance(cell, Unread) and self.is_same(column, self.base[was], cell):
            return self.base[was].cells.get(column.name, "")
        return read(column, cell)

    def id(self, n: int, texts: Mapping[str, str], given: set[str], taken: set[str]) -> str:
        """The row's id; the next free one where it is missing or another row has it."""
        id = texts["id"]
        if id and id not in given:
            given.add(id)
            return id
        result = self.columns[-1] if self.columns[-1].name != "and" else self.columns[-2]
        free = next(free_ids(taken, id or texts.get(result.name, "").strip('"') or "row"))
        given.add(free)
        if id:
            row = n + 1
            self.result.notes.append(
                Text(
                    f"{self.file.name}, row {row}: the id {id} is there twice; this row gets {free}",
                    f"{self.file.name} 第 {row} 行：编号 {id} 重复，本行改用 {free}",
                )
            )
        return free

    def complain(self, error: ImportFileError, row: int, column: int | None) -> None:
        self.result.findings.append(self.file.finding(error, row, column))
