"""Does a workbook show a listing as its reader needs it: typed cells, sheets by unit, and what to fill in?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some
from openpyxl import load_workbook

from crmflow.core.field import Field, Kind
from crmflow.core.listing import Asked, Column, Listing, Question
from crmflow.core.text import Text
from crmflow.errors import ImportFileError
from crmflow.exchange.book import pages, write_book
from crmflow.exchange.listings import Style, as_csv
from crmflow.exchange.results import ReturnedRow, returned

SHANGHAI = ZoneInfo("Asia/Shanghai")
ZH = Style("zh", SHANGHAI)
UNITS = {"S1": Text("River", "滨河站"), "S2": Text("East", "城东站")}


def question(name: str, kind: Kind, zh: str, values: tuple[str, ...] = ()) -> Question:
    words = {value: Text(value, f"“{value}”") for value in values}
    called = {text.zh: value for value, text in words.items()}
    return Question(Field(name, kind, Text(name, zh), values=values, scale=2, called=called), words)


CAUSE = question("cause", "one of", "原因", ("price", "far, away"))
MET = question("met", "boolean", "已面见")
NEEDS = question("needs", "string", "需求")
BUILT = question("built", "date", "投运日期")


def visits(rows: Sequence[Mapping[str, Any]], asks: Sequence[Asked] = ()) -> Listing:
    columns = (
        Column("id", Text("id", "编号")),
        Column("known_as", Text("known as", "客户编号")),
        Column("phone", Text("phone", "手机"), personal=True),
        Column("reason", Text("reason", "原因")),
        Column("unit", Text("unit", "单位"), labels=UNITS),
        Column("due", Text("due", "期限")),
        Column("count", Text("count", "数量")),
        Column("staff", Text("staff", "员工")),
    )
    return Listing("visits", Text("Visits", "拜访"), columns, rows, asks)


def saved(folder: Path, listing: Listing, style: Style = ZH, per: str | None = None) -> Any:
    write_book(listing, style, folder / "book.xlsx", per=per, about={"site": "shop"})
    return load_workbook(folder / "book.xlsx")


def test_cells_have_the_type_of_their_value(tmp_path: Path) -> None:
    due = datetime(2026, 6, 30, 15, 59, 59, 999999, UTC)
    row = {
        "id": 805248,
        "known_as": "0012",
        "phone": "199",
        "unit": "S1",
        "due": due,
        "count": Decimal("12.50"),
    }
    (cells,) = list(saved(tmp_path, visits([row])).worksheets[0].iter_rows(min_row=2))
    values = [cell.value for cell in cells]
    assert values[:5] == ["805248", "0012", "•••", None, "滨河站"]
    assert values[5:] == [datetime.fromisoformat("2026-06-30T23:59:59"), 12.5, None]
    assert [cell.number_format for cell in cells[:2]] == ["@", "@"]
    assert cells[5].number_format == "yyyy-mm-dd hh:mm"


def test_personal_data_is_shown_where_it_is_asked_for(tmp_path: Path) -> None:
    book = saved(tmp_path, visits([{"phone": "199"}]), Style("zh", SHANGHAI, personal=True))
    assert book.worksheets[0]["C2"].value == "199"


@pytest.mark.parametrize("text", ["=1+1", "+86 10", "-5", "@name", '=HYPERLINK("http://x")', "1e5", "TRUE"])
def test_what_looks_like_a_formula_stays_text(tmp_path: Path, text: str) -> None:
    cell = saved(tmp_path, visits([{"reason": text}])).worksheets[0]["D2"]
    assert (cell.value, cell.data_type, cell.number_format) == (text, "s", "@")


def test_signs_that_a_workbook_cannot_hold_are_left_out(tmp_path: Path) -> None:
    assert saved(tmp_path, visits([{"reason": "a\x00b\x0bc\nd"}])).worksheets[0]["D2"].value == "abc\nd"


def test_a_number_of_more_digits_than_a_workbook_keeps_is_text(tmp_path: Path) -> None:
    cell = saved(tmp_path, visits([{"count": 1234567890123456}])).worksheets[0]["G2"]
    assert (cell.value, cell.data_type) == ("1234567890123456", "s")


def test_the_header_is_in_the_reader_s_language_frozen_and_filtered(tmp_path: Path) -> None:
    sheet = saved(tmp_path, visits([{"reason": "很久没有来过的老客户"}])).worksheets[0]
    assert [cell.value for cell in sheet[1]][:2] == ["编号", "客户编号"]
    assert (sheet.title, sheet.freeze_panes, sheet.auto_filter.ref) == ("拜访", "A2", "A1:H2")
    assert sheet.column_dimensions["D"].width > 20


def test_an_empty_listing_has_a_sheet_with_its_header(tmp_path: Path) -> None:
    assert saved(tmp_path, visits([]), per="unit").worksheets[0].max_row == 1


@pytest.mark.parametrize(
    ("per", "titles"),
    [("unit", ["城东站", "滨河站", "拜访"]), ("staff", ["A7", "李雷 W1", "拜访"]), ("none", ["拜访"])],
)
def test_there_is_a_sheet_for_each_unit_or_person(tmp_path: Path, per: str, titles: list[str]) -> None:
    rows: list[dict[str, Any]] = [
        {"id": 1, "unit": "S1", "staff": "W1", "name": "李雷"},
        {"id": 2, "unit": "S2", "staff": "A7"},
        {"id": 3, "unit": None, "staff": None},
        {"id": 4, "unit": "S1", "staff": "W1", "name": "李雷"},
    ]
    book = saved(tmp_path, visits(rows), per=per)
    assert [sheet.title for sheet in book.worksheets[:-1]] == titles
    assert sum(sheet.max_row - 1 for sheet in book.worksheets[:-1]) == len(rows)


@given(some.lists(some.text(min_size=1, max_size=40), max_size=8))
def test_every_sheet_has_a_name_of_its_own_that_it_may_have(units: list[str]) -> None:
    rows = [{"id": n, "unit": unit} for n, unit in enumerate(units)]
    names = [page.name for page in pages(visits(rows), ZH, "unit")]
    assert len({name.casefold() for name in [*names, "crmflow"]}) == len(names) + 1
    assert all(0 < len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in names)


ASKS = [
    Asked("visit:1:aa", (CAUSE, NEEDS)),
    Asked("visit:2:bb", (MET, NEEDS)),
    Asked("visit:3:cc", (BUILT,)),
]


def test_each_row_offers_what_it_asks(tmp_path: Path) -> None:
    book = saved(tmp_path, visits([{"id": 1}, {"id": 2}, {"id": 3}], ASKS))
    sheet, hidden = book.worksheets
    heads = [cell.value for cell in sheet[1]]
    assert heads[0] == "crmflow"
    assert heads[9:] == ["完成日期", "原因", "需求", "已面见", "投运日期"]
    assert sheet.column_dimensions["A"].hidden
    assert [cell.value for cell in sheet["A"]][1:] == ["visit:1:aa", "visit:2:bb", "visit:3:cc"]
    rules = {str(rule.sqref): (rule.type, rule.formula1) for rule in sheet.data_validations.dataValidation}
    assert rules == {
        "J2:J4": ("date", "DATE(1900,1,1)"),
        "K2": ("list", "crmflow!$C$1:$C$2"),
        "M3": ("list", "crmflow!$D$1:$D$2"),
        "N4": ("date", "DATE(1900,1,1)"),
    }
    assert hidden.sheet_state == "hidden"
    assert [cell.value for cell in hidden[1]] == ["site", "shop", "“price”", "是"]


def answered(folder: Path, given: Mapping[str, object]) -> ReturnedRow:
    """The first row, after these cells were filled in."""
    book = saved(folder, visits([{"id": 1, "reason": "overdue"}], ASKS[:1]))
    for name, value in given.items():
        book.worksheets[0][name].value = value
    book.save(folder / "book.xlsx")
    (row,) = returned(folder / "book.xlsx")
    assert isinstance(row, ReturnedRow)
    return row


def test_what_is_filled_in_comes_back_as_values(tmp_path: Path) -> None:
    row = answered(tmp_path, {"J2": date(2026, 6, 30), "K2": "“far, away”", "L2": 13800001234})
    answers = row.answers(ASKS[0], SHANGHAI)
    assert answers.values == {"cause": "far, away", "needs": "13800001234"}
    assert answers.made_on == date(2026, 6, 30)


def test_a_listing_s_own_column_is_no_answer(tmp_path: Path) -> None:
    assert not answered(tmp_path, {}).answers(ASKS[0], SHANGHAI)


def test_an_answer_that_is_none_is_refused_at_its_cell(tmp_path: Path) -> None:
    row = answered(tmp_path, {"K2": "the weather"})
    with pytest.raises(ImportFileError, match="CRM474") as refused:
        row.answers(ASKS[0], SHANGHAI)
    assert row.place(str(refused.value.column)) == "拜访!K2"


def test_a_csv_with_the_form_has_the_key_and_empty_columns() -> None:
    header, *rows = as_csv(visits([{"id": 1}], ASKS[:1]), ZH, form=True).splitlines()
    assert header == "crmflow,编号,客户编号,手机,原因,单位,期限,数量,员工,完成日期,原因,需求"
    assert rows == ["visit:1:aa,1,,,,,,,,,,"]
