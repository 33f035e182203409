"""How does any value of a fact or a form lie in JSON, so that exactly the same value comes back?

What JSON has stays as it is: text, whole numbers, true, false, null, lists and objects. Everything else is a
text that begins with "=" and a tag: "=decimal 1.10", "=date 2026-01-31". A text that itself begins with "="
gets one more in front. A tuple comes back as a list, a float as the Decimal of its shortest repr.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from crmflow.core.moment import MICROSECOND
from crmflow.errors import StoreError

Plain = Any
"""What json.dumps writes."""


def encode(value: object) -> Plain:
    """Raises StoreError CRM412 on a type that is not listed above."""
    match value:
        case None | bool() | int():
            return value
        case str():
            return "=" + value if value.startswith("=") else value
        case Decimal():
            return f"=decimal {value}"
        case float():
            return f"=decimal {value!r}"
        case datetime():
            return f"=datetime {_moment_text(value)}"
        case date():
            return f"=date {value.isoformat()}"
        case time():
            return f"=time {value.isoformat()}"
        case timedelta():
            return f"=duration {value // MICROSECOND}"
        case list() | tuple():
            return [encode(item) for item in value]
        case Mapping():
            return {_name(key): encode(item) for key, item in value.items()}
    raise StoreError("CRM412", type=type(value).__name__, value=repr(value))


def decode(plain: Plain) -> Any:
    """The value that `encode` wrote."""
    match plain:
        case str():
            return _decode_text(plain) if plain.startswith("=") else plain
        case list():
            return [decode(item) for item in plain]
        case dict():
            return {key: decode(item) for key, item in plain.items()}
    return plain


def _decode_text(text: str) -> Any:
    if text.startswith("=="):
        return text[1:]
    tag, _, rest = text.partition(" ")
    return READERS[tag](rest)


def _moment_text(moment: datetime) -> str:
    """ISO 8601, with the name of the zone behind it where the zone has one (as RFC 9557)."""
    zone = moment.tzinfo
    return f"{moment.isoformat()}[{zone.key}]" if isinstance(zone, ZoneInfo) else moment.isoformat()


def _moment(text: str) -> datetime:
    iso, _, zone = text.rstrip("]").partition("[")
    moment = datetime.fromisoformat(iso)
    return moment.astimezone(ZoneInfo(zone)) if zone else moment


def _duration(micros: str) -> timedelta:
    return int(micros) * MICROSECOND


def _name(key: object) -> str:
    if isinstance(key, str):
        return key
    raise StoreError("CRM412", type=type(key).__name__, value=repr(key))


READERS: Mapping[str, Callable[[str], object]] = {
    "=decimal": Decimal,
    "=datetime": _moment,
    "=date": date.fromisoformat,
    "=time": time.fromisoformat,
    "=duration": _duration,
}
