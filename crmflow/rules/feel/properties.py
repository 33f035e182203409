"""What can be read from a date, time, duration or range after a dot? (DMN 1.5, table 65)"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from crmflow.rules.feel.dates import Date, DateTime, Time
from crmflow.rules.feel.durations import SECOND, DaysDuration, MonthsDuration
from crmflow.rules.feel.values import RangeValue

Property = Callable[[Any], object]


def _offset(time: Time, date: Date | None = None) -> DaysDuration | None:
    east = time.seconds_east(date)
    return None if east is None else DaysDuration(east * SECOND)


_DATE: Final[Mapping[str, Property]] = {
    "year": lambda value: Decimal(value.year),
    "month": lambda value: Decimal(value.month),
    "day": lambda value: Decimal(value.day),
    "weekday": lambda value: Decimal(value.weekday),
}
_TIME: Final[Mapping[str, Property]] = {
    "hour": lambda value: Decimal(value.hour),
    "minute": lambda value: Decimal(value.minute),
    "second": lambda value: Decimal(value.second),
    "time offset": _offset,
    "timezone": lambda value: value.zone,
}
_DATE_TIME: Final[Mapping[str, Property]] = {
    **{name: lambda value, of=of: of(value.date) for name, of in _DATE.items()},  # type: ignore[misc]
    **{name: lambda value, of=of: of(value.time) for name, of in _TIME.items()},  # type: ignore[misc]
    "time offset": lambda value: _offset(value.time, value.date),
}

PROPERTIES: Final[Mapping[tuple[type, str], Property]] = {
    (kind, name): property
    for kind, properties in {
        Date: _DATE,
        Time: _TIME,
        DateTime: _DATE_TIME,
        DaysDuration: {
            "days": lambda value: Decimal(value.days),
            "hours": lambda value: Decimal(value.hours),
            "minutes": lambda value: Decimal(value.minutes),
            "seconds": lambda value: value.seconds,
        },
        MonthsDuration: {
            "years": lambda value: Decimal(value.years),
            "months": lambda value: Decimal(value.months),
        },
        RangeValue: {
            "start": lambda value: value.low,
            "end": lambda value: value.high,
            "start included": lambda value: value.low_included,
            "end included": lambda value: value.high_included,
        },
    }.items()
    for name, property in properties.items()
}
