"""How many rules, branches and moves of one file are there, and which were reached?"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from crmflow.core.diagnostic import Diagnostic
from crmflow.rules.source import Document

Kind = Literal["rules", "branches", "moves"]
KINDS: Final[tuple[Kind, ...]] = ("rules", "branches", "moves")


@dataclass(frozen=True, slots=True)
class Share:
    """`reached` of `all`; where there is nothing to reach, all of it is."""

    reached: int = 0
    all: int = 0

    @property
    def percent(self) -> int:
        """Rounded down: 99.99 % is not all."""
        return 100 if self.all == 0 else 100 * self.reached // self.all

    def meets(self, threshold: float) -> bool:
        """Whether it is at least `threshold` per cent, unrounded."""
        return 100 * self.reached >= threshold * self.all

    def __add__(self, other: Share) -> Share:
        return Share(self.reached + other.reached, self.all + other.all)


@dataclass(frozen=True, slots=True)
class Covered:
    """What the tests of one file reach of it: a share of each kind that it has, and a finding at each place
    that they do not reach."""

    id: str
    file: str
    shares: dict[Kind, Share]
    missed: tuple[Diagnostic, ...]

    @property
    def total(self) -> Share:
        return sum(self.shares.values(), Share())


@dataclass(frozen=True, slots=True)
class Point:
    """Something to reach: a rule, one outcome of a condition, a move; `missed` says that nothing does."""

    kind: Kind
    missed: Diagnostic


@dataclass(slots=True)
class Tally:
    """The points of one file, and those reached so far."""

    document: Document
    points: dict[Hashable, Point] = field(default_factory=dict)
    reached: set[Hashable] = field(default_factory=set)

    def reach(self, keys: Iterable[Hashable]) -> None:
        """A key that is no point of the file is passed over."""
        self.reached |= self.points.keys() & set(keys)

    def covered(self, id: str) -> Covered:
        counts = {kind: [key for key, each in self.points.items() if each.kind == kind] for kind in KINDS}
        shares = {
            kind: Share(len(self.reached.intersection(keys)), len(keys))
            for kind, keys in counts.items()
            if keys
        }
        missed = [each.missed for key, each in self.points.items() if key not in self.reached]
        missed.sort(key=lambda found: (found.start.line, found.start.column))
        return Covered(id, self.document.file.name, shares, tuple(missed))
