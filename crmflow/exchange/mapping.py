"""What does a mapping file say of the columns of an imported file?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import get_args
from zoneinfo import ZoneInfo

from crmflow.core.pack import TableKind
from crmflow.errors import ImportFileError
from crmflow.exchange.spelling import nearest

TABLES: tuple[TableKind, ...] = get_args(TableKind)
KEYS = ("format", *TABLES, "source", "encoding", "sheet", "key", "columns", "zone", "at")


@dataclass(frozen=True, slots=True)
class MappingFile:
    """What a mapping file says. `key` is column → kind of key, `columns` is column → what it means.

    `kind` is that of the holdings or touchpoints, `sheet` names a workbook's, and `at` is the day from which
    rows without a time hold.
    """

    table: TableKind | None = None
    kind: str | None = None
    source: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    zone: ZoneInfo | None = None
    at: date | None = None
    key: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, data: Mapping[str, object], path: object = "mapping") -> MappingFile:
        """From the parsed file. Raises ImportFileError: unknown key CRM458, wrong value CRM459."""
        for name in data:
            if name not in KEYS:
                raise ImportFileError("CRM458", path=path, name=name, nearest=nearest(name, KEYS))
        table = next((table for table in TABLES if table in data), None)
        return cls(
            table=table,
            kind=_word(data, table, path) if table else None,
            source=_word(data, "source", path),
            encoding=_word(data, "encoding", path),
            sheet=_word(data, "sheet", path),
            zone=_zone_of(data, path),
            at=_day(data, path),
            key=_words(data, "key", path),
            columns=_words(data, "columns", path),
        )


def _word(data: Mapping[str, object], name: str, path: object) -> str | None:
    value = data.get(name)
    if value is None or isinstance(value, str):
        return value
    raise ImportFileError("CRM459", path=path, name=name, value=_written(value))


def _written(value: object) -> object:
    """A value as a file has it."""
    return str(value).lower() if isinstance(value, bool) else value


def _words(data: Mapping[str, object], name: str, path: object) -> Mapping[str, str]:
    value = data.get(name, {})
    if isinstance(value, Mapping) and all(isinstance(text, str) for text in (*value, *value.values())):
        return dict(value)
    raise ImportFileError("CRM459", path=path, name=name, value=_written(value))


def _zone_of(data: Mapping[str, object], path: object) -> ZoneInfo | None:
    name = _word(data, "zone", path)
    return known_zone(name) if name else None


def known_zone(name: str) -> ZoneInfo:
    """Raises ImportFileError CRM463."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ImportFileError("CRM463", name=name) from None


def _day(data: Mapping[str, object], path: object) -> date | None:
    value = data.get("at")
    try:
        return value if value is None or isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        raise ImportFileError("CRM459", path=path, name="at", value=value) from None
