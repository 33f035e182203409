"""Which outer states does a case enter and leave, and to which inner state does it come back?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from crmflow.core.case import Case
from crmflow.core.chart import Chart, Move
from crmflow.core.trail import Stay

AT = "at:"
LASTING = ("late:", AT)
"""What `Case.fired` keeps whatever state the case comes to: each level and each date come once."""
SPENT = "spent:"


def target(chart: Chart, case: Case, move: Move) -> str:
    """The state to which a move leads: of an outer state with history the one that the case left there."""
    if move.enters is None or not chart.outers[move.enters].history:
        return move.to
    stay = case.trail.stays.get(move.enters)
    return move.to if stay is None else stay.last


def stays(chart: Chart, case: Case, state: str, at: datetime, move: Move | None) -> Mapping[str, Stay]:
    """The stays in outer states once the case has come to `state`: one goes on while the case moves inside,
    unless the move names the outer state itself, which is then entered anew."""
    around = chart.states[state].around
    enters = None if move is None else move.enters
    anew = around[: around.index(enters) + 1] if enters in around else ()
    found = {
        outer: stay if outer in around else Stay(None, stay.last) for outer, stay in case.trail.stays.items()
    }
    for outer in around:
        before = found.get(outer)
        goes_on = before is not None and before.since is not None and outer not in anew
        found[outer] = Stay(before.since if before is not None and goes_on else at, state)
    return found


def since(case: Case, move: Move) -> datetime:
    """From when an `after` counts: from entering the outer state that its row names, else the present one."""
    stay = case.trail.stays.get(move.outer.get(case.state, ""))
    return case.entered_at if stay is None or stay.since is None else stay.since


def spent_key(case: Case, move: Move) -> str | None:
    """What `Case.fired` says of a timer of an outer state that has gone off in this stay."""
    outer = move.outer.get(case.state)
    return None if outer is None else f"{SPENT}{outer}:{move.id}"


def kept(case: Case, move: Move | None, stays: Mapping[str, Stay]) -> tuple[str, ...]:
    """What of `Case.fired` outlasts a move: late levels, and the timers of outer states in which it stays."""
    fired = case.fired
    if move is not None and move.outer and (spent := spent_key(case, move)) is not None:
        fired = (*fired, spent)
    before = case.trail.stays
    going_on = tuple(
        f"{SPENT}{outer}:"
        for outer, stay in stays.items()
        if stay.since is not None and outer in before and before[outer].since == stay.since
    )
    return tuple(key for key in fired if key.startswith((*LASTING, *going_on)))
