"""Does a reader with only the output learn where a case stands, who has it, what comes next and why?"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from crmflow.core.calendars import Calendars
from crmflow.core.post import Absence
from crmflow.core.text import Language, phrases
from crmflow.workflow.explain import explain_case
from tests.workflow.world import HOUR, MONDAY, Play, posts

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def told(
    play: Play, language: Language, as_of: datetime = MONDAY, *, show_personal: bool = False
) -> list[str]:
    tree = explain_case(
        play.chart,
        play.case,
        play.history,
        posts=play.posts,
        calendars=Calendars(play.calendar),
        as_of=as_of,
        zone=SHANGHAI,
        show_personal=show_personal,
    )
    return ["  " * depth + sentence for depth, _, sentence in tree.lines(language)]


def late_complaint() -> Play:
    play = Play("complaint", data={"accused": "W3"}, company=posts(without="W2"), id=17)
    play.done(MONDAY, by="W1")
    play.send("done", MONDAY, {"facts": "x"}, by="W3")
    play.tick(MONDAY + 5 * HOUR)
    return play


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_late_complaint_is_told_as_in_the_file(language: Language) -> None:
    expected = Path(__file__).with_name(f"late-complaint.{language}.txt").read_text("utf-8").splitlines()
    assert told(late_complaint(), language, MONDAY + 5 * HOUR) == expected


def test_a_step_that_is_late_at_the_top_says_so() -> None:
    play = late_complaint()
    play.tick(MONDAY + 50 * HOUR)
    assert "  late since 2026-01-06 20:00: 16 h at company" in told(play, "en", MONDAY + 50 * HOUR)
    assert "  已超时，应于 2026-01-06 20:00 前完成：时限16小时，层级：公司" in told(
        play, "zh", MONDAY + 50 * HOUR
    )


def test_it_says_why_somebody_one_unit_up_does_it() -> None:
    play = Play("complaint", data={"accused": "W3"}, company=posts(without="W2"))
    play.done(MONDAY)
    assert "    nobody else is “handler” at 三门峡站, so it went one unit up" in told(play, "en")


def test_it_says_that_a_deputy_stands_in_and_that_nobody_does_it() -> None:
    away = Absence("W2", MONDAY - DAY, MONDAY + DAY, deputy="W4")
    play = Play("complaint", data={"accused": "W3"}, company=posts(away))
    play.done(MONDAY)
    assert "  员工W4 (W4) does it: stands in for the handler of 三门峡站, who is absent" in told(play, "en")
    play.case = Play("complaint", unit=None).case
    assert "  nobody does it: there is no “service desk” at ? or above" in told(play, "en")


def test_what_blocks_a_case_is_named_by_its_label() -> None:
    facts = {"kind": "unit", "arrears": 5000, "days overdue": 40, "disputed": None, "protected": True}
    play = Play("arrears", facts=facts)
    play.done(MONDAY, outlook="weak")
    play.done(MONDAY + 17 * DAY, proposer="W1", approver="W4")
    english, chinese = told(play, "en"), told(play, "zh")
    assert "    not met: unprotected" in english
    assert "    未满足：无争议" in chinese
    assert "not met: undisputed, unprotected; filled in: proposer 员工W1 (W1)" in english[-1]


def test_the_next_timer_is_told_with_what_follows() -> None:
    play = Play("arrears", facts={"kind": "person", "arrears": 5})
    lines = told(play, "en")
    assert "  nobody has to do anything here; the case waits" in lines
    assert "  next, on 2026-01-12 16:00: goes on to “dun”, 7 days after it came here" in lines
    assert lines[-1].endswith("sent “Please pay.”")


def test_answers_levels_and_the_end_are_told() -> None:
    play = Play("complaint")
    for form in ({}, {"facts": "a"}, {"justified": False}):
        play.send("done", MONDAY, form, by="W2")
    play.done(MONDAY, channel="phone", reached=True, satisfied=False)
    play.done(MONDAY, measure="b")
    play.done(MONDAY, channel="phone", reached=True, satisfied=True)
    lines = told(play, "zh")
    assert lines[0] == "工单 0（客户投诉处理链）：已于 2026-01-05 16:00 办结，终态为“归档”"
    assert any("上升一级至片区" in line and "满意：否" in line for line in lines)
    assert lines[-1].endswith("办结")


def test_personal_answers_are_masked_unless_asked_for() -> None:
    play = Play("odd")
    play.done(MONDAY, amount=5, on="2026-01-05", phone="123")
    assert any("phone •••" in line for line in told(play, "en"))
    assert any("phone 123" in line for line in told(play, "en", show_personal=True))


@pytest.mark.parametrize("name", phrases("crmflow.workflow", "sentences.toml"))
def test_a_sentence_is_chinese_in_chinese_and_has_the_same_parts(name: str) -> None:
    text = phrases("crmflow.workflow", "sentences.toml")[name]
    assert set(re.findall(r"{\w+}", text.en)) == set(re.findall(r"{\w+}", text.zh))
    assert not CHINESE.search(text.en)
    assert CHINESE.search(text.zh) or not re.search(r"[a-z]", re.sub(r"{\w+}", "", text.en))
