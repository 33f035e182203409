"""Who is the customer, by which keys are they known, and to what did they consent?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from crmflow.core.field import Value


@dataclass(frozen=True, slots=True)
class CustomerKey:
    """A value by which a source knows a customer: plate, card, phone, member number. (I1, C17)"""

    source: str
    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Customer:
    """A person or an organisation, as of a moment. Field names are qualified: "core.born", "retail.member".

    `owner` and `participants` are staff codes; `bucket` 0–63 is fixed at birth.
    """

    id: int
    bucket: int
    source: str
    external_id: str
    at: datetime
    fields: Mapping[str, Value] = field(default_factory=dict)
    owner: str | None = None
    participants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Consent:
    """That a customer allowed or forbade contact for a purpose, from `at` on. (C14, F8)"""

    customer_id: int
    purpose: str
    channel: str | None
    granted: bool
    at: datetime
