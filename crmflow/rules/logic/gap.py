"""For whom does no line fire, although all is known of them and some line was meant to?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from crmflow.rules.logic.axis import BELOW, NULL, Axis
from crmflow.rules.logic.cover import Box, meet, uncovered
from crmflow.rules.logic.lines import Fault

if TYPE_CHECKING:
    from crmflow.rules.logic.questions import Questions

TRIES: Final = 20  # boxes in which a customer is looked for


def gaps(asked: Questions) -> Iterator[Fault]:
    """CRM220 with one customer, where the lines were meant to be complete."""
    if not asked.all.complete:
        return
    rows = [box for boxes in asked.boxes for box in boxes]
    covers = [*rows, *asked.space.impossible, *_meant(asked, rows)]
    expected = _expected(asked, rows)
    for _ in range(TRIES):
        gap = uncovered(expected, covers, asked.budget())
        if gap is None:
            return
        witness = asked.witnesses.find(gap)
        if witness is not None and not asked.all.fired(witness, range(len(asked.lines))):
            yield Fault("CRM220", witness=witness)
            return
        covers.append(gap)
    yield Fault("CRM235", because="gap")


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
    from_zero = axis.domain.kind == "number" and axis.breaks[:1] == [0]
    spoken = any(row[place] & BELOW for row in rows if row[place] != axis.whole)
    return BELOW if from_zero and not spoken else NULL


def _meant(asked: Questions, rows: Sequence[Box]) -> Iterator[Box]:
    """Around each customer for whom nothing is meant to fire, as far as no line fires."""
    for values in asked.all.meant:
        point = asked.witnesses.regions_of(values)
        if point is None or any(meet(point, row) for row in rows):
            continue
        for first in range(len(point)):
            box = list(point)
            for n in [*range(first, len(point)), *range(first)]:
                taken = 0
                for row in rows:
                    if all(a & b for k, (a, b) in enumerate(zip(box, row, strict=True)) if k != n):
                        taken |= row[n]
                box[n] = asked.space.whole[n] & ~taken
            yield tuple(box)
