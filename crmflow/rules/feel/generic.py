"""What do the arguments of a builtin have in common, and which type has its result then?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from crmflow.rules.feel.scope import Name, Scope
from crmflow.rules.feel.types import (
    ORDERED,
    Enumeration,
    FunctionType,
    ListType,
    RangeType,
    Type,
    any_,
    boolean,
    conforms,
    days_duration,
    joined,
    months_duration,
    null,
    number,
)


@dataclass(frozen=True, slots=True)
class TypeVariable(Type):
    """Stands in a signature for a type that a call decides: for `one_of` these when they are given, for the
    same type everywhere when it is `uniform`."""

    name: str
    one_of: frozenset[Type] = frozenset()
    uniform: bool = False

    def __str__(self) -> str:
        return " / ".join(sorted(map(str, self.one_of))) or str(any_)


VARIABLES: Final = Scope(
    {
        name: Name(name, TypeVariable(name, one_of, uniform))
        for name, one_of, uniform in (
            ("T", frozenset[Type](), False),
            ("Same", frozenset[Type](), True),
            ("Truth", frozenset({boolean}), True),
            ("Ordered", ORDERED, True),
            ("Quantity", frozenset({number, days_duration, months_duration}), True),
        )
    }
)


def bind(type: Type, pattern: Type, bound: dict[str, list[Type]]) -> bool:
    """Whether a type fits a pattern, whose variables then stand for what `bound` gathers."""
    match pattern, type:
        case TypeVariable(), _:
            known = bound.setdefault(pattern.name, [])
            alike = not pattern.uniform or all(conforms(type, each) or conforms(each, type) for each in known)
            known.append(type)
            return alike and (not pattern.one_of or _is_one_of(type, pattern.one_of))
        case (ListType(item=wanted), ListType(item=item)) | (RangeType(item=wanted), RangeType(item=item)):
            return bind(item, wanted, bound)
        case FunctionType(), _:
            return conforms(type, bare(pattern))
        case ((ListType(item=wanted) | RangeType(item=wanted)), _) if type in (any_, null):
            return bind(type, wanted, bound)
    return conforms(type, pattern)


def _is_one_of(type: Type, wanted: frozenset[Type]) -> bool:
    ordered = isinstance(type, Enumeration) and type.ordered
    return type in (any_, null, *wanted) or (ordered and wanted == ORDERED)


def filled(pattern: Type, bound: Mapping[str, list[Type]]) -> Type:
    """A pattern with its variables replaced by what they stand for."""
    match pattern:
        case TypeVariable():
            return joined(bound.get(pattern.name, []))
        case ListType():
            return ListType(filled(pattern.item, bound))
        case RangeType():
            return RangeType(filled(pattern.item, bound))
        case FunctionType():
            taken = (
                None
                if pattern.parameters is None
                else tuple(filled(each, bound) for each in pattern.parameters)
            )
            return FunctionType(taken, filled(pattern.result, bound))
    return pattern


def bare(pattern: Type) -> Type:
    """A pattern with Any for each variable: the type that values are fitted to."""
    return filled(pattern, {})
