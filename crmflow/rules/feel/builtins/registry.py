"""How is a builtin function declared, and how does a call find its signature?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from crmflow.rules.feel.coercion import MISFIT, fit
from crmflow.rules.feel.cursor import Cursor
from crmflow.rules.feel.generic import VARIABLES, bare
from crmflow.rules.feel.lexer import tokens
from crmflow.rules.feel.steps import Steps
from crmflow.rules.feel.type_syntax import read_type
from crmflow.rules.feel.types import Type


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a builtin takes; `variadic` takes any number of values, from one on.

    Values are fitted to `type`; `pattern` is the same with its type variables.
    """

    name: str
    type: Type
    pattern: Type
    optional: bool = False
    variadic: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a builtin; `function` is only called with values that fit the parameters.

    One that is `counted` takes first the Steps that it may spend.
    """

    parameters: tuple[Parameter, ...]
    result: Type
    function: Callable[..., object]
    counted: bool = False

    @property
    def usage(self) -> str:
        return ", ".join(each.name + "?" * each.optional + "…" * each.variadic for each in self.parameters)

    @property
    def variadic(self) -> bool:
        return bool(self.parameters) and self.parameters[-1].variadic

    def takes(self, count: int, names: Sequence[str] = ()) -> bool:
        """Whether a call with so many arguments, or with those of `names`, gives all that it must."""
        if names:
            return all(each.optional or each.name in names for each in self.parameters)
        least = sum(not each.optional for each in self.parameters)
        return least <= count and (self.variadic or count <= len(self.parameters))

    def parameter(self, index: int) -> Parameter:
        return self.parameters[min(index, len(self.parameters) - 1)]

    def order(self, names: Sequence[str]) -> list[int] | None:
        """For each parameter the place of its argument, -1 for none; None when the names do not fit."""
        wanted = [each.name for each in self.parameters]
        if self.variadic or not set(names) <= set(wanted) or len(set(names)) < len(names):
            return None
        return [names.index(name) if name in names else -1 for name in wanted]

    def arguments(self, values: Sequence[object], names: Sequence[str]) -> list[object] | None:
        """The values as the parameters take them; None when they do not fit.

        A parameter that a call by name leaves out is null.
        """
        if names:
            order = self.order(names)
            if order is None:
                return None
            values = [None if place < 0 else values[place] for place in order]
        elif not self.takes(len(values)):
            return None
        fitting = []
        for index, value in enumerate(values):
            parameter = self.parameter(index)
            if value is not None or not parameter.optional:
                value = fit(value, parameter.type)
                if value is MISFIT:
                    return None
            fitting.append(value)
        return fitting


@dataclass(frozen=True, slots=True)
class Builtin:
    """A function of the standard; its signatures are tried in their order."""

    name: str
    signatures: tuple[Signature, ...]

    @property
    def usage(self) -> str:
        """How it is called: `substring(string, start position, length?)`."""
        return " / ".join(f"{self.name}({signature.usage})" for signature in self.signatures)

    @property
    def weight(self) -> int:
        """How many steps each part of an argument costs."""
        return WEIGHTS.get(self.name, 1)

    def call(self, values: Sequence[object], names: Sequence[str] = (), steps: Steps | None = None) -> object:
        """The result of the first signature that the values fit; null when there is none."""
        for signature in self.signatures:
            arguments = signature.arguments(values, names)
            if arguments is None:
                continue
            if signature.counted:
                return signature.function(steps or Steps(), *arguments)
            return signature.function(*arguments)
        return None


BUILTINS: Final[dict[str, Builtin]] = {}
WEIGHTS: Final[Mapping[str, int]] = {  # measured; those that are not here take about a step for a part
    **dict.fromkeys(("exp", "log", "stddev"), 30),
    "modulo": 100,
    **dict.fromkeys(("sort", "sqrt"), 8),
    **dict.fromkeys(("distinct values", "union"), 2),
}


Implementation = TypeVar("Implementation", bound=Callable[..., object])


def builtin(*signatures: str, counted: bool = False) -> Callable[[Implementation], Implementation]:
    """Declares a Python function as a FEEL builtin, by its signatures in FEEL's types and type variables.

    `name(parameter: type, optional?: type, ...rest: type) -> type`; null stands for an absent optional one.
    One that is `counted` takes first the Steps that it may spend.
    """

    def declare(function: Implementation) -> Implementation:
        for text in signatures:
            name, signature = _read_signature(text, function, counted)
            known = BUILTINS[name].signatures if name in BUILTINS else ()
            BUILTINS[name] = Builtin(name, (*known, signature))
        return function

    return declare


def _read_signature(text: str, function: Callable[..., object], counted: bool) -> tuple[str, Signature]:
    name, _, rest = text.partition("(")
    cursor = Cursor(tokens(rest)[0])
    parameters = []
    for _ in cursor.listed(")"):
        variadic = bool(cursor.accept("..") and cursor.expect("."))
        called, _, _ = cursor.take_name(cursor.key_length("?"))
        optional = cursor.accept("?") is not None
        cursor.expect(":")
        pattern = read_type(cursor, VARIABLES)
        parameters.append(Parameter(called, bare(pattern), pattern, optional, variadic))
    cursor.expect("->")
    return name, Signature(tuple(parameters), read_type(cursor, VARIABLES), function, counted)
