"""For whom does no line fire, although all is known of them and some line was meant to?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final

from crmflow.rules.feel.tree import Node
from crmflow.rules.logic.axis import BELOW, NULL, Axis, regions
from crmflow.rules.logic.cover import Box, meet, uncovered
from crmflow.rules.logic.lines import Fault

if TYPE_CHECKING:
    from crmflow.rules.logic.questions import Questions

TRIES: Final = 20  # boxes in which a customer is looked for
BOXES: Final = 200  # that are looked at for one between others


def gaps(asked: Questions) -> Iterator[Fault]:
    """CRM220 with one customer, where the lines were meant to be complete."""
    if not asked.all.complete:
        return
    rows = [box for boxes in asked.boxes for box in boxes]
    covers = [*rows, *asked.space.impossible, *_meant(asked, rows)]
    doubtful = False
    expected = _expected(asked, rows)
    found = _left(asked, expected, covers)
    if asked.all.complete == "between":
        found = (gap for gap in islice(found, BOXES) if _is_between(asked, gap, rows))
    for gap in islice(found, TRIES):
        witness = asked.witnesses.find(gap)
        if witness is not None and not asked.all.fired(witness, range(len(asked.lines))):
            yield Fault("CRM220", witness=witness)
            return
        doubtful = True
    if doubtful:
        yield Fault("CRM235", because="gap")


def _left(asked: Questions, expected: Box, covers: list[Box]) -> Iterator[Box]:
    """All that is not covered, part by part."""
    while (gap := uncovered(expected, covers, asked.budget())) is not None:
        yield gap
        covers.append(gap)


def _is_between(asked: Questions, gap: Box, rows: Sequence[Box]) -> bool:
    """Whether lines fire on both sides of a gap, for a lower and for a higher value of something."""
    point = tuple(1 << next(regions(mask)) for mask in gap)
    for n, axis in enumerate(asked.space.axes):
        if axis.ordered:
            below, above = point[n] - 1 & ~NULL, -(point[n] << 1)
            sides = [(*point[:n], asked.space.whole[n] & side, *point[n + 1 :]) for side in (below, above)]
            if all(any(meet(side, row) is not None for row in rows) for side in sides):
                return True
    return False


def unneeded_default(asked: Questions) -> Iterator[Fault]:
    """CRM232: a default, where some line fires for everybody, whatever is known of them."""
    covers = [*asked.space.impossible, *(box for boxes in asked.boxes for box in boxes)]
    if asked.all.has_default and asked.lines and uncovered(asked.space.whole, covers, asked.budget()) is None:
        yield Fault("CRM232")


def _expected(asked: Questions, rows: Sequence[Box]) -> Box:
    """The customers of whom all is known, as far as the lines speak of them."""
    return tuple(
        known & ~_unspoken(axis, n, rows, asked.all.closed_words) or known
        for n, (axis, known) in enumerate(zip(asked.space.axes, asked.space.known, strict=True))
    )


def _unspoken(axis: Axis, place: int, rows: Sequence[Box], closed_words: bool) -> int:
    """Numbers below 0 where no line says a word about them; other texts than those compared, if that is
    wanted."""
    if axis.closed:
        return NULL
    if not axis.ordered:
        return 1 << len(axis.values) - 1 if closed_words else NULL
    from_zero = isinstance(axis.quantity, Node) and axis.domain.kind == "number" and axis.breaks[:1] == [0]
    below = (row[place] for row in rows if row[place] & BELOW)
    spoken = any(not mask & BELOW << 1 for mask in below)  # a line that takes 0 in too means no more
    return BELOW if from_zero and not spoken else NULL


def _meant(asked: Questions, rows: Sequence[Box]) -> Iterator[Box]:
    """The gap in which each customer lies for whom nothing is meant to fire: their own values, and of what
    has an order those next to them for which no line fires either. One of whom something is unknown closes
    none.
    """
    for values in asked.all.meant:
        point = asked.witnesses.regions_of(values)
        if point is None or meet(point, asked.space.known) is None:
            continue
        if any(meet(point, row) is not None for row in rows):
            continue
        for first in range(len(point)):
            grown = list(point)
            for n in [*range(first, len(point)), *range(first)]:
                if asked.space.axes[n].ordered:
                    grown[n] = _beside(grown, n, rows, asked.space.whole[n])
            yield tuple(grown)


def _beside(box: Sequence[int], place: int, rows: Sequence[Box], whole: int) -> int:
    """The regions of one axis, without a break around where the box lies, in which no line fires."""
    taken = NULL
    for row in rows:
        if all(a & b for k, (a, b) in enumerate(zip(box, row, strict=True)) if k != place):
            taken |= row[place]
    grown, reach = box[place], (box[place] | box[place] << 1 | box[place] >> 1) & whole & ~taken
    while reach != grown:
        grown, reach = reach, (reach | reach << 1 | reach >> 1) & whole & ~taken
    return grown
