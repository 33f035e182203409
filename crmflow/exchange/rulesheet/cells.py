"""How does a cell of a rule table look in a sheet, and what does it mean when it comes back?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from crmflow.core.text import Text
from crmflow.errors import ImportFileError
from crmflow.exchange.rulesheet.sheet import ANY, Column
from crmflow.exchange.spelling import fold, narrow, nearest
from crmflow.exchange.typed_cell import Cell, Unread, shown
from crmflow.rules import feel
from crmflow.rules.feel import boolean, number, string
from crmflow.rules.feel.meant import ANYTHING
from crmflow.rules.trigger import trigger_meant

STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_LISTED: Final = re.compile(r'"[^"\\]*"(?:\s*,\s*"[^"\\]*")+')
_COMMA: Final = re.compile(r"[,，、;；]")
_NOT: Final = re.compile(r"not\s*\((.*)\)", re.DOTALL)
_FEEL: Final = re.compile(r'["<>=()\[\]?{}]')
_AFTER: Final = re.compile(r"after +P\S+")
_PERCENT: Final = re.compile(r"(\d+(?:\.\d+)?)\s*%")
_THOUSANDS: Final = re.compile(r"([<>=!]*\s*)(-?\d{1,3}(?:,\d{3})+(?:\.\d+)?)")
_SPAN: Final = re.compile(r"(-?\d+(?:\.\d+)?)\s*(?:-|–|—|~|至|到|to)\s*(-?\d+(?:\.\d+)?)")
_SIGNS: Final = {"≥": ">=", "≤": "<=", "≠": "!=", "“": '"', "”": '"', "～": "~", "\u00a0": " "}


def show(column: Column, text: str, language: str) -> str:
    """A cell as a sheet shows it: values of a closed list as readers call them."""
    if column.holds == "states" or (column.holds == "test" and _LISTED.fullmatch(text)):
        pieces = [piece.strip() for piece in text.split(",")]
        if all(any(piece == choice.value for choice in column.choices) for piece in pieces):
            return ", ".join(column.shown(piece, language) for piece in pieces)
    return column.shown(text, language)


def read(column: Column, cell: Cell) -> str:
    """The text that a cell means to the rule file.

    Raises ImportFileError: CRM479 a date where a number is tested, CRM480 a number where a text is, CRM481
    none of the values, CRM482 read otherwise than meant, CRM483 empty, CRM089 a cell of another type.
    """
    if isinstance(cell, Unread):
        raise cell.error
    text = shown(cell).strip().replace("\r\n", "\n")
    if not text:
        if column.holds == "test":
            return ANY
        if column.needed and column.holds != "id":
            raise ImportFileError("CRM483", name=column.label)
        return ""
    return _READERS[column.holds](column, cell, text)


def _text(column: Column, cell: Cell, text: str) -> str:
    return " ".join(text.split())


def _value(column: Column, cell: Cell, text: str) -> str:
    chosen = column.spellings().get(fold(text))
    if chosen is not None:
        return chosen
    if column.closed:
        raise _no_choice(column, text)
    return _text(column, cell, text)


def _trigger(column: Column, cell: Cell, text: str) -> str:
    """A trigger by its label; any other word is an event's, unless it looks like a trigger."""
    word = _value(column, cell, text)
    if word in (choice.value for choice in column.choices) or _AFTER.fullmatch(word):
        return word
    meant = trigger_meant(word)
    if meant is None:
        return word
    known = _called(column, [choice.value for choice in column.choices])
    near = _called(column, ["after P3D" if meant == "after" else meant])
    raise ImportFileError("CRM481", value=text, known=known, near=near)


def _states(column: Column, cell: Cell, text: str) -> str:
    return ", ".join(_value(column, cell, piece) for piece in _COMMA.split(text.strip("[]")) if piece.strip())


def _test(column: Column, cell: Cell, text: str) -> str:
    if not isinstance(cell, str):
        return _typed(column, cell, text)
    text = " ".join(plain_signs(text).split())
    if text == ANY:
        return ANY
    if column.type == number:
        return _number(text)
    return _chosen(column, text) if column.choices or column.type == string else text


def _condition(column: Column, cell: Cell, text: str) -> str:
    """FEEL as it is, or one of the choices, such as a gate."""
    text = " ".join(plain_signs(text).split())
    return column.spellings().get(fold(text), text)


