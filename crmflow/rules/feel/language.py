"""Which version of the language is this, and what did a fix make to mean something else?

A fix that gives any text another value raises LANGUAGE by one and stands below, so that replaying a decision
of before can say what made the difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LANGUAGE: Final = 1


@dataclass(frozen=True, slots=True)
class Fix:
    """What changed with a version of the language, in both languages of the reader."""

    language: int
    en: str
    zh: str


FIXES: tuple[Fix, ...] = ()


def fixes_since(language: int) -> tuple[Fix, ...]:
    """What has changed since a version, the oldest first."""
    return tuple(fix for fix in FIXES if fix.language > language)
