"""Which parts of a condition are always true, never true, or already said by the others?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from crmflow.rules.logic.cover import uncovered
from crmflow.rules.logic.formula import every, leaves, some
from crmflow.rules.logic.lines import Fault, Part

if TYPE_CHECKING:
    from crmflow.rules.logic.questions import Questions


def empty_words(asked: Questions, place: int) -> Iterator[Fault]:
    """The parts of a line that might as well not be there, or that are never true."""
    for n, test in enumerate(asked.lines[place].tests):
        for part in within(test):
            code = _emptiness(asked, part, part is test)
            if code is not None:
                yield Fault(code, place, test=n, part=part, witness=asked.shown(asked.boxes[place], place))
        for part in within(test):
            for each in _said_twice(asked, part):
                witness = asked.shown(asked.boxes[place], place)
                yield Fault("CRM230", place, test=n, part=each, witness=witness)


def within(part: Part) -> Iterator[Part]:
    """A condition and all its parts."""
    yield part
    for each in part.parts:
        yield from within(each)


def _emptiness(asked: Questions, part: Part, whole: bool) -> str | None:
    """CRM228: true for everybody of whom all is known; CRM229: never true."""
    if part.settled or part.cell or (part.joined is not None and not whole) or _asks_known(asked, part):
        return None
    true = asked.space.boxes(part.truth.true)
    if all(asked.possible(box) is None for box in true):
        return None if whole else "CRM229"
    everybody = asked.space.whole if part.tests_null else asked.space.known
    left = uncovered(everybody, [*asked.space.impossible, *true], asked.budget())
    return "CRM228" if left is None else None


def _asks_known(asked: Questions, part: Part) -> bool:
    """Whether it is a test of one quantity with a closed list: all of it means that it is known."""
    axes = [asked.space.axes[asked.space.places[each.quantity]] for each in leaves(part.truth.true)]
    return part.joined is None and bool(axes) and all(axis.closed for axis in axes)


def _said_twice(asked: Questions, part: Part) -> Iterator[Part]:
    """Of parts that `and` joins, those that the others imply; of `or`, those that imply another."""
    kept = [each for each in part.parts if not each.settled]
    for each in reversed(kept):
        others = [other for other in kept if other is not each]
        if each.tests_null or not others or _emptiness(asked, each, False) is not None:
            continue
        rest = (every if part.joined == "and" else some)(*(other.truth.true for other in others))
        weaker, stronger = (each.truth.true, rest) if part.joined == "and" else (rest, each.truth.true)
        covers = [*asked.space.impossible, *asked.space.boxes(weaker)]
        if all(uncovered(box, covers, asked.budget()) is None for box in asked.space.boxes(stronger)):
            kept = others
            yield each
