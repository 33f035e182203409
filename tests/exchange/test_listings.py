"""Are listings written exactly, in both languages, and personal values masked unless asked for?"""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from crmflow.core.listing import Column, Listing
from crmflow.core.text import Text
from crmflow.exchange.listings import MASK, Style, as_csv, as_json, is_numeric, texts

COLUMNS = (
    Column("id", Text("number", "编号")),
    Column("name", Text("name", "姓名"), personal=True),
    Column("amount", Text("amount", "金额")),
    Column("due", Text("due", "期限")),
    Column("born", Text("born", "出生日期"), personal=True),
    Column("open", Text("open", "未完成")),
    Column("step", Text("step", "步骤")),
)
ROW = {
    "id": 12345,
    "name": "李雷, 站长",
    "amount": Decimal("1200.50"),
    "due": datetime(2026, 1, 31, 16, 5, tzinfo=UTC),
    "born": date(1990, 2, 28),
    "open": True,
    "step": Text("call back", "回访"),
}
LISTING = Listing("visits", Text("Visits", "拜访"), COLUMNS, [ROW, {"id": 2}])


@pytest.mark.parametrize(
    ("style", "row"),
    [
        (Style(), ["12345", MASK, "1,200.50", "2026-01-31 16:05", MASK, "yes", "call back"]),
        (
            Style("zh", ZoneInfo("Asia/Shanghai"), personal=True),
            ["12345", "李雷, 站长", "1,200.50", "2026-02-01 00:05", "1990-02-28", "是", "回访"],
        ),
    ],
)
def test_people_read_values_in_their_language_and_zone(style: Style, row: list[str]) -> None:
    assert list(texts(LISTING, style)) == [row, ["2", "", "", "", "", "", ""]]


def test_json_is_exact() -> None:
    record = json.loads(as_json(LISTING, Style("zh", personal=True)))
    assert (record["name"], record["title"]) == ("visits", "拜访")
    assert record["columns"][1] == {"name": "name", "label": "姓名"}
    assert record["rows"][0] == {
        "id": 12345,
        "name": "李雷, 站长",
        "amount": "1200.50",
        "due": "2026-01-31T16:05:00+00:00",
        "born": "1990-02-28",
        "open": True,
        "step": "回访",
    }
    assert set(record["rows"][1].values()) == {2, None}


def test_csv_has_labels_and_the_values_of_json() -> None:
    header, row, empty = csv.reader(as_csv(LISTING, Style("zh", personal=True)).splitlines())
    assert header == ["编号", "姓名", "金额", "期限", "出生日期", "未完成", "步骤"]
    assert row[1:4] == ["李雷, 站长", "1200.50", "2026-01-31T16:05:00+00:00"]
    assert empty == ["2", "", "", "", "", "", ""]


@pytest.mark.parametrize("write", [as_json, as_csv])
def test_personal_values_are_masked(write: object) -> None:
    text = write(LISTING, Style())  # type: ignore[operator]
    assert MASK in text
    assert "李雷" not in text
    assert "1990" not in text


def test_numbers_stand_to_the_right() -> None:
    assert [column.name for column in COLUMNS if is_numeric(LISTING, column)] == ["id", "amount"]
