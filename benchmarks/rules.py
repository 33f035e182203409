"""How fast is one customer decided, beside a function written by hand and the other rule engines?

Thirty rules over fourteen fields: our fused function against the function by hand, which takes the same types
and guards the same nulls, once with integers and once with Decimals; then every peer with the integers. Then
the lookup in a table of 10,000 rows, and the compilation of 5,000 rules. All in one run, taken in turn, the
best of several; all answers are checked equal.
"""

from __future__ import annotations

import json
import platform
import random
import sys
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.thirty.by_hand import by_hand
from benchmarks.thirty.customers import CITIES, Row, customers, with_decimals
from benchmarks.thirty.peers import peers
from crmflow.core.text import Text
from crmflow.rules import feel
from crmflow.rules.feel import Name
from crmflow.rules.fused import Fused
from crmflow.rules.outcome import SegmentOutcome
from crmflow.rules.rulebook import Condition, Rule

ROUNDS, CUSTOMERS, FEW = 7, 2000, 200  # slow peers answer for few customers
ROWS, LOOKUPS = 10_000, 2000
MANY = 5000
HERE = Path(__file__).parent
RESULT = HERE / "results/rules.json"
PEERS = ("cel-expr-python", "datalogic-py", "durable-rules", "rule-engine", "zen-engine")


def thirty() -> Mapping[str, feel.Expression]:
    """The rules, typed and checked against their fields."""
    file = tomllib.loads((HERE / "thirty/rules.toml").read_text("utf-8"))
    scope = {name: Name(name, getattr(feel, kind)) for name, kind in file["fields"].items()}
    return {name: feel.parse(text, scope) for name, text in file["rules"].items()}


def rule(id: str, when: feel.Expression) -> Rule:
    return Rule(id, Text(en=id, zh=id), (Condition("when", when),), SegmentOutcome("fires"))


