"""How does what a host tells of a touchpoint become a row of the store?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from zoneinfo import ZoneInfo

from crmflow.core.field import Field, Stored, Value
from crmflow.core.intake import CustomerRef, TouchpointRow
from crmflow.errors import StoreError
from crmflow.rules.feel import nearest
from crmflow.rules.vocabulary import Kind, bare


def touchpoint_row(
    kind: Kind,
    fields: Mapping[str, Value],
    zone: ZoneInfo,
    *,
    at: datetime,
    customer: CustomerRef,
    source: str,
    external_id: str | None,
    holding: str | None,
    unit: str | None,
    staff: str | None,
    channel: str | None,
) -> TouchpointRow:
    """A touchpoint as the store takes it; without an external id its content makes it known.

    Raises StoreError CRM442 for a field that the kind does not have, or a value that does not fit it.
    """
    stored = stored_fields(kind, fields, zone)
    content = repr((kind.name, at, customer, sorted(stored.items()), holding, unit, staff, channel))
    digest = blake2b(content.encode(), digest_size=16).hexdigest()
    return TouchpointRow(
        source=source,
        external_id=external_id or digest,
        digest=digest,
        at=at,
        customer=customer,
        kind=kind.name,
        fields=stored,
        holding=holding,
        unit=unit,
        staff=staff,
        channel=channel,
    )


def stored_fields(kind: Kind, fields: Mapping[str, Value], zone: ZoneInfo) -> dict[str, Stored]:
    """The fields as stored; a text is read as a file's cell would be."""
    stored: dict[str, Stored] = {}
    for spelling, value in fields.items():
        field = _field(kind, spelling)
        try:
            if isinstance(value, str):
                value = field.parse(value, zone)
            elif field.kind == "number" and value is not None:
                value = field.number(value)  # type: ignore[arg-type]
            stored[field.name] = field.encode(value)
        except ValueError as error:
            raise StoreError("CRM442", name=spelling, kind=bare(kind.name), reason=str(error)) from None
    return stored


def _field(kind: Kind, spelling: str) -> Field:
    for name, field in kind.fields.items():
        if spelling in (name, field.label.en, field.label.zh, *field.aliases):
            return field
    near = nearest(spelling, list(kind.fields))
    reason = "no such field" + (f", did you mean {near}?" if near else "")
    raise StoreError("CRM442", name=spelling, kind=bare(kind.name), reason=reason)
