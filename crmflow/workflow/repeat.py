"""When is somebody told again, and what ends it? Every so often in working time, until it is acknowledged."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from crmflow.core.calendar import Calendar
from crmflow.core.escalation import Repeat

ACKNOWLEDGE = "acknowledge"
"""The event by which a holder says that it has been seen."""
ACKNOWLEDGED = "seen"
_SLOT = re.compile(r"\d+\.\d+")
_REPEATED = re.compile(rf"((?:late|step):.*)#{_SLOT.pattern}", re.DOTALL)


class Slot(NamedTuple):
    """The `number`-th moment after the first, and how many have been `used` with it; those outside working
    time are left out."""

    number: int
    used: int


def next_slot(
    fired: Iterable[str], mark: str, repeat: Repeat, first: datetime, since: datetime, calendar: Calendar
) -> datetime | None:
    """The next moment, not before `since`, when whoever is told came to hold the step; None: it was
    acknowledged, or said often enough."""
    said = _said(fired, mark)
    if said == ACKNOWLEDGED or (said is not None and _slot(said).used >= repeat.at_most):
        return None
    if said is None and first >= since:
        return first
    at = (
        _at_or_after(first, repeat, since)
        if said is None
        else first + repeat.every * (_slot(said).number + 1)
    )
    while (opens := next(calendar.stretches(at)).start) > at:
        at = _at_or_after(first, repeat, opens)
    return at


def slot_at(fired: Iterable[str], mark: str, repeat: Repeat, first: datetime, at: datetime) -> Slot:
    """The slot that is used at a moment."""
    said = _said(fired, mark)
    return Slot((at - first) // repeat.every, 1 if said is None else _slot(said).used + 1)


def _at_or_after(first: datetime, repeat: Repeat, moment: datetime) -> datetime:
    return first + repeat.every * -((first - moment) // repeat.every)


def with_slot(fired: Iterable[str], mark: str, slot: Slot) -> tuple[str, ...]:
    """What `Case.fired` says once a slot has been used; the last one is enough."""
    said = _said(fired, mark)
    return (*(key for key in fired if key != f"{mark}#{said}"), f"{mark}#{slot.number}.{slot.used}")


def acknowledged(fired: Iterable[str]) -> tuple[str, ...]:
    """The same once it has been acknowledged: all that is being repeated falls silent."""
    return tuple(
        f"{found[1]}#{ACKNOWLEDGED}" if (found := _REPEATED.fullmatch(key)) else key for key in fired
    )


def repeats(fired: Iterable[str]) -> bool:
    """Whether something is being repeated that nobody has acknowledged."""
    return any(_REPEATED.fullmatch(key) for key in fired)


def _said(fired: Iterable[str], mark: str) -> str | None:
    """What stands behind a mark."""
    behind = (key.removeprefix(f"{mark}#") for key in fired if key.startswith(f"{mark}#"))
    return next((said for said in behind if said == ACKNOWLEDGED or _SLOT.fullmatch(said)), None)


def _slot(said: str) -> Slot:
    number, _, used = said.partition(".")
    return Slot(int(number), int(used))
