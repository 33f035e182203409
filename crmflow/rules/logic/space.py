"""Which boxes of regions are the conditions of one rulebook?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from crmflow.rules.feel import tree
from crmflow.rules.index import Taken
from crmflow.rules.logic.axis import NULL, Axis
from crmflow.rules.logic.cover import Box, TooMuch, meet
from crmflow.rules.logic.domain import Domain
from crmflow.rules.logic.formula import KNOWN, UNKNOWN, All, Formula, Leaf, Quantity, leaves

ALTERNATIVES: Final = 2_000  # boxes that one condition may be


class Space:
    """The axes of all quantities that some formulas ask about. `impossible` are the boxes of no customer,
    such as a staff member's field where there is no staff member."""

    def __init__(
        self,
        formulas: Iterable[Formula],
        domain: Callable[[Quantity], Domain],
        never: Sequence[Formula] = (),
    ) -> None:
        tests: dict[Quantity, list[Taken]] = {}
        for formula in (*formulas, *never):
            for leaf in leaves(formula):
                tests.setdefault(leaf.quantity, []).append(leaf.values)
        self.axes = [Axis(quantity, domain(quantity), taken) for quantity, taken in tests.items()]
        self.places = {axis.quantity: place for place, axis in enumerate(self.axes)}
        self.whole: Box = tuple(axis.whole for axis in self.axes)
        self.known: Box = tuple(axis.whole & ~NULL or axis.whole for axis in self.axes)
        self.impossible: list[Box] = [
            box for formula in (*never, *self._pathless()) for box in self.boxes(formula)
        ]

    def boxes(self, formula: Formula) -> list[Box]:
        """The boxes in which a formula holds. Raises TooMuch for more than ALTERNATIVES."""
        return [box for box in self._boxes(formula) if all(box)]

    def _boxes(self, formula: Formula) -> list[Box]:
        match formula:
            case Leaf(quantity=quantity, values=values):
                place = self.places[quantity]
                return [self._cut(place, self.axes[place].mask(values))]
            case All(parts=parts):
                found = [self.whole]
                for each in sorted((self.boxes(part) for part in parts), key=len):
                    self._refuse(len(found) * len(each))
                    found = [
                        both for one in found for other in each if (both := meet(one, other)) is not None
                    ]
                return found
        return self._alternatives(formula.parts)

    def _alternatives(self, parts: Iterable[Formula]) -> list[Box]:
        """Tests of one quantity are one box."""
        taken: dict[int, int] = {}
        found: list[Box] = []
        for part in parts:
            if isinstance(part, Leaf):
                place = self.places[part.quantity]
                taken[place] = taken.get(place, 0) | self.axes[place].mask(part.values)
            else:
                found += self.boxes(part)
        found = [self._cut(place, mask) for place, mask in taken.items()] + found
        self._refuse(len(found))
        return found

    def _cut(self, place: int, mask: int) -> Box:
        return (*self.whole[:place], mask, *self.whole[place + 1 :])

    def _refuse(self, count: int) -> None:
        if count > ALTERNATIVES:
            raise TooMuch

    def _pathless(self) -> Iterable[Formula]:
        """A field of nothing has no value."""
        for quantity in list(self.places):
            if isinstance(quantity, tree.Path) and quantity.operand in self.places:
                yield All((Leaf(quantity.operand, UNKNOWN), Leaf(quantity, KNOWN)))
