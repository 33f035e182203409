"""Do two spellings of a header mean the same, and which known one is nearest to an unknown one?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TypeVar
from unicodedata import normalize

T = TypeVar("T")

# Full-width forms of ASCII, and the ideographic space.
ASCII_OF = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


def narrow(text: str) -> str:
    """Full-width letters, digits and signs as their ASCII twins: "１２．５０" is "12.50"."""
    return text if text.isascii() else text.translate(ASCII_OF)


def fold(text: str) -> str:
    """What two spellings of one header have in common: NFC, width, letter case, blanks."""
    return " ".join(narrow(normalize("NFC", text)).replace("_", " ").casefold().split())


def folded(spelled: Mapping[str, T]) -> dict[str, T]:
    """Folded spelling → what it means."""
    return {fold(spelling): meant for spelling, meant in spelled.items()}


def nearest(name: str, known: Iterable[str]) -> str:
    """Up to three known names, nearest first, as one text; all of them where none is near."""
    names = list(dict.fromkeys(known))
    by_fold = {fold(other): other for other in names}
    close = get_close_matches(fold(name), by_fold, n=3, cutoff=0.5)
    return ", ".join([by_fold[match] for match in close] or names)
