"""Where does a customer stand among all customers of a dated snapshot? (R1 share above, C1 bands)"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from decimal import Decimal
from functools import reduce
from itertools import groupby
from typing import Final, TypeVar

from crmflow.rules.fact import Fact
from crmflow.rules.feel import DECIMALS

Id = TypeVar("Id", bound=Hashable)
ZERO: Final = Decimal(0)


def population(fact: Fact, amounts: Mapping[Id, Decimal | None]) -> dict[Id, Decimal | None]:
    """The value of a population fact for every customer, from the values of the fact it reads.

    Null stays null and counts nowhere. Ties share one place: the smaller rank, the larger share. Shares are
    exact to 34 digits, and null where no amount is positive.
    """
    known = {id: amount for id, amount in amounts.items() if amount is not None}
    match fact.aggregate:
        case "rank":
            by_amount: Mapping[Decimal, Decimal | None] = _ranks(known)
        case "share":
            by_amount = _shares(known)
        case "share above":
            by_amount = _shares_above(known)
        case "band":
            by_amount = _bands(known, fact.bands, fact.reverse)
        case _:
            raise ValueError(f"not a fact of the population: {fact.aggregate}")
    return {id: None if amount is None else by_amount[amount] for id, amount in amounts.items()}


def _ranks(amounts: Mapping[Id, Decimal], reverse: bool = False) -> dict[Decimal, Decimal]:
    """1 for the largest amount (the smallest, with `reverse`); the next after n equal ones is n further."""
    ranks: dict[Decimal, Decimal] = {}
    place = 1
    for amount, equal in groupby(sorted(amounts.values(), reverse=not reverse)):
        ranks[amount] = Decimal(place)
        place += len(list(equal))
    return ranks


def _shares(amounts: Mapping[Id, Decimal]) -> dict[Decimal, Decimal | None]:
    """Own positive amount ÷ sum of the positive amounts."""
    total = _sum_of_positive(amounts)
    return {amount: _ratio(max(amount, ZERO), total) for amount in amounts.values()}


def _shares_above(amounts: Mapping[Id, Decimal]) -> dict[Decimal, Decimal | None]:
    """Strictly larger positive amounts ÷ sum of the positive amounts."""
    total, above = _sum_of_positive(amounts), ZERO
    shares: dict[Decimal, Decimal | None] = {}
    for amount, equal in groupby(sorted(amounts.values(), reverse=True)):
        shares[amount] = _ratio(above, total)
        if amount > 0:
            above = DECIMALS.fma(amount, Decimal(len(list(equal))), above)
    return shares


def _bands(amounts: Mapping[Id, Decimal], bands: int, reverse: bool) -> dict[Decimal, Decimal]:
    """`bands` classes of equal count, 1 the worst, by the share of customers who are strictly worse.

    So a value that most customers share is low where nothing is below it, however many they are.
    """
    return {
        amount: Decimal(1 + (int(rank) - 1) * bands // len(amounts))
        for amount, rank in _ranks(amounts, not reverse).items()
    }


def _sum_of_positive(amounts: Mapping[Id, Decimal]) -> Decimal:
    return reduce(DECIMALS.add, (amount for amount in amounts.values() if amount > 0), ZERO)


def _ratio(part: Decimal, total: Decimal) -> Decimal | None:
    return DECIMALS.divide(part, total) if total else None
