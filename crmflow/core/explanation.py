"""What, why and since when? A tree of sentences in both languages, printed as text or JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crmflow.core.text import Text


@dataclass(frozen=True, slots=True)
class Explanation:
    """One statement with the statements that support it. `holds` is true, false, or None for unknown."""

    says: Text
    since: datetime | None = None
    holds: bool | None = None
    because: tuple[Explanation, ...] = ()

    def lines(self, language: str, depth: int = 0) -> Iterator[tuple[int, Explanation, str]]:
        """Depth-first: depth, the node and its sentence."""
        yield depth, self, self.says.in_language(language)
        for reason in self.because:
            yield from reason.lines(language, depth + 1)

    def record(self, language: str) -> dict[str, Any]:
        """For `--json`."""
        return {
            "says": self.says.in_language(language),
            "since": self.since.isoformat() if self.since else None,
            "holds": self.holds,
            "because": [reason.record(language) for reason in self.because],
        }
