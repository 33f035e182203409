"""What is a piece of generated Python, and what must hold before it may be run?

The text of all generated code consists of our own words, whole numbers, and slots: `a` a name's value, `k` a
constant, `t` a value kept, `v` one computed on the way. No text out of a file is ever part of it.
"""

from __future__ import annotations

import datetime as python
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Literal

from crmflow.rules.feel import types
from crmflow.rules.feel.durations import MonthsDuration
from crmflow.rules.feel.types import Enumeration, Type
from crmflow.rules.feel.values import write

Kind = Literal["number", "string", "boolean", "date", "duration", "months", "null"]
ORDERED: Final = frozenset({"number", "string", "date", "duration", "months"})
_KINDS: Final[Mapping[Type, Kind]] = {
    types.number: "number",
    types.string: "string",
    types.boolean: "boolean",
    types.date: "date",
    types.days_duration: "duration",
    types.months_duration: "months",
}
_CLASSES: Final[Mapping[type, Kind]] = {
    Decimal: "number",
    str: "string",
    bool: "boolean",
    type(None): "null",
    python.date: "date",
    python.timedelta: "duration",
    MonthsDuration: "months",
}
CLASS_OF: Final[Mapping[Kind, type]] = {kind: each for each, kind in _CLASSES.items()}
WHOLE_DIGITS: Final = 16  # of a whole number that is calculated with
DECIMAL_DIGITS: Final = 100  # before the point, of any number that is calculated with


@dataclass(frozen=True, slots=True)
class Code:
    """A Python expression for a value.

    With a `kind` it is a plain Python value (an int or a Decimal for a number, a date, a timedelta …) and
    valid only once the `guards` hold, in their order; where one does not, the value is null. `safe` says that
    it is None by itself then. Without a kind it is any value as it is inside.
    `key` is the same for equal values, `exact` the Decimal with all its digits where `text` may be an int,
    `digits` bounds its size, `quiet` says that it is cheap and cannot raise.
    """

    text: str
    key: str
    kind: Kind | None = None
    guards: tuple[str, ...] = ()
    safe: bool = True
    exact: str | None = None
    digits: int = 0
    whole: bool = False
    quiet: bool = True
    literal: Any = None

    @property
    def or_none(self) -> str:
        """The text for a value that may be null."""
        return self.text if self.safe else f"({self.text} if {joined(self.guards)} else None)"

    @property
    def inside(self) -> str:
        """The text for the value as the walk has it."""
        if self.exact is None:
            plain = self.kind in ("number", "date", "duration")
            return f"READ({self.or_none})" if plain else self.or_none
        return f"({self.exact} if {joined(self.guards)} else None)" if self.guards else self.exact


def kind_of(type: Type) -> Kind | None:
    """The kind of a declared type's values; None where they are not plain Python values."""
    return "string" if isinstance(type, Enumeration) else _KINDS.get(type)


def plain(value: object) -> tuple[object, Kind | None]:
    """A value of the tree as a plain Python one, with its kind; as it is, without one."""
    written = write(value)
    kind = _CLASSES.get(type(written))
    return (value, None) if kind is None else (written, kind)


@dataclass(slots=True)
class Slots:
    """The variables of one program: names that it reads from outside, and constants."""

    names: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, Kind | None] = field(default_factory=dict)
    calculated: set[str] = field(default_factory=set)
    constants: dict[str, object] = field(default_factory=dict)
    _known: dict[object, str] = field(default_factory=dict)

    @property
    def has_numbers(self) -> bool:
        return "number" in self.kinds.values()

    def copy(self) -> Slots:
        """The same so far; what is added to one is not in the other."""
        constants, known = dict(self.constants), dict(self._known)
        return Slots(dict(self.names), dict(self.kinds), set(self.calculated), constants, known)

    def name(self, canonical: str, type: Type) -> str:
        """The variable that holds a name's value."""
        if canonical not in self.names:
            self.names[canonical] = f"a{len(self.names)}"
            self.kinds[self.names[canonical]] = kind_of(type)
        return self.names[canonical]

    def constant(self, value: Any, key: object = None) -> str:
        """The variable that holds a constant; equal keys share one, by default a scalar's class and text.

        A short whole number is written as it is.
        """
        if type(value) is int and abs(value) < 10**WHOLE_DIGITS:
            return f"{value}" if value >= 0 else f"({value})"
        if key is None:
            key = (type(value), str(value)) if type(value) in (*_CLASSES, int) else id(value)
        if key not in self._known:
            self._known[key] = f"k{len(self.constants)}"
            self.constants[self._known[key]] = value
        return self._known[key]

    def guards(self, whole: bool) -> list[str]:
        """What must hold of the values read: their classes and, of what is calculated with, the size."""
        return [
            f"({self._guard(slot, kind, whole)} or {slot} is None)"
            for slot, kind in self.kinds.items()
            if kind is not None
        ]

    def _guard(self, slot: str, kind: Kind, whole: bool) -> str:
        if kind != "number":
            return f"{slot}.__class__ is {kind.upper()}"
        low, high = ("WHOLE_LEAST", "WHOLE_MOST") if whole else ("LEAST", "MOST")
        bound = f" and {low} < {slot} < {high}" if slot in self.calculated else ""
        if whole:
            return f"{slot}.__class__ is INT{bound}"
        decimal = f"{slot}.__class__ is DECIMAL and {slot}.is_finite(){bound}"
        return f"{decimal} or {slot}.__class__ is INT{bound}"


class Kept:
    """What is computed once and kept: found out by counting in a first pass, written down in a second.

    What is cheap and cannot raise is computed before the rule that first needs it (`statements`), anything
    else when it is first asked for.
    """

    def __init__(self, planned: Counter[str] | None = None) -> None:
        self.planned = planned
        self.uses: Counter[str] = Counter()
        self.statements: list[str] = []
        self.late: list[str] = []
        self.counts = self.counted = False
        self._variables: dict[str, str] = {}
        self._fresh = 0

    def early(self, key: str, text: str) -> str | None:
        """The variable that holds `text`, computed beforehand; None where it is used but once."""
        if not self._twice(key):
            return None
        if key not in self._variables:
            self._variables[key] = f"t{len(self._variables)}"
            self.statements.append(f"{self._variables[key]} = {text}")
        return self._variables[key]

    def lazily(self, key: str, text: str) -> str:
        """The text, or what computes it the first time only."""
        if not self._twice(key):
            return text
        if key not in self._variables:
            self._variables[key] = f"t{len(self._variables)}"
            self.late.append(self._variables[key])
        name = self._variables[key]
        return f"({name} if {name} is not UNSET else ({name} := {text}))"

    def count(self) -> None:
        """Notes that what is being written is counted."""
        self.counts = self.counted = True

    def variable(self) -> str:
        """A variable of its own."""
        self._fresh += 1
        return f"v{self._fresh}"

    def taken(self) -> list[str]:
        """The statements since the last time; what is counted begins anew."""
        taken = ["S.renew()"] * self.counts + self.statements
        self.statements, self.counts = [], False
        return taken

    def head(self) -> list[str]:
        """What comes before all statements."""
        return [f"{name} = UNSET" for name in self.late] + ["S = STEPS()"] * self.counted

    def _twice(self, key: str) -> bool:
        self.uses[key] += 1
        return self.planned is not None and self.planned[key] > 1


def joined(conditions: Iterable[str]) -> str:
    """All of them, each asked once."""
    return " and ".join(dict.fromkeys(conditions)) or "True"
