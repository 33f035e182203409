"""Where does a running case stand, what happened to it, and what moved it?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from crmflow.core.touchpoint import Touchpoint


@dataclass(frozen=True, slots=True)
class Case:
    """A running case as a row. `data` is what forms and events brought (bare names).

    `entries` counts the entries of each state, `channels` the distinct channels tried in a state.
    `level` never falls by itself; `escalations` counts the levels gone up for lateness.
    `due_at` is the next timer of any kind (None: none), `late_at` when the present step becomes late at the
    present level, `entered_at` when the present state was entered, `blocked` the gate lines that failed last.
    A sub-case has the id of its parent, and in `branch` the place that it fills there. `clocks` holds how far
    each clock of the chart has run.
    """

    id: int
    bucket: int
    chart: str
    chart_hash: str
    customer_id: int
    state: str
    opened_at: datetime
    entered_at: datetime
    key: str
    holding_id: int | None = None
    level: str | None = None
    unit: str | None = None
    holder: str | None = None
    holder_unit: str | None = None
    due_at: datetime | None = None
    late_at: datetime | None = None
    closed_at: datetime | None = None
    data: Mapping[str, object] = field(default_factory=dict)
    entries: Mapping[str, int] = field(default_factory=dict)
    channels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fired: tuple[str, ...] = ()
    escalations: int = 0
    blocked: tuple[str, ...] = ()
    parent_id: int | None = None
    branch: str | None = None
    clocks: Mapping[str, object] = field(default_factory=dict)
    version: int = 0


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """Something sent to a case: "done" with form values, a named event, or "change" of facts."""

    id: int
    case_id: int
    name: str
    at: datetime
    actor: str
    data: Mapping[str, object] = field(default_factory=dict)


Kind = Literal["opened", "moved", "late", "assigned", "sent", "refused", "blocked", "closed"]


@dataclass(frozen=True, slots=True)
class Moved:
    """One line of a case's history: what happened, at which moment, and why.

    `kind`: opened, moved, late (one level up), assigned (to another holder), sent, refused, blocked, closed.
    `key` makes the effect idempotent where it must happen once (F26: each level once). A refusal has a `code`
    of the catalogue; `lines` are what it names: gate lines, form fields.
    """

    kind: Kind
    at: datetime
    actor: str
    state: str
    to: str | None = None
    move: str | None = None
    level: str | None = None
    holder: str | None = None
    message: str | None = None
    code: str | None = None
    lines: tuple[str, ...] = ()
    key: str | None = None
    data: Mapping[str, object] = field(default_factory=dict)


def opening_key(chart: str, touchpoint: Touchpoint) -> str:
    """The key of the case that a touchpoint opens; a correction of the touchpoint has the same."""
    return f"{chart}|touchpoint:{touchpoint.source}:{touchpoint.external_id}"
