"""Whose calendar counts: that of a person, of a role, of a unit, or the site's?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from crmflow.core.calendar import ALWAYS, Calendar


@dataclass(frozen=True, slots=True)
class Calendars:
    """The calendars of a site by whose they are, and all of them by their ids in `named`; `default` is its
    calendars/default.yaml, else around the clock."""

    default: Calendar = ALWAYS
    staff: Mapping[str, Calendar] = field(default_factory=dict)
    roles: Mapping[str, Calendar] = field(default_factory=dict)
    units: Mapping[str, Calendar] = field(default_factory=dict)
    named: Mapping[str, Calendar] = field(default_factory=dict)

    def of(
        self, *, staff: str | None = None, role: str | None = None, units: tuple[str, ...] = ()
    ) -> Calendar:
        """The calendar of whoever holds a step: the person's own, else the role's, else that of the nearest
        of `units` (the holder's unit first, then those above), else the default."""
        if staff is not None and staff in self.staff:
            return self.staff[staff]
        if role is not None and role in self.roles:
            return self.roles[role]
        return next((self.units[unit] for unit in units if unit in self.units), self.default)

    def called(self, name: str) -> Calendar | None:
        """The calendar with an id, such as calendars/default, or with the last part of one."""
        return next((each for id, each in self.named.items() if name in (id, id.rpartition("/")[2])), None)

    @property
    def version(self) -> str:
        """Over whose each calendar is, and over the version of each."""
        whose = (self.staff, self.roles, self.units)
        cited = [sorted((code, each.cited) for code, each in kind.items()) for kind in whose]
        return sha256(repr([self.default.cited, *cited]).encode()).hexdigest()[:12]

    @property
    def only_default(self) -> bool:
        """Whether everybody has the same calendar."""
        return not (self.staff or self.roles or self.units)
