"""What does a customer hold? A policy, plate or card, supply point, contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from crmflow.core.field import Value


@dataclass(frozen=True, slots=True)
class Holding:
    """Something held, as of a moment. `kind` is qualified ("fuel.plate"); field names are bare."""

    id: int
    bucket: int
    customer_id: int
    kind: str
    source: str
    external_id: str
    at: datetime
    fields: Mapping[str, Value] = field(default_factory=dict)
