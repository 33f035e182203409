"""What do rows that come from outside (files, hosts) say, before the store knows them?

Identity is (source, external_id). A row without an external id gets one from its content and from how many
equal rows came before it in the same file, so that real duplicates stay and a second import changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from crmflow.core.field import Value


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """`keys` maps a kind of key to its value; `fields` has qualified names; `owner` is a staff code."""

    source: str
    external_id: str
    at: datetime
    fields: Mapping[str, Value] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    owner: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class CustomerRef:
    """Which customer a row is about: by key (`kind`, `value`), or by external id where `kind` is None."""

    kind: str | None
    value: str


@dataclass(frozen=True, slots=True)
class HoldingRow:
    """`kind` is qualified; `fields` has bare names; the holding's own external id is its number or plate."""

    source: str
    external_id: str
    at: datetime
    customer: CustomerRef
    kind: str
    fields: Mapping[str, Value] = field(default_factory=dict)
    line: int | None = None


@dataclass(frozen=True, slots=True)
class TouchpointRow:
    """`digest` is over the content; `fields` has bare names and values as stored (`Field.encode`);
    `holding` is the external id of a holding of the same customer."""

    source: str
    external_id: str
    digest: str
    at: datetime
    customer: CustomerRef
    kind: str
    fields: Mapping[str, str | bool | int | None] = field(default_factory=dict)
    holding: str | None = None
    unit: str | None = None
    staff: str | None = None
    channel: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A node of the tree from `at` on."""

    code: str
    name: str
    level: str
    at: datetime
    parent: str | None = None
    zone: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class StaffRow:
    """A staff member from `at` on; `role` and `unit` name a post they hold from then."""

    code: str
    name: str
    at: datetime
    left: bool = False
    role: str | None = None
    unit: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """Consent given or taken back at `at`; `channel` None means every channel."""

    customer: CustomerRef
    source: str
    purpose: str
    granted: bool
    at: datetime
    channel: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One line of a case's past: an event, the state that it came to, both, or (neither) its opening.

    `key` is its number where it comes from, `chart` an id or a kind of case; `opened` is when it was opened,
    where that is not its first line; `fields` has bare names, and values as they were written.
    """

    source: str
    key: str
    chart: str
    customer: CustomerRef
    at: datetime
    event: str | None = None
    state: str | None = None
    by: str | None = None
    opened: datetime | None = None
    holding: str | None = None
    unit: str | None = None
    level: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """What putting rows did."""

    new: int = 0
    changed: int = 0
    same: int = 0
