"""Which value did somebody mean who wrote as one speaks: 是, 两, 3 days? It is offered, never taken."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from unicodedata import normalize

TRUTH: Final[Mapping[str, str]] = {
    **dict.fromkeys(("是", "真", "对", "yes", "y"), "true"),
    **dict.fromkeys(("否", "假", "错", "no", "n"), "false"),
}
NUMBERS: Final[Mapping[str, str]] = {
    **{word: str(number) for number, word in enumerate("零一二三四五六七八九十")},
    **{word: str(number) for number, word in enumerate("零壹贰叁肆伍陆柒捌玖拾")},
    "两": "2",
    "半": "0.5",
}
_UNITS: Final = (
    ("P{}D", 1, r"d|days?|天|日"),
    ("P{}D", 7, r"w|weeks?|周|星期"),
    ("PT{}H", 1, r"h|hours?|个?小时|时"),
    ("PT{}M", 1, r"min|minutes?|分钟?"),
    ("P{}M", 1, r"months?|个月|月"),
    ("P{}Y", 1, r"years?|年"),
)
_LENGTH: Final = re.compile(r"\s*(\d+|[一二三四五六七八九十两])\s*(\S+?)\s*")
_AMOUNT: Final = re.compile(
    r"(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?|[零一二三四五六七八九十两])\s*[^\W\d_十百千万亿]{0,6}"
)


def truth(word: str) -> str | None:
    """true or false as the language writes it."""
    return TRUTH.get(word.strip().casefold())


def number(word: str) -> str | None:
    """A number in figures."""
    return NUMBERS.get(word.strip())


def amount(text: str) -> str | None:
    """A number in figures, be it written full-width or with its unit: 3 for "３", "3天" and "三 days"."""
    found = _AMOUNT.fullmatch(normalize("NFKC", text).strip())
    return None if found is None else NUMBERS.get(found[1], found[1])


def length(text: str) -> str | None:
    """A length of time as ISO 8601 writes it: P3D for "3 days", PT30M for "30分钟"."""
    found = _LENGTH.fullmatch(text)
    if found is None:
        return None
    amount = int(NUMBERS.get(found[1], found[1]))
    for pattern, times, words in _UNITS:
        if re.fullmatch(words, found[2], re.IGNORECASE):
            return pattern.format(amount * times)
    return None
