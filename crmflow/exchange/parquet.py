"""Which rows does a Parquet file hold?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from crmflow.core.text import Text
from crmflow.errors import ImportFileError
from crmflow.exchange.tablefile import Known, Row
from crmflow.exchange.typed_cell import is_blank

BATCH: Final = 5_000
"""So many rows are in memory at once, beside what Parquet itself keeps of a row group."""


@dataclass(frozen=True, slots=True)
class ParquetTable:
    """An opened Parquet file; its rows count from 1. Columns of lists and structures are not read."""

    path: Path
    headers: Sequence[str]
    lines: int
    _file: Any

    @classmethod
    def open(cls, path: Path, known: Known) -> ParquetTable:
        """Raises ImportFileError: pyarrow is not installed CRM469, damaged CRM497, a column that is meant
        holds lists, structures or bytes CRM496."""
        try:
            import pyarrow as arrow
            from pyarrow.parquet import ParquetFile
        except ImportError:
            raise ImportFileError("CRM469", path=path, format="Parquet", extra="bulk") from None
        try:
            file = ParquetFile(path, pre_buffer=False)
            columns = [(column.name, column.type) for column in file.schema_arrow]
        except (arrow.ArrowException, OSError, UnicodeDecodeError) as error:
            raise ImportFileError("CRM497", path=path) from error
        headers = []
        for name, type in columns:
            if _is_cell(type):
                headers.append(name)
            elif known(name):
                raise ImportFileError("CRM496", path=path, name=name, type=type)
        return cls(path, headers, file.metadata.num_rows, file)

    @property
    def notes(self) -> tuple[Text, ...]:
        return ()

    def rows(self) -> Iterator[Row]:
        import pyarrow as arrow

        number = 0
        try:
            for batch in self._file.iter_batches(BATCH, columns=list(self.headers)):
                columns = [_cells(column) for column in batch.columns]
                for cells in zip(*columns, strict=True):
                    number += 1
                    if not is_blank(cells):
                        yield Row(number, cells)
        except (arrow.ArrowException, OSError, UnicodeDecodeError) as error:
            raise ImportFileError("CRM497", path=self.path) from error

    def place(self, line: int | None, header: str | None = None) -> str:
        return str(line or "")


def _is_cell(type: Any) -> bool:
    """Whether the values of a column are such as stand in a cell."""
    from pyarrow import types

    if types.is_dictionary(type):
        return _is_cell(type.value_type)
    return not (types.is_nested(type) or _is_bytes(type))


def _is_bytes(type: Any) -> bool:
    from pyarrow import types

    return bool(
        types.is_binary(type)
        or types.is_large_binary(type)
        or types.is_fixed_size_binary(type)
        or types.is_binary_view(type)
    )


def _cells(column: Any) -> list[Any]:
    """The values of a column. Instants are cut to microseconds, as the store keeps them; a number of single
    precision is the shortest that it may stand for, 0.1 and not 0.10000000149."""
    import pyarrow as arrow
    from pyarrow import types

    type = column.type
    if types.is_timestamp(type) and type.unit == "ns":
        column = column.cast(arrow.timestamp("us", type.tz), safe=False)
    if types.is_float32(type) or types.is_float16(type):
        texts = column.cast(arrow.string()).to_pylist()
        return [None if text is None else float(text) for text in texts]
    values: list[Any] = column.to_pylist()
    return values
