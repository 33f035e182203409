"""How does a running case come to another version of its chart, and when can it not? (feature 40)"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from crmflow.core.calendars import Calendars
from crmflow.core.case import Case, CaseEvent
from crmflow.core.chart import Chart, Migrates, State
from crmflow.core.post import Posts
from crmflow.core.trail import Trail
from crmflow.errors import WorkflowError
from crmflow.workflow.branching import waits_for
from crmflow.workflow.clock import carried_over, refold
from crmflow.workflow.form import value_of
from crmflow.workflow.nesting import stays
from crmflow.workflow.step import Step
from crmflow.workflow.timer import blocked_key
from crmflow.workflow.turn import Turn


def migrate(
    old: Chart,
    new: Chart,
    migrates: Migrates,
    case: Case,
    *,
    at: datetime,
    actor: str,
    context: Mapping[str, object],
    posts: Posts,
    calendars: Calendars,
) -> Step:
    """The case in the new chart, in the state that its own is mapped to, or in that of the same name.

    Its level, its counts, and what its clocks have counted stay; terms and targets are those of the new
    chart, from when the step and the clocks began. Then it looks again: what the new chart asks may move it
    on. Raises WorkflowError CRM524 its state is gone, CRM525 it waits for another case, CRM526 a field is
    missing that conditions read, CRM527 a needed step is missing, CRM529 it would end, CRM596 it is about
    another kind of thing.
    """
    state = migrates.states.get(case.state, case.state)
    _demand_place(old, new, case, state)
    turn = Turn(new, case, context, posts, calendars, actor)
    data = {**_filled(new, migrates, turn), **case.data}
    entries = _renamed(case.entries, migrates)
    _demand_done(new, state, entries, data)
    turn.case = case.but(
        chart_hash=new.hash,
        state=state,
        data=data,
        entries={**entries, state: entries.get(state, 1)},
        channels={migrates.states.get(name, name): tried for name, tried in case.channels.items()},
        fired=_still_fired(new, case, state),
        trail=_trail(new, case, state, at, migrates),
        blocked=(),
    )
    turn.note("migrated", at, state=case.state, to=state, data={"before": old.hash, "after": new.hash})
    if new.states[state].by is None:
        turn.case = turn.case.but(holder=None, holder_unit=None)
    carried_over(turn, at, old, case.state)
    refold(turn)
    turn.receive(CaseEvent(0, case.id, "change", at, actor))
    return turn.step()


# what must be so


def _demand_place(old: Chart, new: Chart, case: Case, state: str) -> None:
    if state not in new.states:
        raise WorkflowError("CRM524", state=state, known=", ".join(new.states))
    if new.about != old.about or (new.about == "holding" and case.holding_id is None):
        raise WorkflowError("CRM596", old=old.about, new=new.about)
    if new.states[state].end:
        raise WorkflowError("CRM529", state=state)
    for place in (old.states.get(case.state), new.states[state]):
        if place is not None and (waits_for(place) or place.branch_of is not None):
            raise WorkflowError("CRM525", state=place.id)
    if case.trail.ahead:
        raise WorkflowError("CRM525", state=case.state)


def _demand_done(new: Chart, state: str, entries: Mapping[str, int], data: Mapping[str, object]) -> None:
    """That the new chart finds what its conditions read of the steps that are behind the case."""
    missing = [step for step in new.states[state].needs if not entries.get(step)]
    if missing:
        raise WorkflowError("CRM527", state=state, steps=", ".join(missing))
    read = frozenset(_read(new))
    behind = [new.states[name] for name in entries if name in new.states and name != state]
    fields = [name for step in behind for name in _required(step) if name in read and data.get(name) is None]
    if fields:
        raise WorkflowError("CRM526", state=state, fields=", ".join(dict.fromkeys(fields)))


def _required(step: State) -> Iterator[str]:
    return (each.field.name for each in step.form if each.required is True)


def _read(chart: Chart) -> Iterator[str]:
    """The names that the chart's conditions read."""
    for move in chart.moves:
        for condition in (move.when, *(line.when for gate in move.gates for line in gate.lines)):
            yield from () if condition is None else condition.names
    for condition in (*chart.facts.values(), *(each.when for each in chart.escalations)):
        yield from () if condition is None else condition.names
    for clock in chart.clocks.values():
        yield from () if isinstance(clock.target, Mapping) else clock.target.names


# what it takes along


def _filled(new: Chart, migrates: Migrates, turn: Turn) -> dict[str, object]:
    """The fields that the migration gives to cases that lack them."""
    fields = {each.field.name: each.field for state in new.states.values() for each in state.form}
    return {
        name: value_of(fields[name], value, turn.calendars.default.zone)
        for name, value in migrates.data.items()
    }


def _renamed(entries: Mapping[str, int], migrates: Migrates) -> dict[str, int]:
    """Entries by the new states' names; states that became one are added up."""
    counts = Counter[str]()
    for state, count in entries.items():
        counts[migrates.states.get(state, state)] += count
    return dict(counts)


def _still_fired(new: Chart, case: Case, state: str) -> tuple[str, ...]:
    """All but what was blocked and is no move of the state any more."""
    moves = {blocked_key(move) for move in new.moves if state in move.sources}
    return tuple(key for key in case.fired if not key.startswith("blocked:") or key in moves)


def _trail(new: Chart, case: Case, state: str, at: datetime, migrates: Migrates) -> Trail:
    trail = case.trail
    known = {outer: stay for outer, stay in trail.stays.items() if outer in new.outers}
    here = case.but(trail=replace(trail, stays=known))
    return replace(
        trail,
        stays=stays(new, here, state, at, None),
        did={migrates.states.get(step, step): done for step, done in trail.did.items()},
        done=tuple(migrates.states.get(step, step) for step in trail.done),
        path=(),
    )
