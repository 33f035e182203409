"""What does an absence change? It is recorded, and who holds steps now is looked at."""

from __future__ import annotations

from crmflow.core.moment import shown
from crmflow.core.post import Absence
from crmflow.engine.naming import staff_called
from crmflow.engine.running import Work
from crmflow.errors import WorkflowError


def record_absence(work: Work, away: Absence) -> Absence:
    """Records it; where it has begun, or changes one that had, the steps of who is away and of the deputy are
    looked at now. Raises StoreError CRM444, WorkflowError CRM565."""
    for code in filter(None, (away.staff, away.deputy)):
        staff_called(work.posts, code)
    if away.end < away.start or away.staff == away.deputy:
        raise WorkflowError(
            "CRM565", staff=away.staff, start=shown(away.start, work.zone), end=shown(away.end, work.zone)
        )
    work.batch.units.put_absences([away])
    if away.start <= work.as_of:
        work.posts = work.batch.units.posts(work.as_of)
        concerned = work.batch.cases.held_by(filter(None, (away.staff, away.deputy)))
        work.casework().facts_changed(concerned)
    return away
