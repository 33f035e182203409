"""Does a case move when it should, wait when it must, and say why?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from crmflow.core.calendar import Calendar
from crmflow.core.case import CaseEvent
from crmflow.core.post import Absence
from crmflow.errors import WorkflowError
from tests.workflow.world import HOUR, MONDAY, Play, chart, posts

DAY = timedelta(days=1)
OFFICE = Calendar.weekly("office", ZoneInfo("Asia/Shanghai"), {"mon-fri": ["08:30-17:30"]})
DEBTOR = {"kind": "unit", "arrears": 5000, "days overdue": 40, "disputed": False, "protected": False}


def complaint(**given: object) -> Play:
    """A complaint about W3 that has been accepted and waits to be verified."""
    play = Play("complaint", data={"accused": "W3"}, **given)  # type: ignore[arg-type]
    play.done(MONDAY, by="W1")
    return play


def debtor(**facts: object) -> Play:
    """An arrears case at `propose`, 17 days on."""
    play = Play(
        "arrears", facts={**DEBTOR, **{name.replace("_", " "): value for name, value in facts.items()}}
    )
    play.done(MONDAY, outlook="weak")
    play.tick(MONDAY + 17 * DAY)
    return play


def to_call_back(play: Play) -> datetime:
    play.done(MONDAY, facts="a")
    play.done(MONDAY, justified=False)
    return MONDAY


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
    play.posts.units = {"S1": replace(play.posts.units["S1"], parent="K1"), "K1": play.posts.units["K1"]}
    play.tick(MONDAY + 5 * HOUR)
    assert (play.case.level, play.case.holder, play.case.due_at) == ("company", "K9", None)


def test_working_time_is_that_of_the_calendar() -> None:
    play = Play("complaint", calendar=OFFICE)  # Monday 16:00 there
    play.done(MONDAY)
    assert play.case.due_at == datetime(2026, 1, 6, 11, tzinfo=OFFICE.zone)


def test_a_step_may_be_late_at_a_share_of_its_working_time() -> None:
    play = Play("odd", calendar=OFFICE)  # half of two working days from Monday 16:00
    assert play.case.late_at == datetime(2026, 1, 6, 16, tzinfo=OFFICE.zone)


# Forms


def test_a_done_without_its_fields_is_refused_and_names_them_all() -> None:
    play = complaint()
    rows = play.done(MONDAY, colour="red")
    assert [(row.kind, row.code, row.lines) for row in rows] == [
        ("refused", "CRM512", ("colour",)),
        ("refused", "CRM511", ("facts",)),
    ]
    assert play.case.state == "verify"
    assert "colour" not in play.case.data


@pytest.mark.parametrize(
    "form",
    [
        {"amount": "5", "on": "2026-01-05"},
        {"amount": True, "on": "2026-01-05"},
        {"amount": Decimal("1.234"), "on": "2026-01-05"},
        {"amount": 99999, "on": "2026-01-05"},
        {"amount": 5, "on": "yesterday"},
        {"amount": 5, "on": MONDAY},
    ],
    ids=str,
)
def test_a_value_that_does_not_fit_its_field_is_refused(form: dict[str, object]) -> None:
    (row,) = Play("odd").send("done", MONDAY, form)
    assert row.code == "CRM513"


def test_values_are_kept_as_their_fields_hold_them() -> None:
    play = Play("odd")
    play.done(MONDAY, amount=9.5, on="2026-01-05")
    assert play.case.data == {"amount": Decimal("9.5"), "on": MONDAY.date(), "phone": None}


def test_a_field_is_required_where_its_condition_says_so() -> None:
    play = complaint()
    to_call_back(play)
    (row,) = play.done(MONDAY, channel="phone", reached=True)
    assert (row.code, row.lines) == ("CRM511", ("satisfied",))
    (row,) = play.done(MONDAY, channel="phone", reached=False)
    assert row.move == "again"


def test_what_is_not_said_this_time_is_not_left_from_last_time() -> None:
    play = complaint()
    to_call_back(play)
    play.done(MONDAY, channel="phone", reached=True, satisfied=False)
    play.done(MONDAY, measure="b")
    play.done(MONDAY, channel="phone", reached=False)
    assert play.case.data["satisfied"] is None


def test_the_accused_may_not_do_it() -> None:
    (row,) = complaint().done(MONDAY, by="W3", facts="none")
    assert (row.kind, row.code, row.lines, row.actor) == ("refused", "CRM510", ("accused",), "W3")


def test_answers_that_lead_nowhere_are_refused_and_not_kept() -> None:
    play = Play("odd")
    (row,) = play.done(MONDAY, amount=50, on="2026-01-05")
    assert row.code == "CRM516"
    assert play.case.data == {}


# Call-backs


def test_unreachable_takes_three_tries_over_two_channels() -> None:
    play = complaint()
    to_call_back(play)
    for channel in ("phone", "phone", "phone", "visit"):
        assert play.case.state == "call back"
        play.done(MONDAY, channel=channel, reached=False)
    assert play.case.state == "archive"
    assert play.case.entries["call back"] == 4
    assert play.case.channels["call back"] == ("phone", "visit")


def test_not_content_goes_back_one_level_up_and_is_no_lateness() -> None:
    play = complaint()
    to_call_back(play)
    play.done(MONDAY, channel="phone", reached=True, satisfied=False)
    assert (play.case.state, play.case.level, play.case.escalations) == ("rectify", "district", 0)


def test_the_end_closes_the_case_and_clears_its_clocks() -> None:
    play = complaint()
    to_call_back(play)
    rows = play.done(MONDAY + HOUR, channel="phone", reached=True, satisfied=True)
    assert [row.kind for row in rows] == ["moved", "closed"]
    case = play.case
    assert (case.closed_at, case.due_at, case.late_at, case.holder) == (MONDAY + HOUR, None, None, None)
    (row,) = play.done(MONDAY + 2 * HOUR)
    assert (row.code, play.case) == ("CRM515", case)


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
    play.calendar = OFFICE
    friday = MONDAY + 18 * DAY
    (row,) = play.done(friday, proposer="M1", approver="M2")
    assert row.lines == ("crew next",)
    assert play.send("change", friday + DAY) == ()
    (row,) = play.send("change", friday + 2 * DAY)
    assert row.to == "restrict"


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


# Events


def test_a_named_event_moves_what_waits_for_it() -> None:
    play = Play("odd", facts={"kind": "person"})
    play.done(MONDAY, amount=5, on="2026-01-05")
    play.send("pause", MONDAY + HOUR, {"why": "away"}, by="W2")
    assert (play.case.state, play.case.data["why"]) == ("wait", "away")
    play.send("pause", MONDAY + 2 * HOUR)
    assert (play.case.entered_at, play.case.entries["wait"]) == (MONDAY + 2 * HOUR, 2)
    play.send("resume", MONDAY + 3 * HOUR)
    assert play.case.state == "half"


@pytest.mark.parametrize("name", ["resume", "done", "pausse"])
def test_an_event_that_nothing_waits_for_is_refused(name: str) -> None:
    play = Play("odd")
    play.done(MONDAY, amount=5, on="2026-01-05")
    (row,) = play.send(name, MONDAY)
    assert (row.kind, row.code, row.lines) == ("refused", "CRM514", (name,))


def test_an_event_from_before_the_step_is_refused() -> None:
    play = complaint()
    play.done(MONDAY + 2 * HOUR, facts="a")
    (row,) = play.done(MONDAY + HOUR, justified=True)
    assert (row.code, play.case.state) == ("CRM517", "review")


def test_an_event_that_comes_late_moves_at_its_own_time_and_the_level_stays() -> None:
    play = complaint()
    play.tick(MONDAY + 5 * HOUR)
    play.done(MONDAY + HOUR, facts="a")
    assert (play.case.state, play.case.entered_at, play.case.level) == ("review", MONDAY + HOUR, "district")


def test_a_timer_comes_before_an_event_of_the_same_moment() -> None:
    play = complaint()
    event = CaseEvent(1, 0, "done", MONDAY + 4 * HOUR, "W2", {"facts": "a"})
    first = play.look(MONDAY + 5 * HOUR, event)
    second = play.look(MONDAY + 5 * HOUR, event)
    assert first is not None
    assert second is not None
    assert [row.kind for row in (*first.history, *second.history)] == ["late", "moved"]
    assert (first.took_event, second.took_event) == (False, True)


def test_an_event_from_the_future_waits() -> None:
    play = complaint()
    assert play.look(MONDAY, CaseEvent(1, 0, "done", MONDAY + HOUR, "W2", {"facts": "a"})) is None


def test_a_due_time_that_no_longer_holds_is_put_right_once() -> None:
    play = complaint()
    play.posts.units = {"S1": replace(play.posts.units["S1"], parent=None)}
    step = play.look(MONDAY + HOUR)
    assert step is not None
    assert (step.case.due_at, step.history) == (None, ())
    assert play.look(MONDAY + 100 * HOUR) is None


def test_a_case_in_a_state_of_another_chart_is_an_error() -> None:
    play = complaint()
    play.chart = chart("arrears")
    with pytest.raises(WorkflowError, match="CRM503"):
        play.look(MONDAY)
