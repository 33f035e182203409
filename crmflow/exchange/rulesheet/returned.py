"""What becomes of a rule file when an edited sheet comes back: which text, and what has changed?"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import unified_diff

from crmflow.core.diagnostic import Diagnostic
from crmflow.core.text import Text
from crmflow.errors import ImportFileError, RuleFileError
from crmflow.exchange.rulesheet.file import SheetFile
from crmflow.exchange.rulesheet.merge import Conflict, Side, merge
from crmflow.exchange.rulesheet.reader import part_of, rule_sheet
from crmflow.exchange.rulesheet.rows import SheetRows, sheet_rows
from crmflow.exchange.rulesheet.sheet import ANY, Row, RuleSheet
from crmflow.exchange.rulesheet.writer import Wanted, written
from crmflow.rules.patch.marks import Marks
from crmflow.rules.ruleset import Ruleset
from crmflow.rules.source import Document, RuleFile


@dataclass(frozen=True, slots=True)
class Changes:
    """How many rows were added, deleted and moved, and how many cells of other rows changed."""

    added: int = 0
    deleted: int = 0
    moved: int = 0
    cells: int = 0

    def __bool__(self) -> bool:
        return any((self.added, self.deleted, self.moved, self.cells))


@dataclass(frozen=True, slots=True)
class Returned:
    """A sheet that came back: the rule table as it is in the site, the rule file with its new text (as it was
    where nothing changed), what was read, and what is wrong with it. A cell that cannot be read stands in the
    new text as it was, so that all other cells can be checked; that text is no good for writing."""

    source: SheetFile
    table: RuleSheet
    before: Document
    file: RuleFile
    read: SheetRows
    changes: Changes = Changes()
    findings: tuple[Diagnostic, ...] = ()

    def diff(self) -> str:
        """The change of the rule file as a unified diff."""
        old, new = (text.splitlines(keepends=True) for text in (Marks(self.before).text, str(self.file.text)))
        return "".join(_ended(unified_diff(old, new, f"a/{self.file.path}", f"b/{self.file.path}")))


def take_back(source: SheetFile, rules: Ruleset, prefer: Side | None = None) -> Returned:
    """What a sheet makes of its rule file. A file of a pack or of the core becomes the site's own, which says
    what it overrides.

    Raises RuleFileError CRM076 the rule file is not there any more, CRM075 nobody knows how the sheet went
    out.
    """
    document = rules.documents.get(source.id)
    part = None if document is None else part_of(document)
    if document is None or part is None:
        raise RuleFileError("CRM076", path=source.path, sheet=source.name, name=source.id)
    table = rule_sheet(rules, source.id)
    base = source.base
    if base is None:  # CSV remembers no rows
        if source.digest != table.digest:
            raise RuleFileError("CRM075", path=source.path, name=source.id)
        base = table.rows
    read = sheet_rows(source, table, base)
    returned = Returned(source, table, document, document.file, read, findings=tuple(read.findings))
    if read.findings and not read.rows:
        return returned
    merged = merge(base, table.rows, read.rows, prefer)
    conflicts = [*merged.conflicts, *(() if prefer else _homeless(table, merged.rows))]
    if conflicts:
        findings = tuple(_conflict(source, table, read, each) for each in conflicts)
        return replace(returned, findings=(*read.findings, *findings))
    wanted = [(id, _filled(table, row)) for id, row in merged.rows]
    changes = changes_between(table.rows, wanted)
    if not changes:
        return returned
    try:
        text = written(document, part, table.columns, wanted)
    except RuleFileError as error:
        return replace(returned, findings=(*read.findings, _unwritten(source, read, error)))
    file = document.file
    if file.layer != "site":
        text = overriding(document, text, table.hash)
        file = replace(file, layer="site", shown=None)
    return replace(returned, file=replace(file, text=text), changes=changes)


def changes_between(before: Sequence[Row], wanted: Wanted) -> Changes:
    """What is different in the rows that are wanted."""
    old = {row.id: (n, row) for n, row in enumerate(before)}
    kept = [(id, row) for id, row in wanted if id is not None]
    order = [old[id][0] for id, _ in kept]
    return Changes(
        added=len(wanted) - len(kept),
        deleted=len(before) - len(kept),
        moved=len(order) - _longest_rise(order),
        cells=sum(
            text != old[id][1].cells.get(name, "") for id, row in kept for name, text in row.cells.items()
        ),
    )


def overriding(document: Document, text: str, hash: str) -> str:
    """A pack's file as a site's, with the line that says what it overrides: below `format`."""
    marks = Marks(document)
    start, end = marks.key_start(("format",)), marks.span(("format",))
    value = end[0] - start
    _, line_end = marks.line(end[1])
    line = "overrides:".ljust(value - 1) + f' "{hash[:12]}"' + marks.newline
    return text[:line_end] + line + text[line_end:]


def _longest_rise(numbers: Sequence[int]) -> int:
    """How many of the numbers can stay where they are while the others move."""
    tails: list[int] = []
    for number in numbers:
        place = bisect_left(tails, number)
        tails[place : place + 1] = [number]
    return len(tails)


def _homeless(table: RuleSheet, rows: Wanted) -> Iterator[Conflict]:
    """Cells of new rows in columns that the rule file does not have any more."""
    for id, row in rows:
        for name, text in row.cells.items():
            if id is None and table.column(name) is None and text not in ("", ANY):
                yield Conflict(row.id, name, None, None, text)


def _filled(table: RuleSheet, row: Row) -> Row:
    """A row with all columns that the rule file has now; a test that the sheet does not know asks nothing."""
    cells = {
        each.name: row.cells.get(each.name, ANY if each.holds == "test" else "") for each in table.columns
    }
    return Row(row.id, cells, row.note)


def _conflict(source: SheetFile, table: RuleSheet, read: SheetRows, conflict: Conflict) -> Diagnostic:
    """A conflict at its cell of the sheet; at the row, or at the first one, where the row or the order is."""
    base, ours, theirs = (_named(text) for text in (conflict.base, conflict.ours, conflict.theirs))
    if conflict.row is None:
        error = ImportFileError("CRM489", base=base, ours=ours, theirs=theirs)
        return source.finding(error, min(read.spots.values(), default=0), None)
    ids = {was: row.id for was, row in read.rows if was is not None}
    spot = read.spots.get(ids.get(conflict.row, conflict.row), read.head)
    if conflict.column is not None:
        column = table.column(conflict.column)
        label = conflict.column if column is None else column.label
        error = ImportFileError(
            "CRM487", name=conflict.row, column=label, base=base, ours=ours, theirs=theirs
        )
        return source.finding(error, spot, read.places.get(conflict.column))
    if conflict.ours is None:
        return source.finding(ImportFileError("CRM486", name=conflict.row), spot, None)
    return source.finding(RuleFileError("CRM098", name=conflict.row), spot, None)


def _named(text: str | None) -> Text | str:
    """A side of a conflict; where it is empty, that it is."""
    return text or Text("nothing", "空")


def _unwritten(source: SheetFile, read: SheetRows, error: RuleFileError) -> Diagnostic:
    name, column = str(error.parts.get("name", "")), str(error.parts.get("column", ""))
    return source.finding(error, read.spots.get(name, read.head), read.places.get(column))


def _ended(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith("\n") else line + "\n"
