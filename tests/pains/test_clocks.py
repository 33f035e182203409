"""Do pauses, changes of the target and cases without one go wrong where users of other systems found it?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crmflow import Calendar, due
from crmflow.core.calendars import Calendars
from crmflow.workflow.clock import clock_of, moment_at, standing
from crmflow.workflow.course import Course
from crmflow.workflow.explain_due import explain_due
from crmflow.workflow.words import Words
from tests.workflow.world import DAY, HOUR, MONDAY, OFFICE, Play

NINE_TO_FIVE = Calendar.weekly("office", ZoneInfo("UTC"), {"mon-fri": ["09:00-17:00"]})
NEVER = MONDAY + 400 * DAY


def service() -> Play:
    """A case that stands still in `waiting`, of 5 days by `resolution`; Monday, 16:00 in the office."""
    play = Play("service", calendar=OFFICE)
    play.done(MONDAY)
    return play


def course(play: Play) -> Course:
    return Course(play.chart, play.case, play.context, play.posts, Calendars(OFFICE), actor="host")


def resolution(play: Play) -> datetime | None:
    return moment_at(course(play), "resolution", 1.0)


def warned(play: Play) -> int:
    return sum(row.kind == "sent" for row in play.history)


# 6. A pause does not pause, or there is none.


def test_frappe_helpdesk_1554_time_does_not_tick_in_the_background_of_a_pause() -> None:
    """The ticket read "paused" and came back with the due time of its creation."""
    play = service()
    play.send("question", MONDAY)
    play.send("customer wrote", MONDAY + 3 * DAY)

    assert resolution(play) == MONDAY + 10 * DAY


def test_frappe_helpdesk_1675_a_pause_moves_the_due_time() -> None:
    """The resolution time stayed as it was."""
    events = [("pause", "2026-01-05T11:00"), ("resume", "2026-01-05T13:30")]

    assert due("2026-01-05T10:00", "PT4H", NINE_TO_FIVE, events).isoformat() == "2026-01-05T16:30:00+00:00"


def test_frappe_erpnext_47029_a_pause_takes_out_working_time_only() -> None:
    """What was added was the time by the clock, nights and all."""
    events = [("pause", "2026-01-05T16:00"), ("resume", "2026-01-06T10:00")]

    assert due("2026-01-05T15:00", "PT4H", NINE_TO_FIVE, events).isoformat() == "2026-01-06T13:00:00+00:00"


def test_osticket_3034_what_waits_is_not_overdue() -> None:
    """For seven years users asked that a ticket on hold should not be flagged."""
    play = service()
    play.send("question", MONDAY)
    play.tick(NEVER)

    assert standing(course(play), "resolution", NEVER) == "paused"
    assert warned(play) == 0


def test_faveosuite_91_each_state_says_whether_time_counts_in_it() -> None:
    """States of one's own could not stop the clock."""
    assert [
        state for state in service().chart.states if state in service().chart.clocks["resolution"].pause
    ] == ["waiting"]


def test_linear_1103_what_is_left_before_a_pause_is_left_after_it() -> None:
    """Teams wrote the remaining time on labels."""
    play = service()
    play.send("question", MONDAY + HOUR)
    clock = clock_of(course(play), "resolution")
    assert clock.total is not None
    left = clock.total - clock.used(NEVER)
    play.send("customer wrote", MONDAY + 9 * DAY)

    at = resolution(play)
    assert at is not None
    assert OFFICE.between(MONDAY + 9 * DAY, at) == left


def test_objectstack_1310_the_days_that_the_customer_takes_are_not_the_agents() -> None:
    """等待客户的三天算在坐席头上，KPI 全错。"""
    play = service()
    play.send("question", MONDAY)
    play.send("customer wrote", MONDAY + 4 * DAY)

    [account] = (
        each
        for each in explain_due(Words(play.chart, play.posts, OFFICE.zone), course(play), MONDAY).because
        if each.name == "resolution"
    )
    paused = [each.says.zh for each in account.because if each.name == "paused"]
    assert paused == ["2026-01-05 16:00 – 2026-01-09 16:00：暂停，扣除36小时"]


@pytest.mark.parametrize("before", [timedelta(), HOUR])
def test_alga_psa_3091_a_case_that_is_created_paused_does_not_burn_time(before: timedelta) -> None:
    """Only changes of the status were felt, not the one at the creation."""
    start = datetime(2026, 1, 5, 10, tzinfo=ZoneInfo("UTC"))
    events = [("pause", start - before), ("resume", start + 2 * HOUR)]

    assert due(start, "PT4H", NINE_TO_FIVE, events) == start + 6 * HOUR


