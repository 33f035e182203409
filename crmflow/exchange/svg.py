"""How are the report's charts drawn? Pure functions from numbers to SVG, coloured by the page's style."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from unicodedata import east_asian_width

WIDTH = 560
FONT = 13

ROW = 26
BAR = 16
HEADING = 30
LABELS = 190  # widest column of labels
VALUES = 64  # room for the number behind a bar

PLOT = (44, 34, 500, 270)  # left, top, width, height of the curve's plot
POINTS = 200  # a curve needs no more


@dataclass(frozen=True, slots=True)
class Group:
    """Bars under one heading: (label, value)."""

    heading: str
    bars: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Words:
    """What stands on a chart of a curve."""

    title: str
    description: str
    across: str
    up: str
    equal: str
    mark: str


def bars(groups: Sequence[Group], title: str, description: str) -> str:
    """Horizontal bars on one scale, each with its label before and its value behind."""
    rows = [bar for group in groups for bar in group.bars]
    largest = max([value for _, value in rows], default=0)
    labels = min(LABELS, max([text_width(label) for label, _ in rows], default=0)) + 12
    scale = (WIDTH - labels - VALUES) / max(largest, 1)
    parts: list[str] = []
    y = 0.0
    for group in groups:
        if group.heading:
            parts.append(text(0, y + 19, fit(group.heading, WIDTH), "heading", full=group.heading))
            y += HEADING
        for label, value in group.bars:
            parts += bar(y, labels, label, value, scale)
            y += ROW
        y += 8
    return frame(y - 8, title, description, parts)


def bar(y: float, labels: float, label: str, value: int, scale: float) -> Iterator[str]:
    """One row of a bar chart, its top at `y`."""
    middle = y + ROW / 2
    yield text(labels - 12, middle + 4.5, fit(label, LABELS), "label end", full=label)
    width = max(value * scale, 1.5 if value else 0)
    top = middle - BAR / 2
    yield f'<rect class="bar" x="{labels:.1f}" y="{top:.1f}" width="{width:.1f}" height="{BAR}" rx="3"/>'
    yield text(labels + width + 8, middle + 4.5, f"{value:,d}", "value")


def curve(points: Sequence[tuple[float, float]], words: Words) -> str:
    """A curve of two shares, both 0–1, over the diagonal of equal shares, with a point marked at a fifth."""
    left, top, width, height = PLOT
    places = [(left + x * width, top + (1 - y) * height) for x, y in thin(points)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    parts = list(grid())
    parts.append(text(0, 14, words.up, "label"))
    parts.append(text(left + width, top + height + 38, words.across, "label end"))
    parts.append(
        f'<line class="equal" x1="{left}" y1="{top + height}" x2="{left + width}" y2="{top}"/>'
        f'<polygon class="area" points="{left},{top + height} {line} {left + width},{top + height}"/>'
        f'<polyline class="curve" points="{line}"/>'
    )
    parts.append(text(left + 0.53 * width, top + 0.55 * height, words.equal, "label"))
    share = at(points, 0.2)
    x, y = left + 0.2 * width, top + (1 - share) * height
    parts.append(f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="5"/>')
    parts.append(text(x + 14, y + 22, words.mark.format(share=f"{share:.1%}"), "heading"))
    return frame(top + height + 46, words.title, words.description, parts)


def grid() -> Iterator[str]:
    """Lines and labels at each fifth of a curve's plot."""
    left, top, width, height = PLOT
    for step in range(6):
        x, y = left + width * step / 5, top + height * (1 - step / 5)
        yield f'<line class="grid" x1="{left}" y1="{y:.1f}" x2="{left + width}" y2="{y:.1f}"/>'
        yield text(left - 8, y + 4, f"{step * 20}%", "tick end")
        yield text(x, top + height + 18, f"{step * 20}%", "tick middle")


def frame(height: float, title: str, description: str, parts: Sequence[str]) -> str:
    """The picture, which is read aloud as its title and description."""
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>{''.join(parts)}</svg>"
    )


def text(x: float, y: float, words: str, look: str, full: str | None = None) -> str:
    """A line of text; `full` is shown by the pointer where the words are cut short."""
    hint = f"<title>{escape(full)}</title>" if full and full != words else ""
    return f'<text class="{look}" x="{x:.1f}" y="{y:.1f}">{escape(words)}{hint}</text>'


def text_width(words: str) -> float:
    """About how wide a text is drawn: Chinese characters are square, others a little over half as wide."""
    return sum(FONT * (1.0 if east_asian_width(sign) in "WF" else 0.62) for sign in words)


def fit(words: str, limit: float) -> str:
    """The text, cut short with an ellipsis where it is too wide."""
    if text_width(words) <= limit:
        return words
    while words and text_width(words + "…") > limit:
        words = words[:-1]
    return words + "…"


def thin(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most about POINTS of the points, the first and the last among them."""
    step = max(1, len(points) // POINTS)
    return [*points[:-1:step], points[-1]]


def at(points: Sequence[tuple[float, float]], x: float) -> float:
    """The height of a curve at `x`, between its points in a straight line."""
    for (x0, y0), (x1, y1) in pairwise(points):
        if x0 <= x <= x1 and x1 > x0:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return points[-1][1]
