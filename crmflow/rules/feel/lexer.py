"""Which tokens does a FEEL text consist of?"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from crmflow.errors import FeelError

TEXT_LIMIT: Final = 100_000

INFIX_WORDS: Final = frozenset(
    {"and", "or", "in", "between", "instance", "then", "else", "satisfies", "return"}
)
KEYWORDS: Final = INFIX_WORDS | {"if", "for", "some", "every", "function", "true", "false", "null"}

MEANT: Final = {
    "≥": ">=", "≤": "<=", "≠": "!=", "≈": "=", "×": "*", "÷": "/", "−": "-", "–": "-", "—": "-",
    "==": "=", "===": "=", "=>": ">=", "=<": "<=", "<>": "!=", "&&": "and", "||": "or",
    "【": "[", "】": "]", "〔": "(", "〕": ")", "、": ",", "‘": '"', "’": '"', "«": '"', "»": '"',
}  # fmt: skip
_WIDE: Final = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {
    ord("\u3000"): " ",
    ord("“"): '"',
    ord("”"): '"',
}
_START: Final = (
    "A-Za-z_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3004-\u3007\u3012\u3013\u3020-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_TOKEN: Final = re.compile(
    rf"""
      (?P<space>[\s\u180e\u200b\ufeff]+ | //[^\n\r]* | /\*.*?\*/)
    | (?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<word>[{_START}][{_START}0-9\u00b7\u0300-\u036f\u203f\u2040]*)
    | (?P<symbol>\*\*|\.\.|<=|>=|!=|->|[][(){{}},:.+*/<>=?@’'-])
    """,
    re.VERBOSE | re.DOTALL,
)
_FIGURE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*\Z")
_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{6})|(.?))", re.DOTALL)
_ESCAPED: Final = {'"': '"', "\\": "\\", "'": "'", "n": "\n", "r": "\r", "t": "\t"}
_CLOSING: Final = {'"': '"', "`": "`｀", "｀": "`｀"}  # a double quote in full width is closed by any


class Token(NamedTuple):
    """A piece of the text: `kind` is number, string, word, quoted, symbol or end.

    `text` is what it says: a string without quotes and escapes, a word in NFC, a symbol in ASCII.
    """

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Notice:
    """Something doubtful that a program can put right: replace [start, end) by `replacement`.

    `name` is what a null trap (CRM214) is about.
    """

    code: str
    start: int
    end: int
    replacement: str
    name: str = ""


def tokens(text: str) -> tuple[list[Token], list[Notice]]:
    """The tokens, ending with one of kind "end", and the full-width signs read as their ASCII twins.

    Raises FeelError CRM002 (unexpected character), CRM003 (string not closed),
    CRM007 (text too long), CRM010 (comment not closed).
    """
    if len(text) > TEXT_LIMIT:
        raise FeelError("CRM007", TEXT_LIMIT, len(text), limit=TEXT_LIMIT)
    plain = text if text.isascii() else text.translate(_WIDE)
    found: list[Token] = []
    notices: list[Notice] = []
    at = 0
    while at < len(plain):
        token = _quoted(text, plain, at) if plain[at] in '"`' else _unquoted(plain, at)
        if token.kind != "space":
            found.append(token)
        if text is not plain:
            notices += _wide_signs(text, plain, token)
        at = token.end
    found.append(Token("end", "", at, at))
    return found, notices


def wide_signs(text: str) -> list[Notice]:
    """The full-width signs of a text that is wrong in other ways; none where it is not even words."""
    try:
        return tokens(text)[1]
    except FeelError:
        return []


@lru_cache(maxsize=10_000)
def words(name: str) -> tuple[str, ...]:
    """The pieces of a name as they would appear in a text: two spellings with equal pieces are one name."""
    plain = unicodedata.normalize("NFC", name.translate(_WIDE))
    pieces = []
    at = 0
    while at < len(plain):
        match = _TOKEN.match(plain, at)
        at = match.end() if match else at + 1
        if match is None:
            pieces.append(plain[at - 1])
        elif match.lastgroup != "space":
            pieces.append(match.group())
    return tuple(pieces)


def is_word(piece: str) -> bool:
    """Whether a piece of a name is a word, not a number, operator or stray sign."""
    match = _TOKEN.fullmatch(piece)
    return match is not None and match.lastgroup == "word"


def stray(sign: str, start: int, end: int) -> FeelError:
    """The error for a sign that FEEL has not, with the one that is meant."""
    meant = MEANT.get(sign)
    near = f" ({meant}?)" if meant else ""
    return FeelError("CRM002", start, end, found=sign, suggestion=meant, near=near)


def _unquoted(plain: str, at: int) -> Token:
    match = _TOKEN.match(plain, at)
    if match is None:
        if plain[at] == "%" and (figure := _FIGURE.search(plain, 0, at)):
            share = f"{Decimal(figure[1]) / 100:f}"
            raise FeelError("CRM027", figure.start(), at + 1, name=f"{figure[1]}%", suggestion=share)
        sign = plain[at : at + 2] if plain[at : at + 2] in MEANT else plain[at]
        raise stray(sign, at, at + len(sign))
    if plain.startswith("/*", at) and match.lastgroup != "space":
        raise FeelError("CRM010", at, at + 2)
    kind = str(match.lastgroup)
    said = match.group()
    if kind == "word" and not said.isascii():
        said = unicodedata.normalize("NFC", said)
    return Token(kind, said, at, match.end())


def _quoted(text: str, plain: str, at: int) -> Token:
    quote = plain[at]
    closing = _CLOSING.get(text[at], '"“”＂')
    end = at + 1
    while end < len(text) and text[end] not in closing:
        end += 2 if text[end] == "\\" and quote == '"' else 1
    if end >= len(text):
        raise FeelError("CRM003", at, len(text), quote=quote)
    inside = text[at + 1 : end]
    if quote == "`":
        return Token("quoted", unicodedata.normalize("NFC", " ".join(inside.split())), at, end + 1)
    return Token("string", _unescape(inside), at, end + 1)


def _unescape(inside: str) -> str:
    """A backslash before any other sign stands for itself: patterns need not double it."""
    if "\\" not in inside:
        return inside

    def plain(match: re.Match[str]) -> str:
        digits = match[1] or match[2]
        code = int(digits, 16) if digits else None
        if code is not None and code <= 0x10FFFF:
            return chr(code)
        return _ESCAPED.get(match[3], match.group())

    joined = _ESCAPE.sub(plain, inside)
    return joined.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _wide_signs(text: str, plain: str, token: Token) -> list[Notice]:
    """Full-width signs of a token; inside quotes only the quotes themselves count."""
    inner = token.kind in ("string", "quoted")
    places = (token.start, token.end - 1) if inner else range(token.start, token.end)
    return [Notice("CRM012", at, at + 1, plain[at]) for at in places if text[at] != plain[at]]