def best(ways: Mapping[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    """The least seconds of each way, taken in turn, after a call of each to warm up."""
    least = dict.fromkeys(ways, float("inf"))
    for way in ways.values():
        way()
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            least[name] = min(least[name], time.perf_counter() - start)
    return least


def each(answer: Callable[[Any], object], rows: Sequence[Any]) -> Callable[[], object]:
    def way() -> None:
        for row in rows:
            answer(row)

    return way


def microseconds(measured: Mapping[str, float], count: int) -> dict[str, float]:
    return {name: round(seconds / count * 1e6, 3) for name, seconds in measured.items()}


def against_hand_and_peers() -> dict[str, Any]:
    """Microseconds a customer for all thirty rules."""
    rules = thirty()
    fired = Fused([rule(name, when) for name, when in rules.items()]).fired
    rows = customers(CUSTOMERS)
    decimals = with_decimals(rows)
    few = rows[:FEW]
    others = dict(peers({name: when.tree for name, when in rules.items()}))
    expected = [by_hand(row) for row in rows]
    assert [fired(row) for row in rows] == expected
    assert [fired(row) for row in decimals] == [by_hand(row) for row in decimals] == expected
    for name, answer in others.items():
        assert [answer(row) for row in few] == expected[:FEW], name
    ours = {
        "crmflow, integers": each(fired, rows),
        "by hand, integers": each(by_hand, rows),
        "crmflow, Decimals": each(fired, decimals),
        "by hand, Decimals": each(by_hand, decimals),
    }
    took = microseconds(best(ours), CUSTOMERS)
    took |= microseconds(best({name: each(answer, few) for name, answer in others.items()}, 3), FEW)
    return took


def cell(chance: random.Random, options: Sequence[str]) -> str:
    """A test of one column; one cell in ten asks nothing."""
    return "-" if chance.random() < 0.1 else chance.choice(options)


def big_table() -> tuple[list[Rule], tuple[feel.Expression, ...], list[Row]]:
    """A tariff of 10,000 rows over city, level, product and a range of the amount, and what is looked up."""
    chance = random.Random(2)
    levels, products = ("gold", "silver", "bronze"), [f"P{number:03}" for number in range(200)]
    scope = {
        **{name: Name(name, feel.string) for name in ("city", "level", "product")},
        "amount": Name("amount", feel.number),
    }
    columns = tuple(feel.parse(name, scope) for name in ("city", "level", "product", "amount"))
    rules = []
    for number in range(ROWS):
        low = chance.randrange(0, 10_000, 100)
        cells = (
            cell(chance, [f'"{city}"' for city in CITIES]),
            cell(chance, [f'"{level}"' for level in levels]),
            cell(chance, [f'"{product}"' for product in products]),
            f"[{low}..{low + 500})",
        )
        tests = tuple(
            Condition(column.text, feel.parse_unary(text, column.type, scope), place)
            for place, (column, text) in enumerate(zip(columns, cells, strict=True))
        )
        rules.append(Rule(f"row {number}", Text(en="row", zh="行"), tests, SegmentOutcome("fires")))
    rows = [
        {
            "city": chance.choice(CITIES),
            "level": chance.choice(levels),
            "product": chance.choice(products),
            "amount": chance.randrange(10_500),
        }
        for _ in range(LOOKUPS)
    ]
    return rules, columns, rows


def lookups() -> dict[str, float]:
    """Microseconds a lookup in the table, all hits and the first hit only."""
    rules, columns, rows = big_table()
    every, first = Fused(rules, columns), Fused(rules, columns, first=True)
    for row in rows[:20]:
        hits = every.walk(row, {})
        assert every.fired(row) == hits
        assert first.fired(row) == hits[:1]
    ways = {"all hits": each(every.fired, rows), "first hit": each(first.fired, rows)}
    return microseconds(best(ways), LOOKUPS)


def many_rules() -> float:
    """Seconds to compile 5,000 different rules into one function, parsing not counted."""
    chance = random.Random(3)
    file = tomllib.loads((HERE / "thirty/rules.toml").read_text("utf-8"))
    scope = {name: Name(name, getattr(feel, kind)) for name, kind in file["fields"].items()}
    rules = []
    for number in range(MANY):
        text = (
            f"spend > {chance.randrange(5000)} and points + balance < {chance.randrange(20_000)} "
            f'and (level = "gold" or gap in [{number}..{number + 30}]) and city = "{chance.choice(CITIES)}"'
        )
        rules.append(rule(f"r{number}", feel.parse(text, scope)))
    row, fused = customers(1)[0] | {"city": CITIES[0]}, Fused(rules)
    start = time.perf_counter()
    found = fused.fired(row)
    took = time.perf_counter() - start
    assert found == fused.walk(row, {})
    return round(took, 2)


def main() -> int:
    took = against_hand_and_peers()
    fastest = took["crmflow, integers"]
    print(f"thirty rules, fourteen fields, {CUSTOMERS:,} customers")
    for name, micro in took.items():
        print(f"  {name:<34} {micro:9.2f} µs a customer {micro / fastest:9.1f} x")
    ratios = {
        kind: round(took[f"crmflow, {kind}"] / took[f"by hand, {kind}"], 2)
        for kind in ("integers", "Decimals")
    }
    for kind, ratio in ratios.items():
        print(f"  ours to the function by hand, {kind}: {ratio} (at most 1.5)")
    table = lookups()
    for name, micro in table.items():
        print(f"table of {ROWS:,} rows, {name}: {micro:.2f} µs a lookup (at most 5)")
    compiled = many_rules()
    print(f"{MANY:,} rules compiled in {compiled} s (at most 3)")
    measured = {
        "microseconds a customer": took,
        "ratio to the function by hand": ratios,
        "microseconds a lookup": table,
        "seconds to compile 5,000 rules": compiled,
        "python": platform.python_version(),
        **{name: version(name) for name in PEERS},
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(measured, indent=2) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
