"""Which instant does a text or a date mean? Instants are aware; days are cut in a zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from crmflow.errors import WorkflowError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
EARLIEST, LATEST = 1800, 9000
"""Between these years working time is counted."""


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The last microsecond of `day` in `zone`, in UTC."""
    midnight = datetime.combine(day + timedelta(days=1), time(), zone)
    return midnight.astimezone(UTC) - MICROSECOND


def parse_moment(text: str, zone: ZoneInfo) -> datetime:
    """An instant in UTC from ISO 8601: a date is its last microsecond, a naive time is read in `zone`.

    Raises ValueError when the text is neither.
    """
    if len(text) == len("2026-01-31"):
        return end_of_day(date.fromisoformat(text), zone)
    return in_zone(datetime.fromisoformat(text), zone)


def in_zone(instant: datetime, zone: ZoneInfo) -> datetime:
    """`instant` in UTC; a naive one is read in `zone`."""
    return (instant if instant.tzinfo else instant.replace(tzinfo=zone)).astimezone(UTC)


def shown(instant: datetime, zone: ZoneInfo) -> str:
    """As a person in `zone` reads it: 2026-10-09 13:00."""
    return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def as_instant(given: object, zone: ZoneInfo) -> datetime:
    """What a host gave as a moment, in UTC; a naive one is read in `zone`.

    Raises WorkflowError CRM575: no datetime, or so far off that no calendar reaches there.
    """
    if not isinstance(given, datetime) or not EARLIEST <= given.year <= LATEST:
        raise WorkflowError("CRM575", given=repr(given))
    return in_zone(given, zone)


def to_micros(instant: datetime) -> int:
    """Microseconds since 1970-01-01 UTC, exact."""
    return (instant - EPOCH) // MICROSECOND


def from_micros(micros: int) -> datetime:
    """The instant of what `to_micros` gave."""
    seconds, rest = divmod(micros, 1_000_000)  # so handed over, it takes two thirds of the time
    return EPOCH + timedelta(0, seconds, rest)
