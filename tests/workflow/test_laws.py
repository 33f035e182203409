"""Does a chart keep its promises, whatever is done to a case and however often somebody looks?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.workflow.world import MONDAY, Family, Play, posts

HOUR = timedelta(hours=1)
FORM_OF: Mapping[str, Mapping[str, st.SearchStrategy[object]]] = {
    "verify": {"facts": st.just("seen")},
    "review": {"justified": st.booleans()},
    "rectify": {"measure": st.just("mended")},
    "call back": {
        "channel": st.sampled_from(["visit", "phone", "message"]),
        "reached": st.booleans(),
        "satisfied": st.booleans(),
    },
    "study": {"outlook": st.sampled_from(["good", "weak"])},
    "propose": {"proposer": st.sampled_from(["M1", None]), "approver": st.sampled_from(["M1", "M2"])},
}


@dataclass(frozen=True)
class Act:
    """Something done to a case: after a while, by somebody, with answers for whatever step it is in."""

    after: timedelta
    name: str
    by: str
    answers: Mapping[str, Mapping[str, object]]
    facts: Mapping[str, object]


waits = st.sampled_from([0, 0, 1, 2, 5, 24, 72, 170, 250]).map(lambda hours: hours * HOUR)
answers = st.fixed_dictionaries({state: st.fixed_dictionaries(dict(form)) for state, form in FORM_OF.items()})
debts = st.fixed_dictionaries(
    {},
    optional={
        "arrears": st.sampled_from([5000, 5000, 0]),
        "days overdue": st.sampled_from([40, 30, None]),
        "disputed": st.sampled_from([False, False, True, None]),
        "protected": st.sampled_from([False, False, True, None]),
    },
)
acts = st.builds(
    Act,
    waits,
    st.sampled_from(["done"] * 8 + ["change", "change", "nonsense"]),
    st.sampled_from(["W1", "W2", "W3", "host"]),
    answers,
    debts,
)
scripts = st.lists(acts, max_size=25)


def run(play: Play, script: Sequence[Act], *, changing: bool = False) -> datetime:
    """Play a script, checking after every act what must hold of any case at any time."""
    now = MONDAY
    for act in script:
        now += act.after
        level = play.case.level
        if changing and act.name == "change":
            play.tick(now)
            play.facts |= act.facts
        play.send(act.name, now, form(act, play), act.by)
        check(play, level)
    play.tick(now)
    return now


def check(play: Play, level_before: str | None) -> None:
    case, levels = play.case, play.chart.levels
    assert levels.index(str(case.level)) >= levels.index(str(level_before))
    assert len(play.keys()) == len(set(play.keys()))
    assert case.escalations == sum(row.kind == "late" for row in play.history)
    assert case.state == [row.to for row in play.history if row.to][-1]
    assert (case.closed_at is not None) == play.chart.states[case.state].end
    assert case.due_at == due_again(play)


def due_again(play: Play) -> datetime | None:
    """The due time as a fold over the history: from the last entry or rise, by the chart's terms."""
    case, state = play.case, play.chart.states[play.case.state]
    if case.closed_at is not None:
        return None
    entries = [row.at for row in play.history if row.kind in ("opened", "moved")]
    starts = [row.at for row in play.history if row.kind in ("opened", "moved", "late")]
    last_entry = max(n for n, row in enumerate(play.history) if row.kind in ("opened", "moved"))
    stopped = {row.key for row in play.history[last_entry:] if row.kind == "blocked" and row.key}
    times = [
        entries[-1] + move.after
        for move in play.chart.moves_from(case.state, "after")
        if move.after is not None and not any(f"blocked:{move.id}:" in key for key in stopped)
    ]
    term = state.term(case.level)
    if play.chart.late_at is not None and term is not None and case.level != "company":
        times.append(play.calendar.add(starts[-1], term))
    return min(times, default=None)


@given(scripts)
def test_no_archive_without_a_call_back_or_its_exception(script: list[Act]) -> None:
    play = Play("complaint", data={"accused": "W3"})
    run(play, script)
    if play.case.state == "archive":
        last = [row for row in play.history if row.kind == "moved"][-1]
        content = last.data["reached"] is True and last.data["satisfied"] is True
        tried = play.case.entries["call back"] >= 3 and len(play.case.channels["call back"]) >= 2
        assert last.state == "call back"
        assert content or (last.data["reached"] is False and tried)


