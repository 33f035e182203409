"""Do rule tables go out as workbooks and CSV and come back, through real files, for every pack?"""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.comments import Comment

from crmflow.engine.carrying import carry_over
from crmflow.engine.files import rule_files
from crmflow.engine.rulesheets import SheetImport, annotate_rules, export_rules, import_rules
from crmflow.errors import ImportFileError, RuleFileError
from crmflow.exchange.rulesheet.merge import Side
from crmflow.exchange.rulesheet.returned import Changes
from crmflow.plugins import Plugins
from crmflow.rules.check import check
from crmflow.rules.source import RuleFile
from crmflow.settings import Site

PACKS = ("fuel", "retail", "utility", "insurance")
CLASS = "fuel/segments/class"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site.init(tmp_path / "site", ("fuel",), zone="Asia/Shanghai", language="zh")


def files(site: Site) -> list[RuleFile]:
    return list(rule_files(site, Plugins(site.packs)))


def export(site: Site, *ids: str, to: str = "rules.xlsx", language: str = "zh") -> Path:
    (path,) = export_rules(files(site), ids, site.folder / to, language)
    return path


def take(site: Site, path: Path, prefer: Side | None = None, write: bool = True) -> SheetImport:
    return import_rules(site, files(site), [path], prefer=prefer, write=write)


def edit(path: Path, change: Callable[[Any], None]) -> None:
    book = openpyxl.load_workbook(path)
    change(book.worksheets[0])
    book.save(path)


def own(site: Site, id: str) -> str:
    return (site.rules / f"{id}.yaml").read_text("utf-8")


@pytest.mark.parametrize("pack", PACKS)
@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_nobody_edits_changes_nothing(pack: str, suffix: str, language: str, tmp_path: Path) -> None:
    site = Site.init(tmp_path / "site", (pack,), zone="Asia/Shanghai", language="zh")
    target = site.folder / ("rules.xlsx" if suffix == "xlsx" else "sheets")
    written = export_rules(files(site), (), target, language)
    assert len(written) == (1 if suffix == "xlsx" else len(files_with_tables(site)))
    result = import_rules(site, files(site), written)
    assert not result.findings
    assert not result.written
    assert not any(each.changes for each in result.returned)
    assert len(result.returned) == len(files_with_tables(site))


def files_with_tables(site: Site) -> list[str]:
    named = (b"\ntable:", b"\nrules:", b"\nmoves:")
    return [
        file.id
        for file in files(site)
        if any(n in file.raw for n in named) and b"decides: infer" not in file.raw
    ]


def test_a_table_of_a_pack_becomes_the_sites_own(site: Site) -> None:
    path = export(site, CLASS)

    def change(sheet: Any) -> None:
        assert sheet["B4"].value == "unit VIP"
        sheet["D4"] = ">= 12000"
        sheet["C12"], sheet["D12"], sheet["E12"] = "个人", "< 0", "C"

    edit(path, change)
    result = take(site, path)
    assert result.written == (site.rules / f"{CLASS}.yaml",)
    text = own(site, CLASS)
    assert 'overrides: "' in text
    assert """- [unit VIP,   '"unit"',   ">= 12000",           VIP]""" in text
    assert """- [C,          '"person"', "< 0",                C]""" in text
    assert not [each for each in check(files(site)) if each.severity == "error"]
    again = take(site, path)
    assert not again.findings
    assert not any(each.changes for each in again.returned)


def test_moves_of_a_chart_come_back(site: Site) -> None:
    id = "core/charts/complaint"
    path = export(site, id)

    def change(sheet: Any) -> None:
        assert [cell.value for cell in sheet[3]][1:] == ["id", "from", "on", "when", "to", "and"]
        for row in sheet.iter_rows(min_row=4):
            if row[1].value == "verified":
                row[2].value, row[6].value = "核实、受理", "上一级"
            if row[1].value == "reopened":
                row[6].value = None

    edit(path, change)
    assert not take(site, path).findings
    text = own(site, id)
    assert '- [verified,    [verify, accept], done, "-",                        review, up]' in text
    assert "reached and satisfied = false, rectify]" in text


