"""Does a case take what is sent to it, or refuse it with the reason?"""

from __future__ import annotations

from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from crmflow.core.case import CaseEvent
from crmflow.workflow.refusal import refusal
from tests.workflow.world import (
    HOUR,
    MONDAY,
    Play,
    complaint,
    to_call_back,
)

ZONE = ZoneInfo("UTC")

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
        {"amount": "five", "on": "2026-01-05"},
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


def test_texts_are_read_as_in_a_file() -> None:
    play = complaint()
    to_call_back(play)
    play.send("done", MONDAY, {"回访渠道": "phone", "reached": "是", "满意": "no"}, by="W2")
    assert (play.case.state, play.case.data["satisfied"]) == ("rectify", False)


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


def test_a_stranger_may_be_the_accused() -> None:
    (row,) = complaint().done(MONDAY, by="host", facts="none")
    assert (row.kind, row.code, row.actor) == ("refused", "CRM567", "host")


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


def test_a_refusal_is_an_error_that_says_what_to_do() -> None:
    play = complaint()
    unknown, missing = play.done(MONDAY, colour="red")
    assert str(refusal(play.chart, unknown, ZONE)) == (
        "CRM512 the step verify has no field: colour; use the fields of the form: facts"
    )
    assert refusal(play.chart, missing, ZONE).lines == "facts"
    (row,) = play.send("pausse", MONDAY)
    assert refusal(play.chart, row, ZONE).text().endswith("send what the state waits for: done")
