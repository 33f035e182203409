"""On which line and in which column does an offset of a text stand?"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from crmflow.core.diagnostic import Edit, Position


class Lines:
    """Offsets to lines and columns, in the text as its author wrote it: before quotes were put in."""

    def __init__(self, text: str, inserted: Sequence[int] = ()) -> None:
        self.starts = [0, *(match.end() for match in re.finditer(r"\r\n|\n|\r", text))]
        self.inserted = [at + n for n, at in enumerate(inserted)]

    def position(self, offset: int) -> Position:
        offset -= bisect_left(self.inserted, offset)
        line = bisect_right(self.starts, offset)
        return Position(line, offset - self.starts[line - 1] + 1)

    def offset(self, position: Position) -> int:
        """Where a line and column stand in the text; the other way round, where nothing was put in."""
        return self.starts[position.line - 1] + position.column - 1


def applied(text: str, edits: Iterable[Edit]) -> str:
    """The text with its edits, which do not overlap."""
    lines = Lines(text)
    spans = sorted({(lines.offset(edit.start), lines.offset(edit.end), edit.text) for edit in edits})
    for start, end, new in reversed(spans):
        text = text[:start] + new + text[end:]
    return text
