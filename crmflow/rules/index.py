"""Which rows of a long table may fire for these values of its columns?

A set of rows is an int with a bit a row, the first row the highest, so that a few operations answer, however
many rows there are. Each column has an axis: its possible values fall into pieces, and each piece has the set
of the rows whose cell takes it. What a cell takes is known where it consists of constants; any other cell is
asked row by row, of the rows that all columns leave.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from crmflow.rules.feel import Expression, tree
from crmflow.rules.feel.code import Kind, kind_of, plain
from crmflow.rules.feel.fold import folded

AXIS_BITS: Final = 25_000_000 * 8  # that the sets of one axis take; beyond them neighbouring pieces share one
POINTS: Final = ("string", "boolean")
CLASSES: Final[Mapping[Kind, tuple[type, ...]]] = {
    "number": (Decimal, int),
    "string": (str,),
    "boolean": (bool,),
    "date": (date,),
    "duration": (timedelta,),
}


@dataclass(frozen=True, slots=True)
class Span:
    """Values from low to high; an end that is None is open to that side."""

    low: Any
    low_included: bool
    high: Any
    high_included: bool

    def __contains__(self, value: Any) -> bool:
        if self.low is not None and not (value >= self.low if self.low_included else value > self.low):
            return False
        return self.high is None or bool(value <= self.high if self.high_included else value < self.high)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a cell takes: the values in the spans, or with `inverse` all others; and null or not."""

    spans: tuple[Span, ...]
    inverse: bool
    null: bool

    def takes(self, value: object) -> bool:
        if value is None:
            return self.null
        for span in self.spans:
            if value in span:
                return not self.inverse
        return self.inverse


class Axis:
    """The cells of one column, by the bit of their row; `kind` is that of the column's values.

    `breaks` are the values at which a cell begins or ends. The axis has pieces: in turn what lies below a
    break, and the break itself; 2 ** `shift` neighbours share one set. `at` is the set of each break, where
    values are mostly those that cells name.
    """

    def __init__(self, kind: Kind, cells: Mapping[int, Taken], others: int, count: int) -> None:
        """`others`, of all `count` rows, are let through: those without a cell or with an unread one."""
        self.cells, self.others = cells, others
        self.null = others | _set_of(bit for bit, cell in cells.items() if cell.null)
        ends = {end for cell in cells.values() for span in cell.spans for end in (span.low, span.high)}
        self.breaks = sorted(ends - {None})
        breaks: tuple[list[Any], type | None] = self.breaks, None
        self.by_class = dict.fromkeys(CLASSES[kind], breaks)
        if kind == "number":
            whole = all(each == int(each) for each in self.breaks)
            self.by_class[int] = ([*map(int, self.breaks)], None) if whole else (self.breaks, Decimal)
        self.shift = 0
        while (2 * len(self.breaks) >> self.shift) * count > AXIS_BITS:
            self.shift += 1
        self.pieces = self._filled((2 * len(self.breaks) >> self.shift) + 1)
        points = enumerate(self.breaks) if kind in POINTS else ()
        self.at = {each: self.pieces[(2 * n + 1) >> self.shift] for n, each in points}

    def takes(self, bit: int, value: object) -> bool:
        """Whether one row takes a value, to be asked where pieces share a set."""
        cell = self.cells.get(bit)
        return cell is None or cell.takes(value)

    def _filled(self, count: int) -> list[int]:
        """The set of rows of each piece: a row enters where one of its spans begins and leaves behind it."""
        entering: list[list[int]] = [[] for _ in range(count + 1)]
        leaving: list[list[int]] = [[] for _ in range(count + 1)]
        place = {each: n for n, each in enumerate(self.breaks)}
        for bit, cell in self.cells.items():
            for first, last in self._stretches(cell, place):
                entering[first >> self.shift].append(bit)
                leaving[(last >> self.shift) + 1].append(bit)
        pieces = []
        inside: dict[int, int] = {}
        rows = self.others
        for piece in range(count):
            for bit in leaving[piece]:
                inside[bit] -= 1
                rows ^= (not inside[bit]) << bit
            for bit in entering[piece]:
                rows |= 1 << bit
                inside[bit] = inside.get(bit, 0) + 1
            pieces.append(rows)
        return pieces

    def _stretches(self, cell: Taken, place: Mapping[Any, int]) -> Iterator[tuple[int, int]]:
        """The pieces that a cell takes, before neighbours are joined, each first and last."""
        last = 2 * len(self.breaks)
        begins = []
        for span in cell.spans:
            low = 0 if span.low is None else 2 * place[span.low] + 2 - span.low_included
            high = last if span.high is None else 2 * place[span.high] + span.high_included
            if low <= high:
                begins.append((low, high))
        if not cell.inverse:
            yield from begins
            return
        free = 0
        for low, high in sorted(begins):
            if free < low:
                yield free, low - 1
            free = max(free, high + 1)
        if free <= last:
            yield free, last


