"""How are the parts of a rule file taken apart and put together, so that the author's text stays?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from crmflow.core.diagnostic import Position
from crmflow.rules.lines import Lines
from crmflow.rules.patch.marks import Marks
from crmflow.rules.source import Path
from crmflow.rules.versions.outline import at

_OVERRIDES = re.compile(r"^overrides:.*\n?", re.MULTILINE)


class Side:
    """One of the three files: its data, and the text of each part.

    A part in lines is its key or dash and all up to the end of its last line; a part in brackets is its key
    and value alone.
    """

    def __init__(self, marks: Marks) -> None:
        self.marks = marks
        self.data: dict[str, Any] = marks.document.data
        self.text = marks.text

    @cached_property
    def bare_text(self) -> str:
        """The text without the line that says what it overrides."""
        return _OVERRIDES.sub("", self.text)

    def in_brackets(self, path: Path) -> bool:
        """Whether the parts of the value at a path stand in brackets."""
        return self.text[self.marks.span(path)[0]] in "[{" or self.marks.in_brackets(path)

    def is_plain(self, path: Path) -> bool:
        """Whether no comment stands between the brackets of a value."""
        start, end = self.marks.span(path)
        return "#" not in self.text[start:end]

    def on_a_line(self, path: Path) -> bool:
        """Whether a value is all of one line, or in brackets."""
        start, end = self.marks.span(path)
        value = at(self.data, path)
        return "\n" not in self.text[start:end] and (
            not isinstance(value, dict | list) or self.text[start : start + 1] in ("[", "{")
        )

    def source(self, path: Path) -> str:
        """The text of a value."""
        start, end = self.marks.span(path)
        return self.text[start:end]

    def start(self, path: Path) -> int:
        """Where a part begins: at its key, its dash, or in brackets at its value."""
        if self.marks.document.places[path].key_start is not None:
            return self.marks.key_start(path)
        begin = self.marks.span(path)[0]
        return begin if self.in_brackets(path[:-1]) else self.text.rfind("-", 0, begin + 1)

    def end(self, path: Path) -> int:
        """Where a part ends: behind its value in brackets, else with its last line."""
        end = self.marks.span(path)[1]
        return end if self.in_brackets(path[:-1]) else self.marks.line(max(end - 1, self.start(path)))[1]

    def column(self, path: Path) -> int:
        start = self.start(path)
        return start - self.marks.line(start)[0]

    def position(self, path: Path) -> Position:
        """Line and column of a part."""
        return Lines(self.text).position(self.start(path) if path else 0)

    def body(self, path: Path, value: str | None = None) -> str:
        """The text of a part, with another text of its value (of one in lines: all up to their end)."""
        start, end = self.start(path), self.end(path)
        if value is None:
            return self.text[start:end]
        begin, stop = self.marks.span(path)
        in_lines = isinstance(at(self.data, path), dict | list) and self.text[begin] not in "[{"
        return self.text[start:begin] + value + ("" if in_lines else self.text[stop:end])

    def around(self, path: Path) -> tuple[str, str]:
        """What stands before and behind the parts of a mapping in lines."""
        keys = self.marks.keys(path)
        return self.text[: self.start(keys[0])], self.text[self.end(keys[-1]) :]

    def lead(self, path: Path) -> str:
        """The comments and blank lines above a part that is not the first of its lines."""
        before = self.marks.keys(path[:-1])
        n = before.index(path)
        return "" if n == 0 else self.text[self.end(before[n - 1]) : self.marks.line(self.start(path))[0]]

    def commented(self, path: Path, comments: Sequence[str], body: str) -> str:
        """A part in lines, or the file (), under comments, a line each."""
        margin = " " * (self.column(path) if path else 0)
        return "".join(f"{comment}{self.marks.newline}{margin}" for comment in comments) + body

    def assembled(
        self,
        path: Path,
        names: Sequence[str],
        bodies: Mapping[str, str],
        present: Sequence[Path],
        places: Mapping[str, Path],
    ) -> str:
        """The parts `names` of the mapping or list at a path put together from their texts."""
        if self.in_brackets(path):
            return self._in_brackets(path, names, bodies, places)
        margin = " " * self.column(present[0])
        pieces = []
        for n, name in enumerate(names):
            body = bodies[name]
            if not body.endswith("\n"):
                body += self.marks.newline
            lead = self.lead(places[name]) if name in places else ""
            if n > 0:
                pieces.append(f"{lead}{margin}{body}")
            else:  # the margin stands there already
                pieces.append(f"{lead.lstrip()}{margin}{body}" if lead.strip() else body)
        return "".join(pieces)

    def _in_brackets(
        self, path: Path, names: Sequence[str], bodies: Mapping[str, str], places: Mapping[str, Path]
    ) -> str:
        start, end = self.marks.span(path)
        if list(names) != list(places):
            open_, close = self.text[start], self.text[end - 1]
            return open_ + ", ".join(bodies[name] for name in names) + close
        pieces, last = [], start
        for name, place in places.items():
            pieces += [self.text[last : self.start(place)], bodies[name]]
            last = self.end(place)
        return "".join([*pieces, self.text[last:end]])


def adopted(side: Side, path: Path, source: Path, into: Side, outer: Path) -> str:
    """A part of another file, with the comments above it, as it stands below `outer` here."""
    body = side.body(path)
    if into.in_brackets(outer):
        return body
    if side.in_brackets(source):
        dash = "" if side.marks.document.places[path].key_start is not None else "- "
        return f"{dash}{body}{into.marks.newline}"
    here, there = into.column(into.marks.keys(outer)[0]), side.column(path)
    lead = side.lead(path)
    margin = " " * here
    comments = (line.strip() for line in lead.splitlines() if line.strip())
    return "".join(f"{comment}{into.marks.newline}{margin}" for comment in comments) + shifted(
        body, here - there
    )


def shifted(text: str, by: int) -> str:
    """The lines behind the first moved to the right, or to the left."""
    first, *rest = text.splitlines(True)
    return first + "".join(_moved(line, by) for line in rest)


def _moved(line: str, by: int) -> str:
    if not line.strip():
        return line
    return " " * by + line if by > 0 else line[min(-by, len(line) - len(line.lstrip(" "))) :]
