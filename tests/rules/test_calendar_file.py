"""Does a calendar's file give the week it says, and is what cannot be read refused at its place?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crmflow.core.chart import Term
from crmflow.rules.load import load
from crmflow.rules.source import RuleFile

OFFICE = """\
format: 1
title: {en: Office, zh: 办公时间}
zone: Asia/Shanghai
week: {mon-fri: ["08:30-12:00", "13:30-17:30"]}
closed: [2026-05-20]
"""


def test_a_term_counts_the_weeks_shifts_and_passes_over_closed_days() -> None:
    loaded = load([RuleFile("calendars/default.yaml", OFFICE)])
    assert loaded.ruleset is not None, loaded.errors
    calendar = loaded.ruleset.calendars["calendars/default"]
    tuesday = datetime(2026, 5, 19, 8, 30, tzinfo=UTC)  # 16:30 in Shanghai: one hour is left, then the 21st
    assert calendar.add(tuesday, Term(time=timedelta(hours=2))) == datetime(2026, 5, 21, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("old", "new", "code", "place"),
    [
        ("Asia/Shanghai", "Beijing", "CRM126", (3, 7)),
        ("08:30-12:00", "half past eight", "CRM213", (4, 8)),
        ("2026-05-20", "2026-02-30", "CRM069", (5, 10)),
        ("closed: [2026-05-20]", "based on: China", "CRM212", (5, 1)),
        ("week:", "weak:", "CRM071", (1, 1)),
    ],
    ids=["zone", "shift", "day", "holidays", "no week"],
)
def test_what_cannot_be_read_is_refused_at_its_place(
    old: str, new: str, code: str, place: tuple[int, int]
) -> None:
    loaded = load([RuleFile("calendars/default.yaml", OFFICE.replace(old, new))])
    [found] = loaded.errors
    assert (found.code, (found.start.line, found.start.column)) == (code, place)
