"""When a clock has come so far, where does a case go, who is told, and how often? (F26)"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from crmflow.core.text import Text

if TYPE_CHECKING:
    from crmflow.core.chart import Condition

LATE = "late"
"""The id of the escalation that a chart's `late` is short for."""
STEP = "step"
"""The clock of the present step, which every chart has; it runs by the step's `within`."""


@dataclass(frozen=True, slots=True)
class Goal:
    """Where an escalation takes a case: `up` one level or up to `level`, there to whoever has the `role`, or
    that of the step. With a role alone it stays at its level, and goes to somebody of that role in the
    holder's unit or the nearest above."""

    up: bool = False
    level: str | None = None
    role: str | None = None

    @property
    def rises(self) -> bool:
        return self.up or self.level is not None


@dataclass(frozen=True, slots=True)
class Repeat:
    """Again after every so much time, within working hours, until it is acknowledged: `at_most` so often."""

    every: timedelta
    at_most: int


@dataclass(frozen=True, slots=True)
class Escalation:
    """One row of a chart's `escalations`. It is due when `share` of its clock's target is used up, plus
    `offset` of elapsed time, where `when` is true; then it takes the case to its `goal`, sends a message to
    whoever holds it by then, and gives it an event. Once each time its clock runs; with `repeat` until
    somebody acknowledges it."""

    id: str
    label: Text
    clock: str = STEP
    share: float = 1.0
    offset: timedelta = timedelta()
    when: Condition | None = None
    goal: Goal | None = None
    send: str | None = None
    event: str | None = None
    repeat: Repeat | None = None
