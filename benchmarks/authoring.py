"""How long does an author wait for `check`, beside the bare YAML parse of the same files?

Ten files of 500 rules, and one of 300: syntax, names and types, then the closer look apart (gaps, overlaps,
shadowed rules ...). The bare parse is the safe load of ruamel.yaml, by libyaml and in pure Python. Processor
seconds, best of several, taken in turn.
"""

from __future__ import annotations

import json
import platform
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ruamel.yaml import YAML

from crmflow.rules.check import checked
from crmflow.rules.load import load
from crmflow.rules.ruleset import Loaded
from crmflow.rules.source import RuleFile

ROUNDS = 5
FILES, RULES = 10, 500
ONE = 300
HERE = Path(__file__).parent
RESULT = HERE / "results/authoring.json"
VOCABULARY = """
format: 1
customer:
  tier: {type: [basic, silver, gold], zh: 等级}
  city: {type: string, zh: 城市}
  joined: {type: date, zh: 入会日}
touchpoints:
  purchase: {zh: 消费, fields: {amount: "number(9,2)"}}
facts:
  spend:  {zh: 消费额, sum: amount, where: 'kind = "purchase"', over: P12M, else: 0}
  orders: {zh: 次数, count: at, where: 'kind = "purchase"', over: P12M}
  quiet:  {zh: 沉寂天数, days since: last order}
  last order: {last: at, where: 'kind = "purchase"'}
"""
CONDITIONS = (
    '消费额 > {a} and 等级 in ("silver", "gold")',
    "orders >= {b} and spend / orders > {a}",
    'tier = "basic" and quiet != null and quiet > {b}',
    'city in ("上海", "Hangzhou") and joined < @"20{c:02}-01-01"',
    "spend in [{a}..{d}) and orders < {b}",
)


def rulebook(name: str, rules: int) -> RuleFile:
    """A rulebook of segments; every rule has its own numbers."""
    lines = [
        f"format: 1\ntitle: {{en: {name}, zh: 分群}}\ndecides: segment",
        f"gives: {{name: {name}, of: [a, b, c]}}\nrules:",
    ]
    for n in range(rules):
        condition = CONDITIONS[n % 5].format(a=n * 7, b=n % 60 + 1, c=n % 25 + 1, d=n * 7 + 500)
        title = f"{{en: rule {n}, zh: 规则{n}}}"
        lines.append(f"  - id: r{n}\n    title: {title}\n    when: '{condition}'\n    then: {'abc'[n % 3]}")
    return RuleFile(f"shop/segments/{name}.yaml", "\n".join(lines), "pack", "shop")


def bare(files: Sequence[RuleFile], *, pure: bool) -> None:
    for file in files:
        YAML(typ="safe", pure=pure).load(file.text)


def loaded(files: Sequence[RuleFile]) -> Loaded:
    found = load(files)
    assert found.ruleset is not None, [each.message() for each in found.errors[:3]]
    return found


def seconds(ways: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The least processor time of each, taken in turn."""
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(ROUNDS):
        for name, way in ways.items():
            start = time.process_time()
            way()
            best[name] = min(best[name], time.process_time() - start)
    return best


def main() -> int:
    vocabulary = RuleFile("shop/vocabulary.yaml", VOCABULARY, "pack", "shop")
    many = [vocabulary, *(rulebook(f"s{n}", RULES) for n in range(FILES))]
    one = [vocabulary, rulebook("one", ONE)]
    found = loaded(many)
    best = seconds(
        {
            "bare parse, pure Python": lambda: bare(many, pure=True),
            "bare parse, libyaml": lambda: bare(many, pure=False),
            "syntax, names and types": lambda: loaded(many),
            "one file of 300 rules": lambda: loaded(one),
        }
    )
    start = time.process_time()
    checked(found)
    best["closer look"] = time.process_time() - start
    took = best["syntax, names and types"]
    ratios = {name: took / best[f"bare parse, {name}"] for name in ("pure Python", "libyaml")}
    print(f"{FILES * RULES:,} rules in {FILES} files")
    for name, each in best.items():
        print(f"  {name:26}{each:8.3f} s")
    for name, ratio in ratios.items():
        print(f"  syntax, names and types = {ratio:.2f} x bare parse by {name}")
    record = {"seconds": best, "ratios": ratios, "python": platform.python_version()}
    RESULT.write_text(json.dumps(record, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
