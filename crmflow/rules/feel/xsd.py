"""How are FEEL's values written as the simple types of XML Schema, and read from them?

| FEEL                      | XML Schema                                        | written as             |
|---------------------------|---------------------------------------------------|------------------------|
| number                    | decimal, double, float, integer and the like      | `-12.5`                |
| string                    | string, normalizedString, token, anyURI           | as it is               |
| boolean                   | boolean                                           | `true`                 |
| date                      | date                                              | `2026-02-28`           |
| time                      | time                                              | `08:30:00+08:00`       |
| date and time             | dateTime                                          | `2026-02-28T08:30:00Z` |
| days and time duration    | duration, dayTimeDuration                         | `P1DT2H`               |
| years and months duration | duration, yearMonthDuration                       | `P1Y6M`                |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from crmflow.errors import FeelError
from crmflow.rules.feel.builtins.conversion import said
from crmflow.rules.feel.dates import Date, DateTime, Time
from crmflow.rules.feel.durations import DaysDuration, MonthsDuration
from crmflow.rules.feel.values import number_from, parse_duration, read, write

_DECIMAL: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)", re.ASCII)
_INTEGER: Final = re.compile(r"[+-]?\d+", re.ASCII)
_DOUBLE: Final = re.compile(_DECIMAL.pattern + r"(?:[eE][+-]?\d+)?", re.ASCII)
_BOOLEANS: Final = {"true": True, "1": True, "false": False, "0": False}


def _numbers(pattern: re.Pattern[str]) -> Callable[[str], object]:
    return lambda text: number_from(text) if pattern.fullmatch(text) else None


def _moment(text: str) -> DateTime | None:
    """Unlike FEEL's, which takes a date for its midnight, XSD's has a `T`."""
    return DateTime.parse(text) if "T" in text else None


_STRINGS: Final = ("string", "normalizedString", "token", "anyURI")
_INTEGERS: Final = (
    *("integer", "long", "int", "short", "byte"),
    *("nonNegativeInteger", "positiveInteger", "nonPositiveInteger", "negativeInteger"),
    *("unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte"),
)

# XML Schema 1.1 part 2, by local name; None of a reader says that the text is no value of the type
READERS: Final[Mapping[str, Callable[[str], object]]] = {
    **dict.fromkeys(_STRINGS, str),
    "boolean": _BOOLEANS.get,
    "decimal": _numbers(_DECIMAL),
    **dict.fromkeys(_INTEGERS, _numbers(_INTEGER)),
    **dict.fromkeys(("double", "float"), _numbers(_DOUBLE)),
    "date": Date.parse,
    "time": Time.parse,
    "dateTime": _moment,
    "duration": parse_duration,
    "dayTimeDuration": DaysDuration.parse,
    "yearMonthDuration": MonthsDuration.parse,
}


def from_xsd(xsd_type: str, text: str) -> Any:
    """The value of a text of an XML Schema type, as `evaluate` would return it.

    `xsd_type` is a local name with or without a prefix: "xsd:date", "date". Raises FeelError: CRM112 for a
    text that is no value of the type or has none in FEEL (NaN, INF, a duration of months and days), CRM113
    for a type that has no FEEL type, CRM120 for what is no text.

    >>> from_xsd("xsd:decimal", "12.50")
    Decimal('12.50')
    """
    for given in (xsd_type, text):
        if not isinstance(given, str):
            raise FeelError("CRM120", 0, 0, found=type(given).__name__)
    local = xsd_type.rpartition(":")[2]
    reader = READERS.get(local)
    if reader is None:
        raise FeelError("CRM113", 0, 0, name=xsd_type, known=", ".join(READERS))
    value = reader(text if local in _STRINGS else text.strip())
    if value is None:
        raise FeelError("CRM112", 0, len(text), name=text, expected=local)
    return write(value)


def to_xsd(value: object) -> str | None:
    """The text of a scalar value; None for null. A named zone is written as its offset at that moment.

    Raises FeelError: CRM114 for a list, context, range or function, CRM110 for a foreign Python type.

    >>> to_xsd(Decimal("1E+2"))
    '100'
    """
    match read(value):
        case None:
            return None
        case Time() as time:
            return said(_unzoned(time))
        case DateTime() as moment:
            return said(replace(moment, time=_unzoned(moment.time, moment.date)))
        case bool() | Decimal() | str() | Date() | DaysDuration() | MonthsDuration() as scalar:
            return said(scalar)
    raise FeelError("CRM114", 0, 0, found=type(value).__name__)


def _unzoned(time: Time, date: Date | None = None) -> Time:
    return Time(time.nanoseconds, time.seconds_east(date))
