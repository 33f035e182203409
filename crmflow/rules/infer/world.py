"""Which things are there, and which values do they have?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from crmflow.rules.feel.values import read
from crmflow.rules.infer.kind import CUSTOMER, PLACE

Thing = dict[str, Any]


@dataclass(slots=True)
class World:
    """Customers, holdings and touchpoints in a fixed order. A thing's place among `things` is its identity;
    `present` are the names that belong to no thing: today, now."""

    present: Mapping[str, object] = field(default_factory=dict)
    things: list[Thing] = field(default_factory=list)
    kinds: dict[str, list[int]] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)

    def add(self, kind: str, values: Mapping[str, object], label: str, of: int | None = None) -> int:
        """The place of a new thing with these values by canonical name; `of` is the place of its customer.

        `label` is what an explanation calls it: the customer's number. Raises FeelError CRM110.
        """
        place = len(self.things)
        thing: Thing = {name: read(value) for name, value in values.items()}
        thing[PLACE] = place
        if of is not None:
            thing[CUSTOMER] = self.things[of]
        self.things.append(thing)
        self.labels.append(label)
        self.kinds.setdefault(kind, []).append(place)
        return place

    def places(self, kind: str) -> Iterable[int]:
        """The places of all things of a kind, in order."""
        return self.kinds.get(kind, ())
