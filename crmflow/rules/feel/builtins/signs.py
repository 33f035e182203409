"""Which signs does a part of a pattern fit?"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import Final

Test = Callable[[str], bool]

SPACES: Final = " \t\n\r"
_CATEGORIES: Final = frozenset(
    [
        "L",
        "Lu",
        "Ll",
        "Lt",
        "Lm",
        "Lo",
        "M",
        "Mn",
        "Mc",
        "Me",
        "N",
        "Nd",
        "Nl",
        "No",
        "P",
        "Pc",
        "Pd",
        "Ps",
        "Pe",
        "Pi",
        "Pf",
        "Po",
        "Z",
        "Zs",
        "Zl",
        "Zp",
        "S",
        "Sm",
        "Sc",
        "Sk",
        "So",
        "C",
        "Cc",
        "Cf",
        "Co",
        "Cn",
    ]
)
_BLOCKS: Final = {
    "BasicLatin": (0x00, 0x7F),
    "Latin-1Supplement": (0x80, 0xFF),
    "LatinExtended-A": (0x100, 0x17F),
    "LatinExtended-B": (0x180, 0x24F),
    "Greek": (0x370, 0x3FF),
    "GreekandCoptic": (0x370, 0x3FF),
    "Cyrillic": (0x400, 0x4FF),
    "Hebrew": (0x590, 0x5FF),
    "Arabic": (0x600, 0x6FF),
    "GeneralPunctuation": (0x2000, 0x206F),
    "CurrencySymbols": (0x20A0, 0x20CF),
    "CJKSymbolsandPunctuation": (0x3000, 0x303F),
    "Hiragana": (0x3040, 0x309F),
    "Katakana": (0x30A0, 0x30FF),
    "CJKUnifiedIdeographs": (0x4E00, 0x9FFF),
    "HangulSyllables": (0xAC00, 0xD7AF),
    "HalfwidthandFullwidthForms": (0xFF00, 0xFFEF),
}


def category(name: str) -> Test | None:
    """The signs of `\\p{name}`: a general category or, after `Is`, a block; None for an unknown one."""
    if name in _CATEGORIES:
        return lambda sign: unicodedata.category(sign).startswith(name)
    block = _BLOCKS.get(name.removeprefix("Is"))
    if block is None or not name.startswith("Is"):
        return None
    first, last = block
    return lambda sign: first <= ord(sign) <= last


def is_sign(wanted: str) -> Test:
    """This sign alone."""
    return lambda sign: sign == wanted


def outside(test: Test) -> Test:
    """Every sign but these."""
    return lambda sign: not test(sign)


def both(one: Test, other: Test) -> Test:
    """The signs that fit the one and the other."""
    return lambda sign: one(sign) and other(sign)


def any_of(tests: list[Test]) -> Test:
    """The signs that fit one of them."""
    return tests[0] if len(tests) == 1 else lambda sign: any(test(sign) for test in tests)


def any_case(test: Test) -> Test:
    """These signs in capitals or not: flag i."""
    return lambda sign: test(sign) or test(sign.lower()) or test(sign.upper())


def anything(sign: str) -> bool:
    """`.` with flag s."""
    return True


def not_line_end(sign: str) -> bool:
    """`.` without flag s."""
    return sign not in "\n\r"


def _is_name_start(sign: str) -> bool:
    return sign in "_:" or sign.isalpha()


CLASSES: Final[Mapping[str, Test]] = {
    "s": lambda sign: sign in SPACES,
    "d": lambda sign: unicodedata.category(sign) == "Nd",
    "w": lambda sign: unicodedata.category(sign)[0] not in "PZC",
    "i": _is_name_start,
    "c": lambda sign: _is_name_start(sign) or sign in "-.·" or unicodedata.category(sign)[0] in "MN",
}
