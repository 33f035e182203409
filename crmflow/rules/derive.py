"""What does a fact say that depends on the present day or on other facts? (F9 days since, R7 anniversary)"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final, cast
from zoneinfo import ZoneInfo

from crmflow.rules.fact import Fact
from crmflow.rules.fold import day_of

LEAP_DAY: Final = "leap day on"
"""The param by which a rulebook says when those of 29 February have their day: "02-28" or "03-01"."""
OF_LEAP_DAYS: Final = "02-28"
"""What it is where no rulebook says otherwise."""
TODAY: Final = "today"


def derive(
    fact: Fact, context: Mapping[str, object], zone: ZoneInfo, params: Mapping[str, object] = {}
) -> object:
    """The value of a derived fact in a context that holds `today` and what the fact is computed from.

    `params` are those of the rulebook that reads it. Null where what it is computed from is null.
    """
    if fact.formula is not None:
        return fact.formula.evaluate(context)
    moment = cast("date | None", context.get(fact.of))
    if moment is None:
        return None
    day, today = day_of(moment, zone), cast(date, context[TODAY])
    if fact.aggregate == "days since":
        return Decimal((today - day).days)
    kept = str(params.get(LEAP_DAY, OF_LEAP_DAYS))
    return today.year > day.year and today == anniversary(day, today.year, kept)


def anniversary(day: date, year: int, leap_day_on: str = OF_LEAP_DAYS) -> date:
    """The same day of another year; 29 February falls on `leap_day_on` where the year has none."""
    try:
        return day.replace(year=year)
    except ValueError:
        return date.fromisoformat(f"{year:04}-{leap_day_on}")


def next_midnight(
    facts: Iterable[Fact], context: Mapping[str, object], as_of: datetime, zone: ZoneInfo
) -> datetime | None:
    """When the next day begins, if one of these derived facts may change with it; else None."""
    if not any(_follows_the_day(fact, context) for fact in facts):
        return None
    tomorrow = as_of.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone).astimezone(UTC)


def _follows_the_day(fact: Fact, context: Mapping[str, object]) -> bool:
    if fact.formula is not None:
        return TODAY in fact.formula.names
    return context.get(fact.of) is not None