def _chosen(column: Column, text: str) -> str:
    """Bare words and labels as the values that they mean; FEEL as it is."""
    spelled = column.spellings()
    denied = _NOT.fullmatch(text)
    inner = text if denied is None else denied[1]
    pieces = [piece.strip() for piece in _COMMA.split(inner)]
    values = [spelled.get(fold(piece)) for piece in pieces]
    if values == [None] and fold(inner) in ANYTHING:
        return text  # refused when the rules are read, with what to write
    if None not in values:
        listed = ", ".join(str(value) for value in values)
        return listed if denied is None else f"not({listed})"
    if _FEEL.search(inner):
        return text
    meant = [value or _word(column, piece) for piece, value in zip(pieces, values, strict=True)]
    return ", ".join(meant) if denied is None else f"not({', '.join(meant)})"


def _word(column: Column, word: str) -> str:
    """A bare word that is none of the choices: a name, or, where any text may stand, a text without its
    quotes. What is nearly a name stays, so that it is found when the rules are read."""
    if fold(word) in {"null", *map(fold, column.words)}:
        return word
    if column.choices:
        raise _no_choice(column, word)
    return word if feel.nearest(word, column.words) is not None else f'"{word}"'


def _number(text: str) -> str:
    span, thousands = _SPAN.fullmatch(text), _THOUSANDS.fullmatch(text)
    if span is not None:
        raise ImportFileError("CRM482", value=text, instead=f"[{span[1]}..{span[2]}]")
    if thousands is not None:
        raise ImportFileError("CRM482", value=text, instead=thousands[1] + thousands[2].replace(",", ""))
    return _outside_strings(text, lambda part: _PERCENT.sub(_fraction, part))


def _fraction(found: re.Match[str]) -> str:
    return f"{(Decimal(found[1]) / 100).normalize():f}"


def _typed(column: Column, cell: Cell, text: str) -> str:
    """A cell that brings its own type, where a test of this type is meant."""
    if isinstance(cell, datetime) and cell.time() == time():
        cell = cell.date()
    match cell:
        case bool() if column.type == boolean:
            return text
        case int() | float() | Decimal() if column.type == number and not isinstance(cell, bool):
            return text
        case int() | float() | Decimal() if column.type == string and not isinstance(cell, bool):
            raise ImportFileError("CRM480", value=text)
        case date() if column.type == feel.date and not isinstance(cell, datetime):
            return f'@"{cell.isoformat()}"'
        case date() | time() | timedelta() if column.type == number:
            raise ImportFileError("CRM479", value=str(cell))
    raise ImportFileError("CRM089", value=text, expected=column.type)


def _no_choice(column: Column, text: str) -> ImportFileError:
    meant = {
        spelling: choice.value
        for choice in column.choices
        for spelling in (choice.label.zh, choice.label.en, choice.value.strip('"'))
    }
    near = dict.fromkeys(meant[each] for each in nearest(text, meant).split(", ") if each in meant)
    known = _called(column, [choice.value for choice in column.choices])
    return ImportFileError("CRM481", value=text, known=known, near=_called(column, near) if near else known)


def _called(column: Column, values: Iterable[str]) -> Text:
    """Choices as the drop-down shows them."""
    values = list(values)
    en, zh = (", ".join(column.shown(each, language) for each in values) for language in ("en", "zh"))
    return Text(en, zh)


def plain_signs(text: str) -> str:
    """Full-width and typographic signs outside of strings as FEEL's own."""
    for sign in "“”＂":
        text = text.replace(sign, '"')
    return _outside_strings(text, lambda part: narrow("".join(_SIGNS.get(sign, sign) for sign in part)))


def _outside_strings(text: str, change: Callable[[str], str]) -> str:
    pieces, last = [], 0
    for found in STRING.finditer(text):
        pieces += [change(text[last : found.start()]), found.group()]
        last = found.end()
    return "".join([*pieces, change(text[last:])])


_READERS: Final[dict[str, Callable[[Column, Cell, str], str]]] = {
    "id": _text,
    "text": _text,
    "test": _test,
    "condition": _condition,
    "value": _value,
    "states": _states,
    "trigger": _trigger,
}
