"""Which rows were not imported, and why? Written beside the imported file."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from crmflow.errors import CrmflowError, ImportFileError
from crmflow.exchange.typed_cell import Cell, shown

REASON = {
    "en": ("line", "column", "value", "code", "reason"),
    "zh": ("行号", "列", "值", "代码", "原因"),
}


@dataclass(slots=True)
class Rejects:
    """FILE.rejects.csv: the file's own columns, then where and why. With a BOM, so that Excel reads it.

    The file appears with the first rejected row; `count` rows stand in it.
    """

    path: Path
    headers: Sequence[str]
    language: str
    count: int = 0
    file: IO[str] | None = field(default=None, init=False)
    writer: Any = field(default=None, init=False)

    def add(self, place: str, cells: Sequence[Cell], error: CrmflowError) -> None:
        """`place` is a line, or "Sheet!C7". Raises ImportFileError CRM464: the file cannot be written."""
        width = len(self.headers)
        own = [*map(shown, cells), *[""] * width][:width]
        column, value = error.parts.get("column", ""), error.parts.get("value", "")
        try:
            self.open().writerow([*own, place, column, value, error.code, error.text(self.language)])
        except OSError as failed:
            raise ImportFileError("CRM464", path=self.path, reason=failed.strerror) from failed
        self.count += 1

    def open(self) -> Any:
        if self.file is None:
            self.file = self.path.open("w", encoding="utf-8-sig", newline="")
            self.writer = csv.writer(self.file)
            self.writer.writerow([*self.headers, *REASON[self.language]])
        return self.writer

    @classmethod
    @contextmanager
    def beside(cls, path: Path, headers: Sequence[str], language: str) -> Iterator[Rejects]:
        """The rejects of the file at `path`, closed at the end; those of an earlier import go."""
        rejects = cls(path.with_name(f"{path.name}.rejects.csv"), headers, language)
        with suppress(OSError):
            rejects.path.unlink()
        try:
            yield rejects
        finally:
            if rejects.file is not None:
                rejects.file.close()
