"""What was decided for a subject, by which rule, and what does it cause?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol

from crmflow.core.post import Posts

SubjectKind = Literal["customer", "holding"]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a decision is about."""

    kind: SubjectKind
    id: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True)
class Target:
    """Who an owner or a visit goes to: a staff code, or a role to choose from in `unit`, or in the unit of
    `level` above it."""

    staff: str | None = None
    role: str | None = None
    unit: str | None = None
    level: str | None = None
    choose: str = "least loaded"


@dataclass(frozen=True, slots=True)
class Plan:
    """A planned contact: `by` is "owner" or a role; `form` names the fields of its record. (F9, F23)"""

    reason: str
    channel: str
    by: str | Target
    within: timedelta | None = None
    form: tuple[str, ...] = ()
    stays: bool = True


@dataclass(frozen=True, slots=True)
class Sending:
    """A message to send: its qualified id and channel. (R7)"""

    message: str
    channel: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that fired: `value` is a segment value, Target, Plan, Sending or None; `occasion` makes its
    effect unique ("once per"); None: per change of decision."""

    rule: str
    value: str | Target | Plan | Sending | None
    occasion: str | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """Rules with `hit: unique` that gave different values: what was decided before stays, marked stale."""

    hits: tuple[Hit, ...]


class Chooser(Protocol):
    """Who fills a target: the staff code, or None; `loads` are the customers each staff member owns now."""

    def __call__(
        self, target: Target, current: str | None, posts: Posts, loads: Mapping[str, int], /
    ) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Decision:
    """What a rulebook said of one subject: the hits after its hit policy, and the facts that it read.

    `params` are those that the subject's unit has otherwise than the release sets them for all.
    """

    rulebook: str
    hash: str
    subject: Subject
    at: datetime
    release: str
    hits: tuple[Hit, ...]
    facts: Mapping[str, object] = field(default_factory=dict)
    params: Mapping[str, object] = field(default_factory=dict)

    @property
    def value(self) -> str | Target | Plan | Sending | None:
        """The first hit's value; None where nothing fired."""
        return self.hits[0].value if self.hits else None

    @property
    def rule(self) -> str | None:
        return self.hits[0].rule if self.hits else None


@dataclass(frozen=True, slots=True)
class Visit:
    """A planned contact as a row: in person, phone or message; open until done or withdrawn. (F9, I4, U8)"""

    id: int
    bucket: int
    customer_id: int
    rulebook: str
    rule: str
    reason: str
    channel: str
    at: datetime
    key: str
    staff: str | None = None
    unit: str | None = None
    due_at: datetime | None = None
    closed_at: datetime | None = None
    state: Literal["open", "done", "withdrawn"] = "open"
    form: tuple[str, ...] = ()
    holding_id: int | None = None