@given(scripts)
def test_the_accused_never_does_the_steps_about_them(script: list[Act]) -> None:
    play = Play("complaint", data={"accused": "W3"})
    run(play, script)
    guarded = ("verify", "review", "call back")
    assert not [
        row for row in play.history if row.kind == "moved" and row.state in guarded and row.actor == "W3"
    ]
    assert not [row for row in play.history if row.to in guarded and row.holder == "W3"]


@given(scripts, st.booleans())
def test_each_level_fires_once_and_in_order(script: list[Act], no_district_staff: bool) -> None:
    play = Play("complaint", company=posts(without="D9" if no_district_staff else None))
    end = run(play, script)
    play.tick(end + 1000 * HOUR)
    late = [row.level for row in play.history if row.kind == "late"]
    assert late == sorted(set(late), key=play.chart.levels.index)
    if play.case.closed_at is None:
        assert play.case.level == "company"


@given(scripts, debts)
def test_no_limit_and_no_cut_without_every_line_of_the_gate(
    script: list[Act], facts: Mapping[str, object]
) -> None:
    play = Play("arrears", facts={"kind": "unit", "arrears": 5000, **facts})
    now = MONDAY
    for act in script:
        now += act.after
        rows = len(play.history)
        play.tick(now)
        allowed = may_limit(play)
        assert allowed or not entered_limits(play, rows)
        if act.name == "change":
            play.facts |= act.facts
        rows = len(play.history)
        play.send(act.name, now, form(act, play), act.by)
        check(play, play.case.level)
        assert may_limit(play) or not entered_limits(play, rows)


def entered_limits(play: Play, since: int) -> bool:
    return any(row.to in ("restrict", "cut") for row in play.history[since:])


def may_limit(play: Play) -> bool:
    facts, data = play.facts, play.case.data
    overdue = facts.get("days overdue")
    return (
        isinstance(overdue, int)
        and overdue > 30
        and facts.get("disputed") is False
        and facts.get("protected") is False
        and None not in (data.get("proposer"), data.get("approver"))
        and data.get("proposer") != data.get("approver")
    )


@given(scripts, st.lists(waits, max_size=10), st.sampled_from(["complaint", "arrears"]))
def test_it_makes_no_difference_how_often_somebody_looks(
    script: list[Act], looks: list[timedelta], name: str
) -> None:
    facts = {"kind": "unit", "arrears": 5000, "days overdue": 40, "disputed": False, "protected": False}
    often, seldom = Play(name, facts=facts), Play(name, facts=facts)
    now, sent = MONDAY, []
    for act in script:
        for look in sorted(looks):
            if look < act.after:
                often.tick(now + look)
                often.tick(now + look)
        now += act.after
        often.tick(now)
        sent.append((act.name, now, form(act, often), act.by))
        often.send(*sent[-1])
    for event in sent:
        seldom.send(*event)
    seldom.tick(now)
    assert seldom.case == often.case
    assert seldom.history == often.history


def form(act: Act, play: Play) -> Mapping[str, object]:
    return act.answers.get(play.case.state, {}) if act.name == "done" else {}


FORMS: Mapping[str, Mapping[str, st.SearchStrategy[object]]] = {
    "survey": {"feasible": st.sampled_from([True, True, False])},
    "meter": {"reading": st.just(12)},
    "account": {"settled": st.sampled_from([True, True, False])},
    "offer": {"price": st.just(10)},
    "deposit": {"paid": st.just(True)},
}
ways = st.lists(
    st.tuples(
        waits,
        st.sampled_from(["done"] * 10 + ["pause", "resume", "withdraw", "cancelled", "joined", "nonsense"]),
        st.fixed_dictionaries({state: st.fixed_dictionaries(dict(form)) for state, form in FORMS.items()}),
        st.booleans(),
    ),
    max_size=25,
)


@given(ways)
def test_branches_and_undoings_leave_nothing_behind(script: list[Any]) -> None:
    """Whatever is done: a closed case has no open branch, an open branch is one that the case waits for, each
    thing is undone once, and what was done last is undone first."""
    play = Family("connection")
    now = MONDAY
    for wait, name, forms, passed in script:
        now += wait
        play.do(name, now, forms, passed=passed)
        case = play.main.case
        waited = play.chart.states[case.state].branches
        assert all(branch in waited for branch in play.running)
        assert case.closed_at is None or not play.running
        assert case.closed_at is not None or case.state in play.chart.states
        keys = [row.key for row in play.main.history if row.kind == "undone"]
        assert len(keys) == len(set(keys))
        if case.closed_at is not None and case.trail.ahead:
            raise AssertionError("closed in the middle of an undoing")
