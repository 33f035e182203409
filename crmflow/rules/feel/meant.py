"""Which test did somebody mean who wrote a cell as one speaks: `>=1 and <5`, `1~5`, `大于3`, `3000升`?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
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
_THOUSANDS: Final[Mapping[str, int]] = {"百": 100, "千": 1000, "万": 10_000, "百万": 10**6, "亿": 10**8}
_UNITS: Final = (
    "升|毫升|公升|吨|公斤|千克|克|斤|度|元|块|块钱|人民币|角|分|次|个|件|笔|条|张|台|辆|户|人|位|岁|公里|千米|米|"
    "立方|立方米|方|天|日|周|个月|月|年|小时|分钟|秒|l|kg|g|t|km|kwh|m3|rmb|cny|yuan|litres?|liters?|days?|months?|"
    "years?|hours?|times"
)
_FIGURES = re.compile(r"\d{1,15}(\.\d{1,15})?")
_AMOUNT = re.compile(rf"({'|'.join(_THOUSANDS)})?(?:{_UNITS})?", re.IGNORECASE)
ANYTHING: Final = frozenset({"不限", "任意", "任何", "全部", "所有", "不限制", "无限制", "any", "all", "*"})
"""How people say that a cell asks nothing."""
WORDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("是", "真", "对"), "true"),
    **dict.fromkeys(("否", "假", "错"), "false"),
    **dict.fromkeys(("并且", "且", "而且", "同时"), "and"),
    **dict.fromkeys(("或者", "或"), "or"),
}
"""Single words of FEEL as Chinese has them."""
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


def meant_by_amount(figures: str, word: str) -> str | None:
    """The number alone that `3000升` or `1万` means; None where the word is neither unit nor 千, 万, 亿."""
    amount = _AMOUNT.fullmatch(word)
    if amount is None or not _FIGURES.fullmatch(figures):
        return None
    return f"{(Decimal(figures) * _THOUSANDS.get(amount[1], 1)).normalize():f}"


def meant_by_minus(text: str) -> str | None:
    """The range that `1-5` may mean, which FEEL calculates."""
    ends = _MINUS.fullmatch(text)
    return f"[{ends[1]}..{ends[2]}]" if ends else None
