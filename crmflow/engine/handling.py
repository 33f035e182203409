"""What does a person or a host do to one case or visit? Open it, send it an event, close it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from crmflow.core.case import Case
from crmflow.core.chart import Chart
from crmflow.core.decision import Visit
from crmflow.core.field import Value
from crmflow.core.journal import Entry
from crmflow.engine.casework import About, Swept
from crmflow.engine.naming import chart_called, find_holding, unit_called
from crmflow.engine.recording import stored_fields
from crmflow.engine.running import Work
from crmflow.errors import WorkflowError
from crmflow.rules.vocabulary import Kind
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
    zone: ZoneInfo,
) -> Case:
    """A case that nothing but a person asked for; the one that is there where the key was used before.

    Raises StoreError CRM442, WorkflowError CRM563.
    """
    meant = chart_called(work.rules, chart)
    held = None if holding is None else find_holding(work.known(customer_id), holding)
    home = work.unit_of(customer_id) if unit is None else unit_called(work.posts, unit).code
    about = About(customer_id, held, home)
    wanted = f"{meant.id}|customer:{customer_id}|{key}"
    casework = work.casework()
    told = opening_data(work, meant, data, zone)
    opened = casework.keep([casework.open(meant, about, wanted, work.as_of, told)])
    present = opened or work.batch.cases.scan(customers=[customer_id], open_only=False)
    return next(case for case in present if case.key == wanted)


def open_about_unit(
    work: Work, chart: Chart, name: str, *, data: Mapping[str, Value], key: str, zone: ZoneInfo
) -> Case:
    """A case about a unit, by its code or name, that a person asked for.

    Raises StoreError CRM442, WorkflowError CRM563.
    """
    unit = unit_called(work.posts, name)
    wanted = f"{chart.id}|unit:{unit.code}|{key}"
    casework = work.casework()
    told = opening_data(work, chart, data, zone)
    opened = casework.keep([casework.open_about(chart, unit.code, wanted, work.as_of, told)])
    return opened[0] if opened else work.batch.incidents.about(unit.code, wanted)


def opening_data(work: Work, chart: Chart, data: Mapping[str, Value], zone: ZoneInfo) -> dict[str, object]:
    """What came with the opening: the fields of the touchpoint or signal that the chart opens on; the level,
    and whom `not by` names, of any chart. Raises StoreError CRM442 for anything else."""
    vocabulary = work.rules.set.vocabulary
    kind = {**vocabulary.touchpoints, **vocabulary.signals}.get(chart.opens_on or "")
    always = {"level", *(fact for state in chart.states.values() for fact in state.not_by)}
    always -= set() if kind is None else kind.fields.keys()
    asked = {name: value for name, value in data.items() if name not in always}
    told: dict[str, object] = {name: value for name, value in data.items() if name in always}
    stored = stored_fields(kind or Kind(chart.id, chart.title, {}), asked, zone)
    return told if kind is None else {**told, **work.rules.codec.decode(kind.name, stored)}


def send_event(
    work: Work, case: Case, event: str, data: Mapping[str, object], step: str | None = None
) -> tuple[Case, WorkflowError | None]:
    """The case after the timers that were due and then the event; and the refusal, where it refuses. `step`
    is the state that the sender saw. Raises WorkflowError CRM576."""
    _demand_name(event)
    sent = replace(work.batch.events.add(case.id, event, data, work.as_of), step=step)
    casework = work.casework()
    turned = casework.move(case, sent)
    casework.save([turned])
    casework.follow()
    refused = next((each for each in turned.history if each.kind == "refused"), None)
    present = work.batch.cases.get(case.id) or turned.case
    return present, refusal(casework.charts.of(case), refused, work.zone, present) if refused else None


def send_events(work: Work, sent: Iterable[tuple[int, str, Mapping[str, object]]]) -> Swept:
    """Many events at one moment, by case, event and data; those of one case in their order.

    Raises WorkflowError CRM522, CRM576 before anything is written.
    """
    wanted = [(case_id, event, data, work.as_of) for case_id, event, data in sent]
    for _, event, _, _ in wanted:
        _demand_name(event)
    ids = dict.fromkeys(case_id for case_id, _, _, _ in wanted)
    for unknown in work.batch.cases.missing(ids):
        raise WorkflowError("CRM522", id=unknown)
    casework = work.casework()
    work.batch.events.add_all(wanted)
    casework.sent_to = list(ids)
    return casework.follow()


def _demand_name(event: object) -> None:
    if not isinstance(event, str):
        raise WorkflowError("CRM576", given=repr(event))


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
