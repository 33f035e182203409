"""Which lines never decide, contradict each other, leave somebody out, or change nothing?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

from crmflow.core.text import Text
from crmflow.rules.logic.axis import regions
from crmflow.rules.logic.cover import Box, Budget, TooMuch, meet, uncovered, wrongly_first
from crmflow.rules.logic.gap import gaps, unneeded_default
from crmflow.rules.logic.lines import Fault, Line, Lines
from crmflow.rules.logic.space import Space
from crmflow.rules.logic.witness import Values, Witnesses
from crmflow.rules.logic.wording import empty_words, within

STEPS: Final = 2_000_000  # boxes looked at for one rulebook
ASKED: Final = 100_000  # and for one question about it
NAMED: Final = 12  # lines that a finding names
TRIES: Final = 20  # boxes in which a witness is looked for
GAVE_UP: Final[Mapping[str, Text]] = {
    "alternatives": Text("the condition has too many alternatives", "条件的分支过多"),
    "steps": Text("the rules cut each other into too many pieces", "规则相互切分得过碎"),
    "exhausted": Text("there are too many rules to ask everything about each", "规则太多,无法逐一问全"),
    "overlap": Text("no customer was found for whom both fire", "未找到能同时触发两者的客户"),
    "gap": Text("no customer was found for whom none fires", "未找到不触发任何规则的客户"),
}
"""Why a question was not decided."""


class Questions:
    """The faults of some lines, each found by a search over boxes and shown by a customer who was evaluated.

    Lines with too many alternatives (`unread`) fire nobody knows where: nothing is claimed about them, and
    they cover nothing. `dead` lines never decide, as far as is known yet.
    """

    def __init__(self, lines: Lines) -> None:
        self.all = lines
        self.lines = lines.lines
        formulas = [line.fires for line in self.lines]
        inner = [each.truth.true for line in self.lines for test in line.tests for each in within(test)]
        self.space = Space([*formulas, *inner], lines.domain, lines.never)
        self.witnesses = Witnesses(self.space, lines.domain, lines.constants)
        self.boxes: list[list[Box]] = []
        self.unread: set[int] = set()
        for place, formula in enumerate(formulas):
            try:
                self.boxes.append(self.space.boxes(formula))
            except TooMuch:
                self.boxes.append([])
                self.unread.add(place)
        self.dead: set[int] = set()
        self.shadowed: set[int] = set()  # of these, those that take over where a line before them goes
        self.left = STEPS

    def faults(self) -> Iterator[Fault]:
        """Every fault, first of the lines by themselves."""
        try:
            yield from self._all_faults()
        except Exhausted:
            yield Fault("CRM235", because="exhausted")

    def _all_faults(self) -> Iterator[Fault]:
        for place in sorted(self.unread):
            yield Fault("CRM235", place, because="alternatives")
        read = [place for place in range(len(self.lines)) if place not in self.unread]
        yield from self._answered(lambda: gaps(self))
        yield from self._answered(lambda: unneeded_default(self))
        for question in (self._never, self._duplicate, self._shadowed, self._redundant):
            for place in read:
                if place not in self.dead:
                    yield from self._answered(question, place)
        for place in read:
            if place not in self.dead:
                yield from self._answered(self._overlaps, place)
                yield from self._answered(lambda place: empty_words(self, place), place)

    def decided_by(self, place: int) -> Values | None:
        """A customer for whom this line decides, evaluated."""
        covers = [*self.space.impossible, *(box for n in self._stronger(place) for box in self.boxes[n])]
        for box in self.boxes[place][:TRIES]:
            for _ in range(TRIES):
                try:
                    part = uncovered(box, covers, self.budget())
                except (TooMuch, Exhausted):
                    return None
                if part is None:
                    break
                values = self.witnesses.find(part)
                if values is not None and self._decides(place, values):
                    return values
                covers.append(part)
        return None

    # what all questions use

    def budget(self) -> Budget:
        """What one question may do."""
        return _Share(self)

    def possible(self, box: Box) -> Box | None:
        """A part of the box where a customer may be."""
        return uncovered(box, self.space.impossible, self.budget())

    def shown(self, boxes: Iterable[Box], *places: int) -> Values | None:
        """A customer in one of the boxes for whom these lines really fire."""
        for box, _ in zip(boxes, range(TRIES), strict=False):
            part = self.possible(box)
            witness = None if part is None else self.witnesses.find(part)
            if witness is not None and len(self.all.fired(witness, places)) == len(places):
                return witness
        return None

    def _answered(self, question: Callable[..., Iterable[Fault]], *place: int) -> Iterator[Fault]:
        """The answers to a question, or that it took too much."""
        try:
            yield from question(*place)
        except TooMuch:
            yield Fault("CRM235", place[0] if place else None, because="steps")

    def _stronger(self, place: int) -> list[int]:
        """The lines that take a customer from this one, when they fire too."""
        if self.all.policy in ("unique", "any"):
            return [n for n, each in enumerate(self.lines) if each.outcome != self.lines[place].outcome]
        if self.all.policy == "alone":
            return [n for n in range(len(self.lines)) if n != place]
        return self._before(place)

    def _decides(self, place: int, values: Values) -> bool:
        """Whether this line fires for a customer, and none that takes them from it."""
        return bool(self.all.fired(values, [place])) and not self.all.fired(values, self._stronger(place))

    def _before(self, place: int) -> list[int]:
        """The lines that are asked before this one."""
        if self.all.policy == "first":
            return list(range(place))
        if self.all.policy == "priority":
            rank = self.lines[place].rank
            return [n for n, each in enumerate(self.lines) if (each.rank, n) < (rank, place)]
        return []

    def _touching(self, place: int) -> list[int]:
        """The other lines that may fire for the same customer, in their order."""
        if place not in self._touched:
            found = 0
            for box in self.boxes[place]:
                lines = -1
                for axis, mask in enumerate(box):
                    if lines and mask != self.space.whole[axis]:
                        lines &= self._on_axis(axis, mask)
                found |= lines
            found &= (1 << len(self.lines)) - 1
            others = [n for n in regions(found) if n != place and n not in self.unread]
            self.budget().spend(len(others) // 4)
            self._touched[place] = [n for n in others if self._meet(place, n)]
        return self._touched[place]

    @cached_property
    def _touched(self) -> dict[int, list[int]]:
        return {}

    def _meet(self, one: int, other: int) -> bool:
        """Whether two lines that share a region of each axis share a box."""
        if len(self.boxes[one]) == len(self.boxes[other]) == 1:
            return True
        return any(meet(a, b) is not None for a in self.boxes[one] for b in self.boxes[other])

    def _on_axis(self, axis: int, mask: int) -> int:
        """The lines that share a region of one axis, as a set of bits."""
        if (axis, mask) not in self._shares:
            shares = (lines for taken, lines in self._takers[axis].items() if taken & mask)
            found = 0
            for lines in shares:
                found |= lines
            self._shares[axis, mask] = found
        return self._shares[axis, mask]

    @cached_property
    def _shares(self) -> dict[tuple[int, int], int]:
        return {}

    @cached_property
    def _takers(self) -> list[dict[int, int]]:
        """For each axis the lines that take each set of regions."""
        takers: list[dict[int, int]] = [{} for _ in self.space.axes]
        for n, boxes in enumerate(self.boxes):
            for box in boxes:
                for axis, mask in enumerate(box):
                    takers[axis][mask] = takers[axis].get(mask, 0) | 1 << n
        return takers

    # why a line never decides

    def _never(self, place: int) -> Iterator[Fault]:
        """A line whose tests are never all true."""
        if not self._may_hold(self.boxes[place]):
            self.dead.add(place)
            yield Fault("CRM225", place, test=self._impossible_test(place))

    def _may_hold(self, boxes: Iterable[Box]) -> bool:
        return any(self.possible(box) is not None for box in boxes)

    def _impossible_test(self, place: int) -> int | None:
        """The first test that is never true by itself."""
        for n, test in enumerate(self.lines[place].tests):
            if not self._may_hold(self.space.boxes(test.truth.true)):
                return n
        return None

    def _duplicate(self, place: int) -> Iterator[Fault]:
        """A line with the tests and the result of one before."""
        same = self._equal.setdefault(tuple(self.boxes[place]), [])
        outcome = self.lines[place].outcome
        other = next((n for n in same if self.lines[n].outcome == outcome), None)
        same.append(place)
        if other is not None:
            self.dead.add(place)
            yield Fault("CRM227", place, (other,), witness=self._of(place))

    @cached_property
    def _equal(self) -> dict[tuple[Box, ...], list[int]]:
        """The lines so far that fire for the same customers."""
        return {}

    def _of(self, place: int) -> Values | None:
        """A customer for whom a line fires."""
        return self.shown(self.boxes[place], place)

    def _shadowed(self, place: int) -> Iterator[Fault]:
        """A line whose customers all meet a line before it."""
        before = sorted(set(self._before(place)).intersection(self._touching(place)))
        if before and self._left_by(place, before) is None:
            self.dead.add(place)
            self.shadowed.add(place)
            yield Fault("CRM224", place, self._needed(place, before), witness=self._of(place))

    def _left_by(self, place: int, others: Sequence[int]) -> Box | None:
        """A part of a line that others leave."""
        covers = [*self.space.impossible, *(box for n in others for box in self.boxes[n])]
        parts = (uncovered(box, covers, self.budget()) for box in self.boxes[place])
        return next((part for part in parts if part is not None), None)

    def _needed(self, place: int, others: Sequence[int]) -> tuple[int, ...]:
        """As few of the others as still leave nothing."""
        alone = next((n for n in others if self._left_by(place, [n]) is None), None)
        if alone is not None:
            return (alone,)
        needed = list(others)
        for n in others if len(others) <= NAMED else ():
            fewer = [each for each in needed if each != n]
            if self._left_by(place, fewer) is None:
                needed = fewer
        return tuple(needed)

    def _redundant(self, place: int) -> Iterator[Fault]:
        """A line without which everybody has the same result, by another line than one that always fires."""
        if self.all.policy in ("alone", "all"):
            return
        touching = [n for n in self._touching(place) if n not in self.dead or n in self.shadowed]
        outcome = self.lines[place].outcome
        same = [
            n
            for n in touching
            if self.lines[n].outcome == outcome and self.boxes[n] != [self.space.whole] and n not in self.dead
        ]
        if not same:
            return
        if self.all.policy in ("first", "priority"):
            before = set(self._before(place))
            covers = [(box, True) for box in self.space.impossible]
            for n in sorted(touching, key=lambda n: (self.lines[n].rank, n)):
                covers += [(box, n in before or n in same) for box in self.boxes[n]]
            changed = any(wrongly_first(box, covers, self.budget()) is not None for box in self.boxes[place])
        else:
            changed = self._left_by(place, same) is not None
        if changed:
            return
        needed = self._needed(place, same) if self._left_by(place, same) is None else tuple(same[:NAMED])
        self.dead.add(place)
        yield Fault("CRM226", place, needed, witness=self._of(place))

    # two lines

    def _overlaps(self, place: int) -> Iterator[Fault]:
        """Lines before it that fire for the same customer, where the hit policy does not want that."""
        if self.all.policy in ("first", "collect", "all"):
            return
        found: dict[str, list[tuple[int, Values]]] = {}
        for other in self._touching(place):
            code = self._clash(self.lines[place], self.lines[other])
            if other > place or code is None or other in self.dead or len(found.get(code, ())) == NAMED:
                continue
            both = (meet(a, b) for a in self.boxes[place] for b in self.boxes[other])
            shared = [part for box in both if box is not None and (part := self.possible(box)) is not None]
            witness = self.shown(shared, place, other)
            if witness is not None:
                found.setdefault(code, []).append((other, witness))
            elif shared:
                yield Fault("CRM235", place, (other,), because="overlap")
        for code, pairs in found.items():
            yield Fault(code, place, tuple(other for other, _ in pairs), witness=pairs[0][1])

    def _clash(self, one: Line, other: Line) -> str | None:
        same = one.outcome == other.outcome
        match self.all.policy:
            case "unique" | "any":
                return None if same else "CRM221"
            case "alone":
                return "CRM222" if same else "CRM221"
        return "CRM223" if one.rank == other.rank and not same else None


class Exhausted(Exception):
    """All questions together took more steps than they may."""


class _Share(Budget):
    """What is left for all questions, and of it what one may take."""

    def __init__(self, questions: Questions) -> None:
        super().__init__(min(ASKED, questions.left))
        self.questions = questions

    def spend(self, steps: int) -> None:
        self.questions.left -= steps
        if self.questions.left < 0:
            raise Exhausted
        super().spend(steps)
