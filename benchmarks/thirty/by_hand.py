"""What would a good programmer write for the thirty rules? Each field read once, nulls guarded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

_BIG_CITIES = frozenset({"北京", "上海", "广州", "深圳"})
_Y2020, _Y2024 = date(2020, 1, 1), date(2024, 1, 1)


def by_hand(row: Mapping[str, Any]) -> list[int]:  # noqa: C901
    """The places of the rules that fire for a customer, from 0. Numbers are int or Decimal."""
    age, spend, orders, gap = row["age"], row["spend"], row["orders"], row["gap"]
    visits, complaints, points = row["visits"], row["complaints"], row["points"]
    balance, discount, level = row["balance"], row["discount"], row["level"]
    city, channel, active, joined = row["city"], row["channel"], row["active"], row["joined"]
    fired: list[int] = []
    adult_buyer = age is not None and spend is not None and age >= 18 and spend > 1000
    gold = level == "gold"
    if adult_buyer:
        fired.append(0)
    if gold and gap is not None and gap <= 30:
        fired.append(1)
    if (gold or level == "silver") and complaints == 0:
        fired.append(2)
    if gap is not None and orders is not None and gap > 90 and orders >= 5:
        fired.append(3)
    if age is not None and 30 <= age <= 45 and city == "上海":
        fired.append(4)
    if orders is not None and orders >= 10 and spend is not None and spend > orders * 200:
        fired.append(5)
    if points is not None and balance is not None and points + balance > 5000:
        fired.append(6)
    if active is True and gap is not None and 30 <= gap <= 60:
        fired.append(7)
    if active is False and spend is not None and spend > 500:
        fired.append(8)
    if complaints is not None and complaints > 0 and gold:
        fired.append(9)
    if joined is not None and joined < _Y2020 and orders is not None and orders > 20:
        fired.append(10)
    if joined is not None and joined >= _Y2024 and visits == 0:
        fired.append(11)
    if (age is not None and age < 25) or (points is not None and points > 8000):
        fired.append(12)
    if city in _BIG_CITIES and spend is not None and spend > 3000:
        fired.append(13)
    if channel == "app" and visits is not None and visits >= 3:
        fired.append(14)
    if channel is not None and channel != "app" and gap is not None and gap > 60:
        fired.append(15)
    if balance is not None and balance < 0:
        fired.append(16)
        if gap is not None and gap > 30:
            fired.append(17)
    if spend is not None and points is not None and spend * 12 > points * 5:
        fired.append(18)
    if discount is not None and discount >= 20 and spend is not None and spend > 500:
        fired.append(19)
    if visits is not None and orders is not None and visits > orders:
        fired.append(20)
    if ((age is not None and age >= 60) or gold) and active is True:
        fired.append(21)
    if level is None:
        fired.append(22)
    if gap is not None and gap > 180 and level == "silver":
        fired.append(23)
    if points is not None and 1000 <= points <= 5000 and channel == "store":
        fired.append(24)
    if complaints is not None and (complaints >= 3 or (complaints >= 1 and gold)):
        fired.append(25)
    if city == "北京" and age is not None and 18 <= age < 30:
        fired.append(26)
    if spend is not None and balance is not None and spend - balance > 2000:
        fired.append(27)
    if visits == 0 and orders == 0:
        fired.append(28)
    if active is True and adult_buyer and gold:
        fired.append(29)
    return fired
