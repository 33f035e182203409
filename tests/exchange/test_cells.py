"""Are the cells of a file read as a person means them, and refused where that would be a guess?"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crmflow.core.field import Field
from crmflow.core.text import Text
from crmflow.errors import ImportFileError
from crmflow.exchange.cells import converter

CASES: dict[Any, dict[str, dict[str, str]]] = tomllib.loads(
    Path(__file__).with_name("cells.toml").read_text("utf-8")
)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def field(kind: Any) -> Field:
    return Field("x", kind, Text("x", "某"), precision=9, scale=2, values=("person", "unit"))


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [(kind, cell, value) for kind, cases in CASES.items() for cell, value in cases["means"].items()],
)
def test_a_cell_means_one_value(kind: str, cell: str, value: str) -> None:
    assert str(converter(field(kind), stored=False)(cell, SHANGHAI)[0]) == value


@pytest.mark.parametrize(
    ("kind", "cell", "code"),
    [(kind, cell, code) for kind, cases in CASES.items() for cell, code in cases["refused"].items()],
)
def test_a_cell_that_would_be_a_guess_is_refused(kind: str, cell: str, code: str) -> None:
    with pytest.raises(ImportFileError) as refused:
        converter(field(kind), stored=False)(cell, SHANGHAI)
    assert refused.value.code == code
    assert refused.value.value == cell


@pytest.mark.parametrize(
    ("kind", "cells"),
    [
        ("number", ["1200.5", "1,200.50", "1200.500"[:-1]]),
        ("instant", ["2026/1/5 9:05", "2026-01-05 09:05", "2026-01-05T01:05Z"]),
        ("date", ["2026/1/5", "20260105", "2026年1月5日"]),
        ("boolean", ["是", "yes", "1"]),
    ],
)
def test_spellings_of_one_value_have_one_text(kind: str, cells: list[str]) -> None:
    assert len({converter(field(kind), stored=False)(cell, SHANGHAI)[1] for cell in cells}) == 1


def test_touchpoints_get_values_as_stored() -> None:
    assert converter(field("number"), stored=True)("12.5", SHANGHAI)[0] == 1250
