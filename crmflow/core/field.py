"""What may stand in a declared field, how is it read from a file, and how is it stored?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

from crmflow.core.moment import from_micros, in_zone, to_micros
from crmflow.core.text import Text

Kind = Literal["string", "boolean", "number", "date", "instant", "staff", "unit", "one of"]
Value = None | str | bool | Decimal | date | datetime
Stored = None | str | bool | int

TRUE_WORDS = frozenset({"true", "yes", "y", "1", "是", "真"})
FALSE_WORDS = frozenset({"false", "no", "n", "0", "否", "假"})


@dataclass(frozen=True, slots=True)
class Field:
    """A declared, typed field of a customer, holding, touchpoint, signal or form.

    `precision` and `scale` are decimal digits of a number; `values` the closed list of a "one of", from the
    least to the greatest when it is `ordered`, `called` maps what else these are called to them; staff and
    unit fields hold a code.
    """

    name: str
    kind: Kind
    label: Text
    precision: int = 18
    scale: int = 0
    unit: str | None = None
    values: tuple[str, ...] = ()
    called: Mapping[str, str] = field(default_factory=dict)
    personal: bool = False
    aliases: tuple[str, ...] = ()
    ordered: bool = False

    def parse(self, text: str, zone: ZoneInfo) -> Value:
        """The value that a cell of a file means; empty is None. Raises ValueError."""
        text = text.strip()
        if not text:
            return None
        match self.kind:
            case "number":
                return self.number(text.replace(",", ""))
            case "boolean":
                return _boolean(text)
            case "date":
                return date.fromisoformat(text.replace("/", "-"))
            case "instant":
                return in_zone(datetime.fromisoformat(text.replace("/", "-")), zone)
            case "one of":
                value = self.called.get(text, text)
                if value not in self.values:
                    raise ValueError(f"not one of {', '.join((*self.values, *self.called))}")
                return value
            case _:
                return text

    def number(self, value: str | int | float | Decimal) -> Decimal:
        """A number that fits the declared digits exactly. Raises ValueError."""
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            raise ValueError("not a number") from None
        if not number.is_finite():
            raise ValueError("not a finite number")
        if number != round(number, self.scale):
            raise ValueError(f"more than {self.scale} decimals")
        if abs(number) >= Decimal(10) ** (self.precision - self.scale):
            raise ValueError(f"more than {self.precision} digits")
        return number

    def encode(self, value: Value) -> Stored:
        """As stored: numbers as integers scaled by `scale`, dates as ISO text, instants as microseconds."""
        if value is None or isinstance(value, (bool, str)):
            return value
        if self.kind == "number":
            return int(Decimal(str(value)).scaleb(self.scale))
        if isinstance(value, datetime):
            return to_micros(value)
        if isinstance(value, date):
            return value.isoformat()
        raise ValueError(f"{self.name}: {type(value).__name__} does not fit {self.kind}")

    def decode(self, stored: Stored) -> Value:
        """The value of what `encode` stored."""
        if stored is None:
            return None
        match self.kind:
            case "number":
                return Decimal(stored).scaleb(-self.scale)
            case "date":
                return date.fromisoformat(str(stored))
            case "instant":
                return from_micros(int(stored))
            case "boolean":
                return bool(stored)
            case _:
                return str(stored)


class Codec(Protocol):
    """How fields are stored, by kind: "customer", or the kind of a holding, touchpoint or signal."""

    def encode(self, kind: str, fields: Mapping[str, Value]) -> Mapping[str, Stored]: ...
    def decode(self, kind: str, stored: Mapping[str, Stored]) -> Mapping[str, Value]: ...


def _boolean(text: str) -> bool:
    word = text.lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ValueError("neither true nor false")
