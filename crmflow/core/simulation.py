"""What would other rules have done over a stretch of the past? The result of a simulation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from crmflow.core.explanation import Explanation
from crmflow.core.listing import Listing
from crmflow.core.text import Text

Step = Literal["day", "week", "month"]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Who is in which segment at the end: `counts` by (old value, new value), of customers or holdings.

    `labels` say how the values are called, in the rulebook's order, no value ("") at the end.
    """

    name: str
    title: Text
    labels: Mapping[str, Text]
    counts: Mapping[tuple[str, str], int]

    @property
    def moved(self) -> int:
        """How many have another value under the new rules."""
        return sum(count for (old, new), count in self.counts.items() if old != new)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def row(self, old: str) -> list[int]:
        """Of those with an old value, how many have each new one."""
        return [self.counts.get((old, new), 0) for new in self.labels]


@dataclass(frozen=True, slots=True)
class Example:
    """One customer who fares differently: `what` it is about, and what each side says of it, and why.

    `customer` is the id and `known_as` the source's own number; `at` is the day on which it was looked at.
    """

    customer: int
    known_as: str
    what: Text
    at: date
    old: Text
    new: Text
    why_old: Explanation | None = None
    why_new: Explanation | None = None


@dataclass(frozen=True, slots=True)
class Simulation:
    """The stored past under `old` and `new` rules, from `start` to `end`, looked at once a `step`.

    `customers` is how many there were at the end, `moved` for how many of them anything is different: a
    segment, the owner, a visit, a message, a case or an escalation. `changed` are the ids of the rulebooks
    and charts that differ.
    """

    old: Text
    new: Text
    start: date
    end: date
    step: Step
    steps: int
    customers: int
    moved: int
    changed: tuple[str, ...] = ()
    notes: tuple[Text, ...] = ()
    matrices: tuple[Matrix, ...] = ()
    tables: tuple[Listing, ...] = ()
    examples: tuple[Example, ...] = field(default=())

    @property
    def share(self) -> Decimal:
        """The share of the customers for whom anything is different, 0 to 1."""
        return Decimal(self.moved) / self.customers if self.customers else Decimal(0)
