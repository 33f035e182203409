"""What can a decision cause? One class a kind, each with the journal entry that records it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from crmflow.core.decision import Sending, Subject, Visit
from crmflow.core.journal import Entry


class Change(NamedTuple):
    """A segment of a customer or holding (0: the customer's) that takes another value; None: none.

    `stale`: the value stays because deciding failed.
    """

    customer_id: int
    holding_id: int
    name: str
    value: str | None
    previous: str | None
    rule: str | None
    at: datetime
    stale: bool = False


class Segmented(NamedTuple):
    """A segment changed. Without an entry it only remembers since when a rule fires."""

    entry: Entry | None
    change: Change


@dataclass(frozen=True, slots=True)
class Owned:
    """A customer goes to another owner."""

    entry: Entry
    customer_id: int
    staff: str


@dataclass(frozen=True, slots=True)
class TookPart:
    """A staff member takes part in a customer (`held`), or no longer does."""

    entry: Entry
    customer_id: int
    staff: str
    held: bool


@dataclass(frozen=True, slots=True)
class Visited:
    """A visit is planned; its key makes it happen once."""

    entry: Entry
    visit: Visit


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A planned visit is no longer wanted."""

    entry: Entry
    visit: Visit


@dataclass(frozen=True, slots=True)
class Sent:
    """A message is to be sent; its key makes it happen once."""

    entry: Entry
    customer_id: int
    sending: Sending


@dataclass(frozen=True, slots=True)
class Opening:
    """A chart's condition holds for a subject: a case opens, unless one is open already."""

    chart: str
    subject: Subject
    customer_id: int
    unit: str | None


Effect = Segmented | Owned | TookPart | Visited | Withdrawn | Sent
