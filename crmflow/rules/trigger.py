"""Which trigger of a chart did somebody mean by a word that is none: `doen`, 办完, 超过3天?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from crmflow.core.text import Text
from crmflow.rules.feel import nearest
from crmflow.rules.spoken import length

LABELS: Final[Mapping[str, Text]] = {
    "enter": Text("enter", "进入时"),
    "done": Text("done", "办完时"),
    "change": Text("change", "变化时"),
    "joined": Text("joined", "汇合时"),
}
"""The triggers that are one word, as readers call them; others are `after P3D`, `at …` and events."""

_SPOKEN: Final[Mapping[str, str]] = {
    **dict.fromkeys(("进入", "到达"), "enter"),
    **dict.fromkeys(("办完", "办结", "完成", "完结", "处理完"), "done"),
    **dict.fromkeys(("变化", "变更", "改变"), "change"),
    **dict.fromkeys(("汇合", "会签完", "全部完成"), "joined"),
}
_ENDING: Final = re.compile(r"(后|之后|以后|时|了)$")
_EXACT: Final = re.compile(r"P(\d+D)?(T\d+[HM]\w*)?")
_LASTING: Final = re.compile(r"(?:after|超过|满|过)?\s*(.*?)\s*(?:之后|以后|后|内|later)?", re.IGNORECASE)
_DURATION: Final = re.compile(r"\bP(\d|T\d)")
_AMOUNT: Final = re.compile(r"(?:超过|满|过)?\s*[\d一二三四五六七八九十两半]+\s*[个天日周小时分月年]")


def trigger_meant(word: str) -> str | None:
    """`done`, `enter`, `change`, `joined`, or `after` with the time where it is known; None where the word
    looks like none of them, and is an event's."""
    lasting = _LASTING.fullmatch(word)
    inner = "" if lasting is None else lasting[1]
    term = length(inner) or inner
    if term.startswith("P") and _EXACT.fullmatch(term):
        return f"after {term}"
    first = word.casefold().partition(" ")[0]
    if first == "after" or _DURATION.search(word) or _AMOUNT.match(word):
        return "after"
    if first in LABELS:
        return first
    if (spoken := _SPOKEN.get(_ENDING.sub("", word))) is not None:
        return spoken
    labels = {label.zh: trigger for trigger, label in LABELS.items()}
    near = nearest(word, [*LABELS, *labels, "after"])
    return None if near is None else labels.get(near, near)
