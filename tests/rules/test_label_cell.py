"""Is the value offered where a cell holds what readers call it?"""

from __future__ import annotations

import pytest

from crmflow.rules.load import load
from crmflow.rules.source import RuleFile
from tests.rules.shop import core

VOCABULARY = """\
format: 1
customer:
  kind of firm: {en: kind of firm, zh: 单位类型, type: [factory, shop]}
values:
  factory: {en: Factory, zh: 工厂}
"""
TABLE = """\
format: 1
title: {en: T, zh: 表}
decides: segment
gives: {name: t, zh: 表, of: [a, b]}
table:
  when: [kind of firm]
  rows:
    - [one, CELL, a]
"""


@pytest.mark.parametrize(
    ("cell", "meant"), [("工厂", '"factory"'), ("Factory", '"factory"'), ('"not(工厂)"', '"factory"')]
)
def test_a_label_is_told_as_its_value(cell: str, meant: str) -> None:
    files = [("vocabulary.yaml", VOCABULARY), ("t.yaml", TABLE.replace("CELL", cell))]
    loaded = load([*core(), *(RuleFile(path, text, "site", "site") for path, text in files)])
    (error,) = loaded.errors
    assert (error.code, error.suggestion) == ("CRM101", meant)
    assert error.message("en").endswith('("factory"?)')
    assert error.fix
