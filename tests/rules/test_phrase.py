"""How do conditions and values read to a person?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from ruamel.yaml import YAML

from crmflow.core.text import Text
from crmflow.rules import feel
from crmflow.rules.load import load
from crmflow.rules.phrase import Phrase
from crmflow.rules.source import RuleFile
from crmflow.rules.vocabulary import Vocabulary
from crmflow.rules.wording import Wording

HERE = Path(__file__).parent
CASES = YAML(typ="safe", pure=True).load((HERE / "phrase_cases.yaml").read_text("utf-8"))
AMOUNT = Text("amount", "金额")


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    text = (HERE / "explained/vocabulary.yaml").read_bytes()
    loaded = load([RuleFile(path="fuel/vocabulary.yaml", text=text, layer="pack", pack="fuel")])
    assert loaded.ruleset is not None
    return loaded.ruleset.vocabulary


@pytest.fixture(scope="module")
def wording(vocabulary: Vocabulary) -> Wording:
    return Wording(vocabulary, ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.get("text") or case["cell"])
def test_a_condition_reads(case: Mapping[str, str], vocabulary: Vocabulary, wording: Wording) -> None:
    scope = vocabulary.scope("fuel")
    if "text" in case:
        said = Phrase(feel.parse(case["text"], scope), wording).text()
    else:
        said = Phrase(feel.parse_unary(case["cell"], feel.number, scope), wording, AMOUNT).test()
    assert said == Text(case["en"], case["zh"])


def test_a_part_of_a_condition_reads_as_the_whole_does(vocabulary: Vocabulary, wording: Wording) -> None:
    expression = feel.parse("member and litres > 1", vocabulary.scope("fuel"))
    step = expression.trace({"fuel.member": True, "fuel.litres": Decimal(1)}).failing()[0]
    phrase = Phrase(expression, wording)
    assert phrase.text(step.start, step.end) == Text("litres > 1", "加油量 > 1")
    assert [(each.name, each.value) for each in phrase.readings(step)] == [("fuel.litres", 1)]


@pytest.mark.parametrize(
    ("name", "value", "en", "zh"),
    [
        ("litres", Decimal("1234.50"), "1,234.5 L", "1,234.5 升"),
        ("litres", Decimal(0), "0 L", "0 升"),
        ("litres", Decimal("0.00001"), "≈ 0 L", "≈ 0 升"),
        ("litres", Decimal("-2E+3"), "-2,000 L", "-2,000 升"),
        ("rank", Decimal("12345678901234567890123.01"), *2 * ["12,345,678,901,234,567,890,123.01"]),
        ("own cycle", Decimal("5.5"), "5.5 days", "5.5 天"),
        ("share above", Decimal(2) / 3, "≈ 0.6667", "≈ 0.6667"),
        ("member", False, "no", "否"),
        ("member", None, "unknown", "未知"),
        ("born", date(1990, 3, 31), "•••", "•••"),
        ("born", None, "unknown", "未知"),
        ("last fill", datetime(2026, 3, 31, 16, 30, tzinfo=UTC), "2026-04-01 00:30", "2026-04-01 00:30"),
        ("home station", {"id": "S1", "name": "长江路站"}, "长江路站 (S1)", "长江路站（S1）"),
        ("home station", {"id": "S9", "name": None}, "S9", "S9"),
        ("policies", [], "none", "无"),
        ("policies", [{}, {}], "2 in all", "共 2 项"),
        ("span", timedelta(hours=36), "1.5 days", "1.5 天"),
        ("span", feel.MonthsDuration(18), "18 months", "18 个月"),
        ("word", "E95", "E95", "E95"),
    ],
)
def test_a_value_reads(wording: Wording, name: str, value: object, en: str, zh: str) -> None:
    assert wording.value(value, wording.described(f"fuel.{name}")) == Text(en, zh)
