"""Which inputs pass a cell of a decision table?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from crmflow.rules import feel

CELLS = YAML(typ="safe", pure=True).load(Path(__file__).with_name("unary.yaml"))
CONTEXT = {"limit": 10, "limits": [1, 10]}


@pytest.mark.parametrize("case", CELLS, ids=lambda case: case["cell"])
def test_a_cell_tests_its_input(case: Mapping[str, Any]) -> None:
    for answer, inputs in ((True, case["passes"]), (False, case["fails"]), (None, case["unknown"])):
        for value in inputs:
            assert feel.unary(case["cell"], value, CONTEXT) is answer, value


def test_a_cell_knows_the_type_of_its_input() -> None:
    with pytest.raises(feel.FeelError) as caught:
        feel.parse_unary('> "A"', feel.number)
    assert (caught.value.code, caught.value.start, caught.value.end) == ("CRM103", 2, 5)


@pytest.mark.parametrize(
    ("cell", "passing"),
    [
        ('>= "district"', ["district", "company"]),
        ('("station".."company"]', ["district", "company"]),
        ('"station", "company"', ["station", "company"]),
        ('not(> "station")', ["station"]),
    ],
)
def test_ordered_values_compare_by_their_place(cell: str, passing: list[str]) -> None:
    levels = feel.Enumeration(("station", "district", "company"), ordered=True)
    expression = feel.parse_unary(cell, levels)
    assert [level for level in levels.values if expression.evaluate({}, level)] == passing
    assert expression.evaluate({}, "nowhere") is not True or cell.startswith("not")
