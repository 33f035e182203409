"""Is it said when a case is due, which time counted on the way, and why the rest did not?"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from crmflow.core.calendar import Day
from crmflow.core.explanation import Explanation
from crmflow.core.text import Text
from crmflow.workflow.clock import refold
from crmflow.workflow.explain_due import explain_due
from crmflow.workflow.words import Words
from tests.workflow.world import HOUR, MONDAY, OFFICE, Play, course, service

OPEN = MONDAY  # 16:00 in the office, an hour and a half before it closes
TUESDAY = MONDAY + 16.5 * HOUR  # 08:30 there


def explained(play: Play, as_of: datetime = TUESDAY) -> Explanation:
    return explain_due(words(play), course(play), as_of)


def test_counted_and_skipped_intervals_add_up_to_the_target() -> None:
    play = service()
    play.done(OPEN)
    play.send("question", TUESDAY)
    play.send("customer wrote", TUESDAY + 3 * HOUR)

    for clock in explained(play).because:
        lines = [(each.name, each.value) for each in clock.because if isinstance(each.value, timedelta)]
        *parts, total = (value for name, value in lines if name == "counted")
        [target] = (value for name, value in lines if name == "target")
        assert sum(parts, timedelta()) == total
        assert total == target or clock.value is None


@pytest.mark.parametrize(
    ("language", "wanted"),
    [
        (
            "en",
            [
                "first response: due 2026-01-06 09:00",
                "2 h from 2026-01-05 16:00 on: 2 h of the calendar office",
                "2026-01-05 16:00–17:30: counts, 1 h 30 min",
                "2026-01-05 17:30 – 2026-01-06 08:30: outside working hours",
                "2026-01-06 08:30–09:00: counts, 30 min",
                "together 2 h, the target",
            ],
        ),
        (
            "zh",
            [
                "首次响应：2026-01-06 09:00 到期",
                "自 2026-01-05 16:00 起2小时：按日历 office 计2小时",
                "2026-01-05 16:00–17:30：计时，1小时30分钟",
                "2026-01-05 17:30 – 2026-01-06 08:30：非工作时间",
                "2026-01-06 08:30–09:00：计时，30分钟",
                "合计2小时，即时限",
            ],
        ),
    ],
)
def test_an_account_is_told_in_both_languages(language: str, wanted: list[str]) -> None:
    response = explained(service()).because[1]

    assert [sentence for _, _, sentence in response.lines(language)] == wanted


def test_a_due_time_beyond_the_known_holidays_is_said_to_be_provisional() -> None:
    play = service()
    unknown = course(play, replace(OFFICE, known_until=date(2026, 1, 5)))

    said = [each.says.en for _, each, _ in explain_due(words(play), unknown, TUESDAY).lines("en")]

    assert sum(each.startswith("provisional: the holidays after 2026-01-05") for each in said) == 4


def test_each_day_that_does_not_count_says_why_and_so_does_one_that_only_counts_in_exchange() -> None:
    shifts = OFFICE.week[0]
    days = [
        Day(date(2026, 1, 6), (), "holiday", Text("Spring Festival", "春节")),
        Day(date(2026, 1, 7), (), "closed"),
        Day(date(2026, 1, 8), (), "own"),
        Day(date(2026, 1, 10), shifts, "make-up", Text("make-up working day", "调休上班")),
    ]
    office = replace(OFFICE, dates={day.date: day for day in days})
    play = service()
    at = course(play, office)
    refold(at)

    said = [each.says.zh for _, each, _ in explain_due(words(play), at, TUESDAY).because[2].lines("zh")]

    assert "2026-01-06 00:00 – 2026-01-07 00:00：春节" in said
    assert "2026-01-07 00:00 – 2026-01-08 00:00：停止办公" in said
    assert "2026-01-08 00:00 – 2026-01-09 00:00：停止办公" in said
    assert "2026-01-10 08:30–17:30：计时，9小时（调休上班）" in said
    assert "2026-01-11 00:00 – 2026-01-12 00:00：休息日" in said


def words(play: Play) -> Words:
    return Words(play.chart, play.posts, OFFICE.zone)


def test_the_account_of_a_step_and_of_a_clock_that_stands_still() -> None:
    play = service()
    play.send("hold", OPEN + HOUR)

    step, *_, by_level = (each.says.en for each in explained(play).because)

    assert step == "the step “accept”: due 2026-01-06 11:00"
    assert by_level == "by level: paused since 2026-01-05 17:00, 3 h left"
