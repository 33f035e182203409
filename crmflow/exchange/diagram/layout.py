"""Where does each state of a chart stand in a drawing, and which way do its moves take?

The states stand one below another, as the file has them. A move to the next one is an arrow between the two;
any other leaves on the right to a state further down, on the left to one above, and all that lead to the same
state share one lane at the side.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from crmflow.core.chart import Chart, Move
from crmflow.exchange.diagram.words import Words

Side = Literal["right", "left"]
LINE, SMALL = 17, 14  # the height of a line of a title, and of anything else
TITLE_SIZE, SMALL_SIZE = 14, 11
BOX, LABEL, LANE = 230, 190, 16  # widths: of a state, of a label, of a lane
PADDING, GAP, ENTRY = 9, 34, 14
MARGIN, INDENT = 16, 10


@dataclass(slots=True)
class Exit:
    """A move that leaves a state for a lane: its words, and how far below the top of the state."""

    move: Move
    lines: Sequence[str]
    to: str
    y: float = 0


@dataclass(slots=True)
class Row:
    """A state, or the head of an outer one (`outer`), `depth` states deep."""

    id: str
    lines: Sequence[str]
    title: Sequence[str]
    depth: int = 0
    outer: bool = False
    branches: Sequence[tuple[Sequence[str], Sequence[str]]] = ()
    exits: dict[Side, list[Exit]] = field(default_factory=lambda: {"right": [], "left": []})
    entered: set[Side] = field(default_factory=set)
    onward: list[Exit] = field(default_factory=list)
    y: float = 0
    height: float = 0

    @property
    def below(self) -> float:
        """The room below it for the moves to the next state."""
        return GAP / 2 + sum(SMALL * len(each.lines) + 8 for each in self.onward) + (GAP / 2 - 8)


@dataclass(slots=True)
class Lane:
    """What leads to one state on one side, `place` lanes from the states, between two heights."""

    to: str
    side: Side
    top: float
    bottom: float
    entry: float
    place: int = 0


@dataclass(slots=True)
class Layout:
    """A drawing of `width` × `height` units. `left` is where the states begin."""

    rows: Sequence[Row]
    lanes: Sequence[Lane]
    width: float
    height: float
    left: float

    @property
    def right(self) -> float:
        """Where the states end."""
        return self.left + BOX

    def lane_x(self, lane: Lane) -> float:
        away = LABEL + LANE * (lane.place + 1)
        return self.right + away if lane.side == "right" else self.left - away


def lay_out(chart: Chart, words: Words) -> Layout:
    """Room for every word: rows are as high as what they say and what leaves them."""
    rows = list(_rows(chart, words))
    places = {row.id: n for n, row in enumerate(rows)}
    for move in chart.moves:
        for source in dict.fromkeys(move.outer.get(state, state) for state in move.sources):
            _lead(rows, places, words, source, move)
    y: float = MARGIN + 3 * LINE
    for row in rows:
        row.y = y
        _fill(row)
        y += row.height + row.below
    lanes = [lane for side in ("right", "left") for lane in _lanes(rows, places, side)]
    beside = {side: max((lane.place + 1 for lane in lanes if lane.side == side), default=0) for side in SIDES}
    room = {side: (LABEL + LANE * (beside[side] + 1)) if beside[side] else 0 for side in SIDES}
    indent = INDENT * (1 + max(row.depth for row in rows))
    left = MARGIN + indent + room["left"]
    width = left + BOX + indent + max(room["right"], LABEL / 2) + MARGIN
    return Layout(rows, lanes, width, y + MARGIN - GAP / 2, left)


SIDES: tuple[Side, Side] = ("right", "left")


def _rows(chart: Chart, words: Words) -> Iterable[Row]:
    said: set[str] = set()
    for id, state in chart.states.items():
        if state.branch_of is not None:
            continue
        for depth, outer in enumerate(reversed(state.around)):
            if outer not in said:
                said.add(outer)
                yield Row(outer, (), wrap(_title(words, outer), BOX, TITLE_SIZE), depth, outer=True)
        about = [line for each in words.about(state) for line in wrap(each, BOX - 2 * PADDING, SMALL_SIZE)]
        branches = [
            (
                wrap(_title(words, branch), BOX - 5 * PADDING, SMALL_SIZE),
                [
                    line
                    for each in words.about(chart.states[branch])
                    for line in wrap(each, BOX - 5 * PADDING, SMALL_SIZE)
                ],
            )
            for branch in state.branches
        ]
        title = wrap(_title(words, id), BOX - 2 * PADDING, TITLE_SIZE)
        yield Row(id, about, title, len(state.around), branches=branches)


def _title(words: Words, id: str) -> str:
    other = words.other_title(id)
    return f"{words.title(id)} {other}" if other else words.title(id)


def _lead(rows: Sequence[Row], places: dict[str, int], words: Words, source: str, move: Move) -> None:
    """Puts a move where it leaves its state."""
    to = move.enters or move.to
    says = [words.on(move), *words.conditions(move)]
    lines = [line for each in says for line in wrap(each, LABEL - PADDING, SMALL_SIZE)]
    row, away = rows[places[source]], places[to] - places[source]
    leaves = Exit(move, lines, to)
    if away == 1 and not row.outer:
        row.onward.append(leaves)
        return
    side: Side = "right" if away > 0 else "left"
    row.exits[side].append(leaves)
    rows[places[to]].entered.add(side)


def _fill(row: Row) -> None:
    """How high a row is, and at which heights its moves leave it."""
    words = LINE * len(row.title) + SMALL * len(row.lines) + 2 * PADDING
    inner = sum(SMALL * (len(title) + len(lines)) + 2 * PADDING for title, lines in row.branches)
    heights: list[float] = [words + inner]
    for side in SIDES:
        y: float = ENTRY if side in row.entered else 0
        for each in row.exits[side]:
            y += SMALL * len(each.lines) + 6
            each.y = y
        heights.append(y + PADDING if row.exits[side] else y + PADDING / 2)
    row.height = max(heights)


def _lanes(rows: Sequence[Row], places: dict[str, int], side: Side) -> list[Lane]:
    """A lane for each state that is entered on this side; one that is shorter lies further in."""
    reach: dict[str, list[float]] = {}
    for row in rows:
        for each in row.exits[side]:
            reach.setdefault(each.to, []).append(row.y + each.y)
    lanes = []
    for to, heights in reach.items():
        entry = rows[places[to]].y + ENTRY - 3
        lanes.append(Lane(to, side, min(entry, *heights), max(entry, *heights), entry))
    lanes.sort(key=lambda lane: lane.bottom - lane.top)
    taken: list[list[Lane]] = []
    for lane in lanes:
        free = (n for n, others in enumerate(taken) if not any(_overlap(lane, each) for each in others))
        lane.place = next(free, len(taken))
        if lane.place == len(taken):
            taken.append([])
        taken[lane.place].append(lane)
    return lanes


def _overlap(one: Lane, other: Lane) -> bool:
    return one.top <= other.bottom + 4 and other.top <= one.bottom + 4


def wrap(text: str, width: float, size: float) -> list[str]:
    """Lines that fit: broken at blanks, or behind any sign of Chinese."""
    lines, line = [], ""
    for piece in _pieces(text):
        if line.strip() and wide(line + piece.rstrip(), size) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece if line or piece.strip() else ""
    return [*lines, line.rstrip()] if line.strip() else lines or [""]


def _pieces(text: str) -> Iterable[str]:
    """What is not broken: a word with the blank behind it, a Chinese sign."""
    word = ""
    for sign in text:
        if sign == " ":
            yield word + sign
            word = ""
        elif ord(sign) > 0x2E80:
            yield from (word, sign)
            word = ""
        else:
            word += sign
    yield word


def wide(text: str, size: float) -> float:
    """About how wide a text is: a Chinese sign is as wide as it is high, others a little over half."""
    return sum(size if ord(sign) > 0x2E80 else size * 0.56 for sign in text)
