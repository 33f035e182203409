"""Who told us this, when, and in which line of which file?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a recorded row came from: the `file` that was imported and its `line`, else the `actor` alone.

    `at` is since when it is true, `recorded_at` when it became known.
    """

    at: datetime
    recorded_at: datetime
    actor: str | None = None
    file: str | None = None
    line: int | None = None
