"""What does a listing show? A table with labelled columns, the same for screen, JSON and sheets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crmflow.core.field import Field
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
class Question:
    """A field of a form that is still to be filled in; `words` are how its listed values are called."""

    field: Field
    words: Mapping[str, Text]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a row asks its reader, and the `key` by which the answers are brought back to it."""

    key: str
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows map column names to str, int, Decimal, date, datetime, bool, None, or Text in both languages.

    `asks` is empty, or has what each row asks, in the rows' order; `release` and `as_of` are those by which
    it was made, where it is about the rules' decisions.
    """

    name: str
    title: Text
    columns: tuple[Column, ...]
    rows: Sequence[Mapping[str, Any]]
    asks: Sequence[Asked] = ()
    release: str = ""
    as_of: datetime | None = None


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
