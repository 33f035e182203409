"""Who holds which post in which unit, who is away, and who stands in? (F1, F19)"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Unit:
    """A node of the tree company → district → station; `parent` is a code, `zone` an IANA name."""

    code: str
    name: str
    level: str
    parent: str | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Staff:
    """A person who works here; `left` is true from the day they left."""

    code: str
    name: str
    left: bool = False


@dataclass(frozen=True, slots=True)
class Post:
    """A role held in a unit."""

    staff: str
    role: str
    unit: str


@dataclass(frozen=True, slots=True)
class Absence:
    """Away in [start, end); `deputy` stands in."""

    staff: str
    start: datetime
    end: datetime
    deputy: str | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """Who does a step: a staff member and the unit whose post they fill."""

    staff: str
    unit: str


class Posts:
    """The tree, the staff and their posts as of one moment; codes in, codes out."""

    def __init__(
        self,
        units: Iterable[Unit] = (),
        staff: Iterable[Staff] = (),
        posts: Iterable[Post] = (),
        absences: Iterable[Absence] = (),
        *,
        at: datetime | None = None,
    ) -> None:
        self.units: Mapping[str, Unit] = {unit.code: unit for unit in units}
        self.staff: Mapping[str, Staff] = {person.code: person for person in staff}
        self.posts = tuple(posts)
        self.at = at
        now = [each for each in absences if at is not None and each.start <= at < each.end]
        self._deputies: dict[str, str | None] = {each.staff: each.deputy for each in now}
        self.away: Mapping[str, datetime] = {each.staff: each.end for each in now}
        """Who is away now, and until when."""
        self._upward: dict[str | None, Mapping[str, Unit]] = {}
        self._holders: dict[tuple[str, str], tuple[str, ...]] = {}
        self._at_level: dict[tuple[str | None, str], Unit | None] = {}
        self._by_post: dict[tuple[str, str], list[str]] = {}
        self._units_of: dict[str, list[str]] = {}
        self._children: dict[str, list[str]] = {}
        for post in sorted(self.posts, key=lambda p: p.staff):
            self._by_post.setdefault((post.role, post.unit), []).append(post.staff)
            self._units_of.setdefault(post.staff, []).append(post.unit)
        for unit in self.units.values():
            if unit.parent is not None:
                self._children.setdefault(unit.parent, []).append(unit.code)

    def live(self, code: str | None) -> bool:
        """Whether the staff member is known and has not left."""
        person = self.staff.get(code) if code is not None else None
        return person is not None and not person.left

    def present(self, code: str) -> bool:
        return self.live(code) and code not in self._deputies

    def stand_in(self, code: str) -> str | None:
        """The person who acts for `code` now: themselves, else the first present deputy of the chain."""
        seen: set[str] = set()
        person: str | None = code
        while person is not None and person not in seen:
            if self.present(person):
                return person
            seen.add(person)
            person = self._deputies.get(person)
        return None

    def returns(self, code: str) -> datetime | None:
        """When somebody who is away, or a deputy who is away too, is back first; None: nobody is away."""
        ends: dict[str, datetime] = {}
        person: str | None = code
        while person is not None and person in self.away and person not in ends:
            ends[person] = self.away[person]
            person = self._deputies.get(person)
        return min(ends.values(), default=None)

    @property
    def gone(self) -> frozenset[str]:
        """Who is away or has left."""
        left = (code for code, person in self.staff.items() if person.left)
        return frozenset((*left, *self.away))

    def units_of(self, code: str) -> tuple[str, ...]:
        """The units in which a staff member holds a post."""
        return tuple(self._units_of.get(code, ()))

    def roles_of(self, code: str) -> frozenset[str]:
        return frozenset(post.role for post in self.posts if post.staff == code)

    def upward(self, unit: str | None) -> Iterator[Unit]:
        """The unit itself, its parent, and so on to the top; stops at a cycle."""
        return iter(self._way_up(unit).values())

    def at_level(self, unit: str | None, level: str) -> Unit | None:
        """The unit of `level` on the way up from `unit`, the lowest where there are several."""
        place = unit, level
        if place not in self._at_level:
            found = (above for above in self.upward(unit) if above.level == level)
            self._at_level[place] = next(found, None)
        return self._at_level[place]

    def _way_up(self, unit: str | None) -> Mapping[str, Unit]:
        if unit not in self._upward:
            way, above = dict[str, Unit](), unit
            while above is not None and above in self.units and above not in way:
                way[above] = self.units[above]
                above = self.units[above].parent
            self._upward[unit] = way
        return self._upward[unit]

    def subtree(self, unit: str) -> frozenset[str]:
        """The codes of a unit and of all below it."""
        found: set[str] = set()
        waiting = [unit]
        while waiting:
            code = waiting.pop()
            if code not in found:
                found.add(code)
                waiting.extend(self._children.get(code, ()))
        return frozenset(found)

    def view(self, viewer: str | None) -> frozenset[str] | None:
        """The units a staff member may see: the subtrees of their posts; None without a viewer: all."""
        if viewer is None:
            return None
        return frozenset().union(*(self.subtree(unit) for unit in self.units_of(viewer)))

    def appointed(self, role: str, unit: str) -> tuple[str, ...]:
        """The live staff who hold a role in a unit, by code, absent or not."""
        return tuple(code for code in self._by_post.get((role, unit), ()) if self.live(code))

    def holders(self, role: str, unit: str) -> tuple[str, ...]:
        """Who fills a role in a unit now, by code: those appointed, absent ones replaced by who stands in."""
        if (role, unit) not in self._holders:
            standing = (self.stand_in(code) for code in self.appointed(role, unit))
            self._holders[role, unit] = tuple(dict.fromkeys(code for code in standing if code is not None))
        return self._holders[role, unit]

    def holder(
        self, role: str, unit: str | None, *, not_by: frozenset[str] = frozenset(), turn: int = 0
    ) -> Holder | None:
        """Who fills a role in `unit`, else in the nearest unit above that has somebody else than `not_by`.

        Several share the work: `turn` counts round among them.
        """
        for above in self.upward(unit):
            free = [code for code in self.holders(role, above.code) if code not in not_by]
            if free:
                return Holder(free[turn % len(free)], above.code)
        return None
