"""Does a clock do what its table says, minute by minute, and in whichever order its events come?"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crmflow.core.calendar import ALWAYS, Calendar
from crmflow.core.chart import Term
from crmflow.core.clock import EVENT_NAMES, Clock, ClockEvent
from crmflow.core.interval import intervals
from crmflow.rules.due import due

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = Calendar.weekly("office", SHANGHAI, {"mon-fri": ["08:30-17:30"]}, [date(2026, 1, 21)])
SPLIT = Calendar.weekly("split", SHANGHAI, {"mon-fri": ["08:30-12:00", "13:30-17:30"]})
NIGHT = Calendar.weekly("night", SHANGHAI, {"mon-sat": ["22:00-06:00"]})
CALENDARS = {"24x7": ALWAYS, "office": OFFICE}
CASES = tomllib.loads((Path(__file__).parent / "clocks.toml").read_text("utf-8"))["case"]
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("case", CASES, ids=[case["says"] for case in CASES])
def test_due_times_are_those_of_the_table(case: dict[str, Any]) -> None:
    events = [
        {**each, "calendar": CALENDARS[each["calendar"]]}
        if isinstance(each, dict) and "calendar" in each
        else each
        for each in case["events"]
    ]

    found = due(case["start"], case["target"], OFFICE, events)

    assert found == datetime.fromisoformat(case["due"]).replace(tzinfo=SHANGHAI)


# against a clock that is looked at every minute


def pauses(random: Random) -> list[tuple[datetime, datetime]]:
    at, found = MONDAY, []
    for _ in range(random.randint(0, 3)):
        at += random.randint(0, 3000) * MINUTE
        end = at + random.randint(1, 4000) * MINUTE
        found.append((at, end))
        at = end + MINUTE
    return found


def looked_at(
    calendar: Calendar, start: datetime, term: Term, stops: list[tuple[datetime, datetime]]
) -> datetime:
    """Minute by minute: a target of time is over at the end of its last minute, one of days at the beginning
    of the first minute that would be one too many."""
    wanted = calendar.between(start, calendar.add(start, term)) // MINUTE
    at, counted = start, 0
    while True:
        counts = calendar.between(at, at + MINUTE) == MINUTE and not any(s <= at < e for s, e in stops)
        if counts and counted == wanted:
            return at
        at += MINUTE
        counted += counts
        if counted == wanted and term.time:
            return at


@pytest.mark.parametrize("seed", range(30))
def test_due_times_are_those_of_a_clock_that_is_looked_at_every_minute(seed: int) -> None:
    random = Random(seed)
    calendar = random.choice([OFFICE, SPLIT, NIGHT, ALWAYS])
    start = MONDAY + random.randint(0, 10_000) * MINUTE
    term = random.choice([Term(random.randint(1, 4)), Term(0, random.randint(1, 1500) * MINUTE)])
    stops = [(max(s, start), e) for s, e in pauses(random) if e > start]
    events = [ClockEvent("start", start, target=term)]
    for begin, end in stops:
        events += [ClockEvent("pause", begin, id=1), ClockEvent("resume", end, id=2)]

    assert Clock(calendar).fold(events).due == looked_at(calendar, start, term, stops)


# one event after another, late ones too, is the same as all at once


def history(random: Random) -> list[ClockEvent]:
    """Anything may follow anything, often at one moment, on few moments so that orders matter."""
    events = [ClockEvent("start", MONDAY + 9 * HOUR, id=0, target=Term(random.randint(0, 3), 2 * HOUR))]
    for number in range(1, random.randint(2, 12)):
        name = random.choice(EVENT_NAMES)
        at = MONDAY + random.randint(0, 200) * HOUR / 2
        known = at + random.choice([0, 0, 0, 1, 50]) * HOUR
        target = random.choice([None, Term(2), Term(0, 5 * HOUR)]) if name == "swap" else Term(1)
        calendar = random.choice([None, SPLIT, ALWAYS]) if name == "swap" else None
        events.append(ClockEvent(name, at, known, number, target, calendar))
    return events


def arriving(events: list[ClockEvent]) -> Iterator[Clock]:
    """Each event when it is known: in order it is one step more, late it is folded in at its own moment."""
    known: list[ClockEvent] = []
    clock = Clock(OFFICE)
    for event in sorted(events, key=lambda each: (each.recorded_at or each.at, each.id)):
        late = bool(known) and event.order < max(each.order for each in known)
        known.append(event)
        clock = Clock(OFFICE).fold(known) if late else clock.after(event)
        yield clock


@pytest.mark.parametrize("histories", [2_000, pytest.param(100_000, marks=pytest.mark.long)])
def test_a_clock_kept_up_is_a_clock_computed_anew(histories: int) -> None:
    random = Random(histories)
    for _ in range(histories):
        events = history(random)
        kept = list(arriving(events))

        assert kept[-1] == Clock(OFFICE).fold(events)
        assert all(clock.due_at == clock.recomputed() for clock in kept)
        assert len(kept[-1].ignored) <= len(events)


@pytest.mark.parametrize("seed", range(50))
def test_counted_intervals_add_up_to_the_target_and_leave_no_gap(seed: int) -> None:
    random = Random(seed)
    clocks = (Clock(random.choice([OFFICE, SPLIT, NIGHT, ALWAYS])).fold(history(random)) for _ in range(100))
    clock = next(clock for clock in clocks if clock.due is not None)

    found = list(intervals(clock, clock.due or MONDAY))

    assert sum((each.worked for each in found if each.counts), timedelta()) == clock.total
    assert [each.start for each in found[1:]] == [each.end for each in found[:-1]]
    assert not found or (found[0].start, found[-1].end) == (clock.started_at, clock.due)


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("Pacific/Apia", "2011-12-28"),
        ("America/Sao_Paulo", "2018-11-02"),
        ("Australia/Lord_Howe", "2026-04-03"),
    ],
)
def test_intervals_leave_no_gap_where_a_midnight_or_a_day_is_left_out(zone: str, start: str) -> None:
    calendar = Calendar.weekly("shop", ZoneInfo(zone), {"mon-sun": ["09:00-17:00"]})
    at = datetime.fromisoformat(start).replace(tzinfo=calendar.zone)
    clock = Clock(calendar).after(ClockEvent("start", at, target=Term(4)))

    found = list(intervals(clock, clock.due or at))

    assert all(each.start < each.end for each in found)
    assert [each.start for each in found[1:]] == [each.end for each in found[:-1]]
    assert sum((each.worked for each in found if each.counts), timedelta()) == clock.total


# what is read off a clock


def running(*events: tuple[str, datetime], target: Term | None = Term(0, 4 * HOUR)) -> Clock:  # noqa: B008
    start = ClockEvent("start", MONDAY + HOUR, target=target)  # nine o'clock
    return Clock(OFFICE).fold([start, *(ClockEvent(name, at, id=1) for name, at in events)])  # type: ignore[arg-type]


def test_a_clock_says_how_much_is_used_and_what_is_left() -> None:
    clock = running(("pause", MONDAY + 2 * HOUR), ("resume", MONDAY + 3 * HOUR))

    assert clock.total == 4 * HOUR
    assert [clock.used(MONDAY + hours * HOUR) / HOUR for hours in (0, 1, 2, 3, 4, 6, 7)] == [
        0, 0, 1, 1, 2, 4, 5,
    ]  # fmt: skip


def test_shares_of_a_target_lie_before_and_behind_its_end() -> None:
    clock = running(("pause", MONDAY + 2 * HOUR), ("resume", MONDAY + 3 * HOUR))

    assert [clock.moment(share) for share in (0.25, 0.5, 1.0, 1.5)] == [
        MONDAY + hours * HOUR for hours in (2, 4, 6, 8)
    ]


def test_a_breach_stays_whatever_comes_after_it() -> None:
    at = MONDAY + 6 * HOUR
    assert not running().breached(MONDAY + 4 * HOUR)
    assert running().breached(at)
    assert running(("pause", at)).breached(at)
    assert running(("stop", at)).breached(at)
    assert not running(("stop", MONDAY + 4 * HOUR)).breached(at)
    assert not running(("pause", MONDAY + 4 * HOUR)).breached(at)


@pytest.mark.parametrize(
    ("events", "standing"),
    [
        ([], "running"),
        ([("pause", MONDAY + 2 * HOUR)], "paused"),
        ([("pause", MONDAY + 2 * HOUR), ("stop", MONDAY + 3 * HOUR)], "stopped"),
        ([("stop", MONDAY + 2 * HOUR), ("reopen", MONDAY + 3 * HOUR)], "running"),
    ],
)
def test_a_clock_says_how_it_stands(events: list[tuple[str, datetime]], standing: str) -> None:
    assert running(*events).standing == standing


def test_a_clock_that_has_not_begun_or_has_no_target_is_never_due() -> None:
    assert Clock(OFFICE).standing == "waiting"
    assert Clock(OFFICE).due is None
    assert running(target=None).due is None
    assert running(target=None).used(MONDAY + 3 * HOUR) == 2 * HOUR


def test_what_found_nothing_to_do_is_kept() -> None:
    clock = running(("resume", MONDAY + 2 * HOUR), ("reopen", MONDAY + 2 * HOUR))

    assert [event.name for event in clock.ignored] == ["resume", "reopen"]