class Index:
    """The axes of a table's columns, and of each row the cells that none of them can read."""

    def __init__(self, columns: Sequence[Expression], rows: Sequence[Mapping[int, Expression]]) -> None:
        """A row has its cells by column."""
        self.last = len(rows) - 1
        self.unread = [dict(cells) for cells in rows]
        self.axes: list[tuple[int, Axis]] = []  # each with its column
        for n, column in enumerate(columns):
            cells = {row: each[n] for row, each in enumerate(rows) if n in each}
            kind = kind_of(column.type) or _kind_of_cells(cells.values())
            if kind is not None and kind in CLASSES:
                self._add(n, kind, cells)
        self._asked = [
            (n, axis.null, axis.at, axis.by_class, axis.pieces, axis.shift) for n, axis in self.axes
        ]
        self._unsure = [(n, axis) for n, axis in self.axes if axis.shift]

    def _add(self, n: int, kind: Kind, cells: Mapping[int, Expression]) -> None:
        """The axis of a column of which at least one cell can be read."""
        known: dict[str, Taken | None] = {}
        taken: dict[int, Taken] = {}
        for row, cell in cells.items():
            if cell.text not in known:
                known[cell.text] = read_cell(cell, kind)
            found = known[cell.text]
            if found is not None:
                taken[self.last - row] = found
                del self.unread[row][n]
        if taken:
            others = _set_of(bit for bit in range(self.last + 1) if bit not in taken)
            self.axes.append((n, Axis(kind, taken, others, self.last + 1)))

    def rows(self, values: Sequence[Any]) -> int | None:
        """The rows that may fire; None where a value is not of its column's kind."""
        rows = -1  # all
        for n, null, points, by_class, pieces, shift in self._asked:
            value = values[n]
            if value is None:
                rows &= null
                continue
            found = by_class.get(value.__class__)
            if found is None:
                return None
            if value in points:
                rows &= points[value]
                continue
            breaks, convert = found
            if convert is not None:
                value = convert(value)
            at = bisect_left(breaks, value)
            rows &= pieces[(2 * at + (at < len(breaks) and breaks[at] == value)) >> shift]
        return rows

    def places(self, rows: int, values: Sequence[Any]) -> Iterator[int]:
        """The places of the rows of a set, in their order, without those that refuse a value after all."""
        while rows:
            bit = rows.bit_length() - 1
            rows ^= 1 << bit
            for n, axis in self._unsure:
                if not axis.takes(bit, values[n]):
                    break
            else:
                yield self.last - bit


def _set_of(bits: Iterable[int]) -> int:
    found = 0
    for bit in bits:
        found |= 1 << bit
    return found


def _kind_of_cells(cells: Iterable[Expression]) -> Kind | None:
    """That of the first constant, where the column's own type is not known."""
    literals = (node for cell in cells for node in tree.walk(cell.tree) if isinstance(node, tree.Literal))
    return next((kind for each in literals if (kind := plain(each.value)[1]) in CLASSES), None)


def read_cell(cell: Expression, kind: Kind) -> Taken | None:
    """What a cell of constants takes; None for any other cell."""
    node = cell.tree
    if isinstance(node, tree.Literal):  # `-`
        return Taken((), inverse=True, null=True) if node.value is True else None
    inverse = isinstance(node, tree.Not)
    if isinstance(node, tree.Not):
        node = node.operand
    if not isinstance(node, tree.In) or not isinstance(node.value, tree.Variable):
        return None
    spans: list[Span] = []
    for test in node.tests:
        found = _spans(test, kind)
        if found is None:
            return None
        spans += found
    return Taken(tuple(spans), inverse, cell.evaluate({}) is True)


def _spans(test: tree.Node, kind: Kind) -> list[Span] | None:
    """The values of a kind that pass a test; null is asked for apart."""
    match test:
        case tree.OperatorTest():
            end = _constant(test.right, kind)
            return None if end is None else _beside(test.operator, end)
        case tree.ValueTest(expression=tree.Range() as range):
            return _between(range, kind)
        case tree.ValueTest(expression=tree.ListOf() as items):
            values = [_constant(item, kind) for item in items.items]
            return None if None in values else [Span(value, True, value, True) for value in values]
        case tree.ValueTest():
            value = _constant(test.expression, kind)
            return None if value is None else [Span(value, True, value, True)]
    return None


def _beside(operator: str, end: object) -> list[Span]:
    """The values for which `value operator end` is true."""
    match operator:
        case "=":
            return [Span(end, True, end, True)]
        case "!=":
            return [Span(None, False, end, False), Span(end, False, None, False)]
        case "<" | "<=":
            return [Span(None, False, end, operator == "<=")]
    return [Span(end, operator == ">=", None, False)]


def _between(range: tree.Range, kind: Kind) -> list[Span] | None:
    """None for a range that is none: its values are unknown."""
    low, high = (None if end is None else _constant(end, kind) for end in (range.low, range.high))
    if (range.low is not None and low is None) or (range.high is not None and high is None):
        return None
    if low is not None and high is not None and not low <= high:
        return None
    return [Span(low, range.low_included, high, range.high_included)]


def _constant(node: tree.Node, kind: Kind) -> Any:
    """The value of a constant of a kind, as contexts have it; None for anything else."""
    literal = folded(node)
    if literal is None:
        return None
    value, found = plain(literal.value)
    return value if found == kind else None
