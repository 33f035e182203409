"""Which rule files go out as sheets in these tests, and how is a sheet edited without a spreadsheet?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from crmflow.core.diagnostic import Diagnostic
from crmflow.exchange.rulesheet.cells import show
from crmflow.exchange.rulesheet.file import SheetFile
from crmflow.exchange.rulesheet.merge import Side
from crmflow.exchange.rulesheet.reader import part_of, rows
from crmflow.exchange.rulesheet.returned import Returned, take_back
from crmflow.exchange.rulesheet.sheet import Row, RuleSheet
from crmflow.exchange.rulesheet.xlsx import KEY
from crmflow.exchange.typed_cell import Cell
from crmflow.rules.load import load
from crmflow.rules.ruleset import Ruleset
from crmflow.rules.source import Document, Findings, RuleFile, read

VOCABULARY = """
format: 1
customer:
  grade: {en: grade, zh: 等级, type: [gold, silver, none]}
  spend: {en: spend, zh: 消费额, type: "number(12,2)"}
  station: {en: station, zh: 油站, type: string}
  member: {en: member, zh: 会员, type: boolean}
  since: {en: since, zh: 入会日, type: date}
values:
  gold: {en: Gold, zh: 金卡}
  silver: {en: Silver, zh: 银卡}
  high: {en: high, zh: 高}
  low: {en: low, zh: 低}
"""

TARIFF = """\
format:  1
title:   {en: Tariff, zh: 资费}   # the head
decides: segment
gives:   {name: tariff, zh: 资费档, of: [high, low, other]}
params:
  limit: {en: limit, zh: 上限, value: 100}
table:
  when: [grade, spend, station, member, since]
  rows:                       # id, cells, then
    # the good ones
    - [first,  '"gold"',   ">= 100",    "-",       "-",     "-",    high]   # agreed in May
    - [second, '"silver"', "[10..100)", '"0012"',  "true",  "-",    low]

    # all others
    - [third,  "-",        "< limit",   "-",       "false", '>= @"2026-01-01"', other]
    - [fourth, '"none"',   "-",         'not("A, b", "c#d")', "-", "-", low]
default: other    # nobody else
tests:
  - {name: x, given: {grade: gold, spend: 100}, expect: high}
"""
TARIFF_ID = "tariff"


def rules_of(text: str, path: str = "tariff.yaml", *others: RuleFile) -> Ruleset:
    """The rules of the core, the vocabulary above and this file. Nothing may be wrong."""
    found = load([core_vocabulary(), RuleFile("vocabulary.yaml", VOCABULARY), RuleFile(path, text), *others])
    assert found.ruleset is not None, [each.message() for each in found.errors]
    return found.ruleset


def core_vocabulary() -> RuleFile:
    text = files("crmflow.core").joinpath("vocabulary.yaml").read_bytes()
    return RuleFile("core/vocabulary.yaml", text, "core", "core")


def sheet_file(
    sheet: RuleSheet,
    lines: Sequence[tuple[str, Sequence[Cell]]] | None = None,
    *,
    language: str = "zh",
    base: tuple[Row, ...] | None = None,
) -> SheetFile:
    """The sheet as it lies in a workbook: a hidden key and the cells of each row; without `lines` as it went
    out."""
    names = [column.name for column in sheet.columns]
    if lines is None:
        lines = [(row.id, shown_row(sheet, row.cells, language)) for row in sheet.rows]
    head: list[list[Cell]] = [
        ["", sheet.title.in_language(language)],
        [KEY, *(column.label.in_language(language) for column in sheet.columns)],
        [KEY, *names],
    ]
    cells = [*head, *([key, *line] for key, line in lines)]
    return SheetFile(Path("b.xlsx"), "资费", sheet.id, cells, base or sheet.rows, tuple(names))


def shown_row(sheet: RuleSheet, cells: Mapping[str, str], language: str = "zh") -> list[str]:
    return [show(column, cells.get(column.name, ""), language) for column in sheet.columns]


def back(rules: Ruleset, file: SheetFile, prefer: Side | None = None) -> Returned:
    """What becomes of the rule file; nothing may be wrong with the sheet."""
    returned = take_back(file, rules, prefer)
    assert not returned.findings, [said(each) for each in returned.findings]
    return returned


def cells_of(text: str, sheet: RuleSheet) -> list[list[str]]:
    """The cells of the table that a text holds."""
    document = document_of(text)
    part = part_of(document)
    assert part is not None
    found = rows(document, part, sheet.columns)
    return [[row.cells[column.name] for column in sheet.columns] for row in found]


def document_of(text: str) -> Document:
    """A file in which nothing may be wrong."""
    findings = Findings()
    found = read(RuleFile("tariff.yaml", text), findings)
    assert found is not None
    assert not findings.errors, [said(each) for each in findings.errors]
    return found


def said(finding: Diagnostic) -> str:
    return f"{finding.place}: {finding.code} {finding.message('en')}"
