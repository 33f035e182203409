"""What is an industry pack? A folder of rule files, and a small world to show it on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import Literal

from crmflow.core.text import Text

TableKind = Literal["units", "staff", "customers", "holdings", "touchpoints", "consents", "cases"]


@dataclass(frozen=True, slots=True)
class DemoTable:
    """A file to import for the demo: rows to write as CSV, or a `file` that the pack ships; `mapping` as the
    mapping file's content, where headers do not map themselves."""

    kind: TableKind
    name: str
    rows: Iterable[Mapping[str, object]] = ()
    file: Path | None = None
    mapping: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Demo:
    """A small world: what to import, in order; the day to run it as of, and the days `before` it on which it
    was run already; and what a reader must know of it (which part is real and who published it, which is
    invented)."""

    as_of: date
    tables: tuple[DemoTable, ...]
    note: Text
    before: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Pack:
    """An industry pack: `name` is the prefix of its names and the first part of its files' ids.

    Every rule file under `folder` belongs to it; without a folder, the files that its other hooks name.
    """

    name: str
    title: Text
    folder: Path | None = None
    demo: Callable[[Random], Demo] | None = None
