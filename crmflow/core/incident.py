"""When do many cases of one cause become one? A case about a unit under which others are grouped. (C29)"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from crmflow.core.touchpoint import Signal

if TYPE_CHECKING:
    from crmflow.core.chart import Condition

NOBODY: Final = 0
"""The customer of a case that is about a unit."""
INCIDENT: Final = "incident"
"""The place that a case fills with the incident under which it is grouped."""
OVER: Final = "incident over"
"""The event that it gets when the incident has ended."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """A case is grouped under a running case of `chart` about its unit or one above, where `when` is true. It
    then escalates nothing of its own, and its clocks stand still if they are `paused`."""

    chart: str
    when: Condition | None = None
    paused: bool = True


@dataclass(frozen=True, slots=True)
class Surge:
    """So many cases to group, opened `within` this time in one unit (of `level`), are an incident."""

    at_least: int
    within: timedelta
    level: str | None = None


def signal_key(chart: str, signal: Signal) -> str:
    """The key of the case that a signal opens; a correction of the signal has the same."""
    return f"{chart}|signal:{signal.source}:{signal.external_id}"


def surge_key(chart: str, unit: str, first: int) -> str:
    """The key of the case that a surge opens; `first` is the id of the first case that counted."""
    return f"{chart}|surge:{unit}:{first}"


def number_of(unit: str) -> int:
    """A number of a unit's code, which spreads units evenly."""
    return int.from_bytes(blake2b(unit.encode(), digest_size=4).digest())
