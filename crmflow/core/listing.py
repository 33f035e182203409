"""What does a listing show? A table with labelled columns, the same for screen, JSON and sheets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crmflow.core.text import Text


@dataclass(frozen=True, slots=True)
class Column:
    """`name` is the key of the rows and of the JSON; `personal` values are masked unless asked for; `labels`
    are how values are called for people."""

    name: str
    label: Text
    personal: bool = False
    labels: Mapping[str, Text] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows map column names to str, int, Decimal, date, datetime, bool, None, or Text in both languages."""

    name: str
    title: Text
    columns: tuple[Column, ...]
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did, as the tables and the four charts that are printed and drawn.

    `concentration` gives points (share of customers, share of amount) of the value curve, both 0–1, or is
    empty; `segments` maps a segment's name to its values with how many customers hold each; `visits` counts
    open visits by staff; `cases` counts open cases by (chart, state); `notes` are sentences above the tables.
    """

    title: Text
    as_of: str
    release: str
    changed: bool
    notes: tuple[Text, ...]
    tables: tuple[Listing, ...]
    concentration: Sequence[tuple[float, float]]
    segments: Mapping[Text, Mapping[Text, int]]
    visits: Mapping[str, int]
    cases: Mapping[tuple[Text, Text], int]
