"""Does a chart's test count by the calendar that it names?"""

from __future__ import annotations

from importlib.resources import files

import pytest

from crmflow.engine.rehearsing import run_tests
from crmflow.rules.load import load
from crmflow.rules.source import RuleFile

CORE = ("vocabulary.yaml", "charts/complaint.yaml")
WORDS = "format: 1\ncases: {repair: {en: repair, zh: 报修}}\nroles: {fitter: {en: fitter, zh: 维修工}}\n"
CHART = """\
format: 1
title: {en: Repair, zh: 报修}
case: {kind: repair, start: mend}
late: {at: 100%, to: same role one unit up}
states:
  mend: {zh: 维修, by: fitter, within: PT4H}
  done: {zh: 完成, end: true}
moves:
- [mended, mend, done, "-", done]
tests:
- name: around the clock it is late in the afternoon
  do: [{wait: PT5H}]
  expect: {escalations: 1}
- name: by the office's calendar only the next morning
  calendar: CALENDAR
  do: [{wait: PT5H}]
  expect: {escalations: 0}
- name: and then it is
  calendar: CALENDAR
  do: [{wait: PT20H}]
  expect: {escalations: 1}
"""
# the play begins at 16:00 there
OFFICE = "format: 1\ntitle: X\nzone: Asia/Shanghai\nweek: {mon-fri: ['08:30-17:30']}\n"


def site(calendar: str) -> list[RuleFile]:
    core = files("crmflow.core")
    return [
        *(RuleFile(f"core/{name}", (core / name).read_bytes(), "core", "core", name) for name in CORE),
        RuleFile("vocabulary.yaml", WORDS),
        RuleFile("charts/repair.yaml", CHART.replace("CALENDAR", calendar)),
        RuleFile("calendars/office.yaml", OFFICE),
    ]


@pytest.mark.parametrize("name", ["office", "calendars/office"])
def test_a_test_counts_by_the_calendar_that_it_names(name: str) -> None:
    loaded = load(site(name))
    assert loaded.ruleset is not None, [each.message() for each in loaded.errors]
    results = run_tests(loaded.ruleset, ["charts/repair"])
    assert [result.passed for result in results] == [True, True, True]


def test_an_unknown_calendar_is_refused_at_its_place() -> None:
    found = [(each.code, each.start.line, each.start.column) for each in load(site("offise")).errors]
    assert found == [("CRM170", 15, 13), ("CRM170", 19, 13)]
