"""Which text does a cell of an edited sheet mean, as a person types it and as spreadsheets keep it?"""

from __future__ import annotations

import tomllib
from contextlib import suppress
from datetime import date, datetime, time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.errors import ImportFileError
from crmflow.exchange.rulesheet.cells import read, show
from crmflow.exchange.rulesheet.reader import rule_sheet
from crmflow.exchange.rulesheet.sheet import Column
from crmflow.exchange.typed_cell import Cell
from tests.exchange.rulesheet.tariff import TARIFF, TARIFF_ID, rules_of

SHEET = rule_sheet(rules_of(TARIFF), TARIFF_ID)
TABLE = tomllib.loads(Path(__file__).with_name("cells.toml").read_text("utf-8"))
TYPED: list[tuple[str, Cell, str]] = [
    ("spend", 3000.0, "3000"),
    ("spend", 0.085, "0.085"),  # 8.5 % as Excel keeps it
    ("spend", -12.5, "-12.5"),
    ("since", date(2026, 5, 3), '@"2026-05-03"'),
    ("since", datetime.combine(date(2026, 5, 3), time()), '@"2026-05-03"'),
    ("member", True, "true"),
    ("member", False, "false"),
    ("id", 12.0, "12"),
]


def column(name: str) -> Column:
    found = SHEET.column(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "cell", "text"), [(name, *each) for name, cells in TABLE.items() for each in cells.items()]
)
def test_a_cell_as_a_person_types_it(name: str, cell: str, text: str) -> None:
    assert read(column(name), cell) == text


@pytest.mark.parametrize(("name", "cell", "text"), TYPED)
def test_a_cell_as_a_spreadsheet_keeps_it(name: str, cell: Cell, text: str) -> None:
    assert read(column(name), cell) == text


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("name", "text"), sorted({(name, text) for name in TABLE for text in TABLE[name].values()})
)
def test_what_is_shown_reads_as_what_it_was(name: str, text: str, language: str) -> None:
    assert read(column(name), show(column(name), text, language)) == text


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused_with_a_code(text: str) -> None:
    for each in SHEET.columns:
        with suppress(ImportFileError):
            assert isinstance(read(each, text), str)
