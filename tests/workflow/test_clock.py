"""Do the clocks of a case start, pause, stop and change with what happens in it, early or late?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest

from crmflow.core.calendar import ALWAYS
from crmflow.workflow.clock import (
    calendar_of,
    clock_of,
    events_in,
    folded,
    moment_at,
    occasion,
    pause,
    refold,
    resume,
)
from tests.workflow.world import DAY, HOUR, MONDAY, Play, course, service

# Monday 08:00 in London is 16:00 in the office in Shanghai, an hour and a half before it closes.
OPEN = MONDAY
TUESDAY = MONDAY + 16.5 * HOUR  # 08:30 there
MINUTE = timedelta(minutes=1)


def due(play: Play) -> Mapping[str, datetime]:
    """When each clock that runs is due."""
    found = ((name, moment_at(course(play), name, 1.0)) for name in play.chart.clocks)
    return {name: at for name, at in found if at is not None}


def told(play: Play, kind: str) -> list[tuple[str, ...]]:
    return [row.lines for row in play.history if row.kind == kind]


def test_clocks_start_with_the_case_and_each_has_its_own_target() -> None:
    assert due(service()) == {
        "response": TUESDAY + 0.5 * HOUR,
        "resolution": OPEN + 7 * DAY,
        "update": OPEN + DAY,
        "by level": TUESDAY + 2.5 * HOUR,
    }


def test_the_first_response_stops_with_the_move_that_gives_it() -> None:
    play = service()
    play.done(OPEN + HOUR)

    assert "response" not in due(play)
    assert clock_of(course(play), "response").stopped_at == OPEN + HOUR


def test_a_clock_stands_still_while_the_case_is_in_a_state_in_which_it_does_not_count() -> None:
    play = service()
    play.done(OPEN + HOUR)
    play.send("question", OPEN + HOUR)
    assert "resolution" not in due(play)

    play.send("customer wrote", OPEN + HOUR + DAY)

    assert due(play)["resolution"] == OPEN + 8 * DAY


def test_nothing_that_hangs_on_a_clock_happens_while_it_stands_still() -> None:
    play = service()
    play.done(OPEN + HOUR)
    play.send("question", OPEN + HOUR)
    play.tick(OPEN + 60 * DAY)

    assert "sent" not in [row.kind for row in play.history]


def test_the_next_response_is_due_anew_for_each_question_and_not_for_a_second_one() -> None:
    play = service()
    play.done(OPEN)
    play.send("customer wrote", TUESDAY)
    play.send("customer wrote", TUESDAY + HOUR)
    assert due(play)["next response"] == TUESDAY + 4 * HOUR

    first = occasion(course(play), "next response")
    play.send("answered", TUESDAY + 2 * HOUR)
    assert "next response" not in due(play)

    play.send("customer wrote", TUESDAY + 3 * HOUR)
    assert due(play)["next response"] == TUESDAY + 7 * HOUR
    assert occasion(course(play), "next response") != first


def test_an_update_is_due_a_day_after_the_last_one_by_elapsed_time() -> None:
    play = service()
    play.done(OPEN)
    play.send("told", OPEN + 5 * DAY)

    assert due(play)["update"] == OPEN + 6 * DAY


def test_a_stopped_clock_goes_on_where_the_chart_reopens_it() -> None:
    play = service()
    play.done(OPEN)
    assert due(play)["resolution"] == OPEN + 7 * DAY

    play.done(OPEN + HOUR)
    play.send("customer wrote", OPEN + 2 * HOUR)

    assert due(play)["resolution"] == OPEN + 7 * DAY  # it was never stopped


@pytest.mark.parametrize(("urgency", "target"), [("high", "PT24H"), ("low", "P5D"), ("none", "-")])
def test_a_target_follows_what_the_case_learns(urgency: str, target: str) -> None:
    play = service()
    play.done(OPEN)
    play.done(OPEN + HOUR, urgency=urgency)

    swaps = [line for lines in told(play, "clock") for line in lines if "swap" in line]
    assert swaps == ([f"resolution: swap {target}"] if target != "P5D" else [])
    assert ("resolution" in due(play)) == (target != "-")


def test_another_target_keeps_what_was_paused() -> None:
    play = service()
    play.done(OPEN)
    play.send("question", TUESDAY)
    play.send("customer wrote", TUESDAY + 3 * HOUR)
    play.done(TUESDAY + 4 * HOUR, urgency="high")

    assert clock_of(course(play), "resolution").pauses == ((TUESDAY, TUESDAY + 3 * HOUR),)
    assert due(play)["resolution"] == TUESDAY + 2 * DAY + 7.5 * HOUR  # 24 hours: 1.5, 9 less 3, 9, and 7.5


def test_a_target_by_level_follows_the_level() -> None:
    play = service()
    assert due(play)["by level"] == TUESDAY + 2.5 * HOUR

    play.case = play.case.but(level="district")
    play.send("told", OPEN + HOUR)

    assert due(play)["by level"] == TUESDAY + 0.5 * HOUR


def test_a_case_that_ends_as_it_begins_has_no_clock_that_runs() -> None:
    play = service()
    play.send("rejected", OPEN)

    assert due(play) == {}
    assert clock_of(course(play), "resolution").stopped_at == OPEN


def test_nothing_comes_due_in_a_pause_that_began_when_the_target_was_over() -> None:
    play = service()
    play.send("hold", TUESDAY + 3 * HOUR)
    assert clock_of(course(play), "by level").breached(TUESDAY + 3 * HOUR)

    assert moment_at(course(play), "by level", 1.5) is None


def test_a_late_form_is_refused_though_a_clock_waits_for_steps_that_are_done() -> None:
    play = service()
    response = replace(play.chart.clocks["response"], stop=frozenset({"done"}))
    play.chart = replace(play.chart, clocks={**play.chart.clocks, "response": response})
    play.done(OPEN + HOUR)

    assert clock_of(course(play), "response").stopped_at == OPEN + HOUR
    assert play.done(OPEN)[0].code == "CRM517"


def test_shares_and_offsets_of_a_clock() -> None:
    play = service()
    at = course(play)

    assert moment_at(at, "response", 0.5) == OPEN + HOUR
    assert moment_at(at, "response", 1.0, -HOUR) == TUESDAY - 0.5 * HOUR
    assert moment_at(at, "response", 1.5, DAY) == TUESDAY + 1.5 * HOUR + DAY
    assert moment_at(at, "next response", 0.5) is None
    assert moment_at(at, "step", 0.5) == TUESDAY + 0.5 * HOUR


def test_what_would_fall_into_a_pause_that_is_over_comes_at_its_end() -> None:
    play = service()
    play.send("hold", OPEN + HOUR)
    play.send("release", OPEN + DAY)

    assert moment_at(course(play), "by level", 0.0, 2 * HOUR) == OPEN + DAY


def test_all_clocks_of_a_case_can_be_paused_at_once() -> None:
    play = service()
    at = course(play)
    pause(at, TUESDAY)
    assert [moment_at(at, name, 1.0) for name in play.chart.clocks] == [None] * 5

    resume(at, TUESDAY + HOUR)

    assert moment_at(at, "response", 1.0) == TUESDAY + 1.5 * HOUR


# events that come late


def test_a_late_pause_moves_the_due_time_and_is_told() -> None:
    play = service()
    play.send("release", TUESDAY + 2 * HOUR)
    play.done(TUESDAY + 2 * HOUR)
    before = due(play)["by level"]
    play.send("hold", TUESDAY + HOUR)

    assert due(play)["by level"] == before + HOUR
    row = play.history[-1]
    assert (row.kind, row.at, row.message) == ("recomputed", TUESDAY + HOUR, "by level")
    assert row.data == {"before": before, "after": before + HOUR}


def test_what_had_fired_stays_fired_and_is_named() -> None:
    play = service()
    play.done(OPEN)
    play.send("question", TUESDAY)
    play.send("customer wrote", TUESDAY + 2 * DAY)
    play.tick(OPEN + 10 * DAY)
    assert [row.move for row in play.history if row.kind == "sent"] == ["warn"]

    play.send("customer wrote", TUESDAY + DAY)  # it was written a day before
    play.tick(OPEN + 20 * DAY)

    assert [row.move for row in play.history if row.kind == "sent"] == ["warn"]
    rows = {row.message: row for row in play.history if row.kind == "recomputed"}
    assert rows["resolution"].lines == ("warn",)
    assert rows["resolution"].data == {"before": OPEN + 9 * DAY, "after": OPEN + 8 * DAY}


def test_a_late_answer_stops_a_clock_of_a_closed_case() -> None:
    play = service()
    play.done(OPEN)
    play.send("customer wrote", TUESDAY)
    play.done(TUESDAY + 5 * HOUR)
    play.done(TUESDAY + 6 * HOUR)
    assert clock_of(course(play), "next response").breached(TUESDAY + 6 * HOUR)

    play.send("answered", TUESDAY + HOUR)

    assert not clock_of(course(play), "next response").breached(TUESDAY + 6 * HOUR)
    assert play.send("answered", TUESDAY + 9 * HOUR)[0].code == "CRM515"


def test_a_move_that_comes_late_is_still_refused() -> None:
    play = service()
    play.done(OPEN + HOUR)

    assert play.send("question", OPEN)[0].code == "CRM517"


def test_an_event_that_only_a_clock_waits_for_moves_nothing_and_is_not_refused() -> None:
    play = service()
    rows = play.send("told", OPEN + HOUR, {"by": "phone"})

    assert [row.kind for row in rows] == ["clock"]
    assert play.case.state == "accept"


def test_an_event_that_nothing_waits_for_is_refused() -> None:
    assert service().send("tolled", OPEN + HOUR)[0].code == "CRM514"


# laws


WORDS = ["customer wrote", "answered", "told", "hold", "release", "question", "done", "rejected"]


@pytest.mark.parametrize("seed", range(25))
def test_what_is_stored_is_what_the_history_gives(seed: int) -> None:
    random = Random(seed)
    play, at = service(), OPEN
    for _ in range(30):
        at += random.randint(0, 300) * MINUTE
        late = random.choice([0, 0, 0, 1]) * random.randint(0, 2000) * MINUTE
        word = random.choice(WORDS)
        data = {"urgency": random.choice(["high", "low", "none"])} if play.case.state == "repair" else {}
        play.send(word, max(at - late, OPEN), data if word == "done" else {})
        play.tick(at)

    felt = events_in(play.history)
    for name, spec in play.chart.clocks.items():
        anew = folded(felt.get(name, ()), calendar_of(course(play), spec))
        kept = play.case.clocks.get(name)
        assert anew == clock_of(course(play), name)
        assert kept is None or isinstance(kept, Mapping)
        assert kept is None or kept["due"] == (anew.due_at if anew.standing == "running" else None)
        assert anew.due_at == anew.recomputed()


def test_another_calendar_gives_other_due_times() -> None:
    play = service()
    at = course(play, ALWAYS)
    refold(at)

    assert moment_at(at, "resolution", 1.0) == OPEN + 5 * DAY
    assert at.case.late_at == OPEN + 4 * HOUR