def test_rules_in_a_list_come_back(site: Site) -> None:
    id = "fuel/visits/overdue"
    path = export(site, id)
    names = [cell.value for cell in openpyxl.load_workbook(path).worksheets[0][3]]

    def change(sheet: Any) -> None:
        sheet.cell(4, names.index("then.within") + 1).value = "P2D"
        sheet.cell(4, names.index("then.stays") + 1).value = None
        new = {
            "id": "long",
            "when": "距上次加油天数 > 60",
            "then.reason": "lost",
            "then.channel": "电话",
            "then.by": "责任人",
        }
        for name, text in new.items():
            sheet.cell(5, names.index(name) + 1).value = text

    edit(path, change)
    assert not take(site, path).findings
    text = own(site, id)
    assert "      within:   P2D\n" in text
    assert "stays:" not in text
    assert "form:     {cause:" in text
    assert "  - id:    long\n    when:  距上次加油天数 > 60\n" in text
    assert "    then:  {reason: lost, channel: phone, by: owner}\n" in text


def test_both_sides_are_kept(site: Site) -> None:
    path = export(site, CLASS)
    edit(path, lambda sheet: sheet.__setitem__("D4", ">= 12000"))
    take(site, path)
    path = export(site, CLASS)
    edit(path, lambda sheet: sheet.__setitem__("D5", ">= 4000"))
    file = site.rules / f"{CLASS}.yaml"
    file.write_text(own(site, CLASS).replace('">= 12000", ', '">= 13000",  # from Li\n       '), "utf-8")
    assert not take(site, path).findings
    text = own(site, CLASS)
    assert '">= 13000",  # from Li\n' in text
    assert '">= 4000",' in text


@pytest.mark.parametrize(("prefer", "kept"), [("ours", ">= 13000"), ("theirs", ">= 12000")])
def test_a_conflict_is_resolved_as_asked(site: Site, prefer: Side, kept: str) -> None:
    first = export(site, CLASS)
    second = export(site, CLASS, to="second.xlsx")
    edit(first, lambda sheet: sheet.__setitem__("D4", ">= 13000"))
    edit(second, lambda sheet: sheet.__setitem__("D4", ">= 12000"))
    assert take(site, first).written
    before = own(site, CLASS)
    refused = take(site, second)
    assert [each.code for each in refused.findings] == ["CRM487"]
    assert own(site, CLASS) == before
    assert not take(site, second, prefer).findings
    assert kept in own(site, CLASS)


def test_copied_rows_get_ids_of_their_own(site: Site) -> None:
    path = export(site, CLASS)

    def change(sheet: Any) -> None:
        sheet.insert_rows(5)
        for column in range(1, 6):
            sheet.cell(5, column).value = sheet.cell(4, column).value
        sheet["D5"] = ">= 99999"

    edit(path, change)
    result = take(site, path)
    assert [note.en for note in result.notes] == [
        "按月加油量的客户级别, row 5: the id unit VIP is there twice; this row gets unit VIP 2"
    ]
    assert '- [unit VIP 2, \'"unit"\',   ">= 99999",' in own(site, CLASS)


def test_a_row_with_another_id_is_the_same_row(site: Site) -> None:
    path = export(site, CLASS)
    edit(path, lambda sheet: sheet.__setitem__("B4", "大客户"))
    result = take(site, path)
    assert (result.returned[0].changes.cells, result.returned[0].changes.added) == (1, 0)


def test_sorted_and_deleted_rows(site: Site) -> None:
    path = export(site, CLASS)

    def change(sheet: Any) -> None:
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4)]
        for number, row in enumerate([*rows[4:], *rows[:3]], 4):
            for column, value in enumerate(row, 1):
                sheet.cell(number, column).value = value
        sheet.delete_rows(11)

    edit(path, change)
    changes = take(site, path).returned[0].changes
    assert (changes.deleted, changes.moved, changes.added, changes.cells) == (1, 3, 0, 0)


