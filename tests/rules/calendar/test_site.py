"""Whose calendar counts: the person's, the role's, that of the nearest unit, or the site's?"""

from __future__ import annotations

from crmflow.core.calendars import Calendars
from crmflow.rules.load import load
from crmflow.rules.source import RuleFile

WORDS = "format: 1\nroles: {service agent: {en: service agent, zh: 客服}}\n"
FILES = {
    "default": "zone: Asia/Shanghai\nweek: {mon-fri: 08:30-17:30}",
    "hotline": "zone: Asia/Shanghai\nweek: 24x7\nfor: {roles: [客服]}",
    "east": "on top of: default\nweek: {sat: 09:00-12:00}\nfor: {units: [D1, D2]}",
    "station": "on top of: east\nweek: {sun: 09:00-12:00}\nfor: {units: S11}",
    "part-time": "on top of: default\nweek: {mon-fri: 08:30-12:00}\nfor: {staff: [W7]}",
    "nobody": "on top of: default\nweek: {mon: []}",
}


def calendars(**changed: str) -> Calendars:
    files = [RuleFile("fuel/vocabulary.yaml", WORDS, "pack", "fuel")]
    for name, text in {**FILES, **changed}.items():
        files.append(RuleFile(f"calendars/{name}.yaml", f"format: 1\ntitle: {name}\n{text}\n"))
    loaded = load(files)
    assert loaded.ruleset is not None, loaded.errors
    return loaded.ruleset.calendars


def test_the_nearest_calendar_counts() -> None:
    site = calendars()

    def whose(*units: str, role: str | None = None, staff: str | None = None) -> str:
        return site.of(staff=staff, role=role, units=units).name.removeprefix("calendars/")

    assert whose() == "default"
    assert whose("S99", "D9", "C1") == "default"
    assert whose("S12", "D1", "C1") == "east"
    assert whose("S11", "D1", "C1") == "station"
    assert whose("S11", "D1", "C1", role="handler") == "station"
    assert whose("S11", "D1", "C1", role="service agent") == "hotline"
    assert whose("S11", "D1", "C1", role="service agent", staff="W7") == "part-time"


def test_the_version_follows_what_lies_below_and_nothing_else() -> None:
    before = {id: calendar.version for id, calendar in calendars().named.items()}
    assert len(set(before.values())) == len(before)
    after = calendars(east="on top of: default\nweek: {sat: 09:00-13:00}\nfor: {units: [D1]}").named
    changed = {id for id, calendar in after.items() if calendar.version != before[id]}
    assert changed == {"calendars/east", "calendars/station"}
    titled = calendars(default=FILES["default"] + "\nclosed: {2026-05-20: {}}").named
    named = calendars(default=FILES["default"] + "\nclosed: {2026-05-20: {zh: 盘点}}").named
    assert titled["calendars/default"].version == named["calendars/default"].version


def test_the_journal_cites_the_id_and_the_version() -> None:
    default = calendars().default
    assert default.cited == f"calendars/default@{default.version}"
