"""How long do a customer's facts take, beside a loop written by hand for the same facts?

Ten facts of 23,570 customers from 69,659 purchases (CDNOW); best of several runs of each, taken in turn.
Both must give the same values.
"""

from __future__ import annotations

import csv
import gzip
import json
import platform
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from itertools import groupby, pairwise
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

from crmflow.core.moment import end_of_day
from crmflow.core.touchpoint import Touchpoint
from crmflow.rules import feel
from crmflow.rules.fact import define
from crmflow.rules.feel import Name, Scope
from crmflow.rules.fold import Folds

RUNS = 3
HERE = Path(__file__).parent
CDNOW = HERE.parent / "plugins/retail/crmflow_retail/demo/cdnow.csv.gz"
RESULT = HERE / "results/facts.json"
ZONE = ZoneInfo("Asia/Shanghai")
AS_OF = end_of_day(date(1998, 6, 30), ZONE)
PURCHASE = 'kind = "purchase"'
ROWS = Scope(
    {
        "kind": Name("kind", feel.Enumeration(("purchase", "return"))),
        "at": Name("at", feel.date_time),
        "amount": Name("amount", feel.number),
    }
)
SPECS: dict[str, dict[str, object]] = {
    "orders": {"count": "at", "where": PURCHASE},
    "yearly amount": {"sum": "amount", "where": 'kind in ("purchase", "return")', "over": "P12M", "else": 0},
    "yearly orders": {"count": "at", "where": PURCHASE, "over": "P12M"},
    "mean": {"average": "amount", "where": PURCHASE},
    "least": {"min": "amount", "where": PURCHASE},
    "most": {"max": "amount", "where": PURCHASE},
    "first order": {"first": "at", "where": PURCHASE},
    "last order": {"last": "at", "where": PURCHASE},
    "amounts": {"distinct": "amount", "where": PURCHASE},
    "cycle": {"median gap": "at", "where": PURCHASE},
}
Values = list[dict[str, object]]


def customers() -> list[list[Touchpoint]]:
    """Each customer's purchases, in the order (at, id)."""
    with gzip.open(CDNOW, "rt", encoding="utf-8", newline="") as file:
        purchases = [
            Touchpoint(
                id=id,
                bucket=0,
                customer_id=int(row["customer_id"]),
                kind="retail.purchase",
                at=(at := datetime.fromisoformat(row["date"]).replace(tzinfo=ZONE).astimezone(UTC)),
                recorded_at=at,
                source="cdnow",
                external_id=str(id),
                fields={"amount": Decimal(row["amount"])},
            )
            for id, row in enumerate(csv.DictReader(file))
        ]
    purchases.sort(key=lambda each: (each.customer_id, each.at, each.id))
    return [list(own) for _, own in groupby(purchases, key=lambda each: each.customer_id)]


def declared(everyone: list[list[Touchpoint]]) -> Values:
    facts = [define(f"retail.{name}", spec, rows=ROWS, customer=ROWS) for name, spec in SPECS.items()]
    folds = Folds(facts, ("retail.purchase", "retail.return")).at(AS_OF, ZONE)
    return [folds.fold(own).values for own in everyone]


def by_hand(everyone: list[list[Touchpoint]]) -> Values:
    numbers = Context(prec=34, rounding=ROUND_HALF_EVEN)
    year_before = end_of_day(date(1997, 6, 30), ZONE)
    values: Values = []
    for own in everyone:
        total = yearly = Decimal(0)
        orders = yearly_orders = 0
        amounts: list[Decimal] = []
        days: set[date] = set()
        for purchase in own:
            if purchase.at <= AS_OF and purchase.kind == "retail.purchase":
                amount = purchase.fields["amount"]
                assert isinstance(amount, Decimal)
                orders += 1
                amounts.append(amount)
                total = numbers.add(total, amount)
                days.add(purchase.at.astimezone(ZONE).date())
                if purchase.at > year_before:
                    yearly_orders += 1
                    yearly = numbers.add(yearly, amount)
        ordered = sorted(days)
        gaps = [Decimal((later - earlier).days) for earlier, later in pairwise(ordered)]
        values.append(
            {
                "retail.orders": orders,
                "retail.yearly amount": yearly,
                "retail.yearly orders": yearly_orders,
                "retail.mean": numbers.divide(total, Decimal(orders)),
                "retail.least": min(amounts),
                "retail.most": max(amounts),
                "retail.first order": own[0].at,
                "retail.last order": own[-1].at,
                "retail.amounts": len(set(amounts)),
                "retail.cycle": median(gaps) if gaps else None,
            }
        )
    return values


def seconds(way: Callable[[list[list[Touchpoint]]], Values], everyone: list[list[Touchpoint]]) -> float:
    start = time.perf_counter()
    way(everyone)
    return time.perf_counter() - start


def main() -> int:
    everyone = customers()
    assert declared(everyone) == by_hand(everyone)
    ways = {"declared facts": declared, "loop by hand": by_hand}
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(RUNS):
        for name, way in ways.items():
            best[name] = min(best[name], seconds(way, everyone))
    ratio = best["declared facts"] / best["loop by hand"]
    for name, took in best.items():
        print(f"{name:<16} {took:6.2f} s  {took / len(everyone) * 1e6:6.1f} µs a customer")
    print(f"{'ratio':<16} {ratio:6.2f}  ({len(SPECS)} facts, {len(everyone):,} customers)")
    RESULT.parent.mkdir(exist_ok=True)
    measured = {
        "seconds": {name: round(took, 3) for name, took in best.items()},
        "ratio": round(ratio, 2),
        "facts": len(SPECS),
        "customers": len(everyone),
        "touchpoints": sum(map(len, everyone)),
        "python": platform.python_version(),
    }
    RESULT.write_text(json.dumps(measured, indent=2) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
