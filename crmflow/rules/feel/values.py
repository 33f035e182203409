"""How do FEEL values look in Python, coming in and going out?

| FEEL                      | inside         | accepted                | returned                     |
|---------------------------|----------------|-------------------------|------------------------------|
| number                    | Decimal        | Decimal, int, float     | Decimal                      |
| string, boolean, null     | str, bool, None| the same                | the same                     |
| date, time, date and time | Date, Time …   | those, datetime's       | datetime's where it holds it |
| days and time duration    | DaysDuration   | that, timedelta         | timedelta where it holds it  |
| years and months duration | MonthsDuration | that                    | MonthsDuration               |
| list                      | Items          | list, tuple, set …      | list                         |
| context                   | Mapping        | Mapping                 | dict, or the caller's own    |
| range, function           | RangeValue …   | those                   | those                        |
"""

from __future__ import annotations

import datetime as python
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from crmflow.errors import FeelError
from crmflow.rules.feel import types
from crmflow.rules.feel.dates import Date, DateTime, Time
from crmflow.rules.feel.durations import DAY, SECOND, DaysDuration, MonthsDuration
from crmflow.rules.feel.scope import Name
from crmflow.rules.feel.types import ContextType, FunctionType, ListType, RangeType, Type

SIZE_LIMIT: Final = 1_000_000  # values in one value

# Decimal128's numbers (DMN 1.5, 10.3.2.3.1). Without traps: what has no value comes out as NaN or infinity.
DECIMALS: Final = Context(prec=34, rounding=ROUND_HALF_EVEN, Emin=-6143, Emax=6144, clamp=0, traps=[])


@dataclass(frozen=True, slots=True)
class RangeValue:
    """Values from low to high; an end that is None is open to that side.

    `operator` is = or != for `(= 5)` and `(!= 5)`, which have one end and are equal to no other range.
    """

    low: object
    high: object
    low_included: bool
    high_included: bool
    operator: str | None = None


class Items(list[Any]):
    """A list inside; `size` counts everything in it, so that no expression builds without bound."""

    __slots__ = ("size",)

    def __init__(self, values: Iterable[Any] = ()) -> None:
        super().__init__(values)
        self.size = _bounded(1 + sum(map(size_of, self)))

    def append(self, value: Any) -> None:
        super().append(value)
        self.size = _bounded(self.size + size_of(value))


