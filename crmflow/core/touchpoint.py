"""What happened: with one customer (touchpoint), or to nobody in particular (signal)?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from crmflow.core.field import Value


@dataclass(frozen=True, slots=True)
class Touchpoint:
    """Something that happened with one customer. Never changed: a correction names what it `voids`.

    `kind` is qualified ("retail.purchase"); field names are bare; `unit` and `staff` are codes.
    """

    id: int
    bucket: int
    customer_id: int
    kind: str
    at: datetime
    recorded_at: datetime
    source: str
    external_id: str
    fields: Mapping[str, Value] = field(default_factory=dict)
    holding_id: int | None = None
    unit: str | None = None
    staff: str | None = None
    channel: str | None = None
    voids: int | None = None


@dataclass(frozen=True, slots=True)
class Signal:
    """Price, weather, stock, mass incident: scoped to a unit, else to the whole company."""

    id: int
    kind: str
    at: datetime
    recorded_at: datetime
    source: str
    external_id: str
    unit: str | None = None
    fields: Mapping[str, Value] = field(default_factory=dict)