def test_csv_is_safe_in_a_spreadsheet_and_comes_back(site: Site) -> None:
    path = export(site, CLASS, to="class.csv")
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(raw.decode("utf-8-sig").splitlines()))
    lines[3][2] = "'=1000"
    path.write_bytes("\r\n".join(",".join(f'"{cell}"' for cell in line) for line in lines).encode("gb18030"))
    result = take(site, path)
    assert not result.findings
    assert '"= 1000"' in own(site, CLASS) or "=1000" in own(site, CLASS)


def test_a_dry_run_writes_nothing(site: Site) -> None:
    path = export(site, CLASS)
    edit(path, lambda sheet: sheet.__setitem__("D4", ">= 12000"))
    result = take(site, path, write=False)
    assert "+    - [unit VIP," in result.returned[0].diff()
    assert not list(site.rules.rglob("class.yaml"))


def test_findings_stand_on_the_cells(site: Site) -> None:
    path = export(site, CLASS)
    edit(path, lambda sheet: sheet.__setitem__("D4", ">= preson VIP from"))
    target = site.folder / "checked.xlsx"
    for source in (path, target):  # the second time over its own notes
        findings = annotate_rules(files(site), source, target, "zh")
        assert [each.code for each in findings if each.severity == "error"] == ["CRM101"]
        sheet = openpyxl.load_workbook(target)["按月加油量的客户级别"]
        note = sheet["D4"].comment.text
        assert note.startswith("CRM101 没有名为 `preson VIP from` 的项")
        assert note.count("CRM101") == 1
        assert sheet["D4"].fill.fgColor.rgb == "00FFC7CE"
        assert openpyxl.load_workbook(target)["检查结果"]["A2"].value == "按月加油量的客户级别!D4"
    edit_second(target)
    assert not [
        each for each in annotate_rules(files(site), target, target, "zh") if each.severity == "error"
    ]
    assert openpyxl.load_workbook(target)["按月加油量的客户级别"]["D4"].comment is None


