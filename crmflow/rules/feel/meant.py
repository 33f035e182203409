"""Which test did somebody mean who wrote a cell as one speaks: `>=1 and <5`, `1~5`, `大于3`, `3以上`?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_VALUE = r'(-?\d+(?:\.\d+)?|@?"[^"]*")'
_SIGN = r"(<=|>=|<|>)"
_JOINED = re.compile(rf"\s*{_SIGN}\s*{_VALUE}\s*(?:,\s*)?(and|且|并且|&&?)\s*{_SIGN}\s*{_VALUE}\s*")
_EITHER = re.compile(rf"\s*({_SIGN}?\s*{_VALUE})\s*(?:,\s*)?(?:or|或|或者|\|\|?)\s*({_SIGN}?\s*{_VALUE})\s*")
_FROM_TO = re.compile(rf"\s*(?:从)?\s*{_VALUE}\s*(?:~|～|—|至|到|to)\s*{_VALUE}\s*(?:之间)?\s*")
_BETWEEN = re.compile(rf"\s*between\s+{_VALUE}\s+and\s+{_VALUE}\s*")
_MINUS = re.compile(r"\s*(\d+(?:\.\d+)?)\s*[-－–]\s*(\d+(?:\.\d+)?)\s*")
_BEFORE = re.compile(rf"\s*([一-鿿]+)\s*{_VALUE}\s*")
_BEHIND = re.compile(rf"\s*{_VALUE}\s*([一-鿿]+)\s*")
_COMPARED: Final[Mapping[str, str]] = {
    **dict.fromkeys(("大于", "超过", "高于", "多于"), ">"),
    **dict.fromkeys(("小于", "低于", "少于", "不足", "不到"), "<"),
    **dict.fromkeys(("大于等于", "不小于", "不低于", "不少于", "至少", "最少", "以上", "及以上"), ">="),
    **dict.fromkeys(
        ("小于等于", "不大于", "不高于", "不超过", "至多", "最多", "以下", "以内", "及以下"), "<="
    ),
}


def meant_by_signs(text: str) -> str | None:
    """Two comparisons joined by `and` as a range, by `or` with a comma; None where it is neither."""
    if both := _JOINED.fullmatch(text):
        signs = {both[1][0]: (both[1], both[2]), both[4][0]: (both[4], both[5])}
        if len(signs) == 2:
            (low, least), (high, most) = signs[">"], signs["<"]
            return f"{'[' if low == '>=' else '('}{least}..{most}{']' if high == '<=' else ')'}"
    if either := _EITHER.fullmatch(text):
        return f"{either[1]}, {either[4]}"
    return None


def meant_by_words(text: str) -> str | None:
    """A range or comparison in words as FEEL writes it: ends that are named are taken to belong to it."""
    if ends := _FROM_TO.fullmatch(text) or _BETWEEN.fullmatch(text):
        return f"[{ends[1]}..{ends[2]}]"
    if (before := _BEFORE.fullmatch(text)) and before[1] in _COMPARED:
        return f"{_COMPARED[before[1]]} {before[2]}"
    if (behind := _BEHIND.fullmatch(text)) and behind[2] in _COMPARED:
        return f"{_COMPARED[behind[2]]} {behind[1]}"
    return None


def meant_by_minus(text: str) -> str | None:
    """The range that `1-5` may mean, which FEEL calculates."""
    ends = _MINUS.fullmatch(text)
    return f"[{ends[1]}..{ends[2]}]" if ends else None
