"""How is it said of the values of several quantities that a condition holds?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Union

from crmflow.rules.feel.tree import Node
from crmflow.rules.index import Span, Taken
from crmflow.rules.logic.linear import Linear, Order

Quantity = Node | Linear | Order  # what an axis measures
Formula = Union["Leaf", "All", "Some"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """The quantity has one of these values."""

    quantity: Quantity
    values: Taken


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; of no part it does."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one part holds; of no part none does."""

    parts: tuple[Formula, ...]


ALWAYS: Final = All(())
NEVER: Final = Some(())
KNOWN: Final = Taken((), inverse=True, null=False)
UNKNOWN: Final = Taken((), inverse=False, null=True)


def every(*parts: Formula) -> Formula:
    """All of them."""
    if NEVER in parts:
        return NEVER
    flat = [inner for each in parts for inner in (each.parts if isinstance(each, All) else (each,))]
    return flat[0] if len(flat) == 1 else All(tuple(dict.fromkeys(flat)))


def some(*parts: Formula) -> Formula:
    """One of them."""
    if ALWAYS in parts:
        return ALWAYS
    flat = [inner for each in parts for inner in (each.parts if isinstance(each, Some) else (each,))]
    return flat[0] if len(flat) == 1 else Some(tuple(dict.fromkeys(flat)))


def opposite(formula: Formula) -> Formula:
    """Holds where the formula does not."""
    match formula:
        case Leaf(quantity=quantity, values=values):
            return Leaf(quantity, Taken(values.spans, not values.inverse, not values.null))
        case All(parts=parts):
            return some(*map(opposite, parts))
        case Some(parts=parts):
            return every(*map(opposite, parts))


def leaves(formula: Formula) -> Iterator[Leaf]:
    """Every leaf, in the order of the formula."""
    if isinstance(formula, Leaf):
        yield formula
    else:
        for part in formula.parts:
            yield from leaves(part)


def point(value: object) -> Span:
    """One value alone."""
    return Span(value, True, value, True)


def one_of(values: Iterable[object]) -> Taken:
    """Null is a value here."""
    found = list(values)
    return Taken(tuple(point(each) for each in found if each is not None), False, None in found)


@dataclass(frozen=True, slots=True)
class Truth:
    """When a condition is true, and when it is false; otherwise it is null."""

    true: Formula
    false: Formula

    @property
    def opposite(self) -> Truth:
        return Truth(self.false, self.true)


TRUE: Final = Truth(ALWAYS, NEVER)
FALSE: Final = Truth(NEVER, ALWAYS)
NULL: Final = Truth(NEVER, NEVER)
