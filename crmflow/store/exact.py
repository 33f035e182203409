"""How does any value of a fact or a form lie in JSON, so that exactly the same value comes back?

What JSON has stays as it is: text, whole numbers, true, false, null, lists and objects. Everything else is a
text that begins with "=" and a tag: "=decimal 1.10", "=date 2026-01-31". A text that itself begins with "="
gets one more in front. A tuple comes back as a list, a float as the Decimal of its shortest repr.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from crmflow.core.moment import MICROSECOND
from crmflow.errors import StoreError
from crmflow.rules.feel import MonthsDuration

Plain = Any
"""What json.dumps writes."""


def encode(value: object) -> Plain:
    """Raises StoreError CRM412 on a type that is not listed above."""
    return WRITERS.get(type(value), _other)(value)


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


def _as_it_is(value: Plain) -> Plain:
    return value


def _text(text: str) -> str:
    return "=" + text if text[:1] == "=" else text


def _list(items: Iterable[object]) -> Plain:
    return [WRITERS.get(type(item), _other)(item) for item in items]


def _object(said: Mapping[str, object]) -> Plain:
    try:
        "".join(said)  # the quickest way to see that all names are texts
    except TypeError:
        raise StoreError("CRM412", type=type(said).__name__, value=repr(said)) from None
    return {name: WRITERS.get(type(item), _other)(item) for name, item in said.items()}


def _other(value: object) -> Plain:
    """A value of a type of its own, such as an enumeration's."""
    for kind, write in WRITERS.items():
        if isinstance(value, kind):
            return write(value)
    raise StoreError("CRM412", type=type(value).__name__, value=repr(value))


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


WRITERS: Mapping[type, Callable[[Any], Plain]] = {  # a datetime is a date as well
    str: _text,
    Decimal: lambda number: f"=decimal {number}",
    type(None): _as_it_is,
    bool: _as_it_is,
    int: _as_it_is,
    dict: _object,
    float: lambda number: f"=decimal {number!r}",
    datetime: lambda moment: f"=datetime {_moment_text(moment)}",
    date: lambda day: f"=date {day.isoformat()}",
    time: lambda clock: f"=time {clock.isoformat()}",
    timedelta: lambda duration: f"=duration {duration // MICROSECOND}",
    MonthsDuration: lambda months: f"=months {months.total}",
    list: _list,
    tuple: _list,
    Mapping: _object,
}
READERS: Mapping[str, Callable[[str], object]] = {
    "=decimal": Decimal,
    "=datetime": _moment,
    "=date": date.fromisoformat,
    "=time": time.fromisoformat,
    "=duration": _duration,
    "=months": lambda months: MonthsDuration(int(months)),
}
