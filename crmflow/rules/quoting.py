"""Which cells of a rule file must stand in quotes, because YAML would read them otherwise?

FEEL is full of signs that mean something to YAML: `[1..2)`, `> 5`, `-`, `"a", "b"`. This reads a file as its
author meant it, finds such cells and says how to quote them, so that nobody has to learn YAML's own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_STARTS = frozenset("\"'>|[]{}@`*&!%,")
_HEADER = re.compile(r"[|>][+-]?\s*(#.*)?$")
_PIECE = r"""(?:[^\[\](){},"\n]|\([^()\n]*\)|"[^"\n]*")*?"""
_INTERVAL = re.compile(rf"[\[\](]{_PIECE}\.\.{_PIECE}[\[\])]")
_NUMBER_TYPE = re.compile(r"number\( *\d+ *, *\d+ *\)")
_REFERENCE = re.compile(r"[*&!]+\w")
_KEY = re.compile(r"""(?:"[^"\n]*"|'[^'\n]*'|[^\s\[\]{},"'#&*!|>%@`-][^,\[\]{}\n]*?)\s*:(?=[ \n]|$)""")
_WIDE_KEY = re.compile(r"""[^\s\[\]{},"'#&*!|>%@`：:-][^,\[\]{}"'：:\n]*?\s*：""")
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Unquoted:
    """A cell that needs quotes: the offsets of its text in the file, `end` exclusive."""

    start: int
    end: int
    text: str
    title: bool = (
        False  # a text with a comma inside `{…}`: what is meant is clear, so it is read all the same
    )

    @property
    def is_type(self) -> bool:
        """`number(9,2)` may stand as it is: it is a word of the format."""
        return _NUMBER_TYPE.fullmatch(self.text) is not None

    @property
    def is_reference(self) -> bool:
        """An alias, anchor or tag of YAML, which rule files do not use: quotes are not what is missing."""
        return _REFERENCE.match(self.text) is not None

    @property
    def is_open(self) -> bool:
        """Brackets that are no interval and not paired: a bracket is missing, not quotes."""
        return not _INTERVAL.search(self.text) and not _paired(self.text)

    @property
    def quoted(self) -> str:
        """The cell as the file must write it."""
        if '"' in self.text or "\\" in self.text:
            return "'" + self.text.replace("'", "''") + "'"
        return f'"{self.text}"'

    def insertions(self) -> Iterator[tuple[int, str]]:
        """The signs to insert, each before an offset: quoting only ever inserts."""
        quote = self.quoted[0]
        yield self.start, quote
        if quote == "'":
            yield from ((self.start + at, quote) for at, sign in enumerate(self.text) if sign == quote)
        yield self.end, quote


def _paired(text: str) -> bool:
    """Whether each bracket has its partner."""
    waiting: list[str] = []
    for sign in text:
        if sign in "[{(":
            waiting.append({"[": "]", "{": "}", "(": ")"}[sign])
        elif sign in "]})" and (not waiting or waiting.pop() != sign):
            return False
    return not waiting


def unquoted(text: str) -> tuple[Unquoted, ...]:
    """Every cell of the file that needs quotes, in order."""
    return tuple(_Reader(text).cells())


def as_meant(text: str) -> tuple[str, tuple[int, ...], tuple[Unquoted, ...]]:
    """The text with half-width commas and colons where `{…}` needs them, the offsets of these, and the cells
    that need quotes."""
    reader = _Reader(text)
    cells = tuple(reader.cells())
    return reader.text, tuple(reader.narrow), cells


class _Reader:
    """Reads line by line; what stands in brackets is read as a whole."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found: list[Unquoted] = []
        self.narrow: list[int] = []  # full-width signs of `{…}` that are read as half-width ones

    def cells(self) -> list[Unquoted]:
        at, block = 0, -1
        while at < len(self.text):
            end = self.line_end(at)
            start = self.blanks(at)
            if start == end or self.text[start] == "#" or (block >= 0 and start - at > block):
                at = end + 1
                continue
            block = -1
            value = self.value_start(start, end)
            if value is not None and _HEADER.fullmatch(self.text, value, end):
                block = start - at
            elif value is not None:
                end = self.line_end(max(end, self.value(value, end) - 1))
            at = end + 1
        return self.found

    def value_start(self, at: int, end: int) -> int | None:
        """Where the value of a `key: value` or `- value` line starts; None where there is none."""
        item = False
        while self.text.startswith("- ", at):
            at, item = self.blanks(at + 2), True
        key = _WIDE_KEY.match(self.text, at, end)
        if key is not None and self.text.startswith("{", self.blanks(key.end())):
            self.replace(key.end() - 1, ":")
        else:
            key = _KEY.match(self.text, at, end)
        if key is not None:
            at, item = self.blanks(key.end()), True
        return at if item and at < end and self.text[at] != "#" else None

    def value(self, at: int, end: int) -> int:
        """Reads a value that is not inside brackets; gives the offset behind it."""
        sign = self.text[at]
        stop = at
        if sign in "[{" and not _INTERVAL.match(self.text, at, end):
            kept, narrow = len(self.found), len(self.narrow)
            stop = self.brackets(at)
            if self.is_over(stop):
                return stop
            if stop > end or stop == at:
                return max(stop, end)  # not closed: YAML's turn to complain
            del self.found[kept:]
            self.widen(narrow)
        elif sign in "\"'":
            stop = self.string(at)
            if self.is_over(stop):
                return stop
        close = self.comment_start(at, end)
        text = self.text[at:close].rstrip()
        if sign in _STARTS or text == "-" or text.startswith(("- ", "? ")) or ": " in text or " #" in text:
            self.add(at, at + len(text))
        return end

    def brackets(self, at: int) -> int:
        """Reads `[…]` or `{…}`; gives the offset behind it, or `at` when it is never closed."""
        start, closing, narrow = at, "]" if self.text[at] == "[" else "}", len(self.narrow)
        at = self.space(at + 1)
        while at < len(self.text):
            key = _KEY.match(self.text, at) if closing == "}" else None
            if closing == "}" and key is None and (key := _WIDE_KEY.match(self.text, at)) is not None:
                self.replace(key.end() - 1, ":")
            if key is not None:
                at = self.space(key.end())
            if at >= len(self.text):
                break
            begin = at
            if self.text[at : at + 1] not in (",", closing) or _INTERVAL.match(self.text, at):
                at = self.space(self.cell(at, closing))
            if key is not None and self.text[at : at + 1] == ",":
                at = self.more(begin, at)
            if self.text[at : at + 1] == closing:
                return at + 1
            if self.text[at : at + 1] != ",":
                break
            at = self.space(at + 1)
        self.widen(narrow)
        return start

    def more(self, begin: int, at: int) -> int:
        """After the value of a key, text without a key of its own belongs to the value: "late, and once"."""
        end = at
        while self.text[end : end + 1] == ",":
            after = self.space(end + 1)
            if (
                self.text[begin : begin + 1] in "[{\"'"
                or self.text[after : after + 1] in ("}", "")
                or _KEY.match(self.text, after)
                or self.is_wide_key(after, self.text[begin:end])
            ):
                break
            end = self.space(self.expression(after, "}")[0])
        if end > at:
            self.found = [cell for cell in self.found if cell.start < begin]
            text = self.text[begin:end].rstrip()
            self.found.append(Unquoted(begin, begin + len(text), text, title=True))
        return end

    def cell(self, at: int, closing: str) -> int:
        """Reads one cell inside brackets; gives the offset behind it."""
        sign = self.text[at]
        if sign in "[{" and not _INTERVAL.match(self.text, at):
            after = self.brackets(at)
            if after != at and self.text[self.space(after) : self.space(after) + 1] in (",", "]", "}"):
                return after
        elif sign in "\"'":
            after = self.string(at)
            if self.text[self.space(after) : self.space(after) + 1] in (",", "]", "}", ":"):
                return after
        end, special = self.expression(at, closing)
        end = at + len(self.text[at:end].rstrip())
        text = self.text[at:end]
        if special or sign in _STARTS or text == "-" or text.startswith(("- ", "? ")):
            self.add(at, end)
        return end

    def expression(self, at: int, closing: str) -> tuple[int, bool]:
        """Where an expression inside brackets ends, and whether it holds a sign that YAML would take."""
        start, open_brackets, special = at, 0, False
        while at < len(self.text) and self.text[at] != "\n":
            sign = self.text[at]
            interval = _INTERVAL.match(self.text, at) if sign in "[](" else None
            if sign == '"':
                after = self.string(at)
                special |= any(each in self.text[at:after] for each in (",", "[", "]", "{", "}", ": ", " #"))
                at = after
                continue
            if interval is not None and (sign != "]" or at == start or open_brackets):
                special |= any(each in interval.group() for each in "[]{},")
                at = interval.end()
                continue
            if open_brackets == 0 and sign == "，" and closing == "}" and self.is_before_key(at + 1):
                self.replace(at, ",")
                break
            if open_brackets == 0 and (sign in (",", closing) or self.text.startswith(" #", at)):
                break
            open_brackets += (sign in "([{") - (sign in ")]}")
            special |= sign in ",[]{}" or self.text.startswith(": ", at)
            at += 1
        return at, special

    def string(self, at: int) -> int:
        """The offset behind a quoted string; the end of its line when it is not closed."""
        quote, start = self.text[at], at
        at += 1
        while at < len(self.text):
            if self.text[at] == "\\" and quote == '"':
                at += 1
            elif self.text[at] == quote:
                if quote == '"' or self.text[at : at + 2] != "''":
                    return at + 1
                at += 1
            at += 1
        return self.line_end(start)

    def comment_start(self, at: int, end: int) -> int:
        """Where a comment starts on this line; a ` #` inside a FEEL string starts none."""
        while at < end:
            if self.text[at] == '"':
                at = min(max(self.string(at), at + 1), end)
            elif self.text.startswith(" #", at):
                return at
            else:
                at += 1
        return end

    def is_over(self, at: int) -> bool:
        """Whether nothing but a comment follows on the line."""
        rest = self.text[at : self.line_end(at)]
        return not rest.strip() or (rest.lstrip().startswith("#") and rest[0] == " ")

    def is_wide_key(self, at: int, before: str) -> bool:
        """Whether a key with a full-width colon follows a value; Chinese after Chinese may be one text."""
        key = _WIDE_KEY.match(self.text, at)
        return key is not None and not (_HAN.search(before) and _HAN.search(key.group()))

    def is_before_key(self, at: int) -> bool:
        """Whether a key follows a full-width comma: more than a comma and a colon of a Chinese sentence."""
        at = self.space(at)
        wide = _WIDE_KEY.match(self.text, at)
        behind = at if wide is None else self.space(wide.end())
        opens = behind > at and self.text.startswith(("{", "["), behind)
        return opens or _KEY.match(self.text, at) is not None

    def replace(self, at: int, sign: str) -> None:
        self.text = self.text[:at] + sign + self.text[at + 1 :]
        self.narrow.append(at)

    def widen(self, count: int) -> None:
        """Takes back all but the first `count` replacements: what was read is no `{…}`."""
        for at in self.narrow[count:]:
            sign = {",": "，", ":": "："}[self.text[at]]
            self.text = self.text[:at] + sign + self.text[at + 1 :]
        del self.narrow[count:]

    def add(self, start: int, end: int) -> None:
        self.found.append(Unquoted(start, end, self.text[start:end]))

    def line_end(self, at: int) -> int:
        end = self.text.find("\n", at)
        return len(self.text) if end < 0 else end

    def blanks(self, at: int) -> int:
        while self.text[at : at + 1] == " ":
            at += 1
        return at

    def space(self, at: int) -> int:
        """Skips spaces, line ends and comments."""
        while at < len(self.text):
            if self.text[at] in " \n\r\t":
                at += 1
            elif self.text[at] == "#" and self.text[at - 1] in " \n\r\t":
                at = self.line_end(at)
            else:
                break
        return at
