"""Does each header find its meaning, by itself or by the mapping, and does a mistake show what is near?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from crmflow.core.pack import TableKind
from crmflow.errors import ImportFileError
from crmflow.exchange.layout import layout
from crmflow.exchange.mapping import MappingFile
from tests.exchange.world import NAMES

PURCHASES: dict[str, object] = {"touchpoints": "purchase"}


def meant(headers: list[str], table: TableKind = "touchpoints", **mapping: object) -> dict[str, str]:
    """Header → place and name."""
    data: Mapping[str, object] = mapping or (PURCHASES if table == "touchpoints" else {})
    found = layout(headers, table, MappingFile.of(data), NAMES)
    return {column.header: f"{column.place} {column.name}" for column in found.columns}


@pytest.mark.parametrize("headers", [["member", "time", "amount"], ["会员号", "时间", "金额"]])
def test_a_header_in_either_language_maps_itself(headers: list[str]) -> None:
    assert list(meant(headers).values()) == ["field amount", "key member", "own at"]


@pytest.mark.parametrize("header", ["Amount", " AMOUNT ", "ａｍｏｕｎｔ", "金额", "retail_amount"[7:]])
def test_case_width_and_blanks_do_not_matter(header: str) -> None:
    assert meant([header, "at", "member"])[header] == "field amount"


def test_the_mapping_says_what_a_header_means() -> None:
    found = meant(
        ["卡号", "交易时间", "实收"],
        touchpoints="购物",
        key={"卡号": "会员号"},
        columns={"交易时间": "at", "实收": "金额"},
    )
    assert found == {"卡号": "key member", "交易时间": "own at", "实收": "field amount"}


def test_the_mapping_goes_before_the_header_itself() -> None:
    found = meant(["时间", "日期", "member"], touchpoints="purchase", columns={"时间": "promised"})
    assert found == {"时间": "field promised", "日期": "own at", "member": "key member"}


def test_a_header_steps_back_where_the_mapping_names_another() -> None:
    mapping = MappingFile.of(PURCHASES | {"columns": {"交易时间": "at"}})
    found = layout(["交易时间", "时间", "member"], "touchpoints", mapping, NAMES)
    assert [column.header for column in found.columns] == ["member", "交易时间"]
    assert found.ignored == ("时间",)


def test_customers_have_their_declared_fields_by_qualified_name() -> None:
    assert meant(["客户编号", "出生日期"], "customers") == {
        "客户编号": "own external id",
        "出生日期": "field core.born",
    }


def test_a_header_that_means_nothing_is_named() -> None:
    found = layout(["at", "member", "备注", ""], "touchpoints", MappingFile.of(PURCHASES), NAMES)
    assert found.ignored == ("备注",)


@pytest.mark.parametrize(
    ("headers", "mapping", "code", "near"),
    [
        (["member", "amount"], PURCHASES, "CRM454", "amount"),
        (["at", "amount"], PURCHASES, "CRM454", "at"),
        (["at", "member"], {}, "CRM455", "purchase"),
        (["at", "member"], {"touchpoints": "purchse"}, "CRM455", "purchase"),
        (["at", "card"], PURCHASES | {"key": {"card": "membr"}}, "CRM456", "member"),
        (["at", "member", "amount", "金额"], PURCHASES, "CRM457", None),
        (["at", "member"], PURCHASES | {"colums": {}}, "CRM458", "columns"),
        (["at", "member"], PURCHASES | {"columns": ["at"]}, "CRM459", None),
        (["at", "member"], PURCHASES | {"zone": 8}, "CRM459", None),
        (["at", "member"], PURCHASES | {"at": "soon"}, "CRM459", None),
        (["at", "member"], PURCHASES | {"columns": {"tame": "at"}}, "CRM460", "at"),
        (["at", "member", "sum"], PURCHASES | {"columns": {"sum": "amont"}}, "CRM461", "amount"),
        (["at", "member"], {"holdings": "plate"}, "CRM462", None),
        (["at", "member"], PURCHASES | {"zone": "Beijing"}, "CRM463", None),
    ],
)
def test_a_mistake_is_answered_with_what_is_near(
    headers: list[str], mapping: dict[str, Any], code: str, near: str | None
) -> None:
    with pytest.raises(ImportFileError) as refused:
        layout(headers, "touchpoints", MappingFile.of(mapping), NAMES)
    assert refused.value.code == code
    assert near is None or near in refused.value.nearest
