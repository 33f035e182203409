"""On which line and in which column does an offset of a text stand?"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from crmflow.core.diagnostic import Position


class Lines:
    """Offsets to lines and columns, in the text as its author wrote it: before quotes were put in."""

    def __init__(self, text: str, inserted: Sequence[int] = ()) -> None:
        self.starts = [0, *(match.end() for match in re.finditer(r"\r\n|\n|\r", text))]
        self.inserted = [at + n for n, at in enumerate(inserted)]

    def position(self, offset: int) -> Position:
        offset -= bisect_left(self.inserted, offset)
        line = bisect_right(self.starts, offset)
        return Position(line, offset - self.starts[line - 1] + 1)
