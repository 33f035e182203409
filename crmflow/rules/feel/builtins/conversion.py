"""Which functions make numbers, strings and ranges of other values? (DMN 1.5, 10.3.4.1)"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from crmflow.errors import FeelError
from crmflow.rules.feel.builtins.registry import BUILTINS, Builtin, builtin
from crmflow.rules.feel.lexer import INFIX_WORDS, tokens
from crmflow.rules.feel.operations import compare
from crmflow.rules.feel.values import Function, RangeValue, number_from, parse_literal, read

_RANGE: Final = re.compile(r"\s*([\[(\]])(.*)\.\.(.*)([\])\[])\s*", re.DOTALL)
_TEMPORAL: Final = ("date", "time", "date and time", "duration")
_NUMBER: Final = re.compile(r"-?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


@builtin("number(from: string) -> number")
def _number(text: str) -> Decimal | None:
    return number_from(text) if _NUMBER.fullmatch(text) else None


@builtin("number(from: string, grouping separator: string, decimal separator?: string) -> number")
def _number_with_separators(text: str, grouping: str, point: str | None = None) -> Decimal | None:
    return _separated(text, grouping, point or ".")


@builtin("number(from: string, grouping separator: Null, decimal separator?: string) -> number")
def _number_with_point(text: str, grouping: None, point: str | None = None) -> Decimal | None:
    return _separated(text, "", point or ".")


def _separated(text: str, grouping: str, point: str) -> Decimal | None:
    if grouping not in ("", " ", ",", ".") or point not in (".", ",") or grouping == point:
        return None
    return _number(text.replace(grouping, "").replace(point, ".") if grouping else text.replace(point, "."))


@builtin("string(from: Any) -> string")
def _string(value: object) -> str | None:
    return None if value is None else said(value)


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
            return "[" + ", ".join(said(item, True) for item in value) + "]"
        case Mapping():
            entries = (f"{_key(name)}: {said(read(item), True)}" for name, item in value.items())
            return "{" + ", ".join(entries) + "}"
        case RangeValue():
            return _said_range(value)
        case Function() | Builtin():
            return "function"
    return f'@"{value}"' if inner else str(value)


def said_number(number: Decimal) -> str:
    """Without exponent and without zeros at the end."""
    if not number:
        return "0"
    plain = f"{number:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


@builtin("range(from: string) -> range")
def _range(text: str) -> RangeValue | None:
    """From `[1..5)` and the like; the ends are literals, in order and of one type."""
    match = _RANGE.fullmatch(text)
    if match is None:
        return None
    low, high = _range_end(match[2]), _range_end(match[3])
    if low is None or high is None or compare("<=", low, high) is not True:
        return None
    return RangeValue(low, high, match[1] == "[", match[4] == "]")


def _range_end(text: str) -> object:
    """A number, string, `@"…"` or `date("…")` and its like."""
    try:
        found, _ = tokens(text)
    except FeelError:
        return None
    kinds = [token.kind for token in found[:-1]]
    said = [token.text for token in found[:-1]]
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
    if range.low is None or range.high is None:
        end = range.high if range.low is None else range.low
        included = range.high_included if range.low is None else range.low_included
        return f"({'<' if range.low is None else '>'}{'=' if included else ''}{said(end, True)})"
    opening, closing = "[" if range.low_included else "(", "]" if range.high_included else ")"
    return f"{opening}{said(range.low, True)}..{said(range.high, True)}{closing}"
