"""Where in the tokens is the parser, and what comes next?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

from crmflow.errors import FeelError
from crmflow.rules.feel.lexer import INFIX_WORDS, KEYWORDS, MEANT, Token, stray

DEPTH_LIMIT: Final = 64

_SIGNS: Final = tuple("-+*/.'’")  # may stand inside a name
_STARTS: Final = frozenset(["(", "[", "]", "{", "-", "?", "@"])
BRACKETS: Final = {"(": ")", "[": "]", "{": "}"}


class Cursor:
    """Walks over tokens and counts how deeply the parser has gone in."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self._depth = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    @property
    def end(self) -> int:
        """Where the token before this one ends."""
        return self.tokens[self.at - 1].end if self.at else 0

    def look(self, ahead: int) -> Token:
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def take(self) -> Token:
        token = self.tokens[self.at]
        if token.kind != "end":
            self.at += 1
        return token

    def sees(self, *texts: str, ahead: int = 0) -> bool:
        """Whether the next token is one of these symbols or words."""
        token = self.look(ahead)
        return token.text in texts and token.kind in ("symbol", "word")

    def accept(self, *texts: str) -> Token | None:
        return self.take() if self.sees(*texts) else None

    def expect(self, *texts: str) -> Token:
        if not self.sees(*texts):
            self.missing("CRM001", expected=" ".join(texts))
        return self.take()

    def listed(self, closing: str) -> Iterator[None]:
        """Once for each item between commas; takes the closing sign."""
        if self.accept(closing):
            return
        yield
        while self.accept(","):
            yield
        self.expect(closing)

    def missing(self, code: str, **parts: object) -> NoReturn:
        """Raises FeelError `code` at the next token; at the end CRM019 for an open bracket, else CRM013."""
        token = self.next
        if token.kind == "end":
            bracket = self.open_bracket()
            if bracket is not None:
                closing = BRACKETS[bracket.text]
                raise FeelError("CRM019", bracket.start, bracket.end, name=bracket.text, closing=closing)
            raise FeelError("CRM013", token.start, token.end)
        if token.text == "'" and token.kind == "symbol":  # it stands in names only, and quotes nothing
            raise stray(token.text, token.start, token.end)
        before = self.tokens[self.at - 1]
        if self.at and before.end == token.start and before.text + token.text in MEANT:
            raise stray(before.text + token.text, before.start, token.end)
        raise FeelError(code, token.start, token.end, found=token.text, **parts)

    def open_bracket(self) -> Token | None:
        """The last bracket that is not closed."""
        waiting: list[Token] = []
        for token in self.tokens:
            if token.kind == "symbol" and token.text in BRACKETS:
                waiting.append(token)
            elif token.kind == "symbol" and token.text in BRACKETS.values() and waiting:
                waiting.pop()
        return waiting[-1] if waiting else None

    def starts_expression(self, ahead: int) -> bool:
        """Whether an expression can begin there: tells the `[` of a filter from the end of a range."""
        token = self.look(ahead)
        match token.kind:
            case "symbol":
                return token.text in _STARTS
            case "word":
                return token.text not in INFIX_WORDS
        return token.kind != "end"

    def word_run(self, dots: bool = False) -> int:
        """How many tokens from here on could be one name: words and digits, and dots between if wanted."""
        length = 0
        while (token := self.look(length)).kind == "word" or (length and token.kind == "number"):
            if token.text in (INFIX_WORDS if length else KEYWORDS):
                break
            length += 1
            if dots and self.sees(".", ahead=length) and self.look(length + 1).kind == "word":
                length += 1
        return length

    def key_length(self, *closing: str) -> int:
        """How many tokens the name before a `:` (or another closing sign) takes; 0 when there is none."""
        length = 0
        while (token := self.look(length)).kind in ("word", "number", "quoted") or self.sees(
            *_SIGNS, ahead=length
        ):
            if token.kind == "end":
                return 0
            length += 1
        return length if self.sees(":", *closing, ahead=length) else 0

    def take_name(self, length: int) -> tuple[str, int, int]:
        """The next tokens as one name with its span."""
        start = end = self.next.start
        pieces = []
        for _ in range(length):
            token = self.take()
            pieces += [" "] * (token.start > end) + [token.text]
            end = token.end
        return "".join(pieces), start, end

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """Raises FeelError CRM006 beyond the limit."""
        self._depth += 1
        if self._depth > DEPTH_LIMIT:
            raise FeelError("CRM006", self.next.start, self.next.end, limit=DEPTH_LIMIT)
        yield
        self._depth -= 1
