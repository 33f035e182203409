"""Does each level of an escalation fire once, at its moment, to whoever should know, and then fall silent?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.core.post import Absence, Post, Posts, Staff, Unit
from tests.workflow.world import DAY, HOUR, MONDAY, OFFICE, POSTS, STAFF, UNITS, Play, complaint, posts

MANAGERS = (Post("M1", "manager", "S1"), Post("M9", "manager", "K1"))


def company(*absences: Absence, units: list[Unit] | None = None, at: datetime = MONDAY) -> Posts:
    people = [*STAFF, Staff("M1", "经理M1"), Staff("M9", "经理M9")]
    return Posts(units or UNITS, people, [*POSTS, *MANAGERS], absences, at=at)


def ladder(**given: object) -> Play:
    facts = {"kind": "unit", "arrears": given.pop("arrears", 5000)}
    return Play("ladder", facts=facts, company=given.pop("company", None) or company(), **given)  # type: ignore[arg-type]


def fired(play: Play) -> list[tuple[timedelta, str | None, str | None]]:
    """When, by which escalation, to whom."""
    return [(row.at - MONDAY, row.move, row.holder) for row in play.history if row.kind in ("late", "sent")]


# Before, at and after the deadline


def test_levels_fire_in_their_order_before_at_and_after_the_deadline() -> None:
    play = ladder()
    play.tick(MONDAY + 13 * HOUR)
    assert fired(play) == [
        (8 * HOUR, "warn", "W2"),
        (9 * HOUR, "soon", "W2"),
        (10 * HOUR, "breach", "D9"),
        (10 * HOUR, "breach", "D9"),
    ]
    assert (play.case.level, play.case.escalations) == ("district", 1)


def test_each_level_has_its_own_clock_and_the_steps_before_count_anew() -> None:
    play = ladder()
    play.tick(MONDAY + 20 * HOUR)
    assert [each for each in fired(play) if each[0] > 10 * HOUR] == [
        (18 * HOUR, "warn", "D9"),
        (19 * HOUR, "soon", "D9"),
        (20 * HOUR, "breach", "K9"),
        (20 * HOUR, "breach", "K9"),
    ]
    assert len(play.keys()) == len(set(play.keys()))


def test_what_is_done_in_time_escalates_nothing() -> None:
    play = ladder()
    play.done(MONDAY + 7 * HOUR)
    assert fired(play) == []
    play.tick(MONDAY + 14 * HOUR)
    assert fired(play) == []
    play.tick(MONDAY + 15 * HOUR)
    assert fired(play) == [(15 * HOUR, "warn", "W2")]


def test_a_criterion_that_is_not_met_is_asked_again_when_facts_change() -> None:
    play = ladder(arrears=10)
    play.tick(MONDAY + 9.5 * HOUR)
    assert [name for _, name, _ in fired(play)] == ["warn"]
    play.facts["arrears"] = 9000
    play.send("change", MONDAY + 9.6 * HOUR)
    assert fired(play)[-1] == (9.6 * HOUR, "soon", "W2")
    play.send("change", MONDAY + 9.7 * HOUR)
    assert len(fired(play)) == 2


def test_a_role_is_found_in_the_holders_unit_and_its_clock_goes_on() -> None:
    play = ladder(data={"level": "company"})
    play.tick(MONDAY + 15 * HOUR)
    assert fired(play)[-1] == (15 * HOUR, "manager", "M9")
    assert (play.case.level, play.case.late_at) == ("company", MONDAY + 10 * HOUR)
    play.done(MONDAY + 16 * HOUR)
    assert play.case.holder == "K9"


def test_an_event_moves_the_case_where_it_is_expected() -> None:
    play = ladder(data={"level": "company"})
    play.tick(MONDAY + 10 * HOUR + 7 * DAY)
    assert (play.case.state, play.case.closed_at) == ("closed", MONDAY + 10 * HOUR + 7 * DAY)


def test_working_time_counts_by_the_calendar_and_what_is_added_is_elapsed() -> None:
    play = ladder(calendar=OFFICE)  # Monday 16:00 there: ten working hours are over on Tuesday 17:00 + 30 min
    play.tick(MONDAY + 40 * HOUR)
    sent = {name: at for at, name, _ in fired(play)}
    assert MONDAY + sent["breach"] == datetime(2026, 1, 6, 17, tzinfo=OFFICE.zone)
    assert MONDAY + sent["soon"] == datetime(2026, 1, 6, 16, tzinfo=OFFICE.zone)


# By a clock of the case


def ticket(**given: object) -> Play:
    return Play("ticket", facts={"kind": "person"}, company=company(), **given)  # type: ignore[arg-type]


def test_by_a_clock_of_the_case_each_fires_once_and_the_level_does_not_start_it_anew() -> None:
    play = ticket()
    play.tick(MONDAY + 14 * HOUR)
    assert [(at, name) for at, name, _ in fired(play)] == [
        (8 * HOUR, "warn"),
        (10 * HOUR, "breach"),
        (10 * HOUR, "breach"),
    ]
    play.tick(MONDAY + 40 * HOUR)
    after = next(row for row in play.history if row.move == "after")
    assert (after.kind, after.at, after.holder) == ("late", MONDAY + 34 * HOUR, "K9")
    assert (play.case.level, play.case.escalations) == ("company", 2)


def test_nothing_escalates_while_the_case_waits_for_the_customer() -> None:
    play = ticket()
    play.send("ask", MONDAY + 7 * HOUR, by="W2")
    play.tick(MONDAY + 100 * HOUR)
    assert (fired(play), play.case.due_at) == ([], None)
    play.send("written", MONDAY + 100 * HOUR)
    play.tick(MONDAY + 110 * HOUR)
    assert [(at, name) for at, name, _ in fired(play) if name != "unread"] == [
        (101 * HOUR, "warn"),
        (103 * HOUR, "breach"),
        (103 * HOUR, "breach"),
        (108 * HOUR, "nag"),
        (109 * HOUR, "nag"),
        (110 * HOUR, "nag"),
    ]


def test_a_clock_that_starts_again_escalates_again() -> None:
    play = ticket()
    for hour in (1, 4):
        play.send("ask", MONDAY + hour * HOUR, by="W2")
        play.send("written", MONDAY + (hour + 0.1) * HOUR)
        play.tick(MONDAY + (hour + 2.5) * HOUR)
    assert [name for _, name, _ in fired(play)].count("unread") == 1  # it runs on until somebody answers


def test_an_alarm_of_the_case_rings_for_the_next_holder_too() -> None:
    play = ticket()
    play.tick(MONDAY + 15 * HOUR)
    play.send("acknowledge", MONDAY + 15.1 * HOUR, by=str(play.case.holder))
    play.tick(MONDAY + 33 * HOUR)
    assert len(nags(play)) == 1
    play.tick(MONDAY + 35 * HOUR)  # one day late it goes to the company
    assert nags(play)[1:] == [34 * HOUR, 35 * HOUR]


# Up the tree, whatever it looks like by then


def test_the_tree_of_then_counts_when_a_unit_has_moved() -> None:
    play = ladder()
    units = [*UNITS, Unit("D2", "新片区", "district", "K1")]
    play.posts = company(units=[replace(each, parent="D2") if each.code == "S1" else each for each in units])
    play.tick(MONDAY + 10 * HOUR)
    assert (play.case.level, play.case.holder_unit, play.case.holder) == ("district", "K1", "K9")


def test_a_level_that_the_tree_leaves_out_is_passed_over() -> None:
    play = ladder(company=company(units=[replace(UNITS[0], parent="K1"), UNITS[3]]))
    play.tick(MONDAY + 10 * HOUR)
    assert (play.case.level, play.case.holder) == ("company", "K9")


def test_at_the_top_nothing_goes_up_but_somebody_is_told_once() -> None:
    play = ladder(data={"level": "company"})
    play.tick(MONDAY + 10.5 * HOUR)
    assert [row.kind for row in play.history if row.move == "breach"] == ["sent"]
    assert play.case.escalations == 0


def test_a_case_whose_unit_is_gone_goes_up_as_soon_as_there_is_a_tree_again() -> None:
    play = ladder()
    play.posts = Posts(UNITS[3:], STAFF, POSTS, at=MONDAY)
    play.tick(MONDAY + 20 * HOUR)
    assert (play.case.level, play.case.escalations) == ("station", 0)
    play.posts = company()
    play.tick(MONDAY + 21 * HOUR)
    assert (play.case.level, play.case.escalations) == ("company", 2)


# Again and again, until it is acknowledged


def nags(play: Play) -> list[timedelta]:
    return [row.at - MONDAY for row in play.history if row.kind == "sent" and row.move == "nag"]


def test_it_is_repeated_until_acknowledged_and_then_quiet_until_the_next_escalation() -> None:
    play = ladder(data={"level": "company"})
    play.tick(MONDAY + 12.5 * HOUR)
    assert nags(play) == [11 * HOUR, 12 * HOUR]
    (row,) = play.send("acknowledge", MONDAY + 12.6 * HOUR, by="K9")
    assert (row.kind, row.actor) == ("acknowledged", "K9")
    play.tick(MONDAY + 60 * HOUR)
    assert nags(play) == [11 * HOUR, 12 * HOUR]
    play.done(MONDAY + 61 * HOUR)
    play.tick(MONDAY + 72 * HOUR)
    assert nags(play)[2:] == [72 * HOUR]


def test_it_is_repeated_no_more_than_it_says() -> None:
    play = ladder(data={"level": "company"})
    play.tick(MONDAY + 100 * HOUR)
    assert nags(play) == [11 * HOUR, 12 * HOUR, 13 * HOUR, 14 * HOUR]


def test_it_is_repeated_in_working_time_alone() -> None:
    play = ladder(
        data={"level": "company"}, calendar=OFFICE
    )  # breach on Tuesday at 17:00, the first at 18:00
    play.tick(MONDAY + 5 * DAY)
    tuesday = datetime(2026, 1, 6, 18, tzinfo=OFFICE.zone)
    assert [MONDAY + each for each in nags(play)] == [tuesday, *(tuesday + n * HOUR for n in (15, 16, 17))]


@pytest.mark.parametrize(
    ("hours", "by", "code"), [(12, "W1", "CRM561"), (10, "K9", "CRM562"), (12, "host", "CRM561")]
)
def test_only_the_holder_acknowledges_and_only_what_is_repeated(hours: int, by: str, code: str) -> None:
    play = ladder(data={"level": "company"})
    (row,) = play.send("acknowledge", MONDAY + hours * HOUR, by=by)[-1:]
    assert (row.kind, row.code) == ("refused", code)
    play.tick(MONDAY + 13 * HOUR)
    assert nags(play)[-1] == 13 * HOUR


def test_where_nothing_is_repeated_an_acknowledgement_is_not_expected() -> None:
    (row,) = complaint().send("acknowledge", MONDAY, by="W2")
    assert row.code == "CRM514"


# Who is away


def test_a_deputy_takes_over_when_an_absence_begins_and_hands_back_when_it_ends() -> None:
    play = complaint()
    assert play.case.holder == "W2"
    away = Absence("W2", MONDAY + HOUR, MONDAY + 3 * HOUR, deputy="W4")
    play.posts = posts(away, at=MONDAY + HOUR)
    play.send("change", MONDAY + HOUR)
    assert (play.case.holder, play.case.due_at) == ("W4", MONDAY + 3 * HOUR)
    play.posts = posts(away, at=MONDAY + 3 * HOUR)
    play.tick(MONDAY + 3 * HOUR)
    assert (play.case.holder, play.history[-1].kind, play.history[-1].at) == (
        "W2",
        "assigned",
        MONDAY + 3 * HOUR,
    )
    assert play.case.due_at == play.case.late_at == MONDAY + 4 * HOUR


def test_what_went_up_because_nobody_was_there_comes_back() -> None:
    alone = posts(Absence("W2", MONDAY - DAY, MONDAY + 2 * HOUR), at=MONDAY)
    play = complaint(company=alone)
    assert (play.case.holder, play.case.holder_unit, play.case.due_at) == ("D9", "D1", MONDAY + 2 * HOUR)
    play.posts = posts(at=MONDAY + 2 * HOUR)
    play.tick(MONDAY + 2 * HOUR)
    assert (play.case.holder, play.case.holder_unit, play.case.level) == ("W2", "S1", "station")


def test_deputies_who_are_away_or_accused_are_passed_over() -> None:
    chain = Absence("W2", MONDAY, MONDAY + DAY, deputy="W4"), Absence("W4", MONDAY, MONDAY + DAY, deputy="W1")
    assert complaint(company=posts(*chain)).case.holder == "W1"
    barred = Absence("W2", MONDAY, MONDAY + DAY, deputy="W3")
    assert complaint(company=posts(barred)).case.holder == "D9"


def test_a_holder_who_becomes_the_accused_loses_the_step() -> None:
    play = Play("complaint")
    play.done(MONDAY, by="W1")
    holder = play.case.holder
    play.case = play.case.but(data={"accused": holder})
    play.send("change", MONDAY + HOUR)
    assert play.case.holder not in (None, holder)


def test_where_nobody_is_left_the_history_says_so_and_the_clock_runs() -> None:
    play = complaint()
    play.posts = Posts(UNITS, STAFF, [], at=MONDAY + HOUR)
    (row,) = play.send("change", MONDAY + HOUR)
    assert (row.kind, row.holder, play.case.holder) == ("assigned", None, None)
    assert play.case.late_at == MONDAY + 4 * HOUR


# Exactly once


looks = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 3)), max_size=30)


@given(looks, st.booleans())
def test_each_level_exactly_once_with_duplicate_late_and_reordered_looks(
    ticks: list[tuple[int, int]], back: bool
) -> None:
    """A clock that jumps back sees nothing due; what was fired stays fired."""
    play, straight = ladder(), ladder()
    for hour, again in ticks if back else sorted(ticks):
        for _ in range(again + 1):
            play.tick(MONDAY + hour * HOUR)
    end = MONDAY + 100 * HOUR
    play.tick(end)
    straight.tick(end)
    assert play.history == straight.history
    assert play.case == straight.case
    assert len(play.keys()) == len(set(play.keys()))
    assert [row.level for row in play.history if row.kind == "late" and row.move == "breach"] == [
        "district",
        "company",
    ]


acts = st.lists(
    st.tuples(st.integers(0, 60), st.sampled_from(["ask", "written", "acknowledge", "done", "change"])),
    max_size=8,
)


@given(acts, looks)
def test_pauses_and_restarts_make_no_difference_to_how_often_somebody_looks(
    script: list[tuple[int, str]], ticks: list[tuple[int, int]]
) -> None:
    often, seldom = ticket(), ticket()
    hours = sorted(hour for hour, _ in ticks)
    for hour, name in sorted(script):
        for look in hours:
            if look < hour:
                often.tick(MONDAY + look * HOUR)
        for play in (often, seldom):
            play.tick(MONDAY + hour * HOUR)
            play.send(name, MONDAY + hour * HOUR, by=play.case.holder or "host")
    for play in (often, seldom):
        play.tick(MONDAY + 200 * HOUR)
        assert len(play.keys()) == len(set(play.keys()))
        levels = [row.level for row in play.history if row.kind == "late"]
        assert levels == sorted(set(levels), key=play.chart.levels.index)
    assert often.history == seldom.history
    assert often.case == seldom.case
