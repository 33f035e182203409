"""What does an operator's slip in an exported workbook become: a finding on its cell, or a note?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from crmflow.engine.files import rule_files
from crmflow.engine.rulesheets import SheetImport, annotate_rules, export_rules, import_rules
from crmflow.plugins import Plugins
from crmflow.rules.source import RuleFile
from crmflow.settings import Site

CLASS = "fuel/segments/class"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site.init(tmp_path / "site", ("fuel",), zone="Asia/Shanghai", language="zh")


def files(site: Site) -> list[RuleFile]:
    return list(rule_files(site, Plugins(site.packs)))


def export(site: Site, id: str) -> Path:
    (path,) = export_rules(files(site), [id], site.folder / "rules.xlsx", "zh")
    return path


def take(site: Site, path: Path, write: bool = True) -> SheetImport:
    return import_rules(site, files(site), [path], write=write)


def edit(path: Path, change: Callable[[Any], None]) -> None:
    book = openpyxl.load_workbook(path)
    change(book.worksheets[0])
    book.save(path)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("办完", "办完时"),
        ("完成", "办完时"),
        ("进入", "进入时"),
        ("doen", "办完时"),
        ("3天后", "after P3D"),
        ("超过3天", "after P3D"),
        ("P3D", "after P3D"),
        ("三个月后", "after P3D"),
    ],
)
def test_a_word_like_a_trigger_is_no_event(site: Site, word: str, meant: str) -> None:
    path = export(site, "core/charts/complaint")
    edit(path, lambda sheet: sheet.__setitem__("D4", word))
    (finding,) = take(site, path).findings
    assert finding.code == "CRM481"
    assert str(finding.sheet).endswith("!D4")
    assert finding.message("zh").endswith("可选值：进入时, 办完时, 变化时, 汇合时")
    assert finding.remedy("zh").endswith(f"相近的有：{meant}")


@pytest.mark.parametrize(
    ("word", "trigger"), [("办完时", "done"), ("after PT4H", "after PT4H"), ("客户来电", "客户来电")]
)
def test_triggers_and_names_of_events_are_taken(site: Site, word: str, trigger: str) -> None:
    path = export(site, "core/charts/complaint")
    edit(path, lambda sheet: sheet.__setitem__("D5", word))
    (returned,) = take(site, path, write=False).returned
    assert not returned.findings
    assert f" {trigger}," in str(returned.file.text)


def test_a_bare_number_among_ranges_is_noted(site: Site) -> None:
    path = export(site, CLASS)
    edit(path, lambda sheet: sheet.__setitem__("D4", "12000"))
    result = take(site, path, write=False)
    assert not result.findings
    assert "!D4: CRM236 12000 表示恰好等于 12000" in result.notes[-1].zh


def test_all_bad_cells_are_marked_at_once(site: Site) -> None:
    path = export(site, CLASS)
    bad = {
        "C4": "单位高",  # cells that mean nothing
        "E5": "VIPP",
        "D6": "3-5",
        "D4": ">= preson VIP from",  # cells that are no FEEL or of no type
        "D7": ">= ",
        "D8": '"many"',
        "C15": "个人哦",
        "D15": ">= nothing at all",
        "E15": "A",
    }

    def change(sheet: Any) -> None:
        for address, text in bad.items():
            sheet[address] = text

    edit(path, change)
    wanted = sorted(address for address in bad if address != "E15")
    result = take(site, path)
    assert not result.written
    assert sorted(each.sheet.address for each in result.findings if each.sheet) == wanted
    found = annotate_rules(files(site), path, site.folder / "checked.xlsx", "zh")
    assert sorted(each.sheet.address for each in found if each.sheet) == wanted
