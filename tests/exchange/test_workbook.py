"""Are the cells of a workbook read by value, its header found, and what is no value refused at its place?"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook as Book
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from crmflow.core.intake import CustomerRow, TouchpointRow
from crmflow.core.pack import TableKind
from crmflow.errors import ImportFileError
from crmflow.exchange.importing import ImportReport, import_table
from crmflow.exchange.mapping import MappingFile
from crmflow.exchange.sheet_xml import spot
from crmflow.exchange.tablefile import open_table
from crmflow.exchange.typed_cell import Unread
from crmflow.exchange.workbook import SheetTable, Workbook, letters
from tests.exchange.world import NAMES, Memory

SHANGHAI = ZoneInfo("Asia/Shanghai")
MORNING = datetime.fromisoformat("2026-01-05T09:05")
PURCHASES = MappingFile(kind="purchase", source="pos")
HEADER = ["会员号", "时间", "金额"]


def saved(folder: Path, rows: Sequence[Any], change: Callable[[Any], None] | None = None) -> Path:
    """A workbook with these rows, and what else is done to it."""
    book = Book()
    assert book.active is not None
    book.active.title = "交易"
    for row in rows:
        book.active.append(row)
    if change is not None:
        change(book)
    path = folder / "file.xlsx"
    book.save(path)
    return path


def load(
    path: Path, table: TableKind = "touchpoints", **options: Any
) -> tuple[list[Any], list[dict[str, str]], ImportReport]:
    """The rows that were put, those that were refused, and the report."""
    store = Memory()
    mapping = PURCHASES if table == "touchpoints" else MappingFile()
    report = import_table(table, path, names=NAMES, put=store, zone=SHANGHAI, mapping=mapping, **options)
    if report.rejects_path is None:
        return list(store.rows.values()), [], report
    with report.rejects_path.open(encoding="utf-8-sig", newline="") as file:
        return list(store.rows.values()), list(csv.DictReader(file)), report


def places(rejects: Sequence[dict[str, str]]) -> list[list[str]]:
    return [[row["line"], row["column"], row["code"]] for row in rejects]


def test_cells_are_read_by_value(tmp_path: Path) -> None:
    def percent(book: Any) -> None:
        book.active["C3"].number_format = "0.00%"

    rows = [
        HEADER,
        [13800001234, MORNING, 12.5],
        ["0012", date(2026, 1, 5), 0.15],
        ["M3", "2026/1/5 9:05", "1,200.50"],
    ]
    found, rejects, _ = load(saved(tmp_path, rows, percent))
    assert rejects == []
    assert [(row.customer.value, row.at.astimezone(SHANGHAI).hour, row.fields) for row in found] == [
        ("13800001234", 9, {"amount": 1250}),
        ("0012", 0, {"amount": 15}),
        ("M3", 9, {"amount": 120050}),
    ]


def test_a_workbook_and_its_csv_twin_are_the_same_touchpoints(tmp_path: Path) -> None:
    rows = [HEADER, ["M1", MORNING, 12.5], ["M1", MORNING, 12.5]]
    twin = tmp_path / "file.csv"
    twin.write_text("会员号,时间,金额\n" + "M1,2026-01-05 09:05,12.50\n" * 2, "utf-8")
    assert load(saved(tmp_path, rows))[0] == load(twin)[0]


@pytest.mark.parametrize("number", [1e15, 110101199003078515, -1e15, 1.5e300])
def test_a_number_of_more_than_15_digits_is_no_text(tmp_path: Path, number: float) -> None:
    path = saved(tmp_path, [["客户编号", "手机号"], ["C1", 999999999999999], ["C2", number]])
    found, rejects, _ = load(path, "customers")
    assert [(row.external_id, row.keys) for row in found] == [("C1", {"phone": "999999999999999"})]
    assert places(rejects) == [["交易!B3", "手机号", "CRM490"]]
    assert (rejects[0]["客户编号"], rejects[0]["手机号"]) == ("C2", rejects[0]["value"])
    assert "text" in rejects[0]["reason"]


@pytest.mark.parametrize(
    ("cell", "code"),
    [(46027, "CRM495"), (1990, "CRM495"), (time(9, 5), "CRM472"), (True, "CRM472"), ("5.1.2026", "CRM472")],
)
def test_what_is_no_date_is_refused_at_its_cell(tmp_path: Path, cell: object, code: str) -> None:
    _, rejects, _ = load(saved(tmp_path, [HEADER, ["M1", cell, 1]]))
    assert places(rejects) == [["交易!B2", "时间", code]]


def test_a_day_written_in_eight_digits_is_one(tmp_path: Path) -> None:
    found, rejects, _ = load(saved(tmp_path, [["客户编号", "出生日期"], ["C1", 19900228]]), "customers")
    assert rejects == []
    assert isinstance(found[0], CustomerRow)
    assert found[0].fields == {"core.born": date(1990, 2, 28)}


def test_days_of_a_workbook_that_counts_from_1904_are_the_days_they_show(tmp_path: Path) -> None:
    def since_1904(book: Any) -> None:
        book.epoch = CALENDAR_MAC_1904

    (row,), _, _ = load(saved(tmp_path, [HEADER, ["M1", date(2026, 1, 5), 1]], since_1904))
    assert isinstance(row, TouchpointRow)
    assert row.at == datetime(2026, 1, 4, 16, tzinfo=UTC)


def test_errors_and_formulas_without_a_value_are_refused_where_their_column_is_used(tmp_path: Path) -> None:
    def spoil(book: Any) -> None:
        for name in ("C2", "D3"):
            book.active[name].data_type = "e"

    rows = [
        [*HEADER, "备注"],
        ["M1", "2026-01-05", "#N/A", "x"],
        ["M2", "2026-01-05", 1, "#REF!"],
        ["M3", "2026-01-05", "=1+1", "x"],
    ]
    found, rejects, _ = load(saved(tmp_path, rows, spoil))
    assert [row.customer.value for row in found] == ["M2"]
    assert places(rejects) == [["交易!C2", "金额", "CRM492"], ["交易!C4", "金额", "CRM493"]]
    assert "#N/A" in rejects[0]["reason"]


def test_a_formula_that_was_computed_has_its_value(tmp_path: Path) -> None:
    path = saved(tmp_path, [HEADER, ["M1", "2026-01-05", "=6*2"]])
    rewrite(path, "xl/worksheets/sheet1.xml", b"<v></v>", b"<v>12</v>")
    rewrite(path, "xl/worksheets/sheet1.xml", b"<v />", b"<v>12</v>")
    (row,), rejects, _ = load(path)
    assert (row.fields, rejects) == ({"amount": 1200}, [])
    assert Workbook.open(path).chosen(None).formulas == {spot("C2")}


def rewrite(path: Path, part: str, old: bytes, new: bytes) -> None:
    with ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    with ZipFile(path, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content.replace(old, new) if name == part else content)


def test_merged_cells_hold_for_the_first_alone(tmp_path: Path) -> None:
    rows = [HEADER, ["M1", "2026-01-05", 1], [None, "2026-01-06", 2], ["M3", "2026-01-07", 3]]
    found, rejects, _ = load(saved(tmp_path, rows, lambda book: book.active.merge_cells("A2:A3")))
    assert [row.customer.value for row in found] == ["M1", "M3"]
    assert places(rejects) == [["交易!A3", "会员号", "CRM494"]]


def test_the_header_is_found_below_titles_and_blank_rows_are_left_out(tmp_path: Path) -> None:
    rows = [
        ["二〇二六年一月交易明细"],
        [],
        ["制表人", "李雷", "2026-02-01"],
        HEADER,
        [],
        ["M1", "2026-01-05", 1],
        [None, "", None],
        ["M2", "2026-01-06", 2],
    ]
    path = saved(tmp_path, rows, lambda book: book.active.merge_cells("A1:C1"))
    found, rejects, report = load(path)
    assert ([row.line for row in found], rejects) == ([6, 8], [])
    assert report.notes[0].zh == "表头在第 4 行"


def test_cells_that_begin_in_the_middle_of_a_sheet_keep_their_names(tmp_path: Path) -> None:
    def shift(book: Any) -> None:
        book.active.move_range("A1:C2", rows=3, cols=2)

    _, rejects, _ = load(saved(tmp_path, [HEADER, ["M1", "2026-01-05", "much"]], shift))
    assert places(rejects) == [["交易!E5", "金额", "CRM470"]]


def two_sheets(book: Any) -> None:
    other = book.create_sheet("二月")
    other.append(HEADER)
    other.append(["M2", "2026-02-05", 1])


def test_of_several_sheets_one_must_be_named(tmp_path: Path) -> None:
    path = saved(tmp_path, [HEADER, ["M1", "2026-01-05", 1]], two_sheets)
    with pytest.raises(ImportFileError, match=r"CRM491.*交易, 二月"):
        load(path)
    with pytest.raises(ImportFileError, match=r"CRM423.*三月.*交易, 二月"):
        load(path, sheet="三月")
    assert [row.customer.value for row in load(path, sheet="二月")[0]] == ["M2"]
    named = MappingFile(kind="purchase", source="pos", sheet="二月")
    store = Memory()
    import_table("touchpoints", path, names=NAMES, put=store, zone=SHANGHAI, mapping=named)
    assert len(store.rows) == 1


def test_hidden_and_empty_sheets_are_no_choice(tmp_path: Path) -> None:
    def hide(book: Any) -> None:
        two_sheets(book)
        book["二月"].sheet_state = "hidden"
        book.create_sheet("Sheet3")

    path = saved(tmp_path, [HEADER, ["M1", "2026-01-05", 1]], hide)
    assert [row.customer.value for row in load(path)[0]] == ["M1"]
    assert [row.customer.value for row in load(path, sheet="二月")[0]] == ["M2"]


def test_an_empty_workbook_is_empty(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match="CRM451"):
        open_table(saved(tmp_path, []))


def test_a_row_of_which_nothing_but_an_error_is_known_is_not_blank(tmp_path: Path) -> None:
    def spoil(book: Any) -> None:
        book.active["A2"].data_type = "e"

    table = open_table(saved(tmp_path, [["会员号"], ["#N/A"]], spoil))
    assert isinstance(table, SheetTable)
    (row,) = table.rows()
    assert isinstance(row.cells[0], Unread)


@pytest.mark.parametrize(("column", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_columns_are_called_as_in_a_workbook(column: int, name: str) -> None:
    assert letters(column) == name
    assert spot(f"{name}7") == (6, column)
