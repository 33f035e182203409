"""Whose calendar counts for a step, and what happens to a case when it is another one?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from crmflow.core.calendar import ALWAYS, Calendar, Day
from crmflow.core.calendars import Calendars
from crmflow.core.case import Moved
from tests.workflow.world import HOUR, MONDAY, OFFICE, Play, complaint, posts

PART_TIME = Calendar.weekly("part time", ZoneInfo("Asia/Shanghai"), {"mon-fri": ["08:30-12:00"]})
TUESDAY = date(2026, 1, 6)
CLOSED = replace(OFFICE, dates={TUESDAY: Day(TUESDAY, (), "closed")})


def recomputed(play: Play) -> list[Moved]:
    return [row for row in play.history if row.kind == "recomputed"]


def test_a_step_counts_by_the_calendar_of_its_holder() -> None:
    play = complaint(calendars=Calendars(ALWAYS, staff={"W2": PART_TIME}))
    assert (play.case.holder, play.case.calendar) == ("W2", PART_TIME.cited)
    begun, late = play.case.entered_at, play.case.late_at
    assert late is not None
    assert late > begun + 24 * HOUR
    assert PART_TIME.between(begun, late) == 4 * HOUR


def test_a_new_holder_brings_their_calendar() -> None:
    play = complaint(calendars=Calendars(ALWAYS, staff={"W2": PART_TIME}))
    before = play.case.late_at
    play.posts = posts(without="W2")
    play.send("change", MONDAY + HOUR)
    assert play.case.holder not in ("W2", None)
    assert play.case.calendar == ALWAYS.cited
    [row] = recomputed(play)
    assert row.data == {"before": before, "after": play.case.late_at}


def test_an_escalated_step_counts_by_the_calendar_of_the_level_above() -> None:
    play = complaint(calendars=Calendars(ALWAYS, units={"D1": PART_TIME, "S1": ALWAYS}))
    assert play.case.late_at is not None
    play.tick(play.case.late_at)
    assert (play.case.holder_unit, play.case.calendar) == ("D1", PART_TIME.cited)
    assert recomputed(play) == []


def test_a_new_calendar_counts_at_the_next_look_and_is_told_once() -> None:
    play = complaint(calendar=OFFICE)
    before = play.case.late_at
    assert before is not None
    play.calendars = Calendars(CLOSED)
    play.tick(before - timedelta(minutes=1))
    [row] = recomputed(play)
    assert (row.message, row.move, row.data) == (
        "step",
        "calendar",
        {"before": before, "after": play.case.late_at},
    )
    assert play.case.due_at == play.case.late_at
    assert play.case.late_at is not None
    assert play.case.late_at > before
    play.tick(before)
    assert (recomputed(play), play.case.escalations) == ([row], 0)


def test_a_deadline_that_moves_forward_is_missed_at_once() -> None:
    play = complaint(calendar=CLOSED)
    assert play.case.late_at is not None
    play.calendars = Calendars(OFFICE)
    play.tick(datetime(2026, 1, 6, 9, tzinfo=UTC))
    assert len(recomputed(play)) == 1
    assert play.case.escalations == 1


def test_what_has_fired_stays_fired() -> None:
    play = complaint(calendar=OFFICE)
    assert play.case.late_at is not None
    play.tick(play.case.late_at)
    level, keys = play.case.level, play.keys()
    play.calendars = Calendars(CLOSED)
    play.tick(play.case.entered_at + 3 * HOUR)
    assert play.case.level == level
    assert play.keys()[: len(keys)] == keys


def test_a_closed_case_is_left_alone() -> None:
    play = complaint(calendar=OFFICE)
    play.case = play.case.but(closed_at=MONDAY + HOUR)
    play.calendars = Calendars(CLOSED)
    play.tick(MONDAY + 2 * HOUR)
    assert recomputed(play) == []