def test_alga_psa_3091_a_case_that_is_created_closed_has_no_clock_that_runs() -> None:
    """Its timer ran for ever."""
    play = Play("service", calendar=OFFICE)
    play.send("rejected", MONDAY)
    play.tick(NEVER)

    assert standing(course(play), "resolution", NEVER) == "stopped"
    assert (play.case.due_at, warned(play)) == (None, 0)


# 7. What was paused is lost when the target changes.


def test_glpi_15605_another_target_keeps_what_was_paused() -> None:
    """The new one counted from the opening, days on hold included."""
    events: list[Any] = [
        ("pause", "2026-01-05T10:00"),
        ("resume", "2026-01-07T10:00"),
        {"event": "swap", "at": "2026-01-07T11:00", "target": "PT4H"},
    ]

    assert due("2026-01-05T09:00", "P5D", NINE_TO_FIVE, events).isoformat() == "2026-01-07T13:00:00+00:00"


def test_glpi_6902_another_target_in_the_middle_of_a_pause_is_not_over() -> None:
    """The urgency changed while the ticket was pending, and it was late though nobody could work on it."""
    play = service()
    play.send("question", MONDAY)
    play.case = play.case.but(data={**play.case.data, "urgency": "high"})
    play.send("change", MONDAY + 30 * DAY)
    assert standing(course(play), "resolution", MONDAY + 30 * DAY) == "paused"

    play.send("customer wrote", MONDAY + 30 * DAY)

    at = resolution(play)
    assert at is not None
    assert OFFICE.between(MONDAY + 30 * DAY, at) == 24 * HOUR


def test_glpi_9267_the_time_that_a_case_was_closed_does_not_count() -> None:
    """A reopened ticket was late at once."""
    events = [("stop", "2026-01-05T10:00"), ("reopen", "2026-01-19T10:00")]

    assert due("2026-01-05T09:00", "PT4H", NINE_TO_FIVE, events).isoformat() == "2026-01-19T13:00:00+00:00"


def test_frappe_helpdesk_3639_no_pause_is_left_over_from_a_target_that_was_taken_away() -> None:
    """Detached while paused and resumed without a target, the next target found the ticket paused."""
    play = service()
    play.done(MONDAY, urgency="none")
    play.send("customer wrote", MONDAY)
    play.send("question", MONDAY)
    play.send("customer wrote", MONDAY + DAY)
    assert resolution(play) is None

    play.done(MONDAY + DAY, urgency="low")

    assert resolution(play) == MONDAY + 8 * DAY


# 8. A changed or withdrawn target leaves old due times behind.


def test_zammad_4353_without_a_target_nothing_is_late_any_more() -> None:
    """Tickets that had escalated stayed escalated when the agreement was switched off."""
    play = service()
    play.tick(MONDAY + 8 * DAY)
    assert standing(course(play), "resolution", MONDAY + 8 * DAY) == "late"

    play.done(MONDAY + 8 * DAY, urgency="none")
    play.tick(NEVER)

    assert resolution(play) is None
    assert standing(course(play), "resolution", NEVER) == "running"
    assert warned(play) == 1  # what was sent stays sent, and nothing else is


def test_lanternops_breeze_6691_a_target_follows_what_is_learned_later() -> None:
    """A priority that was set after the creation changed nothing."""
    play = service()
    play.done(MONDAY + HOUR, urgency="high")

    assert clock_of(course(play), "resolution").total == 24 * HOUR


def test_osticket_17_686_a_longer_target_takes_lateness_back() -> None:
    """An overdue ticket went back to the old plan and sent its alert again."""
    events = [{"event": "swap", "at": "2026-01-06T10:00", "target": "P50D"}]

    assert due("2026-01-05T09:00", "PT2H", NINE_TO_FIVE, events).isoformat() == "2026-03-16T09:00:00+00:00"


# 12. The wrong target, or one where there should be none.


def test_frappe_helpdesk_1598_a_case_may_have_no_target() -> None:
    """It failed, and users set a year instead."""
    play = service()
    play.done(MONDAY, urgency="none")
    play.tick(NEVER)

    assert resolution(play) is None
    assert warned(play) == 0


@pytest.mark.parametrize(("urgency", "target"), [("high", 24 * HOUR), ("low", 45 * HOUR), (None, 45 * HOUR)])
def test_frappe_helpdesk_1651_the_default_is_taken_where_no_condition_holds(
    urgency: str | None, target: timedelta
) -> None:
    """The default came although its own condition did not hold."""
    play = service()
    play.done(MONDAY, **({"urgency": urgency} if urgency else {}))

    assert clock_of(course(play), "resolution").total == target


def test_frappe_helpdesk_1943_the_target_holds_from_the_creation() -> None:
    """The default came only when the ticket was touched."""
    play = Play("service", calendar=OFFICE)

    assert resolution(play) == MONDAY + 7 * DAY
