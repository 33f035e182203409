"""How long do inferences over 100,000 customers take, beside loops by hand and beside durable-rules?

Households: who lives with a VIP. Referrals: whom everybody brought, directly or by way of others, in chains
of ten. Answers are checked equal. durable-rules gets the largest world that it does in reasonable time.
"""

from __future__ import annotations

import gc
import json
import platform
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

from crmflow.rules.infer.machine import conclude
from crmflow.rules.infer.program import Inference
from crmflow.rules.infer.world import World
from crmflow.rules.load import RuleFile, load

RESULT = Path(__file__).parent / "results/infer.json"
CUSTOMERS = 100_000
FOR_DURABLE = 1_000
CHAIN = 10
VIP_EVERY = 50

VOCABULARY = """
format: 1
customer: {household: {}, brought by: {}, premium: 'number(12,2)'}
"""
HOUSEHOLDS = """
format: 1
title: {en: VIP family, zh: VIP家庭}
decides: infer
gives: {name: VIP family}
rules:
  - id: lives with
    for: {a: customer, b: customer}
    when: a.household = b.household and b.premium >= 100000
    then: VIP family(a)
"""
REFERRALS = """
format: 1
title: {en: Customers brought, zh: 带来客户数}
decides: infer
gives: {name: customers brought, type: number}
relations: {brought: {between: [customer, customer]}}
rules:
  - {id: directly, for: {a: customer, b: customer}, when: b.brought by = a.id, then: 'brought(a, b)'}
  - id: further
    for: {a: customer, b: customer, c: customer}
    when: brought(a, b) and c.brought by = b.id
    then: brought(a, c)
  - id: counted
    for: {a: customer, b: customer}
    when: brought(a, b)
    then: customers brought(a) = count(b)
"""
Rows = list[dict[str, object]]
Answer = dict[int, object]


def customers(count: int) -> Rows:
    """Households of three, one customer in fifty a VIP; chains of ten of whom each brought the next."""
    return [
        {
            "id": f"K{n}",
            "bench.household": f"H{n // 3}",
            "bench.brought by": f"K{n - 1}" if n % CHAIN else None,
            "bench.premium": Decimal(100_000 if n % VIP_EVERY == 0 else n % 1000),
        }
        for n in range(count)
    ]


def households_by_hand(rows: Rows) -> Answer:
    with_vip = {row["bench.household"] for row in rows if row["bench.premium"] >= 100_000}  # type: ignore[operator]
    return {n: row["bench.household"] in with_vip for n, row in enumerate(rows)}


def referrals_by_hand(rows: Rows) -> Answer:
    place = {row["id"]: n for n, row in enumerate(rows)}
    brought: dict[int, list[int]] = defaultdict(list)
    for n, row in enumerate(rows):
        if row["bench.brought by"] in place:
            brought[place[row["bench.brought by"]]].append(n)
    found: Answer = {}
    for n in range(len(rows)):
        seen: set[int] = set()
        waiting = [n]
        while waiting:
            new = [each for each in brought.get(waiting.pop(), ()) if each not in seen]
            seen.update(new)
            waiting += new
        found[n] = Decimal(len(seen))
    return found


def read(text: str) -> Inference:
    files = [("vocabulary", VOCABULARY), ("infer", text)]
    loaded = load(RuleFile(f"bench/{name}.yaml", each, "pack", "bench") for name, each in files)
    assert loaded.ruleset is not None, [each.message() for each in loaded.errors]
    return loaded.ruleset.inferences[0]


def world_of(rows: Rows) -> World:
    world = World()
    for row in rows:
        world.add("customer", row, str(row["id"]))
    return world


def timed(work: Callable[[], Answer]) -> tuple[float, Answer]:
    gc.collect()
    start = time.perf_counter()
    answer = work()
    return time.perf_counter() - start, answer


def measure(name: str, text: str, by_hand: Callable[[Rows], Answer]) -> Mapping[str, object]:
    inference, rows = read(text), customers(CUSTOMERS)
    took: dict[str, float] = {}
    took["world"], world = time.perf_counter(), world_of(rows)
    took["world"] = time.perf_counter() - took["world"]
    took["by hand"], expected = timed(lambda: by_hand(rows))
    took["built in"], found = timed(lambda: conclude(inference, world).values())
    assert found == expected
    few = customers(FOR_DURABLE)
    took["built in, few"], expected = timed(lambda: conclude(inference, world_of(few)).values())
    if find_spec("durable_rules_engine"):
        durable = replace(inference, machine="durable")
        took["durable-rules, few"], found = timed(lambda: conclude(durable, world_of(few)).values())
        assert found == expected == by_hand(few)
    for what, seconds in took.items():
        print(f"{name:<12} {what:<20} {seconds * 1000:10.1f} ms")
    return {**{what: round(seconds, 4) for what, seconds in took.items()}}


def main() -> int:
    measured = {
        "households": measure("households", HOUSEHOLDS, households_by_hand),
        "referrals": measure("referrals", REFERRALS, referrals_by_hand),
        "customers": CUSTOMERS,
        "customers, few": FOR_DURABLE,
        "python": platform.python_version(),
    }
    RESULT.write_text(json.dumps(measured, indent=2) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
