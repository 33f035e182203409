"""Which customers are the thirty rules tried on? Made by chance from a fixed seed, one field in ten null."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
CITIES = ("北京", "上海", "广州", "深圳", "成都", "武汉", "西安", "杭州")
NUMBERS = {
    "age": (16, 80),
    "spend": (0, 6000),
    "orders": (0, 40),
    "gap": (0, 400),
    "visits": (0, 30),
    "complaints": (0, 4),
    "points": (0, 12_000),
    "balance": (-500, 4000),
    "discount": (0, 40),
}


def customers(count: int, seed: int = 1) -> list[Row]:
    """Customers whose numbers are all int."""
    chance = random.Random(seed)
    return [_customer(chance) for _ in range(count)]


def with_decimals(rows: list[Row]) -> list[Row]:
    """The same customers, their numbers Decimals as a database gives them: 1250.00."""
    cent = Decimal("0.01")
    return [
        {name: Decimal(value).quantize(cent) if type(value) is int else value for name, value in row.items()}
        for row in rows
    ]


def _customer(chance: random.Random) -> Row:
    row: Row = {name: chance.randint(low, high) for name, (low, high) in NUMBERS.items()}
    row["visits"] = chance.choice((0, 0, row["visits"]))
    row["orders"] = chance.choice((0, row["orders"], row["orders"]))
    row["level"] = chance.choice(("gold", "silver", "bronze"))
    row["city"] = chance.choice(CITIES)
    row["channel"] = chance.choice(("app", "store", "phone"))
    row["active"] = chance.random() < 0.7
    row["joined"] = date(2015, 1, 1) + timedelta(days=chance.randrange(4000))
    return {name: None if chance.random() < 0.1 else value for name, value in row.items()}
