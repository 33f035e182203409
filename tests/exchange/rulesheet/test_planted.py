"""Does every mistake that an operator makes in a workbook give its finding, word for word, at its cell?"""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from crmflow.engine.rulesheets import export_rules, import_rules
from crmflow.errors import CrmflowError
from crmflow.exchange.rulesheet.xlsx import MEMORY
from crmflow.rules.source import RuleFile
from crmflow.settings import Site
from tests.exchange.rulesheet.tariff import TARIFF, TARIFF_ID, VOCABULARY, core_vocabulary

CASES = tomllib.loads(Path(__file__).with_name("planted.toml").read_text("utf-8"))


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_in_a_workbook_is_told_at_its_cell(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    place, en, zh = outcome(case, tmp_path)
    assert place == case["at"]
    assert en == case["en"]
    assert zh == case["zh"]


def outcome(case: Mapping[str, Any], folder: Path) -> tuple[str, list[str], list[str]]:
    """Where the first finding is, and what it says and advises in both languages."""
    before = files(TARIFF)
    path = folder / ("tariff.csv" if case.get("book") == "csv" else "tariff.xlsx")
    export_rules(before, [TARIFF_ID], path, "en")
    if path.suffix == ".xlsx":
        edit(path, case)
    old, new = case.get("meanwhile", ("", ""))
    assert old in TARIFF
    now = files(TARIFF.replace(old, new, 1) if old else TARIFF)
    site = Site.init(folder / "site", (), zone="Asia/Shanghai", language="en")
    try:
        result = import_rules(site, now, [path], write=False)
    except CrmflowError as error:
        texts = (error.text(language).replace(str(path), path.name) for language in ("en", "zh"))
        return "", [f"{error.code} {next(texts)}"], [f"{error.code} {next(texts)}"]
    assert not result.written
    finding = result.findings[0]
    place = finding.place.removeprefix(str(path)).strip()
    en, zh = (
        [f"{finding.code} {finding.message(language)}", finding.remedy(language)] for language in ("en", "zh")
    )
    return place, en, zh


def files(tariff: str) -> Sequence[RuleFile]:
    return [core_vocabulary(), RuleFile("vocabulary.yaml", VOCABULARY), RuleFile("tariff.yaml", tariff)]


def edit(path: Path, case: Mapping[str, Any]) -> None:
    """Does to the workbook what an operator did."""
    book = openpyxl.load_workbook(path)
    sheet = book["Tariff"]
    for address, value in case.get("set", {}).items():
        put(sheet[address], value)
    if "delete_column" in case:
        sheet.delete_cols(case["delete_column"])
    if "delete_rows" in case:
        sheet.delete_rows(*case["delete_rows"])
    if "merge" in case:
        sheet.merge_cells(case["merge"])
    match case.get("book"):
        case "blank":
            book = openpyxl.Workbook()
        case "no memory":
            del book[MEMORY]
        case "other id":
            book[MEMORY]["C2"] = sheet["A1"] = "segments/gone"
    book.save(path)


def put(cell: Any, value: Any) -> None:
    match value:
        case {"date": datetime.date() as day}:
            cell.value, cell.number_format = day, "yyyy-mm-dd"
        case {"number": number}:
            cell.value, cell.number_format = number, "General"
        case {"bool": truth}:
            cell.value = truth
        case {"formula": text}:
            cell.value, cell.data_type = text, "f"
        case {"error": text}:
            cell.value, cell.data_type = text, "e"
        case _:
            cell.value = value or None
            cell.data_type = "s" if value else "n"
