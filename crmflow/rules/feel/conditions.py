"""How is a condition written in Python, so that it is true, or false, or unknown?

Each has three forms: `true` and `false` are conditions of Python that must all hold, in their order, for the
condition to be true or false (where neither holds it is unknown), `value` is an expression for True, False or
None. The first two stop at the first operand that decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from crmflow.rules.feel.code import Kept, joined

Terms = tuple[str, ...]


class Condition(Protocol):
    """A condition of three values."""

    def true(self, kept: Kept) -> Terms: ...
    def false(self, kept: Kept) -> Terms: ...
    def value(self, kept: Kept) -> str: ...


@dataclass(frozen=True, slots=True)
class Test:
    """`yes` and `no` are each other's opposite once the guards hold; unknown before. `key` is that of `yes`;
    without one it is not worth keeping."""

    yes: str
    no: str
    guards: Terms = ()
    key: str | None = None

    def true(self, kept: Kept) -> Terms:
        return self._form(self.yes, self.key, kept)

    def false(self, kept: Kept) -> Terms:
        return self._form(self.no, self.key and f"not {self.key}", kept)

    def value(self, kept: Kept) -> str:
        return f"({self.yes} if {joined(self.guards)} else None)" if self.guards else f"({self.yes})"

    def _form(self, text: str, key: str | None, kept: Kept) -> Terms:
        terms = (*self.guards, text)
        variable = None if key is None else kept.early(key, joined(terms))
        return terms if variable is None else (variable,)


@dataclass(frozen=True, slots=True)
class Fixed:
    """Always the same: True, False or None."""

    constant: bool | None

    def true(self, kept: Kept) -> Terms:
        return () if self.constant is True else ("False",)

    def false(self, kept: Kept) -> Terms:
        return () if self.constant is False else ("False",)

    def value(self, kept: Kept) -> str:
        return str(self.constant)


UNKNOWN: Final = Fixed(None)


@dataclass(frozen=True, slots=True)
class Opaque:
    """A value that is True, False, None, or no boolean at all; `yes` says more simply that it is True."""

    text: str
    yes: str | None = None

    def true(self, kept: Kept) -> Terms:
        return (self.yes or f"{self.text} is True",)

    def false(self, kept: Kept) -> Terms:
        return (f"{self.text} is False",)

    def value(self, kept: Kept) -> str:
        variable = kept.variable()
        return f"({variable} if ({variable} := {self.text}) is True or {variable} is False else None)"


@dataclass(frozen=True, slots=True)
class Opposite:
    """`not`."""

    condition: Condition

    def true(self, kept: Kept) -> Terms:
        return self.condition.false(kept)

    def false(self, kept: Kept) -> Terms:
        return self.condition.true(kept)

    def value(self, kept: Kept) -> str:
        variable = kept.variable()
        return f"(None if ({variable} := {self.condition.value(kept)}) is None else not {variable})"


@dataclass(frozen=True, slots=True)
class All:
    """`and`."""

    operands: Sequence[Condition]

    def true(self, kept: Kept) -> Terms:
        return tuple(term for each in self.operands for term in each.true(kept))

    def false(self, kept: Kept) -> Terms:
        return _one_of([each.false(kept) for each in self.operands])

    def value(self, kept: Kept) -> str:
        return _folded(self.operands, "False", "True", kept)


@dataclass(frozen=True, slots=True)
class Some:
    """`or`."""

    operands: Sequence[Condition]

    def true(self, kept: Kept) -> Terms:
        return _one_of([each.true(kept) for each in self.operands])

    def false(self, kept: Kept) -> Terms:
        return tuple(term for each in self.operands for term in each.false(kept))

    def value(self, kept: Kept) -> str:
        return _folded(self.operands, "True", "False", kept)


@dataclass(frozen=True, slots=True)
class Choice:
    """`if`."""

    condition: Condition
    then: Condition
    otherwise: Condition

    def true(self, kept: Kept) -> Terms:
        return self._chosen(joined(self.then.true(kept)), joined(self.otherwise.true(kept)), kept)

    def false(self, kept: Kept) -> Terms:
        return self._chosen(joined(self.then.false(kept)), joined(self.otherwise.false(kept)), kept)

    def value(self, kept: Kept) -> str:
        return self._chosen(self.then.value(kept), self.otherwise.value(kept), kept)[0]

    def _chosen(self, then: str, otherwise: str, kept: Kept) -> Terms:
        return (f"({then} if {joined(self.condition.true(kept))} else {otherwise})",)


@dataclass(frozen=True, slots=True)
class Let:
    """A condition on a variable that is given its value first: several tests compute it once."""

    variable: str
    text: str
    condition: Condition

    def true(self, kept: Kept) -> Terms:
        return (self._given, *self.condition.true(kept))

    def false(self, kept: Kept) -> Terms:
        return (self._given, *self.condition.false(kept))

    def value(self, kept: Kept) -> str:
        return f"({self.condition.value(kept)} if {self._given} else None)"

    @property
    def _given(self) -> str:
        """True of every value."""
        return f"({self.variable} := {self.text}) is {self.variable}"


def _one_of(alternatives: Sequence[Terms]) -> Terms:
    if not all(alternatives):  # one that always holds
        return ()
    said = [joined(terms) for terms in alternatives if "False" not in terms]
    return (f"({' or '.join(said)})",) if said else ("False",)


def _folded(operands: Sequence[Condition], decides: str, otherwise: str, kept: Kept) -> str:
    """Every operand in turn until one decides, as the walk does."""
    variables = [kept.variable() for _ in operands]
    texts = [each.value(kept) for each in operands]
    deciding = " or ".join(
        f"({name} := {text}) is {decides}" for name, text in zip(variables, texts, strict=True)
    )
    agreeing = " and ".join(f"{name} is {otherwise}" for name in variables)
    return f"({decides} if {deciding} else {otherwise} if {agreeing} else None)"
