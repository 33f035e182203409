"""When is there next something to do?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select, union_all

from crmflow.store import tables
from crmflow.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a worker: timers of cases, events that were sent to them, messages that are to leave."""

    tx: Transaction

    def earliest(self) -> datetime | None:
        """When the first of them is due, which may be long ago; None where nothing waits.

        The events of a case that failed wait until it is tried again, when it is due itself.
        """
        case, inbox, outbox = tables.case, tables.case_event, tables.outbox
        mine = and_(case.c.bucket == inbox.c.bucket, case.c.id == inbox.c.case_id)
        sent = select(func.min(inbox.c.at).label("at")).select_from(inbox.join(case, mine))
        firsts = union_all(
            select(func.min(case.c.due_at).label("at")).where(case.c.due_at.is_not(None)),
            sent.where(inbox.c.taken_at.is_(None), case.c.retry_at.is_(None)),
            select(func.min(outbox.c.due_at).label("at")).where(outbox.c.due_at.is_not(None)),
        ).subquery()
        found: datetime | None = self.tx.execute(select(func.min(firsts.c.at))).scalar()
        return found
