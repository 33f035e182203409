"""Which open cases are due at another moment, because the calendars are others by now?

A calendar is another one when its file, the holiday data or the time zone data are. The journal keeps by
which calendars all open cases have been counted, so that asking costs little where nothing has changed.
"""

from __future__ import annotations

from dataclasses import dataclass

from crmflow.core.journal import Entry
from crmflow.engine.calls import Calls
from crmflow.store import Connection
from crmflow.store.batch import Batch

SUBJECT, APPLIED = "calendars", "calendars applied"
LIMIT = 5_000
"""Cases of one transaction."""
BEGINNING = (-1, -1)


@dataclass(frozen=True, slots=True)
class Recomputed:
    """How many open cases were looked at, and how many of them are due at another moment now."""

    cases: int = 0
    changed: int = 0


def recompute(calls: Calls, actor: str, connection: Connection | None) -> Recomputed:
    """Every open case by the calendars in force, some thousands a transaction, by bucket and id."""
    cases = changed = 0
    counted_by, after = "", BEGINNING
    while True:
        with calls.writing(actor, connection) as (batch, rules):
            calendars = rules.calendars.version
            if is_applied(batch, calendars):
                return Recomputed(cases, changed)
            if calendars != counted_by:  # another release has come into force meanwhile
                counted_by, after = calendars, BEGINNING
            found = batch.cases.open_after(after, LIMIT)
            history = calls.work(batch, rules, batch.now, []).casework().recount(found)
            cases += len(found)
            changed += len({case.id for case, moved in history if moved.kind == "recomputed"})
            if len(found) < LIMIT:
                batch.journal.write([Entry(APPLIED, SUBJECT, actor, batch.now, calendar=calendars)])
                return Recomputed(cases, changed)
            after = found[-1].bucket, found[-1].id


def is_applied(batch: Batch, calendars: str) -> bool:
    """Whether all open cases have been counted by these calendars (their version)."""
    applied = batch.journal.of(subject=SUBJECT)
    return bool(applied) and applied[-1].calendar == calendars
