"""What happens next to a case? It is opened; then one event or one due timer at a time moves it on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from crmflow.core.calendars import Calendars
from crmflow.core.case import Case, CaseEvent
from crmflow.core.chart import Chart
from crmflow.core.post import Posts
from crmflow.errors import WorkflowError
from crmflow.workflow.clock import next_timer
from crmflow.workflow.levels import first_level
from crmflow.workflow.turn import Step, Turn


def open_case(
    chart: Chart,
    *,
    id: int,
    bucket: int,
    customer_id: int,
    holding_id: int | None,
    key: str,
    at: datetime,
    actor: str,
    unit: str | None,
    data: Mapping[str, object],
    context: Mapping[str, object],
    posts: Posts,
    calendars: Calendars,
) -> Step:
    """A new case in the chart's first state, and wherever `enter` moves take it from there.

    `key` makes it unique; `unit` is the code of the unit it belongs to; `data` is what came with the opening
    (bare names), in which `level` says at which level it begins; `context` holds the facts that conditions
    read, by canonical name; `calendars` count the working time of terms.
    Raises WorkflowError CRM501 (no working time), CRM502 (circle), CRM504 (unknown level).
    """
    case = Case(
        id=id,
        bucket=bucket,
        chart=chart.id,
        chart_hash=chart.hash,
        customer_id=customer_id,
        holding_id=holding_id,
        state=chart.start,
        opened_at=at,
        entered_at=at,
        key=key,
        level=first_level(chart, unit, data, posts),
        unit=unit,
        data={name: value for name, value in data.items() if name != "level"},
    )
    turn = Turn(chart, case, context=context, posts=posts, calendars=calendars, actor=actor)
    turn.open()
    return turn.step()


def advance(
    chart: Chart,
    case: Case,
    *,
    as_of: datetime,
    context: Mapping[str, object],
    posts: Posts,
    calendars: Calendars,
    event: CaseEvent | None = None,
    actor: str = "worker",
) -> Step | None:
    """One event, or the one timer that is due before it; None when nothing is due by `as_of`.

    A timer happens at its own moment, however late it is looked at, and before an event of the same moment;
    so it makes no difference how often somebody looks. Call again until None, with the same event until a
    step took it. `actor` answers for timers, an event brings its own.
    Raises WorkflowError CRM501 (no working time), CRM502 (circle), CRM503 (a state the chart does not have).
    """
    if case.state not in chart.states:
        raise WorkflowError("CRM503", case=case.id, state=case.state, chart=chart.id)
    if event is not None and event.at > as_of:
        event = None
    timer = next_timer(chart, case, posts)
    until = as_of if event is None else event.at
    if timer is not None and timer.at <= until:
        turn = Turn(chart, case, context=context, posts=posts, calendars=calendars, actor=actor)
        turn.fire(timer)
        return turn.step()
    if event is not None:
        turn = Turn(chart, case, context=context, posts=posts, calendars=calendars, actor=event.actor)
        turn.receive(event)
        return turn.step(took_event=True)
    due_at = timer.at if timer else None
    if due_at != case.due_at:  # the unit tree has changed: without this the case would be claimed for ever
        return Turn(chart, case, context=context, posts=posts, calendars=calendars, actor=actor).step()
    return None