def edit_second(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    book["按月加油量的客户级别"]["D4"] = ">= unit VIP from"
    book.save(path)


def test_what_a_reader_sees(site: Site) -> None:
    book = openpyxl.load_workbook(export(site, CLASS))
    sheet = book.worksheets[0]
    assert sheet["B1"].value == "按月加油量的客户级别  ·  fuel/segments/class"
    assert [cell.value for cell in sheet[2]][1:] == ["编号", "类型", "近30天加油量", "客户级别"]
    assert [cell.value for cell in sheet[3]][1:] == ["id", "kind", "litres 30 days", "then"]
    assert sheet["C4"].value == "单位"
    assert {cell.number_format for row in sheet.iter_rows(min_row=4, max_row=11) for cell in row} == {"@"}
    assert sheet.freeze_panes == "C4"
    assert sheet.column_dimensions["A"].hidden
    offered = [each.formula1 for each in sheet.data_validations.dataValidation]
    assert len(offered) == 2
    lists = book["crmflow lists"]
    assert [cell.value for cell in lists["A"] if cell.value] == ["个人", "单位", "-"]
    assert {book[name].sheet_state for name in ("crmflow", "crmflow lists")} == {"veryHidden"}


def test_a_sheet_may_be_renamed_copied_and_deleted(site: Site) -> None:
    path = export(site, CLASS, "fuel/visits/vip")
    book = openpyxl.load_workbook(path)
    first, second = book.worksheets[:2]
    first.title = "我的表"
    first["D4"] = ">= 12000"
    copy = book.copy_worksheet(first)
    copy.title = "副本"
    del book[second.title]
    book.save(path)
    result = take(site, path)
    assert [note.zh for note in result.notes] == [
        "工作表“副本”是“我的表”的副本，未读取",
        "工作表“公司走访VIP客户”已被删除：fuel/visits/vip 保持不变",
    ]
    assert ">= 12000" in own(site, CLASS)
    assert len(result.written) == 1


def test_a_persons_note_stays_beside_a_finding(site: Site) -> None:
    path = export(site, CLASS)

    def change(sheet: Any) -> None:
        sheet["D4"], sheet["D5"] = "3-5", "4-6"
        sheet["D4"].comment = Comment("ask Li", "Wang")

    edit(path, change)
    for _ in range(2):
        annotate_rules(files(site), path, path, "en")
    notes = [
        openpyxl.load_workbook(path)["按月加油量的客户级别"][place].comment.text for place in ("D4", "D5")
    ]
    assert notes[0].startswith("ask Li\n")
    assert [note.count("CRM482") for note in notes] == [1, 1]


def test_without_the_extra_the_command_to_install_it_is_told(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = export(site, CLASS)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    for ask in (lambda: export(site, CLASS), lambda: annotate_rules(files(site), path, path, "en")):
        with pytest.raises(ImportFileError, match=r"CRM488 .* pip install 'crmflow\[sheets\]'"):
            ask()
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(ImportFileError, match=r"CRM469 .* pip install 'crmflow\[sheets\]'"):
        take(site, path)


def test_a_dmn_table_becomes_a_rulebook_and_its_inputs_fields(site: Site) -> None:
    model = Path(__file__).parents[1] / "rules/dmn/models/plain.dmn"
    copy = site.folder / "risk.dmn"
    copy.write_text(RISK, "utf-8")
    (site.rules / "vocabulary.yaml").write_text(
        "format: 1\ncustomer:   # ours\n  rank: {type: string}\n", "utf-8"
    )
    carried = carry_over(site, files(site), copy, "risk", None, "segments/risk")
    assert not carried.findings
    assert (site.rules / "vocabulary.yaml").read_text("utf-8") == (
        'format: 1\ncustomer:   # ours\n  rank: {type: string}\n  income: {type: "number(18,6)"}\n'
    )
    assert "hit:     first\n" in own(site, "segments/risk")
    with pytest.raises(RuleFileError, match="CRM099"):
        carry_over(site, files(site), copy, "risk", None, "segments/risk")
    with pytest.raises(RuleFileError, match="CRM092"):
        carry_over(site, files(site), model, "gone", None, "segments/gone")


RISK = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="r" namespace="n">
  <inputData id="i" name="income"><variable name="income" typeRef="number"/></inputData>
  <decision id="risk" name="risk"><variable name="risk"/>
    <informationRequirement id="r"><requiredInput href="#i"/></informationRequirement>
    <decisionTable hitPolicy="FIRST">
      <input id="c"><inputExpression typeRef="number"><text>income</text></inputExpression></input>
      <output id="o" typeRef="string"/>
      <rule id="r1"><inputEntry id="e1"><text>&lt; 3000</text></inputEntry>
        <outputEntry id="f1"><text>"high"</text></outputEntry></rule>
    </decisionTable></decision></definitions>"""


def test_the_hidden_column_may_be_deleted(site: Site) -> None:
    path = export(site, CLASS)

    def change(sheet: Any) -> None:
        sheet.delete_cols(1)
        assert sheet["C4"].value == ">= unit VIP from"
        sheet["C4"] = ">= 12000"

    edit(path, change)
    assert take(site, path).returned[0].changes == Changes(cells=1)


def test_titles_and_labels_above_the_names_do_not_matter(site: Site) -> None:
    path = export(site, CLASS)

    def change(sheet: Any) -> None:
        sheet["B1"], sheet["D2"] = "我们的级别", "油量"
        sheet.insert_rows(2)
        sheet.delete_rows(3)
        sheet.insert_rows(7, 2)
        sheet["E4"] = " VIP \n"

    edit(path, change)
    result = take(site, path)
    assert not result.findings
    assert not result.returned[0].changes
