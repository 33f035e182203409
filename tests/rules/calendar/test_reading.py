"""Does a calendar's file give the days that it says, and is what cannot be read refused at its place?"""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crmflow.core.calendar import Calendar
from crmflow.core.calendars import Calendars
from crmflow.core.chart import Term
from crmflow.errors import RuleFileError
from crmflow.rules.calendar.site import calendar_at
from crmflow.rules.load import load
from crmflow.rules.source import RuleFile

TABLE: dict[str, Any] = tomllib.loads(Path(__file__).with_name("days.toml").read_text("utf-8"))
OFFICE = """\
format: 1
title: {en: Office, zh: 办公时间}
zone: Asia/Shanghai
week: {mon-fri: ["08:30-12:00", "13:30-17:30"]}
closed: [2026-05-20]
"""


def read(**texts: str) -> Calendars:
    """The calendars of these files, by the last part of their ids."""
    loaded = load(RuleFile(f"calendars/{name}.yaml", text) for name, text in texts.items())
    assert loaded.ruleset is not None, loaded.errors
    return loaded.ruleset.calendars


def refusals(**texts: str) -> list[tuple[str, str, int, int]]:
    """What is found in these files: file, code, line and column."""
    loaded = load(RuleFile(f"{name}.yaml", text) for name, text in texts.items())
    return [(each.file, each.code, each.start.line, each.start.column) for each in loaded.diagnostics]


def said(calendar: Calendar, day: str) -> str:
    found = calendar.on(date.fromisoformat(day))
    return " ".join([found.kind, *map(str, found.shifts)])


@pytest.mark.parametrize("entry", TABLE.values(), ids=TABLE)
def test_days_are_what_the_file_says(entry: dict[str, Any]) -> None:
    texts = {name: entry[key] for key, name in (("below", "below"), ("text", "it")) if key in entry}
    calendar = read(**texts).named["calendars/it"]
    assert {day: said(calendar, day) for day in entry["days"]} == entry["days"]


def test_a_term_counts_the_weeks_shifts_and_passes_over_closed_days() -> None:
    calendar = read(default=OFFICE).default
    tuesday = datetime(2026, 5, 19, 8, 30, tzinfo=UTC)  # 16:30 in Shanghai: one hour is left, then the 21st
    assert calendar.add(tuesday, Term(time=timedelta(hours=2))) == datetime(2026, 5, 21, 1, 30, tzinfo=UTC)


def test_a_closed_day_says_what_it_is_called() -> None:
    closed = "closed: {2026-05-20: {en: Stocktaking, zh: 盘点}}"
    why = read(default=OFFICE.replace("closed: [2026-05-20]", closed)).default.on(date(2026, 5, 20)).why
    assert why is not None
    assert (why.en, why.zh) == ("Stocktaking", "盘点")


