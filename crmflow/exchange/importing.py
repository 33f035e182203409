"""How does a table's file get into the store? In batches; rows that cannot be read are set aside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from crmflow.core.intake import Counts
from crmflow.core.moment import EPOCH
from crmflow.core.pack import TableKind
from crmflow.core.text import Text
from crmflow.errors import CrmflowError, ImportFileError
from crmflow.exchange.layout import Layout, Names, known_headers, layout
from crmflow.exchange.mapping import MappingFile
from crmflow.exchange.rejects import Rejects
from crmflow.exchange.rows import IntakeRow, RowMaker
from crmflow.exchange.tablefile import Broken, TableFile, open_table
from crmflow.exchange.typed_cell import Cell

BATCH = 5_000

# Lines done, lines in all.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Put:
    """What handing over a batch did; `refused` are (the row's line, reason)."""

    counts: Counts
    refused: Sequence[tuple[int | None, CrmflowError]] = ()


class Sink(Protocol):
    """Takes a batch of rows of one table, all or (when it raises) none of them."""

    def __call__(self, rows: Sequence[IntakeRow], /) -> Put: ...


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did: `read` rows are new, changed, same or rejected.

    `rejects_path` is None where nothing was rejected; `notes` name the encoding and the columns not used.
    """

    read: int
    new: int
    changed: int
    same: int
    rejected: int
    rejects_path: Path | None
    notes: tuple[Text, ...]


@dataclass(slots=True)
class Batch:
    """Rows that wait to be handed over, with their cells by line, should they be refused."""

    rows: list[IntakeRow] = field(default_factory=list)
    cells: dict[int | None, Sequence[Cell]] = field(default_factory=dict)


def import_table(
    table: TableKind,
    path: Path,
    *,
    names: Names,
    put: Sink,
    zone: ZoneInfo,
    zones: Mapping[str, ZoneInfo] | None = None,
    mapping: MappingFile | None = None,
    sheet: str | None = None,
    language: str = "en",
    progress: Progress | None = None,
) -> ImportReport:
    """Imports a CSV (also .gz), XLSX or Parquet file, which changes nothing the second time.

    `zone` reads times that name none, unless the mapping or the row's unit (`zones`, by code) says otherwise.
    `sheet` names a workbook's sheet. Raises ImportFileError CRM450–463, CRM469, CRM491, CRM496 and CRM497
    before anything is put; bad rows go to FILE.rejects.csv.
    """
    mapping = mapping or MappingFile()
    known = known_headers(table, mapping, names)
    file = open_table(path, encoding=mapping.encoding, sheet=sheet or mapping.sheet, known=known)
    columns = layout(file.headers, table, mapping, names)
    zones = {} if mapping.zone or zones is None else zones
    maker = RowMaker(columns, mapping.source, mapping.zone or zone, zones, since(mapping, zone))
    counts: list[Counts] = []
    with Rejects.beside(path, file.headers, language) as rejects:
        # the lines of one case may stand anywhere in the file
        size = file.lines if table == "cases" else BATCH
        for line, batch in batches(file, maker, rejects, size):
            done = put(batch.rows)
            counts.append(done.counts)
            for number, error in done.refused:
                rejects.add(file.place(number), batch.cells.get(number, []), error)
            if progress:
                progress(line, file.lines)
    new = sum(each.new for each in counts)
    changed = sum(each.changed for each in counts)
    same = sum(each.same for each in counts)
    return ImportReport(
        read=new + changed + same + rejects.count,
        new=new,
        changed=changed,
        same=same,
        rejected=rejects.count,
        rejects_path=rejects.path if rejects.count else None,
        notes=_notes(file, columns),
    )


def batches(file: TableFile, maker: RowMaker, rejects: Rejects, size: int) -> Iterator[tuple[int, Batch]]:
    """The good rows in batches of at most `size`, each with the line up to which the file is read."""
    batch = Batch()
    line = 1
    for row in file.rows():
        line = row.line
        if isinstance(row, Broken):
            rejects.add(file.place(row.line), [row.text], row.error)
            continue
        try:
            made = maker.row(row.line, row.cells)
        except ImportFileError as error:
            column = error.parts.get("column")
            rejects.add(file.place(row.line, str(column) if column else None), row.cells, error)
            continue
        batch.rows.append(made)
        batch.cells[row.line] = row.cells
        if len(batch.rows) == size:
            yield line, batch
            batch = Batch()
    yield file.lines, batch


def since(mapping: MappingFile, zone: ZoneInfo) -> datetime:
    """From when rows without a time hold: the beginning of time, unless the mapping says."""
    return datetime.combine(mapping.at, time(), mapping.zone or zone) if mapping.at else EPOCH


def _notes(file: TableFile, columns: Layout) -> tuple[Text, ...]:
    found = [*file.notes]
    if columns.ignored:
        names = ", ".join(columns.ignored)
        found.append(Text(f"columns not used: {names}", f"未使用的列：{'、'.join(columns.ignored)}"))
    return tuple(found)
