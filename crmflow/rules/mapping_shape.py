"""Which keys may stand in a mapping file? (crmflow.exchange.mapping reads it)"""

from __future__ import annotations

from pydantic import Field

from crmflow.rules.shape import Shape, Words


class MappingShape(Shape):
    """A mapping file; the table that it is for is a key, with the kind of its rows."""

    format: Words | None = None
    units: str | None = None
    staff: str | None = None
    customers: str | None = None
    holdings: str | None = None
    touchpoints: str | None = None
    consents: str | None = None
    cases: str | None = None
    source: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    key: dict[str, str] = Field({})
    columns: dict[str, str] = Field({})
    zone: str | None = None
    at: Words | None = None
