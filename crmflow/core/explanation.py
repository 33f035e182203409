"""What, why and since when? A tree of sentences in both languages, printed as text or JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from crmflow.core.text import Text


@dataclass(frozen=True, slots=True)
class Explanation:
    """One statement with the statements that support it. `holds` is true, false, or None for unknown.

    Where it says what a name's value is, `name` is canonical and `value` as rules read it (None where it is
    hidden); `source` says where a value was recorded: {"touchpoint": 7, "file": "fills.csv", "line": 2 …}.
    """

    says: Text
    since: datetime | None = None
    holds: bool | None = None
    because: tuple[Explanation, ...] = ()
    name: str | None = None
    value: object = None
    source: Mapping[str, object] = field(default_factory=dict)

    def lines(self, language: str, depth: int = 0) -> Iterator[tuple[int, Explanation, str]]:
        """Depth-first: depth, the node and its sentence."""
        yield depth, self, self.says.in_language(language)
        for reason in self.because:
            yield from reason.lines(language, depth + 1)

    def record(self, language: str) -> dict[str, Any]:
        """For `--json`; `name`, `value` and `source` only where there are any."""
        said: dict[str, Any] = {
            "says": self.says.in_language(language),
            "since": self.since.isoformat() if self.since else None,
            "holds": self.holds,
        }
        if self.name is not None:
            said |= {"name": self.name, "value": plain(self.value)}
        if self.source:
            said["source"] = plain(self.source)
        return {**said, "because": [reason.record(language) for reason in self.because]}


def plain(value: object) -> Any:
    """A value as JSON has it: a number that JSON would round is a text, as are dates and durations."""
    match value:
        case None | bool() | int() | str():
            return value
        case Decimal():
            if value == value.to_integral_value():
                return int(value)
            return float(value) if Decimal(repr(float(value))) == value else str(value)
        case datetime() | date():
            return value.isoformat()
        case timedelta():
            return f"PT{value // timedelta(seconds=1)}S"
        case Mapping():
            return {str(name): plain(each) for name, each in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(each) for each in value]
    return str(value)
