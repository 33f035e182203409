"""In which cell of a sheet stands what is wrong with the rule file that was made of it?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from crmflow.core.diagnostic import Diagnostic, Position
from crmflow.errors import CrmflowError
from crmflow.exchange.rulesheet.reader import PARTS, rows
from crmflow.exchange.rulesheet.returned import Returned
from crmflow.rules.source import Document, Findings, Path, read


def in_sheets(findings: Iterable[Diagnostic], returned: Iterable[Returned]) -> Iterator[Diagnostic]:
    """Each finding at the cell of the sheet that it comes from; as it is where it comes from none."""
    sheets = {each.file.name: _Sheet(each) for each in returned}
    for finding in findings:
        sheet = sheets.get(finding.file)
        yield finding if sheet is None else sheet.placed(finding)


class _Sheet:
    """A sheet beside the text of its rule file."""

    def __init__(self, returned: Returned) -> None:
        self.returned = returned
        self.path = PARTS[returned.table.part]
        document = read(returned.file, Findings())
        self.document = document
        self.ids: list[str] = []
        if document is not None:
            table = returned.table
            self.ids = [row.id for row in rows(document, table.part, table.columns)]

    def placed(self, finding: Diagnostic) -> Diagnostic:
        if self.document is None:
            return finding
        path = _path_at(self.document, finding.start)
        match path[len(self.path) :]:
            case (int() as number, *inner) if path[: len(self.path)] == self.path:
                return self.at_cell(finding, number, tuple(inner))
        return finding

    def at_cell(self, finding: Diagnostic, number: int, inner: Path) -> Diagnostic:
        returned = self.returned
        spot = returned.read.spots.get(self.ids[number])
        if spot is None:
            return finding  # a row that the sheet does not have
        column = next((each for each in returned.table.columns if inner[: len(each.path)] == each.path), None)
        place = None if column is None else returned.read.places.get(column.name)
        found = returned.source.finding(CrmflowError(finding.code), spot, place)
        return replace(
            finding,
            file=found.file,
            start=found.start,
            end=found.end,
            sheet=found.sheet,
            cell=found.cell,
            fix=(),
        )


def _path_at(document: Document, position: Position) -> Path:
    """The innermost value at a place of the text, its key included."""
    lines = document.lines
    best: Path = ()
    for path, place in document.places.items():
        start = place.start if place.key_start is None else place.key_start
        begins, ends = _order(lines.position(start)), _order(lines.position(place.end))
        if begins <= _order(position) < ends and len(path) >= len(best):
            best = path
    return best


def _order(position: Position) -> tuple[int, int]:
    return position.line, position.column
