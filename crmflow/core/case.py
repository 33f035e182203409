"""Where does a running case stand, what happened to it, and what moved it?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from crmflow.core.touchpoint import Touchpoint
from crmflow.core.trail import Trail

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Case(NamedTuple):
    """A running case as a row. `data` is what forms and events brought (bare names).

    `entries` counts the entries of each state, `channels` the distinct channels tried in a state.
    `level` never falls by itself; `escalations` counts the levels gone up for lateness.
    `due_at` is the next timer of any kind (None: none), `late_at` when the present step becomes late at the
    present level, `entered_at` when the present state was entered, `blocked` the gate lines that failed last.
    A sub-case has the id of its parent, and in `branch` the place that it fills there. `clocks` holds how
    far each clock of the chart has run; `trail` is what it must remember of its way. `calendar` is the
    calendar (id@version) by which its clocks count. `tries` counts the failures since it last moved; after
    one it is left alone until `retry_at`.

    (A named tuple: a sweep makes ten thousand a second, and a frozen class takes ten times as long.)
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
    data: Mapping[str, object] = NOTHING
    escalations: int = 0
    parent_id: int | None = None
    branch: str | None = None
    calendar: str | None = None
    retry_at: datetime | None = None
    version: int = 0
    entries: Mapping[str, int] = NOTHING
    channels: Mapping[str, tuple[str, ...]] = NOTHING
    fired: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    clocks: Mapping[str, object] = NOTHING
    trail: Trail = Trail()
    tries: int = 0

    def but(self, **changes: Any) -> Case:
        """The same with other values."""
        values = list(self)
        for name, value in changes.items():
            values[_PLACES[name]] = value
        return Case._make(values)


_PLACES = {name: place for place, name in enumerate(Case._fields)}


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """Something sent to a case: "done" with form values, a named event, or "change" of facts. `step` is the
    state that the sender saw (None: not said)."""

    id: int
    case_id: int
    name: str
    at: datetime
    actor: str
    data: Mapping[str, object] = field(default_factory=dict)
    step: str | None = None


Kind = Literal[
    "opened",
    "moved",
    "late",
    "fired",
    "assigned",
    "acknowledged",
    "grouped",
    "released",
    "sent",
    "refused",
    "blocked",
    "joined",
    "cancelled",
    "undone",
    "closed",
    "clock",
    "recomputed",
    "migrated",
    "unsent",
    "error",
]


class Moved(NamedTuple):
    """One line of a case's history: what happened, at which moment, and why.

    `kind`: opened, moved, late (an escalation took it up; named by `move`, unless it is `late`),
    acknowledged, assigned (to another holder), sent, refused, blocked, joined (a case that it opened has
    ended), cancelled (it is no longer needed), undone, migrated (to another version of its chart), unsent
    (what an imported past would have sent), closed, error (it could not go on, and is tried again).
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
    data: Mapping[str, object] = NOTHING


def opening_key(chart: str, touchpoint: Touchpoint) -> str:
    """The key of the case that a touchpoint opens; a correction of the touchpoint has the same."""
    return f"{chart}|touchpoint:{touchpoint.source}:{touchpoint.external_id}"
