"""Do tables stand straight under Chinese characters, and lose nothing on a narrow screen?"""

from __future__ import annotations

from rich.cells import cell_len

from crmflow.cli.render import table
from crmflow.core.listing import Column, Listing
from crmflow.core.text import Text
from crmflow.exchange.listings import Style

COLUMNS = tuple(
    Column(name, Text(name, label)) for name, label in (("a", "姓名"), ("b", "金额"), ("c", "空"))
)


def lines(*rows: tuple[object, ...]) -> list[str]:
    listing = Listing(
        "t", Text("Title", "标题"), COLUMNS, [dict(zip("abc", row, strict=True)) for row in rows]
    )
    return list(table(listing, Style("zh")))


def test_columns_stand_straight_and_numbers_to_the_right() -> None:
    title, head, rule, *body = lines(("李雷", 5, None), ("x", 12345, ""))
    assert title == "标题"
    assert (head, rule) == ("姓名    金额", "────  ──────")
    assert body == ["李雷       5", "x     12,345"]
    assert len({cell_len(line) for line in (head, rule, *body)}) == 1


def test_a_table_without_rows_keeps_its_labels() -> None:
    assert lines()[1] == "姓名  金额  空"


def test_a_long_cell_is_not_cut() -> None:
    assert "长" * 300 in lines(("长" * 300, 1, None))[-1]


def test_what_would_move_the_cursor_is_taken_out() -> None:
    assert lines(("a\nb\x1b[2Jc", 1, None))[-1] == "a b [2Jc     1"
