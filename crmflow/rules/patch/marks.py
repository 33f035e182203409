"""How does a program change a rule file, so that what it does not touch stays byte for byte?"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import ScalarNode, SequenceNode

from crmflow.rules.quoting import unquoted
from crmflow.rules.source import Document, Path, plain
from crmflow.rules.yaml import compose

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029\ufeff]")
_GAP = re.compile(r",( +)(?=\S)")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}


@dataclass(frozen=True, slots=True)
class Splice:
    """Put `text` in the place of what stands from `start` to `end` (exclusive)."""

    start: int
    end: int
    text: str


def spliced(text: str, splices: Iterable[Splice]) -> str:
    """The text with every splice made; they do not overlap."""
    pieces, last = [], 0
    for each in sorted(splices, key=lambda each: (each.start, each.end)):
        pieces += [text[last : each.start], each.text]
        last = each.end
    return "".join([*pieces, text[last:]])


class Marks:
    """A file's text as its author wrote it, and where in it each value stands."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._inserted = document.lines.inserted
        self.text = spliced(document.text, [Splice(at, at + 1, "") for at in self._inserted])
        self._inner: dict[Path, list[Path]] = {}
        self._spans: dict[Path, tuple[int, int]] = {}
        self._aligned: dict[Path, bool] = {}
        for path in document.places:
            if path:
                self._inner.setdefault(path[:-1], []).append(path)

    @property
    def newline(self) -> str:
        return "\r\n" if "\r\n" in self.text else "\n"

    def offset(self, repaired: int) -> int:
        """Where an offset of `document.text`, which may have more quotes, stands in the author's text."""
        return repaired - bisect_left(self._inserted, repaired)

    def span(self, path: Path) -> tuple[int, int]:
        """Where a value begins and ends; without the blanks and comments behind it."""
        if path not in self._spans:
            place = self.document.places[path]
            start, end = self.offset(place.start), self.offset(place.end)
            inner = self._inner.get(path)
            if inner and self.text[start] not in "[{":
                end = max(self.span(each)[1] for each in inner)
            self._spans[path] = start, start + len(self.text[start:end].rstrip())
        return self._spans[path]

    def key_start(self, path: Path) -> int:
        """Where the key of a value begins."""
        start = self.document.places[path].key_start
        assert start is not None
        return self.offset(start)

    def keys(self, path: Path) -> list[Path]:
        """The paths of what stands in a mapping or list, in the order of the text."""
        return self._inner.get(path, [])

    def in_brackets(self, path: Path) -> bool:
        """Whether a value stands inside `[…]` or `{…}`."""
        outer = [path[:n] for n in range(1, len(path))]
        return any(self.text[self.span(each)[0]] in "[{" for each in outer)

    def line(self, at: int) -> tuple[int, int]:
        """Where the line of an offset begins and ends, its line end included."""
        end = self.text.find("\n", at)
        return self.text.rfind("\n", 0, at) + 1, len(self.text) if end < 0 else end + 1

    def is_aligned(self, path: Path) -> bool:
        """Whether the author set the cells to the right of this one's column below each other."""
        *rows, _, column = path
        others = ((*rows, number, column) for number in range(len(self.keys(tuple(rows)))))
        key = (*rows, column)
        if key not in self._aligned:
            ends = (self.span(other)[1] for other in others if other in self.document.places)
            self._aligned[key] = any(self.text.startswith(",  ", end) for end in ends)
        return self._aligned[key]

    def style(self, path: Path) -> str | None:
        place = self.document.places.get(path)
        return None if place is None else place.style


def cell(marks: Marks, path: Path, text: str) -> list[Splice]:
    """Writes a text in the place of a scalar, in its style where that can be. Raises as `scalar` does."""
    return value(marks, path, scalar(text, marks.style(path), in_brackets=marks.in_brackets(path)))


def value(marks: Marks, path: Path, new: str) -> list[Splice]:
    """Puts `new`, as YAML, in the place of a value; what is to its right stays in its column if it can."""
    start, end = marks.span(path)
    splices = [Splice(start, end, new)]
    gap = _GAP.match(marks.text, end)
    if gap is not None and marks.is_aligned(path):
        room = len(gap[1]) + screen_width(marks.text[start:end]) - screen_width(new)
        splices.append(Splice(gap.start(1), gap.end(1), " " * max(1, room)))
    return splices


def scalar(text: str, style: str | None = None, *, in_brackets: bool = True) -> str:
    """A text as YAML, in the `style` of what stood there if it can be (`"`, `'` or plain), else as plainly as
    it can be. Raises ValueError for signs that no text file holds."""
    if _CONTROL.search(text):
        raise ValueError(text)
    double = '"' + "".join(_ESCAPES.get(sign, sign) for sign in text) + '"'
    single = "'" + text.replace("'", "''") + "'"
    forms = [text, single, double] if '"' in text else [text, double]
    if style in ('"', "'"):
        forms.insert(0, double if style == '"' else single)
    return next(form for form in forms if _reads_as(form, text, in_brackets))


def sequence(items: Sequence[str]) -> str:
    """Texts as a list in brackets."""
    return f"[{', '.join(scalar(each) for each in items)}]"


def screen_width(text: str) -> int:
    """How many columns of a screen a text takes: a Chinese character takes two."""
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def _reads_as(form: str, text: str, in_brackets: bool) -> bool:
    """Whether YAML reads a written form as this text, and no cell in it wants quotes."""
    whole = f"- [{form}]" if in_brackets else f"- {form}"
    if "\n" in form or unquoted(whole):
        return False
    try:
        node = compose(whole)
    except YAMLError:
        return False
    for _ in range(1 + in_brackets):
        if not isinstance(node, SequenceNode) or len(node.value) != 1:
            return False
        (node,) = node.value
    if not isinstance(node, ScalarNode) or node.value != text or node.anchor is not None:
        return False
    return bool(node.style) or plain(text) is not None