@pytest.mark.parametrize(
    ("old", "new", "code", "place"),
    [
        ("Asia/Shanghai", "Beijing", "CRM126", (3, 7)),
        ("Asia/Shanghai", "../etc", "CRM126", (3, 7)),
        ("mon-fri", "mon-fry", "CRM213", (4, 8)),
        ("mon-fri", "fri-mon", "CRM213", (4, 8)),
        ("13:30-17:30", "half past one", "CRM055", (4, 33)),
        ("13:30-17:30", "13:30-25:00", "CRM055", (4, 33)),
        ("13:30-17:30", "13:30-17:60", "CRM055", (4, 33)),
        ("13:30-17:30", "11:30-17:30", "CRM542", (4, 33)),
        ('["08:30-12:00", "13:30-17:30"]', "[]", "CRM541", (4, 1)),
        ("2026-05-20", "2026-02-30", "CRM069", (5, 10)),
        ("closed: [2026-05-20]", "closed: {02-30: {}}", "CRM069", (5, 10)),
        ("closed: [2026-05-20]", "own days: {2026-02-30: []}", "CRM069", (5, 12)),
        ("closed: [2026-05-20]", "own days: {2026-05-20: [9-12]}", "CRM055", (5, 25)),
        ("closed: [2026-05-20]", "make-up days: 9-12", "CRM055", (5, 15)),
        ("closed: [2026-05-20]", "based on: Chnia", "CRM168", (5, 11)),
        ("closed: [2026-05-20]", "based on: [China, US-XX]", "CRM168", (5, 19)),
        ("closed: [2026-05-20]", "based on: CN\nexcept: [Labor Day]", "CRM171", (6, 10)),
        ("closed: [2026-05-20]", "seasons: [{from: 05-01, week: {}}]", "CRM056", (5, 18)),
        (
            "closed: [2026-05-20]",
            "seasons: [{from: 2026-05-01, to: 2026-04-01, week: {}}]",
            "CRM056",
            (5, 18),
        ),
        ("closed: [2026-05-20]", "for: {roles: [nobody]}", "CRM131", (5, 15)),
        ("closed: [2026-05-20]", "on top of: default", "CRM543", (5, 12)),
        ("zone: Asia/Shanghai\n", "", "CRM061", (1, 1)),
        ("Asia/Shanghai", "localtime", "CRM126", (3, 7)),
        ('{mon-fri: ["08:30-12:00", "13:30-17:30"]}', "[]", "CRM062", (4, 7)),
        ("closed: [2026-05-20]", "closed: [2026-05-20, 5]", "CRM069", (5, 22)),
        ("closed: [2026-05-20]", "except: National Day", "CRM171", (5, 9)),
        ("closed: [2026-05-20]", "based on: US-", "CRM168", (5, 11)),
        ("week:", "weak:", "CRM071", (1, 1)),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_place(
    old: str, new: str, code: str, place: tuple[int, int]
) -> None:
    found = refusals(**{"calendars/default": OFFICE.replace(old, new)})
    assert found == [("calendars/default.yaml", code, *place)]


def test_a_misspelt_country_and_holiday_are_suggested() -> None:
    text = OFFICE + "based on: [Untied States, US-M]\n"
    loaded = load([RuleFile("calendars/default.yaml", text)])
    assert next(each.suggestion for each in loaded.errors) == "United States"
    text = OFFICE + "based on: US\nexcept: [Colombus Day]\n"
    [found] = load([RuleFile("calendars/default.yaml", text)]).errors
    assert found.suggestion == "Columbus Day"


def test_calendars_that_lie_on_each_other_are_refused() -> None:
    one, other = ("format: 1\ntitle: X\non top of: two\n", "format: 1\ntitle: X\non top of: one\n")
    found = refusals(**{"calendars/one": one, "calendars/two": other, "calendars/default": OFFICE})
    assert [(file, code) for file, code, *_ in found] == [("calendars/two.yaml", "CRM543")]


def test_one_unit_has_one_calendar() -> None:
    owned = OFFICE + "for: {units: [ST01]}\n"
    found = refusals(**{"calendars/one": owned, "calendars/two": owned})
    assert found == [("calendars/two.yaml", "CRM169", 6, 15)]


def test_a_file_alone_is_a_calendar_with_the_one_beside_it(tmp_path: Path) -> None:
    below, top = tmp_path / "below.yaml", tmp_path / "top.yaml"
    below.write_text(OFFICE, "utf-8")
    top.write_text("format: 1\ntitle: X\non top of: below\nweek: {sat: 09:00-12:00}\n", "utf-8")
    assert said(calendar_at(top), "2026-10-10") == "working 09:00-12:00"
    top.write_text("format: 1\ntitle: X\non top of: belov\n", "utf-8")
    with pytest.raises(RuleFileError, match=r"CRM090.*top\.yaml:3:12"):
        calendar_at(top)
    top.write_text("week: [", "utf-8")
    with pytest.raises(RuleFileError, match="CRM090"):
        calendar_at(top)
