"""What in a model cannot be used, though the rest can? (such a text or type counts as null or Any)"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from crmflow.core.diagnostic import Diagnostic, Position
from crmflow.errors import FeelError
from crmflow.rules.dmn.boxed import Text

Read = TypeVar("Read")


class Notices:
    """Gathers what was met in one file, each with its place."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Diagnostic] = []
        self._met: set[tuple[str, Position]] = set()

    def add(
        self, code: str, where: Text | None, start: int = 0, end: int | None = None, **parts: object
    ) -> None:
        """A notice about [start, end) of a text, once however often the text is read."""
        if where is None:
            where = Text("", Position(1, 1))
        begins, ends = place(where, start), place(where, len(where.text) if end is None else end)
        if (code, begins) not in self._met:
            self._met.add((code, begins))
            self.found.append(Diagnostic(code, self.file, begins, ends, parts))

    def read(self, where: Text, parse: Callable[[], Read]) -> Read | None:
        """What `parse` reads; None with a notice where it cannot."""
        try:
            return parse()
        except FeelError as error:
            self.add(error.code, where, error.start, error.end, **error.parts)
            return None


def place(text: Text, offset: int) -> Position:
    """Where a sign of a text stands in its file."""
    before = text.text[:offset]
    lines = before.count("\n")
    column = len(before) - (before.rfind("\n") + 1)
    if lines:
        return Position(text.start.line + lines, column + 1)
    return Position(text.start.line, text.start.column + column)
