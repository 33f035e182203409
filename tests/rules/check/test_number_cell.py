"""Is a bare number among ranges told, and no number that a table means?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from crmflow.core.diagnostic import Diagnostic
from crmflow.engine.files import rule_files
from crmflow.plugins import Plugins
from crmflow.rules.check import checked
from crmflow.rules.check.number_cell import number_cells
from crmflow.rules.load import load
from crmflow.rules.source import RuleFile
from crmflow.settings import Site
from tests.rules.shop import core, shop

TABLE = """\
format: 1
title: {en: T, zh: 表}
decides: segment
gives: {name: t, zh: 表, of: [a, b]}
table:
  when: [spend]
  rows:
"""
VOCABULARY = "format: 1\ncustomer:\n  spend: {en: spend, zh: 消费额, type: number}\n"
FILES = [RuleFile("vocabulary.yaml", VOCABULARY, "site", "site")]


def found(cells: Sequence[str]) -> list[Diagnostic]:
    rows = "".join(f'    - [r{n}, "{cell}", {"ab"[n % 2]}]\n' for n, cell in enumerate(cells))
    loaded = load([*core(), *FILES, RuleFile("t.yaml", TABLE + rows, "site", "site")])
    assert loaded.ruleset is not None, [each.message() for each in loaded.errors]
    return [each for each in checked(loaded).diagnostics if each.code == "CRM236"]


@pytest.mark.parametrize(
    ("cells", "meant"),
    [
        (["12000", "[500..3000)", "< 500", "-"], ">= 12000"),
        ([">= 3000", "12000", "[500..3000)"], ">= 12000"),
        (["< 10", "<= 50", "100"], "<= 100"),
    ],
)
def test_a_bare_number_among_ranges_is_told(cells: Sequence[str], meant: str) -> None:
    (finding,) = found(cells)
    assert finding.severity == "warning"
    assert finding.suggestion == meant
    assert finding.message("zh").endswith(f"是否想写 `{meant}`？")


@pytest.mark.parametrize(
    "cells",
    [
        ["0", "> 0", "< 0"],
        ["1", "[2..5]", "> 5"],
        ["100", "(100..200]", "> 200"],
        ["12000", "13000", ">= 20000", "< 500"],
        ["= 12000", ">= 20000", "< 500"],
        ["12000", "< 500", "-"],
        ["12000", "1, 2", "< 500"],
    ],
)
def test_a_number_that_is_meant_is_not(cells: Sequence[str]) -> None:
    assert not found(cells)


def test_the_shop_has_none() -> None:
    loaded = load([*core(), *shop()])
    assert loaded.ruleset is not None
    assert not list(number_cells(loaded.ruleset))


@pytest.mark.parametrize("pack", ["retail", "insurance", "utility", "fuel"])
def test_the_packs_have_none(pack: str, tmp_path: Path) -> None:
    site = Site.init(tmp_path / "site", (pack,), zone="Asia/Shanghai", language="zh")
    loaded = load(rule_files(site, Plugins(site.packs)))
    assert loaded.ruleset is not None
    assert not list(number_cells(loaded.ruleset))
