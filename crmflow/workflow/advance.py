"""What happens next to a case? It is opened; then one event or one due timer at a time moves it on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from crmflow.core.calendars import Calendars
from crmflow.core.case import Case, CaseEvent
from crmflow.core.chart import Chart
from crmflow.core.post import Posts
from crmflow.errors import WorkflowError
from crmflow.workflow.branching import of_parent
from crmflow.workflow.due import next_look, next_timer
from crmflow.workflow.incident import belongs, take_in
from crmflow.workflow.levels import first_level
from crmflow.workflow.recount import recount
from crmflow.workflow.step import Child, Step
from crmflow.workflow.turn import Turn


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
    state: str | None = None,
) -> Step:
    """A new case in the chart's first state (or in `state`), and wherever `enter` moves take it from there.

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
        state=state or chart.start,
        opened_at=at,
        entered_at=at,
        key=key,
        level=first_level(chart, unit, data, posts),
        unit=unit,
        data={name: value for name, value in data.items() if name != "level"},
    )
    turn = Turn(chart, case, context=context, posts=posts, calendars=calendars, actor=actor)
    turn.begin()
    return turn.step()


def open_child(
    chart: Chart,
    child: Child,
    parent: Case,
    *,
    id: int,
    actor: str,
    context: Mapping[str, object],
    posts: Posts,
    calendars: Calendars,
    settles: bool = True,
) -> Step:
    """A case that another one has opened: a branch, at its place in the parent's own `chart`, or a sub-case
    in the first state of the chart that the child names. It is about the same customer, and begins at the
    parent's level; unless it `settles` it stays there, whatever `enter` moves there are.

    Raises WorkflowError CRM501 (no working time), CRM502 (circle).
    """
    case = Case(
        id=id,
        bucket=parent.bucket,
        chart=chart.id,
        chart_hash=chart.hash,
        customer_id=parent.customer_id,
        holding_id=parent.holding_id,
        state=child.state or chart.start,
        opened_at=child.at,
        entered_at=child.at,
        key=child.key,
        level=parent.level,
        unit=parent.unit,
        data=child.data,
    )
    case = of_parent(case, child, parent)
    turn = Turn(chart, case, context=context, posts=posts, calendars=calendars, actor=actor)
    turn.begin(settles=settles)
    return turn.step()


def group_under(
    chart: Chart,
    case: Case,
    incident: int,
    *,
    at: datetime,
    actor: str,
    context: Mapping[str, object],
    posts: Posts,
    calendars: Calendars,
) -> Step | None:
    """The case under an incident (the id of its case); None where `group under` does not mean it."""
    turn = Turn(chart, case, context=context, posts=posts, calendars=calendars, actor=actor)
    if case.closed_at is not None or case.parent_id is not None or not belongs(turn, at):
        return None
    take_in(turn, incident, at)
    return turn.step()


def recounted(
    chart: Chart,
    case: Case,
    *,
    at: datetime,
    context: Mapping[str, object],
    posts: Posts,
    calendars: Calendars,
    actor: str = "worker",
) -> Step | None:
    """An open case with its clocks counted by the calendars that count now; None where these did already.

    Raises WorkflowError CRM501 (no working time), CRM503 (a state the chart does not have).
    """
    if case.state not in chart.states:
        raise WorkflowError("CRM503", case=case.id, state=case.state, chart=chart.id)
    turn = Turn(chart, case, context=context, posts=posts, calendars=calendars, actor=actor)
    return turn.step() if recount(turn, at) else None


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
    turn = Turn(chart, case, context=context, posts=posts, calendars=calendars, actor=actor)
    if recount(turn, as_of):
        return turn.step()
    timer = next_timer(turn)
    until = as_of if event is None else event.at
    if timer is not None and timer.at <= until:
        turn.fire(timer)
        return turn.step()
    if event is not None:
        turn.actor = event.actor
        turn.receive(event)
        return turn.step(took_event=True)
    if next_look(turn) != case.due_at:  # somebody is back, or the unit tree has changed
        turn.look(max(case.entered_at, min(case.due_at or as_of, as_of)))
        return turn.step()
    return None
