"""What is due in a case at a moment: which move, or which escalation? (F26, U15)"""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from crmflow.core.chart import Move
from crmflow.core.escalation import Escalation


class Timer(NamedTuple):
    """Something that is due at a moment: a move, an escalation, or a look at what keeps the case, because a
    new day has begun."""

    at: datetime
    move: Move | None = None
    escalation: Escalation | None = None
    look: bool = False


def blocked_key(move: Move) -> str:
    """What `Case.fired` says of a move that was due in the present state and could not go."""
    return f"blocked:{move.id}"


LOOKED = "looked:"


def looked_key(day: date) -> str:
    """What `Case.fired` says of a case that waits for another day: on which day it was looked at last."""
    return f"{LOOKED}{day.isoformat()}"
