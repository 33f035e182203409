"""Which functions does FEEL have for strings? (DMN 1.5, 10.3.4.3)

Lengths and positions count code points: `客户经理` has four, an emoji one or more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from crmflow.rules.feel.builtins.matcher import Places
from crmflow.rules.feel.builtins.pattern import compiled
from crmflow.rules.feel.builtins.registry import builtin
from crmflow.rules.feel.operations import STRING_LIMIT
from crmflow.rules.feel.steps import Steps

GROUP_DIGITS: Final = 4  # a pattern cannot have more groups
_REPLACEMENT: Final = re.compile(r"\\([\\$])|\$(\d+)|(.)", re.DOTALL | re.ASCII)


@builtin("substring(string: string, start position: number, length?: number) -> string")
def _substring(string: str, start: Decimal, length: Decimal | None = None) -> str | None:
    """Positions count from 1, or from -1 backwards; those outside the string hold nothing."""
    at = int(start)
    if at == 0 or (length is not None and int(length) < 1):
        return None
    first = at - 1 if at > 0 else len(string) + at
    end = len(string) if length is None else max(first + int(length), 0)
    return string[max(first, 0) : end]


@builtin("string length(string: string) -> number")
def _string_length(string: str) -> Decimal:
    return Decimal(len(string))


@builtin("upper case(string: string) -> string")
def _upper_case(string: str) -> str:
    return string.upper()


@builtin("lower case(string: string) -> string")
def _lower_case(string: str) -> str:
    return string.lower()


@builtin("substring before(string: string, match: string) -> string")
def _substring_before(string: str, match: str) -> str:
    before, found, _ = string.partition(match) if match else ("", "", "")
    return before if found else ""


@builtin("substring after(string: string, match: string) -> string")
def _substring_after(string: str, match: str) -> str:
    return string.partition(match)[2] if match else string


@builtin("contains(string: string, match: string) -> boolean")
def _contains(string: str, match: str) -> bool:
    return match in string


@builtin("starts with(string: string, match: string) -> boolean")
def _starts_with(string: str, match: str) -> bool:
    return string.startswith(match)


@builtin("ends with(string: string, match: string) -> boolean")
def _ends_with(string: str, match: str) -> bool:
    return string.endswith(match)


@builtin("matches(input: string, pattern: string, flags?: string) -> boolean", counted=True)
def _matches(steps: Steps, input: str, pattern: str, flags: str | None = None) -> bool | None:
    found = compiled(pattern, flags or "")
    return None if found is None else found.matches(input, steps)


@builtin(
    "replace(input: string, pattern: string, replacement: string, flags?: string) -> string", counted=True
)
def _replace(
    steps: Steps, input: str, pattern: str, replacement: str, flags: str | None = None
) -> str | None:
    """`$1` stands for a group, `$0` for the match; null for a pattern that matches nothing at all."""
    found = compiled(pattern, flags or "")
    if found is None or found.matches("", steps):
        return None
    pieces = _literal_pieces(replacement) if "q" in (flags or "") else _pieces(replacement, found.groups)
    return None if pieces is None else _replaced(input, found.find_all(input, steps), pieces)


def _literal_pieces(replacement: str) -> list[str | int]:
    return [replacement]


def _pieces(replacement: str, groups: int) -> list[str | int] | None:
    """Texts and numbers of groups; None when `$` or a backslash stands alone."""
    pieces: list[str | int] = []
    for match in _REPLACEMENT.finditer(replacement):
        escaped, digits, plain = match.groups()
        if digits:
            sizes = range(min(len(digits), GROUP_DIGITS), 1, -1)
            known = next((size for size in sizes if int(digits[:size]) <= groups), 1)
            pieces += [int(digits[:known]), digits[known:]]
        elif plain in ("$", "\\"):
            return None
        else:
            pieces.append(escaped or plain)
    return pieces


def _replaced(input: str, found: Iterable[Places], pieces: list[str | int]) -> str | None:
    parts, at, size = [], 0, len(input)
    for places in found:
        parts.append(input[at : places[0]])
        at = places[1]
        for piece in pieces:
            part = piece if isinstance(piece, str) else _group(input, places, piece)
            size += len(part) + 1
            if size > STRING_LIMIT:
                return None
            parts.append(part)
    return "".join([*parts, input[at:]])


def _group(input: str, places: Places, index: int) -> str:
    known = 2 * index < len(places) and places[2 * index] >= 0
    return input[places[2 * index] : places[2 * index + 1]] if known else ""


@builtin("split(string: string, delimiter: string) -> list<string>", counted=True)
def _split(steps: Steps, string: str, delimiter: str) -> list[str] | None:
    found = compiled(delimiter, "")
    if found is None or found.matches("", steps):
        return None
    pieces, at = [], 0
    for places in found.find_all(string, steps):
        pieces.append(string[at : places[0]])
        at = places[1]
    return [*pieces, string[at:]]


@builtin("string join(list: list, delimiter?: string) -> string")
def _string_join(list: list[Any], delimiter: str | None = None) -> str | None:
    """Nulls are left out."""
    pieces = [piece for piece in list if piece is not None]
    if not all(isinstance(piece, str) for piece in pieces):
        return None
    size = sum(map(len, pieces)) + len(pieces) * len(delimiter or "")
    return (delimiter or "").join(pieces) if size <= STRING_LIMIT else None
