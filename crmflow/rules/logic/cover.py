"""Is there a point in a box that no other box covers, or that the wrong box covers first?

A box is a set of regions on each axis, as a tuple of ints; a point lies in it when each of its regions does.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import and_
from typing import Final

Box = tuple[int, ...]
STEPS: Final = 200_000  # boxes that one question may look at


class TooMuch(Exception):
    """A question took more steps than it may."""


class Budget:
    """What the questions about one rulebook may still do, in boxes looked at."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def spend(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            raise TooMuch


def meet(one: Box, other: Box) -> Box | None:
    """What two boxes share; None for nothing."""
    both = tuple(map(and_, one, other))
    return both if all(both) else None


def uncovered(box: Box, covers: Sequence[Box], budget: Budget) -> Box | None:
    """A part of the box that none of the covers touches; None where they cover all of it.

    Takes the covers one by one and looks at what each leaves of the box: at most one smaller box for each
    axis. Raises TooMuch.
    """
    budget.spend(len(covers) // 2)
    left = [(box, _touching(box, covers))]
    while left:
        part, alive = left.pop()
        budget.spend(len(alive) + 1)
        if not alive:
            return part
        best = max(alive, key=lambda cover: _share(part, cover))
        for axis, (here, taken) in enumerate(zip(part, best, strict=True)):
            outside = here & ~taken
            if outside:
                rest = (*part[:axis], outside, *part[axis + 1 :])
                left.append((rest, [each for each in alive if each[axis] & outside]))
                part = (*part[:axis], here & taken, *part[axis + 1 :])
                alive = [each for each in alive if each[axis] & here & taken]
    return None


def wrongly_first(box: Box, covers: Sequence[tuple[Box, bool]], budget: Budget) -> Box | None:
    """A part of the box in which the first cover that touches it is a wrong one, or none is; None where
    everywhere the first is a right one. Raises TooMuch."""
    left = [(box, [each for each in covers if _touches(box, each[0])])]
    while left:
        part, alive = left.pop()
        budget.spend(len(alive) + 1)
        if not alive:
            return part
        first, right = alive[0]
        if not right:
            return meet(part, first)
        for axis, (here, taken) in enumerate(zip(part, first, strict=True)):
            outside = here & ~taken
            if outside:
                rest = (*part[:axis], outside, *part[axis + 1 :])
                left.append((rest, [each for each in alive if each[0][axis] & outside]))
                part = (*part[:axis], here & taken, *part[axis + 1 :])
                alive = [each for each in alive if each[0][axis] & here & taken]
    return None


def _touching(box: Box, covers: Sequence[Box]) -> list[Box]:
    return [cover for cover in covers if _touches(box, cover)]


def _touches(one: Box, other: Box) -> bool:
    return all(map(and_, one, other))


def _share(part: Box, cover: Box) -> tuple[int, int]:
    """How few axes a cover cuts; then how early, so that cuts repeat."""
    cuts = [axis for axis, (here, taken) in enumerate(zip(part, cover, strict=True)) if here & ~taken]
    return -len(cuts), -cuts[0] if cuts else 0
