"""How are the rows of a rule file's list added, moved and deleted, with the comments that stand there?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from crmflow.rules.patch.marks import Marks, Splice, screen_width
from crmflow.rules.source import Path

Order = Sequence[int | str]
"""The rows as they shall be: the number of a row that stands there, or the text of a new one."""


@dataclass(slots=True)
class Chunk:
    """A row's lines, and the comments and blank lines above it."""

    above: str
    body: str


def rearranged(marks: Marks, path: Path, order: Order) -> list[Splice]:
    """The rows of the list at `path` in this order. A row takes along the comments above it and behind it;
    those above a deleted row stay."""
    numbers = range(len(marks.keys(path)))
    if list(order) == list(numbers):
        return []
    start, end = marks.span(path)
    if marks.text[start] == "[":
        return [Splice(start + 1, end - 1, _in_brackets(marks, path, order))]
    chunks = _chunks(marks, path)
    begin = marks.line(_dash(marks, path, 0))[0]
    stop = begin + sum(len(chunk.above) + len(chunk.body) for chunk in chunks)
    return [Splice(begin, stop, _in_lines(marks, path, chunks, order))]


def new_row(marks: Marks, path: Path, cells: Sequence[str]) -> str:
    """A row of cells, each as YAML, set below the columns of the rows at `path` where they are aligned."""
    widths = _widths(marks, path, len(cells))
    pieces = []
    for text, width in zip(cells[:-1], widths, strict=False):
        pieces.append(text + "," + " " * max(1, width - screen_width(text)))
    return f"[{''.join(pieces)}{cells[-1]}]"


def new_item(marks: Marks, path: Path, values: Mapping[Path, str]) -> str:
    """A row of keys and values, each value as YAML: in lines like the rows at `path`, else in brackets."""
    rows = marks.keys(path)
    start = marks.span(rows[0])[0]
    if marks.text[start] == "{" or marks.in_brackets((*path, 0)):
        return _keys_in_brackets(values)
    margin = marks.newline + " " * (start - marks.line(start)[0])
    first = marks.keys(rows[0])[0]
    width = marks.span(first)[0] - marks.key_start(first)
    lines = []
    for key, inner in _by_first_key(values).items():
        text = inner[()] if () in inner else _keys_in_brackets(inner)
        lines.append(f"{key}:".ljust(width - 1) + f" {text}")
    return margin.join(lines)


def _keys_in_brackets(values: Mapping[Path, str]) -> str:
    pieces = []
    for key, inner in _by_first_key(values).items():
        pieces.append(f"{key}: {inner[()] if () in inner else _keys_in_brackets(inner)}")
    return f"{{{', '.join(pieces)}}}"


def _by_first_key(values: Mapping[Path, str]) -> Mapping[str, Mapping[Path, str]]:
    grouped: dict[str, dict[Path, str]] = {}
    for path, text in values.items():
        grouped.setdefault(str(path[0]), {})[path[1:]] = text
    return grouped


def _widths(marks: Marks, path: Path, count: int) -> list[int]:
    """How far apart the columns of the last one-line row in brackets stand; 0 where there is none."""
    for row in reversed(marks.keys(path)):
        starts = [marks.span(each)[0] for each in marks.keys(row)]
        line = marks.text[starts[0] : starts[-1]] if starts else "\n"
        if "\n" not in line and len(starts) == count:
            gaps = pairwise(starts)
            widths = [screen_width(marks.text[left:right]) - 1 for left, right in gaps]
            is_aligned = ",  " in line
            return widths if is_aligned else [0] * (count - 1)
    return [0] * (count - 1)


def _dash(marks: Marks, path: Path, number: int) -> int:
    return marks.text.rfind("-", 0, marks.span((*path, number))[0] + 1)


def _chunks(marks: Marks, path: Path) -> list[Chunk]:
    """The list's rows in lines of their own; what stands above the first one is not of the list."""
    chunks: list[Chunk] = []
    last = 0
    for number, row in enumerate(marks.keys(path)):
        start, _ = marks.line(_dash(marks, path, number))
        end = marks.line(max(marks.span(row)[1] - 1, start))[1]
        above = marks.text[last:start] if chunks else ""
        chunks.append(Chunk(above, marks.text[start:end]))
        last = end
    return chunks


def _in_lines(marks: Marks, path: Path, chunks: list[Chunk], order: Order) -> str:
    kept = [each for each in order if isinstance(each, int)]
    left_over = ""
    for number, chunk in enumerate(chunks):
        if number not in kept:
            left_over += chunk.above
        elif left_over:
            chunk.above, left_over = left_over + chunk.above, ""
    first = marks.span((*path, 0))[0]
    margin = marks.text[marks.line(first)[0] : first]
    lines = []
    for each in order:
        chunk = chunks[each] if isinstance(each, int) else Chunk("", margin + each + marks.newline)
        body = chunk.body if chunk.body.endswith("\n") else chunk.body + marks.newline
        lines.append(chunk.above + body)
    return "".join(lines) + left_over


def _in_brackets(marks: Marks, path: Path, order: Order) -> str:
    """The inside of a list in brackets; what stood between two rows stays where they still follow each other,
    and comments that stood elsewhere come last."""
    spans = [marks.span(row) for row in marks.keys(path)]
    start, end = marks.span(path)
    if not spans:
        return ", ".join(str(each) for each in order)
    between = [marks.text[a[1] : b[0]] for a, b in pairwise(spans)]
    usual = Counter(each for each in between if "#" not in each).most_common(1)
    separator = usual[0][0] if usual else ", "
    pieces = [marks.text[start + 1 : spans[0][0]]]
    used = set()
    for n, each in enumerate(order):
        before = order[n - 1] if n else None
        if n and isinstance(before, int) and each == before + 1:
            used.add(before)
            pieces.append(between[before])
        elif n:
            pieces.append(separator)
        pieces.append(each if isinstance(each, str) else marks.text[slice(*spans[each])])
    lost = [each for n, each in enumerate(between) if n not in used and "#" in each]
    pieces += [each[: each.index("#")].replace(",", "") + each[each.index("#") :] for each in lost]
    return "".join([*pieces, marks.text[spans[-1][1] : end - 1]])
