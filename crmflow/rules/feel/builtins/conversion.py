"""Which functions make numbers, strings and ranges of other values? (DMN 1.5, 10.3.4.1)"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import product
from typing import Any, Final

from crmflow.errors import FeelError
from crmflow.rules.feel.builtins.registry import BUILTINS, Builtin, builtin
from crmflow.rules.feel.lexer import INFIX_WORDS, Token, tokens
from crmflow.rules.feel.operations import STRING_LIMIT, compare
from crmflow.rules.feel.values import Function, RangeValue, number_from, parse_literal, read

_BRACKETS: Final = frozenset(product("[(]", "])["))
_TEMPORAL: Final = ("date", "time", "date and time", "duration")
_GROUPING: Final = frozenset({" ", ",", "."})
_COMMA_AS_POINT: Final = str.maketrans(",.", ".,")
_NUMBER: Final = re.compile(r"-?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


@builtin("number(from: string) -> number")
def _number(text: str) -> Decimal | None:
    return number_from(text) if _NUMBER.fullmatch(text) else None


@builtin("number(from: string, grouping separator: string, decimal separator?: string) -> number")
def _number_with_separators(text: str, grouping: str, point: str | None = None) -> Decimal | None:
    return _separated(text.replace(grouping, ""), point) if grouping in _GROUPING - {point} else None


@builtin("number(from: string, grouping separator: Null, decimal separator?: string) -> number")
def _number_with_point(text: str, grouping: None, point: str | None = None) -> Decimal | None:
    return _separated(text, point)


def _separated(text: str, point: str | None) -> Decimal | None:
    match point:
        case None | ".":
            return _number(text)
        case ",":
            return _number(text.translate(_COMMA_AS_POINT))
    return None


@builtin("string(from: Any) -> string")
def _string(value: object) -> str | None:
    """Null for what would be longer than a string may be."""
    try:
        return None if value is None else said(value)
    except _TooLong:
        return None


class _TooLong(ValueError):
    """A list or context that is written with more signs than a string may have."""


def said(value: Any, inner: bool = False) -> str:
    """How FEEL writes a value; inside a list or context strings are quoted."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case Decimal():
            return said_number(value)
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' if inner else value
        case list():
            return "[" + _joined(said(item, True) for item in value) + "]"
        case Mapping():
            entries = (f"{_key(name)}: {said(read(item), True)}" for name, item in value.items())
            return "{" + _joined(entries) + "}"
        case RangeValue():
            return _said_range(value)
        case Function() | Builtin():
            return "function"
    return f'@"{value}"' if inner else str(value)


def _joined(pieces: Iterable[str]) -> str:
    kept, size = [], 0
    for piece in pieces:
        size += len(piece) + 2
        if size > STRING_LIMIT:
            raise _TooLong
        kept.append(piece)
    return ", ".join(kept)


def said_number(number: Decimal) -> str:
    """Without exponent and without zeros at the end."""
    if not number:
        return "0"
    plain = f"{number:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


@builtin("range(from: string) -> range")
def _range(text: str) -> RangeValue | None:
    """From `[1..5)`, `[1..)` and the like; the ends are literals, in order and of one type."""
    try:
        opening, *inside, closing, _ = tokens(text)[0]
    except (FeelError, ValueError):
        return None
    dots = [at for at, token in enumerate(inside) if token.kind == "symbol" and token.text == ".."]
    if len(dots) != 1 or (opening.text, closing.text) not in _BRACKETS:
        return None
    ends = inside[: dots[0]], inside[dots[0] + 1 :]
    low, high = map(_range_end, ends)
    included = opening.text == "[", closing.text == "]"
    if all(ends):
        fits = compare("<=", low, high) is True
    else:
        fits = (low is not None and not included[1]) or (high is not None and not included[0])
    return RangeValue(low, high, *included) if fits else None


def _range_end(found: list[Token]) -> object:
    """A number, string, `@"…"` or `date("…")` and its like."""
    kinds = [token.kind for token in found]
    said = [token.text for token in found]
    match kinds, said:
        case (["string"], [string]):
            return string
        case (["number"], [digits]) | (["symbol", "number"], ["-", digits]):
            return number_from(digits if len(said) == 1 else "-" + digits)
        case ["symbol", "string"], ["@", literal]:
            return parse_literal(literal)
        case [*_, "symbol", "string", "symbol"], [*name, "(", literal, ")"] if " ".join(name) in _TEMPORAL:
            return BUILTINS[" ".join(name)].call([literal])
    return None


def _key(name: str) -> str:
    return name if name.isidentifier() and name not in INFIX_WORDS else said(name, True)


def _said_range(range: RangeValue) -> str:
    if range.operator is not None:
        return f"({range.operator}{said(range.low, True)})"
    if range.low is None or range.high is None:
        end = range.high if range.low is None else range.low
        included = range.high_included if range.low is None else range.low_included
        return f"({'<' if range.low is None else '>'}{'=' if included else ''}{said(end, True)})"
    opening, closing = "[" if range.low_included else "(", "]" if range.high_included else ")"
    return f"{opening}{said(range.low, True)}..{said(range.high, True)}{closing}"
