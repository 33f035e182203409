"""Which functions does FEEL have for numbers? (DMN 1.5, 10.3.4.5)"""

from __future__ import annotations

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
)
from typing import Any, Final

from crmflow.rules.feel.builtins.registry import builtin
from crmflow.rules.feel.durations import DaysDuration, MonthsDuration
from crmflow.rules.feel.values import DECIMALS, finite

# Holds every digit of the quotient of any two numbers, which a remainder is taken from.
_EXACT: Final = Context(prec=13_000, Emin=-20_000, Emax=20_000, traps=[])
SCALES: Final = range(-6111, 6177)


def whole(number: Decimal) -> int | None:
    """A number as an int; None when it is none."""
    return int(number) if number == number.to_integral_value() else None


def rounded(number: Decimal, scale: Decimal, rounding: str) -> Decimal | None:
    """A number with `scale` digits after the point; digits before it when negative."""
    digits = int(scale)
    if digits not in SCALES:
        return None
    if -number.as_tuple().exponent <= digits:  # type: ignore[operator]
        return number
    room = Context(
        prec=max(number.adjusted() + digits + 2, 1), rounding=rounding, Emin=-6143, Emax=6144, traps=[]
    )
    return finite(number.quantize(DECIMALS.scaleb(Decimal(1), -digits), context=room))


@builtin("decimal(n: number, scale: number) -> number")
def _decimal(n: Decimal, scale: Decimal) -> Decimal | None:
    return rounded(n, scale, ROUND_HALF_EVEN)


@builtin("floor(n: number) -> number", "floor(n: number, scale: number) -> number")
def _floor(n: Decimal, scale: Decimal = Decimal(0)) -> Decimal | None:
    return rounded(n, scale, ROUND_FLOOR)


@builtin("ceiling(n: number) -> number", "ceiling(n: number, scale: number) -> number")
def _ceiling(n: Decimal, scale: Decimal = Decimal(0)) -> Decimal | None:
    return rounded(n, scale, ROUND_CEILING)


@builtin("round up(n: number, scale: number) -> number")
def _round_up(n: Decimal, scale: Decimal) -> Decimal | None:
    return rounded(n, scale, ROUND_UP)


@builtin("round down(n: number, scale: number) -> number")
def _round_down(n: Decimal, scale: Decimal) -> Decimal | None:
    return rounded(n, scale, ROUND_DOWN)


@builtin("round half up(n: number, scale: number) -> number")
def _round_half_up(n: Decimal, scale: Decimal) -> Decimal | None:
    return rounded(n, scale, ROUND_HALF_UP)


@builtin("round half down(n: number, scale: number) -> number")
def _round_half_down(n: Decimal, scale: Decimal) -> Decimal | None:
    return rounded(n, scale, ROUND_HALF_DOWN)


@builtin(
    "abs(n: number) -> number",
    "abs(n: days and time duration) -> days and time duration",
    "abs(n: years and months duration) -> years and months duration",
)
def _abs(n: Any) -> object:
    match n:
        case DaysDuration():
            return DaysDuration(abs(n.nanoseconds))
        case MonthsDuration():
            return MonthsDuration(abs(n.total))
    return DECIMALS.abs(n)


@builtin("modulo(dividend: number, divisor: number) -> number")
def _modulo(dividend: Decimal, divisor: Decimal) -> Decimal | None:
    """The sign is the divisor's: dividend - divisor * floor(dividend / divisor)."""
    if not divisor:
        return None
    rest = _EXACT.remainder(dividend, divisor)
    return DECIMALS.add(rest, divisor) if rest and (rest < 0) != (divisor < 0) else DECIMALS.plus(rest)


@builtin("sqrt(number: number) -> number")
def _sqrt(number: Decimal) -> Decimal | None:
    return finite(DECIMALS.sqrt(number))


@builtin("log(number: number) -> number")
def _log(number: Decimal) -> Decimal | None:
    return finite(DECIMALS.ln(number))


@builtin("exp(number: number) -> number")
def _exp(number: Decimal) -> Decimal | None:
    return finite(DECIMALS.exp(number))


@builtin("odd(number: number) -> boolean")
def _odd(number: Decimal) -> bool:
    return abs(_EXACT.remainder(number, Decimal(2))) == 1


@builtin("even(number: number) -> boolean")
def _even(number: Decimal) -> bool:
    return _EXACT.remainder(number, Decimal(2)) == 0
