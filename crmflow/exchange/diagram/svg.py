"""How does a chart look as a drawing (SVG), which a browser shows and a document takes in?"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from crmflow.core.chart import Chart
from crmflow.exchange.diagram.layout import (
    BOX,
    INDENT,
    LABEL,
    LINE,
    MARGIN,
    PADDING,
    SMALL,
    Exit,
    Lane,
    Layout,
    Row,
    Side,
    lay_out,
)
from crmflow.exchange.diagram.words import Words

COLOURS = ("#2563eb", "#b45309", "#15803d", "#be185d", "#6d28d9", "#0f766e", "#a16207", "#475569")
"""Of lanes, by the state to which they lead."""
DASHED = frozenset({"after", "at", "change"})
"""What nobody does: it comes with time, or with what is known."""
STYLE = """
text{font:11px system-ui,"Noto Sans CJK SC","Microsoft YaHei","PingFang SC",sans-serif;fill:#334155}
.title{font-size:14px;font-weight:600;fill:#0f172a}.name{font-size:20px;font-weight:600;fill:#0f172a}
.when{font-weight:600;fill:#0f172a}.box{fill:#f8fafc;stroke:#64748b;stroke-width:1.2}
.start{stroke:#15803d;stroke-width:2.2}.end{fill:#e2e8f0;stroke:#0f172a;stroke-width:2.2}
.branch{fill:#fff;stroke:#94a3b8}.outer{fill:none;stroke:#94a3b8;stroke-dasharray:6 4}
.move{fill:none;stroke-width:1.5}.dashed{stroke-dasharray:5 3}
"""


def svg(chart: Chart, language: str) -> str:
    """The drawing, which needs nothing else: no script, no font of its own."""
    return "\n".join(_Drawing(chart, language).lines()) + "\n"


class _Drawing:
    """A chart laid out, to be written piece by piece."""

    def __init__(self, chart: Chart, language: str) -> None:
        self.chart, self.words = chart, Words(chart, language)
        self.layout: Layout = lay_out(chart, self.words)
        self.colours = {row.id: COLOURS[n % len(COLOURS)] for n, row in enumerate(self.layout.rows)}

    def lines(self) -> Iterator[str]:
        layout, title = self.layout, self.words.text(self.chart.title)
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{layout.width:g}" height="{layout.height:g}" '
            f'viewBox="0 0 {layout.width:g} {layout.height:g}" role="img">'
        )
        yield f"<title>{escape(title)}</title><style>{STYLE.strip()}</style>"
        yield '<rect width="100%" height="100%" fill="#fff"/>'
        yield from self.arrowheads()
        yield f'<text class="name" x="{MARGIN}" y="{MARGIN + LINE}">{escape(title)}</text>'
        yield from self.outers()
        yield from map(self.lane, layout.lanes)
        for row, below in zip(layout.rows, [*layout.rows[1:], None], strict=True):
            yield from self.row(row)
            for side in ("right", "left"):
                for leaves in row.exits[side]:
                    yield from self.leaves(row, leaves, side)
            if below is not None and row.onward:
                yield from self.onward(row, below)
        yield "</svg>"

    def arrowheads(self) -> Iterator[str]:
        yield "<defs>"
        for n, colour in enumerate(COLOURS):
            yield (
                f'<marker id="to{n}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
                f'markerUnits="userSpaceOnUse" orient="auto">'
                f'<path d="M0,0L8,4L0,8z" fill="{colour}"/></marker>'
            )
        yield "</defs>"

    def outers(self) -> Iterator[str]:
        """A frame around the states that lie in an outer one."""
        rows = {row.id: row for row in self.layout.rows}
        for outer in self.chart.outers.values():
            inside = [rows[outer.id], *(rows[id] for id in outer.states)]
            top = min(row.y for row in inside) - PADDING
            bottom = max(row.y + row.height for row in inside) + PADDING
            out = INDENT * (max(row.depth for row in inside) - rows[outer.id].depth)
            yield (
                f'<rect class="outer" x="{self.layout.left - out:g}" y="{top:g}" rx="10" '
                f'width="{BOX + 2 * out:g}" height="{bottom - top:g}"/>'
            )

    def row(self, row: Row) -> Iterator[str]:
        left, y = self.layout.left, row.y
        if not row.outer:
            kinds = ["box"]
            kinds += ["start"] if row.id == self.chart.start else []
            kinds += ["end"] if self.chart.states[row.id].end else []
            yield (
                f'<rect class="{" ".join(kinds)}" x="{left:g}" y="{y:g}" width="{BOX}" '
                f'height="{row.height:g}" rx="8"/>'
            )
        y += PADDING / 2
        for line in row.title:
            y += LINE
            yield text(left + PADDING, y - 2, line, "title")
        for line in row.lines:
            y += SMALL
            yield text(left + PADDING, y, line)
        for title, lines in row.branches:
            height = SMALL * (len(title) + len(lines)) + PADDING
            yield (
                f'<rect class="branch" x="{left + PADDING}" y="{y + PADDING:g}" '
                f'width="{BOX - 2 * PADDING}" height="{height:g}" rx="5"/>'
            )
            y += PADDING
            for n, line in enumerate((*title, *lines)):
                yield text(left + 2 * PADDING, y + SMALL * (n + 1), line, "when" if n < len(title) else "")
            y += height

    def leaves(self, row: Row, leaves: Exit, side: Side) -> Iterator[str]:
        """A move from a state to its lane, its words above the line."""
        lane = next(each for each in self.layout.lanes if (each.to, each.side) == (leaves.to, side))
        y, x = row.y + leaves.y, self.layout.lane_x(lane)
        begin = self.layout.right if side == "right" else self.layout.left
        yield self.line(f"M{begin:g},{y:g}H{x:g}", leaves, leaves.to)
        at = begin + 6 if side == "right" else begin - LABEL + 2
        yield from self.label(at, y - 4 - SMALL * (len(leaves.lines) - 1), leaves)

    def lane(self, lane: Lane) -> str:
        """The way that all who go to a state take on one side."""
        x = self.layout.lane_x(lane)
        end = self.layout.right if lane.side == "right" else self.layout.left
        begin = lane.bottom if lane.entry <= lane.top + 0.01 else lane.top
        colour = self.colours[lane.to]
        edge = "" if begin == lane.entry else f"M{x:g},{begin:g}"
        return (
            f'<path class="move" stroke="{colour}" marker-end="url(#to{COLOURS.index(colour)})" '
            f'd="{edge or f"M{x:g},{lane.entry:g}"}V{lane.entry:g}H{end:g}"/>'
            + (
                f'<path class="move" stroke="{colour}" d="M{x:g},{lane.top:g}V{lane.bottom:g}"/>'
                if lane.top < lane.entry < lane.bottom
                else ""
            )
        )

    def onward(self, row: Row, below: Row) -> Iterator[str]:
        """The moves to the next state: one arrow, their words beside it."""
        x, top = self.layout.left + BOX / 4, row.y + row.height
        plain = min(row.onward, key=lambda each: each.move.trigger in DASHED)
        yield self.line(f"M{x:g},{top:g}V{below.y:g}", plain, below.id, arrow=True)
        y = top + GAP_ABOVE
        for each in row.onward:
            yield from self.label(x + 10, y, each)
            y += SMALL * len(each.lines) + 8

    def line(self, way: str, leaves: Exit, to: str, *, arrow: bool = False) -> str:
        colour = self.colours[to]
        dashed = " dashed" if leaves.move.trigger in DASHED else ""
        head = f' marker-end="url(#to{COLOURS.index(colour)})"' if arrow else ""
        return f'<path class="move{dashed}" stroke="{colour}"{head} d="{way}"/>'

    def label(self, x: float, y: float, leaves: Exit) -> Iterator[str]:
        for n, line in enumerate(leaves.lines):
            yield text(x, y + SMALL * n, line, "when" if n == 0 else "")


GAP_ABOVE = 20


def text(x: float, y: float, words: str, kind: str = "") -> str:
    """A line of words that begins at a place."""
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:g}" y="{y:g}">{escape(words)}</text>'
