"""Does a case begin where it should, find its holder, go up when it is late, and move by its timers?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from crmflow.core.calendars import Calendars
from crmflow.core.post import Absence, Posts
from crmflow.errors import WorkflowError
from tests.workflow.world import (
    DAY,
    DEBTOR,
    HOUR,
    MONDAY,
    OFFICE,
    POSTS,
    STAFF,
    UNITS,
    Play,
    chart,
    complaint,
    debtor,
    posts,
)

# Opening


@pytest.mark.parametrize(
    ("unit", "data", "level"),
    [
        ("S1", {}, "station"),
        ("D1", {}, "district"),
        ("S1", {"level": "district"}, "district"),
        (None, {}, "station"),
        ("nowhere", {}, "station"),
    ],
)
def test_a_case_begins_at_its_given_level_else_that_of_its_unit_else_the_lowest(
    unit: str | None, data: dict[str, object], level: str
) -> None:
    play = Play("complaint", unit=unit, data=data)
    assert play.case.level == level
    assert "level" not in play.case.data


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(WorkflowError, match="CRM504"):
        Play("complaint", data={"level": "galaxy"})


def test_a_case_opens_with_its_key_its_holder_and_its_clock() -> None:
    play = Play("complaint", data={"accused": "W3"})
    (opened,) = play.history
    assert (opened.kind, opened.to, opened.key, opened.holder) == ("opened", "accept", "complaint|1", "W1")
    assert play.case.due_at == play.case.late_at == MONDAY + HOUR / 2


def test_a_condition_on_entry_takes_the_case_on_at_once() -> None:
    play = Play("arrears", facts={**DEBTOR, "kind": "person"})
    assert play.went() == ["study", "remind"]
    assert [row.message for row in play.history if row.kind == "sent"] == ["trial.reminder"]


def test_a_circle_of_automatic_moves_is_an_error_that_names_it() -> None:
    play = Play("odd", facts={"kind": "unit"})
    with pytest.raises(WorkflowError, match="CRM502") as refused:
        play.done(MONDAY, amount=100, on="2026-01-05")
    assert refused.value.cycle == "one → two → one"


# Holders


def test_the_accused_does_not_hold_the_step_about_them() -> None:
    assert complaint().case.holder == "W2"


def test_several_holders_share_by_turn() -> None:
    holders = []
    for id in range(4):
        play = Play("complaint", id=id)
        play.done(MONDAY)
        holders.append(play.case.holder)
    assert holders == ["W2", "W3", "W2", "W3"]


def test_where_only_the_accused_is_left_it_goes_one_unit_up_and_the_level_stays() -> None:
    play = complaint(company=posts(without="W2"))
    assert (play.case.holder, play.case.holder_unit, play.case.level) == ("D9", "D1", "station")
    play.done(MONDAY, facts="a")
    play.done(MONDAY, justified=True)
    assert (play.case.state, play.case.holder) == ("rectify", "W3")


def test_a_deputy_stands_in_for_who_is_absent() -> None:
    away = Absence("W2", MONDAY - DAY, MONDAY + DAY, deputy="W4")
    assert complaint(company=posts(away)).case.holder == "W4"


def test_nobody_is_reported_not_hidden() -> None:
    play = Play("complaint", unit=None)
    assert (play.case.holder, play.case.holder_unit) == (None, None)


def test_a_holder_who_left_is_replaced_when_facts_change() -> None:
    play = complaint()
    play.posts = posts(without="W2")
    (row,) = play.send("change", MONDAY + HOUR)
    assert (row.kind, row.holder, play.case.holder) == ("assigned", "D9", "D9")
    assert play.case.late_at == MONDAY + 4 * HOUR
    assert play.send("change", MONDAY + HOUR) == ()


# Late steps


def test_a_late_step_goes_up_level_by_level_each_once_at_its_own_moment() -> None:
    play = complaint()
    play.tick(MONDAY + 100 * HOUR)
    late = [(row.at - MONDAY, row.level, row.holder, row.key) for row in play.history if row.kind == "late"]
    assert late == [
        (4 * HOUR, "district", "D9", "complaint|1|late:district"),
        (12 * HOUR, "company", "K9", "complaint|1|late:company"),
    ]
    assert (play.case.escalations, play.case.due_at) == (2, None)
    assert play.case.late_at == MONDAY + 28 * HOUR


def test_a_level_survives_the_step_and_does_not_fire_again() -> None:
    play = complaint()
    play.done(MONDAY + 5 * HOUR, facts="a")
    assert (play.case.state, play.case.level) == ("review", "district")
    play.tick(MONDAY + 100 * HOUR)
    assert [row.level for row in play.history if row.kind == "late"] == ["district", "company"]


def test_a_tree_without_districts_goes_straight_to_the_company() -> None:
    play = complaint()
    play.posts = Posts([replace(UNITS[0], parent="K1"), UNITS[3]], STAFF, POSTS, at=MONDAY)
    play.tick(MONDAY + 5 * HOUR)
    assert (play.case.level, play.case.holder, play.case.due_at) == ("company", "K9", None)


def test_working_time_is_that_of_the_calendar() -> None:
    play = Play("complaint", calendar=OFFICE)  # Monday 16:00 there
    play.done(MONDAY)
    assert play.case.due_at == datetime(2026, 1, 6, 11, tzinfo=OFFICE.zone)


def test_a_step_may_be_late_at_a_share_of_its_working_time() -> None:
    play = Play("odd", calendar=OFFICE)  # half of two working days from Monday 16:00
    assert play.case.late_at == datetime(2026, 1, 6, 16, tzinfo=OFFICE.zone)


# Timers and gates


def test_timers_follow_each_other_at_their_own_moments_however_late_one_looks() -> None:
    play = debtor()
    assert [(row.to, (row.at - MONDAY).days) for row in play.history if row.kind == "moved"] == [
        ("dun", 0),
        ("warn", 10),
        ("propose", 17),
    ]


def test_a_gate_keeps_the_form_names_its_failing_lines_and_is_looked_at_again() -> None:
    play = debtor(protected=None, disputed=True)
    (row,) = play.done(MONDAY + 17 * DAY, proposer="M1", approver="M1")
    assert (row.kind, row.lines) == ("blocked", ("undisputed", "unprotected", "approved"))
    assert play.case.blocked == row.lines
    assert play.case.data["approver"] == "M1"
    (row,) = play.done(MONDAY + 17 * DAY, proposer="M1", approver="M2")
    assert row.lines == ("undisputed", "unprotected")
    play.facts["disputed"] = False
    assert play.send("change", MONDAY + 18 * DAY) == ()
    assert play.case.blocked == ("unprotected",)
    play.facts["protected"] = False
    (row,) = play.send("change", MONDAY + 19 * DAY)
    assert (row.move, row.at) == ("restrict", MONDAY + 19 * DAY)
    assert not any(play.case.blocked)


def test_a_timer_whose_gate_fails_is_reported_once_and_waits_for_a_change() -> None:
    play = debtor()
    start = MONDAY + 17 * DAY
    play.done(start, proposer="M1", approver="M2")
    play.facts["protected"] = True
    play.tick(start + 3 * DAY)
    play.tick(start + 30 * DAY)
    blocked = [row for row in play.history if row.kind == "blocked"]
    assert [(row.at, row.lines, row.key) for row in blocked] == [
        (start + 3 * DAY, ("unprotected",), "arrears|1|blocked:cut:1")
    ]
    assert (play.case.state, play.case.blocked, play.case.due_at) == ("restrict", ("unprotected",), None)
    play.facts["protected"] = False
    play.send("change", start + 31 * DAY)
    assert (play.case.state, play.case.entered_at) == ("cut", start + 31 * DAY)


def test_nothing_is_cut_before_a_day_on_which_nobody_works() -> None:
    play = debtor()
    play.calendars = Calendars(OFFICE)
    friday = MONDAY + 18 * DAY
    (row,) = play.done(friday, proposer="M1", approver="M2")
    assert row.lines == ("crew next",)
    assert play.send("change", friday + DAY / 4) == ()
    saturday = datetime(2026, 1, 23, 16, tzinfo=UTC)  # midnight in Shanghai
    assert play.case.due_at == saturday
    play.tick(friday + 3 * DAY)
    assert (play.case.state, play.case.entered_at) == ("restrict", saturday + DAY)


def test_a_change_comes_before_a_blocked_move() -> None:
    play = debtor(protected=True)
    play.done(MONDAY + 17 * DAY, proposer="M1", approver="M2")
    play.facts |= {"protected": False, "arrears": 0}
    play.send("change", MONDAY + 18 * DAY)
    assert play.case.state == "closed"


def test_a_timer_whose_condition_fails_leaves_the_later_one_running() -> None:
    play = Play("odd", facts={"kind": "unit"})
    play.done(MONDAY, amount=5, on="2026-01-05")
    play.send("pause", MONDAY)
    play.tick(MONDAY + 4 * DAY)
    assert (play.case.state, play.case.blocked) == ("wait", ("expire",))
    assert play.case.due_at == MONDAY + 5 * DAY
    play.tick(MONDAY + 5 * DAY)
    assert (play.case.state, play.case.closed_at) == ("end", MONDAY + 5 * DAY)


def test_a_due_time_that_no_longer_holds_is_put_right_once() -> None:
    play = complaint()
    play.posts = Posts([replace(UNITS[0], parent=None)], STAFF, POSTS, at=MONDAY)
    step = play.look(MONDAY + HOUR)
    assert step is not None
    assert (step.case.due_at, step.history) == (None, ())
    assert play.look(MONDAY + 100 * HOUR) is None


def test_a_case_in_a_state_of_another_chart_is_an_error() -> None:
    play = complaint()
    play.chart = chart("arrears")
    with pytest.raises(WorkflowError, match="CRM503"):
        play.look(MONDAY)
