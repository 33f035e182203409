"""How is an example kept in a file, so that it comes back as it was?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from crmflow.core.explanation import Explanation
from crmflow.core.simulation import Example
from crmflow.core.text import Text
from crmflow.store.exact import decode, encode


def record_of(example: Example) -> dict[str, Any]:
    """What json.dumps writes, with both languages."""
    return {
        "customer": example.customer,
        "known_as": example.known_as,
        "what": _said(example.what),
        "at": example.at.isoformat(),
        "old": _said(example.old),
        "new": _said(example.new),
        "why_old": _tree(example.why_old),
        "why_new": _tree(example.why_new),
    }


def example_of(record: Mapping[str, Any]) -> Example:
    """The example of which `record_of` made this."""
    return Example(
        record["customer"],
        record["known_as"],
        Text(*record["what"]),
        date.fromisoformat(record["at"]),
        Text(*record["old"]),
        Text(*record["new"]),
        _explanation(record["why_old"]),
        _explanation(record["why_new"]),
    )


def _said(text: Text) -> list[str]:
    return [text.en, text.zh]


def _tree(why: Explanation | None) -> list[Any] | None:
    if why is None:
        return None
    since = why.since and why.since.isoformat()
    below = [_tree(each) for each in why.because]
    return [_said(why.says), since, why.holds, below, why.name, encode(why.value), encode(why.source)]


def _explanation(tree: list[Any] | None) -> Explanation | None:
    if tree is None:
        return None
    says, since, holds, because, name, value, source = tree
    below = tuple(found for each in because if (found := _explanation(each)) is not None)
    moment = since and datetime.fromisoformat(since)
    return Explanation(Text(*says), moment, holds, below, name, decode(value), decode(source))
