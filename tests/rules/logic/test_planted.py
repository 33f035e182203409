"""Is each planted fault found, at its place and with its customer, and nothing else?"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from crmflow.core.diagnostic import Diagnostic
from crmflow.rules.check.table import tables
from crmflow.rules.load import load
from crmflow.rules.source import RuleFile
from tests.rules import shop

HERE = Path(__file__).parent
CASES = tomllib.loads((HERE / "planted.toml").read_text("utf-8"))["case"]
HEAD = "format: 1\ntitle: {en: planted, zh: 样例}\ndecides: segment\n"


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_planted_fault_is_found(case: Mapping[str, Any]) -> None:
    of = case.get("of", "[A, B]")
    text = f"{HEAD}gives: {{name: class, zh: 类别, of: {of}}}\n{case.get('head', '')}\n{case['body']}\n"
    files = [
        RuleFile("x/vocabulary.yaml", (HERE / "vocabulary.yaml").read_text("utf-8"), "pack", "x"),
        RuleFile("x/segments/class.yaml", text, "pack", "x"),
    ]
    loaded = load([*shop.core(), *files])
    assert loaded.ruleset is not None, [shop.shown(error) for error in loaded.errors]

    found = sorted(shown(each, text) for each in tables(loaded.ruleset))

    assert found == sorted(case["found"])


def test_a_clash_says_both_results_and_a_customer_has_labels() -> None:
    text = (
        f"{HEAD}gives: {{name: class, zh: 类别, of: [A, B]}}\nhit: unique\n"
        'table: {when: [size], rows: [[s, \'"small", "large"\', A], [l, \'"large", "medium"\', B]]}\n'
    )
    files = [
        RuleFile("x/vocabulary.yaml", (HERE / "vocabulary.yaml").read_text("utf-8"), "pack", "x"),
        RuleFile("x/segments/class.yaml", text, "pack", "x"),
    ]
    loaded = load([*shop.core(), *files])
    assert loaded.ruleset is not None
    [clash] = tables(loaded.ruleset)
    assert clash.message("zh") == "规则“l”和“s”会同时适用于同一客户，结果却不同（B、A）"
    assert clash.message() == "rules l and s fire for the same customers, with different results (B; A)"
    assert clash.labels["size"].zh == "规模"


def shown(found: Diagnostic, text: str) -> str:
    """Code, the words of the file that are marked, and the customer."""
    line = text.splitlines()[found.start.line - 1]
    words = line[found.start.column - 1 : found.end.column - 1].strip("'")
    values = ", ".join(f"{name}: {plain(value)}" for name, value in found.witness.items())
    shows = found.code in ("CRM225", "CRM231", "CRM232", "CRM234")
    return f"{found.code} {words}" + ("" if shows else f" {{{values}}}")


def plain(value: object) -> str:
    """A value as a person reads it."""
    match value:
        case bool():
            return str(value).lower()
        case Decimal():
            return f"{value.normalize():f}"
        case date() | str():
            return str(value)
    return "…"