class Fields(dict[str, Any]):
    """A context made by an expression; `size` counts everything in it."""

    __slots__ = ("size",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.size = _bounded(1 + sum(map(size_of, self.values())))


def size_of(value: object) -> int:
    """How large a value is: 1 and what it holds; a long string counts by its length."""
    if isinstance(value, Items | Fields | Function):
        return value.size
    return 1 + len(value) // 64 if isinstance(value, str) else 1


def _bounded(size: int) -> int:
    if size > SIZE_LIMIT:
        raise FeelError("CRM023", 0, 0, limit=SIZE_LIMIT)
    return size


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function of a text or of the caller; `call` takes one value a parameter, as it is inside.

    `size` counts the names that it holds on to.
    """

    parameters: tuple[str, ...]
    types: tuple[Type, ...]
    call: Callable[..., object]
    size: int = 1


def finite(number: Decimal) -> Decimal | None:
    """None for NaN and infinity: FEEL has neither."""
    return number if number.is_finite() else None


def _read_decimal(value: Decimal) -> Decimal | None:
    """A number of the caller; one beyond Decimal128 is rounded to zero or has no value."""
    return value if -6144 < value.adjusted() < 6145 and value.is_finite() else finite(DECIMALS.plus(value))


def number_from(text: str) -> Decimal | None:
    """The number that digits stand for, to 34 of them; None beyond the largest."""
    return finite(DECIMALS.create_decimal(text))


def parse_literal(text: str) -> object:
    """The date, time or duration of `@"…"`; None when it is none."""
    if text.removeprefix("-").startswith("P"):
        return parse_duration(text)
    return DateTime.parse(text) if "T" in text else Date.parse(text) or Time.parse(text)


def parse_duration(text: str) -> MonthsDuration | DaysDuration | None:
    """A duration of either kind; None when it is none."""
    return MonthsDuration.parse(text) or DaysDuration.parse(text)


def read(value: Any) -> Any:
    """A value as it is inside. Raises FeelError CRM110 for a Python type that FEEL does not know.

    A context stays as it is: its fields are read when they are asked for.
    """
    reader = READERS.get(type(value), _unknown)
    return value if reader is None else reader(value)


def write(value: Any) -> Any:
    """A value as the caller gets it."""
    writer = WRITERS.get(type(value))
    return value if writer is None else writer(value)


def _read_list(value: Any) -> Items:
    return Items(map(read, value))


def _read_float(value: float) -> Decimal | None:
    return finite(Decimal(repr(value)))


def _read_datetime(value: python.datetime) -> DateTime:
    return DateTime(Date(value.year, value.month, value.day), _read_clock(value, value.utcoffset()))


def _read_clock(value: python.time | python.datetime, offset: python.timedelta | None) -> Time:
    seconds = value.hour * 3600 + value.minute * 60 + value.second
    nanoseconds = seconds * SECOND + value.microsecond * 1000
    if isinstance(value.tzinfo, ZoneInfo) and value.tzinfo.key:
        return Time(nanoseconds, None, value.tzinfo.key)
    return Time(nanoseconds, None if offset is None else int(offset.total_seconds()))


def _read_timedelta(value: python.timedelta) -> DaysDuration:
    return DaysDuration((value.days * 86_400 + value.seconds) * SECOND + value.microseconds * 1000)


def _unknown(value: Any) -> Any:
    """A subclass of an accepted type counts as that type."""
    for accepted, reader in READERS.items():
        if isinstance(value, accepted):
            plain = str(value) if accepted is str else value
            return plain if reader is None else reader(plain)
    if isinstance(value, Mapping) or callable(getattr(value, "call", None)):
        return value
    raise FeelError("CRM110", 0, 0, found=type(value).__name__)


READERS: Final[dict[type, Callable[[Any], Any] | None]] = {
    Decimal: _read_decimal,
    bool: None,
    int: lambda value: _read_decimal(Decimal(value)),
    float: _read_float,
    str: None,
    type(None): None,
    python.datetime: _read_datetime,
    python.date: lambda value: Date(value.year, value.month, value.day),
    python.time: lambda value: _read_clock(value, value.utcoffset()),
    python.timedelta: _read_timedelta,
    list: _read_list,
    tuple: _read_list,
    set: _read_list,
    frozenset: _read_list,
    dict: None,
    Items: None,
    Fields: None,
    **dict.fromkeys((Date, Time, DateTime, DaysDuration, MonthsDuration, RangeValue, Function)),
}


def _write_date(value: Date) -> object:
    return python.date(value.year, value.month, value.day) if 1 <= value.year <= 9999 else value


def _write_time(value: Time) -> object:
    if value.nanoseconds % 1000:
        return value
    return python.time(
        value.hour, value.minute, value.second, value.nanoseconds % SECOND // 1000, tzinfo=_zone_of(value)
    )


def _write_datetime(value: DateTime) -> object:
    date, time = _write_date(value.date), _write_time(value.time)
    if isinstance(date, python.date) and isinstance(time, python.time):
        return python.datetime.combine(date, time)
    return value


def _zone_of(value: Time) -> python.tzinfo | None:
    if value.zone is not None:
        return ZoneInfo(value.zone)
    return None if value.offset is None else python.timezone(python.timedelta(seconds=value.offset))


def _write_duration(value: DaysDuration) -> object:
    fits = value.nanoseconds % 1000 == 0 and abs(value.nanoseconds) < 999_999_999 * DAY
    return python.timedelta(microseconds=value.nanoseconds // 1000) if fits else value


WRITERS: Final[dict[type, Callable[[Any], object]]] = {
    Date: _write_date,
    Time: _write_time,
    DateTime: _write_datetime,
    DaysDuration: _write_duration,
    Items: lambda value: [write(item) for item in value],
    Fields: lambda value: {name: write(item) for name, item in value.items()},
}

_TYPES: Final[Mapping[type, Type]] = {
    Decimal: types.number,
    str: types.string,
    bool: types.boolean,
    type(None): types.null,
    Date: types.date,
    Time: types.time,
    DateTime: types.date_time,
    DaysDuration: types.days_duration,
    MonthsDuration: types.months_duration,
}


def type_of(value: object) -> Type:
    """The type of a value as it is inside; a list's and a range's from what they hold."""
    match value:
        case list():
            return ListType(types.joined([type_of(item) for item in value]))
        case RangeValue(low=low, high=high):
            return RangeType(types.joined([type_of(end) for end in (low, high)]))
        case Mapping():
            fields = {name: Name(name, type_of(read(field))) for name, field in value.items()}
            return ContextType(fields, open=True)
        case Function():
            return FunctionType(value.types)
    return _TYPES.get(type(value), types.any_)
