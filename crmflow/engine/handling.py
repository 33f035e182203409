"""What does a person or a host do to one case or visit? Open it, send it an event, close it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from crmflow.core.case import Case
from crmflow.core.decision import Visit
from crmflow.core.field import Value
from crmflow.core.journal import Entry
from crmflow.engine.casework import About
from crmflow.engine.naming import chart_called, find_holding
from crmflow.engine.running import Work
from crmflow.errors import WorkflowError
from crmflow.store.batch import Batch
from crmflow.workflow.refusal import refusal


def open_by_hand(
    work: Work,
    chart: str,
    customer_id: int,
    *,
    holding: str | None,
    unit: str | None,
    data: Mapping[str, Value],
    key: str,
) -> Case:
    """A case that nothing but a person asked for; the one that is there where the key was used before."""
    meant = chart_called(work.rules, chart)
    held = find_holding(work.known(customer_id), holding)
    about = About(customer_id, held, unit or work.unit_of(customer_id))
    wanted = f"{meant.id}|customer:{customer_id}|{key}"
    casework = work.casework()
    opened = casework.keep([casework.open(meant, about, wanted, work.as_of, data)])
    present = opened or work.batch.cases.scan(customers=[customer_id], open_only=False)
    return next(case for case in present if case.key == wanted)


def send_event(
    work: Work, case: Case, event: str, data: Mapping[str, object]
) -> tuple[Case, WorkflowError | None]:
    """The case after the timers that were due and then the event; and the refusal, where it refuses."""
    sent = work.batch.events.add(case.id, event, data, work.as_of)
    casework = work.casework()
    moved, history, took = casework.move(case, sent)
    casework.save([(moved, history)])
    if took:
        work.batch.events.take([sent])
    refused = next((each for each in history if each.kind == "refused"), None)
    return work.batch.cases.get(case.id) or moved, refusal(
        casework.charts.of(case), refused
    ) if refused else None


def case_with(batch: Batch, case_id: int) -> Case:
    """The case, locked. Raises WorkflowError CRM522."""
    case = batch.cases.get(case_id, lock=True)
    if case is None:
        raise WorkflowError("CRM522", id=case_id)
    return case


def close(batch: Batch, visit_id: int, outcome: Mapping[str, Value], at: datetime) -> Visit:
    """The visit, made. Raises WorkflowError CRM521 no such open visit, CRM523 fields of its form missing."""
    visit = batch.visits.get(visit_id)
    if visit is None or visit.state != "open":
        raise WorkflowError("CRM521", id=visit_id)
    missing = [name for name in visit.form if outcome.get(name) in (None, "")]
    if missing:
        raise WorkflowError("CRM523", id=visit_id, fields=", ".join(missing))
    batch.visits.close([(visit_id, "done", at, outcome)])
    subject = f"visit:{visit_id}"
    entry = Entry(
        "visit done", subject, batch.actor, at, customer_id=visit.customer_id, payload=dict(outcome)
    )
    batch.journal.write([entry])
    return batch.visits.get(visit_id) or visit
