"""Is it told where a chart's test speaks of a state, event, gate line or step that there is not?"""

from __future__ import annotations

import pytest

from crmflow.rules.check.chart_test import chart_tests
from tests.rules.shop import edited, ruleset, shown

CHART = "shop/charts/fault.yaml"


def test_the_shops_tests_speak_of_what_there_is() -> None:
    assert list(chart_tests(ruleset())) == []


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("{state: repair, refused", "{state: repiar, refused", "CRM311 repiar -> repair"),
        ("went: [accept, repair, tell", "went: [accept, repare, tell", "CRM311 repare -> repair"),
        ("{wait: P1D}", "{wait: 1天}", "CRM312 1天 -> P1D"),
        ("{wait: P1D}", "{sleep: P1D}", "CRM311 sleep"),
        ("{wait: P1D}", "{event: canceled}", "CRM311 canceled -> cancelled"),
        ("expect: {went", "expect: {wnt", "CRM311 wnt -> went"),
    ],
)
def test_a_misspelt_word_is_told(old: str, new: str, found: str) -> None:
    told = [shown(each).partition(" ")[2] for each in chart_tests(ruleset(edited(CHART, (old, new))))]
    assert told == [found]


@pytest.mark.parametrize(
    ("clocks", "found"),
    [
        ("{answer: running}", []),
        ("{anser: running}", ["CRM311 anser -> answer"]),
        ("{answer: runing}", ["CRM311 runing -> running"]),
    ],
)
def test_a_misspelt_clock_or_standing_is_told(clocks: str, found: list[str]) -> None:
    with_clock = "states:\n", "clocks: {answer: {target: PT4H, pause: hold}}\nstates:\n"
    plays = "{wait: P1D}", "{wait: P1D}, {event: hold, ago: PT1H}"
    files = edited(CHART, with_clock, plays, ("expect: {went", f"expect: {{clocks: {clocks}, went"))
    assert [shown(each).partition(" ")[2] for each in chart_tests(ruleset(files))] == found
