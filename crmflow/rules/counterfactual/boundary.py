"""Which other values of a leaf are worth trying? Those next to where a comparison of the rule turns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import product
from math import floor
from operator import itemgetter
from typing import Any, Final

from crmflow.errors import FeelError
from crmflow.rules import feel
from crmflow.rules.context import Context
from crmflow.rules.counterfactual.leaf import Leaf, Leaves
from crmflow.rules.derive import anniversary
from crmflow.rules.feel import ContextType, Enumeration, Expression, ListType, MonthsDuration, Type, tree
from crmflow.rules.feel.evaluate import evaluate
from crmflow.rules.feel.steps import counted
from crmflow.rules.feel.tree import INPUT, Node
from crmflow.rules.feel.values import write

FARTHEST: Final = 2**40  # steps
ITEMS_MADE: Final = 60
OTHER: Final = "…"
"""A text that no rule names."""
DAY: Final = timedelta(days=1)
ORDERED: Final = {
    feel.number, feel.date, feel.date_time, feel.days_duration, feel.months_duration,
}  # fmt: skip
LOCAL: Final = tree.Quantified | tree.For | tree.Filter | tree.FunctionOf | tree.ContextOf
Cost = Decimal
Candidate = tuple[Cost, Any]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sides that a condition compares; `column` is what "?" stands for; `names` is all it depends on."""

    left: Node
    right: Node
    column: Expression | None
    names: frozenset[str]

    def sides(self, context: Mapping[str, object]) -> tuple[object, object]:
        env = counted(context)
        if self.column is not None:
            env[INPUT] = self.column.evaluate(context)
        return write(evaluate(self.left, env)), write(evaluate(self.right, env))


class Boundaries:
    """What some conditions compare, and the values of leaves next to which they turn."""

    def __init__(self, conditions: Iterable[tuple[Expression, Expression | None]], leaves: Leaves) -> None:
        self.leaves = leaves
        asked = list(conditions)
        columns = [column for _, column in asked if column is not None]
        names = leaves.closure(name for each, _ in asked for name in each.names)
        names |= leaves.closure(name for column in columns for name in column.names)
        asked += [(formula, None) for formula in leaves.formulas(names)]
        self.comparisons = tuple(
            Comparison(left, right, column, self._names(left, right, column))
            for each, column in asked
            for left, right in _compared(each.tree)
        )
        self.literals = _literals(node for each, _ in asked for node in tree.walk(each.tree))
        self.literals += [
            value for value in leaves.params.values() if isinstance(value, str | Decimal | date)
        ]
        self.reads_null = any(value is None for value in self.literals)
        self.fields = frozenset(
            node.name
            for each in (*(each for each, _ in asked), *columns)
            for node in tree.walk(each.tree)
            if isinstance(node, tree.Path | tree.Variable)
        )

    def _names(self, left: Node, right: Node, column: Expression | None) -> frozenset[str]:
        nodes = (*tree.walk(left), *tree.walk(right))
        named = {node.name for node in nodes if isinstance(node, tree.Variable)}
        if column is not None and INPUT in named:
            named |= column.names
        return self.leaves.closure(named - {INPUT})

    def candidates(self, leaf: Leaf, context: Context) -> list[Candidate]:
        """Other values of a leaf in a context, with their distance in steps, the nearest first."""
        now = leaf.value(context)
        found = {_key(value): value for value in self._values(leaf, leaf.type, now, context)}
        if self.reads_null and now is not None:
            found.setdefault("None", None)
        found.pop(_key(now), None)
        return sorted(((distance(leaf, now, value), value) for value in found.values()), key=itemgetter(0))

    def _values(self, leaf: Leaf, type: Type, now: Any, context: Context) -> Iterator[Any]:
        match type:
            case Enumeration(values=values):
                yield from values
            case ContextType():
                yield {} if now is None else None
                yield from self._other_sides(leaf, context, dict)
            case ListType(item=ContextType() as item):
                items = list(now or ())
                yield from (items[:place] + items[place + 1 :] for place in range(min(len(items), 5)))
                yield from ([*items, made] for made in self._items(item))
            case ListType():
                items = list(now or ())
                yield from (items[:place] + items[place + 1 :] for place in range(min(len(items), 5)))
                yield from ([*items, each] for each in self.literals if isinstance(each, str | Decimal))
        if type == feel.boolean:
            yield from (True, False)
        elif type == feel.string:
            yield from self._other_sides(leaf, context, str)
            yield from (each for each in self.literals if isinstance(each, str))
            yield OTHER
        elif type in ORDERED:
            yield from self._turns(leaf, type, now, context)
        elif type == feel.any_:
            yield from self._other_sides(leaf, context, object)
            yield from self.literals

    def _other_sides(self, leaf: Leaf, context: Context, kind: type) -> Iterator[Any]:
        """What the leaf is compared with."""
        for each in self.comparisons:
            if leaf.name in each.names:
                yield from (side for side in _sides(each, context) if isinstance(side, kind))

    def _items(self, item: ContextType) -> Iterator[dict[str, object]]:
        """New items of a list: every combination of the few values that a condition may ask of them."""
        fields = {name: field.type for name, field in item.fields.items() if name in self.fields}
        choices = [self._choices(type) for type in fields.values()]
        for number, values in enumerate(product(*choices)):
            if number == ITEMS_MADE:
                return
            yield dict(zip(fields, values, strict=True))

    def _choices(self, type: Type) -> list[Any]:
        match type:
            case Enumeration(values=values):
                named = [value for value in values if value in self.literals]
                return named or list(values[:1])
            case ContextType(fields=fields):
                read = {name: field.type for name, field in fields.items() if name in self.fields}
                return [
                    dict(zip(read, values, strict=True))
                    for values in product(*(self._choices(each) for each in read.values()))
                ]
        if type == feel.boolean:
            return [True, False]
        kind = Decimal if type == feel.number else str if type == feel.string else date
        return [each for each in self.literals if isinstance(each, kind)][:3] or [None]

    # where comparisons turn

    def _turns(self, leaf: Leaf, type: Type, now: Any, context: Context) -> Iterator[Any]:
        """The values on both sides of each place where two sides become equal, then those beside literals."""
        axis = Axis(leaf, type, now, context)
        places: dict[int, None] = {}
        for each in self.comparisons:
            if leaf.name in each.names:
                places |= dict.fromkeys(_roots(self._difference(each, leaf, context, axis), axis.start))
        for day in (*self._anniversaries(leaf, axis), *self.literals):
            if (place := axis.place(day)) is not None:
                places |= dict.fromkeys((place, place - 1, place + 1))
        if now is None:
            places |= dict.fromkeys((axis.start, axis.start - 1, axis.start + 1))
        yield from (value for place in places if (value := axis.value(place)) is not None)

    def _anniversaries(self, leaf: Leaf, axis: Axis) -> Iterator[date]:
        """The days of which today is the anniversary, about the year of the present value."""
        asked = any(fact.aggregate == "anniversary" and fact.of == leaf.name for fact in self.leaves.derived)
        born = axis.value(axis.start)
        for year in range(born.year - 1, born.year + 2) if asked and isinstance(born, date) else ():
            day = anniversary(axis.today, min(year, axis.today.year - 1))
            if isinstance(born, datetime):
                yield datetime.combine(day, born.timetz())
            else:
                yield day

    def _difference(
        self, comparison: Comparison, leaf: Leaf, context: Context, axis: Axis
    ) -> Callable[[int], Decimal | None]:
        """By how much the left side exceeds the right, at a place of the leaf; None where that is unknown."""

        def difference(place: int) -> Decimal | None:
            value = axis.value(place)
            if value is None:
                return None
            left, right = map(measure, _sides(comparison, self.leaves.changed(context, leaf, value)))
            return None if left is None or right is None else left - right

        return difference


class Axis:
    """The values of an ordered leaf as whole numbers: steps of a number, days, months."""

    def __init__(self, leaf: Leaf, type: Type, now: Any, context: Mapping[str, object]) -> None:
        self.leaf, self.type = leaf, type
        today = context.get("today")
        self.base = now if isinstance(now, datetime) else _moment(context.get("now"), today)
        self.today = today if isinstance(today, date) else date(2000, 1, 1)
        place = self.place(now)
        nothing = self.today.toordinal() if type == feel.date else 0
        self.start = nothing if place is None else place

    def place(self, value: object) -> int | None:
        """Where a value stands, or just above."""
        match value:
            case bool():
                return None
            case Decimal() | int() if self.type == feel.number:
                return floor(Decimal(value) / self.leaf.step)
            case datetime() if self.type == feel.date_time:
                return (value.astimezone(UTC) - self.base.astimezone(UTC)) // DAY
            case date() if self.type == feel.date and not isinstance(value, datetime):
                return value.toordinal()
            case timedelta() if self.type == feel.days_duration:
                return value // DAY
            case MonthsDuration() if self.type == feel.months_duration:
                return value.total
        return None

    def value(self, place: int) -> Any:
        """The value at a place; None beyond what there is."""
        try:
            match self.type:
                case feel.number:
                    number = place * self.leaf.step
                    low, high = self.leaf.least, self.leaf.most
                    inside = (low is None or number >= low) and (high is None or number <= high)
                    return number if inside else None
                case feel.date:
                    return date.fromordinal(place)
                case feel.date_time:
                    return self.base + place * DAY
                case feel.days_duration:
                    return place * DAY
            return MonthsDuration(place)
        except (OverflowError, ValueError):
            return None


def measure(value: object) -> Decimal | None:
    """An ordered value as a number, so that two of one type can be subtracted; None of any other."""
    match value:
        case bool():
            return None
        case Decimal():
            return value
        case datetime():
            since = (value if value.tzinfo else value.replace(tzinfo=UTC)) - datetime(1970, 1, 1, tzinfo=UTC)
            return Decimal(since // timedelta(microseconds=1))
        case date():
            return Decimal(value.toordinal())
        case timedelta():
            return Decimal(value // timedelta(microseconds=1))
        case MonthsDuration():
            return Decimal(value.total)
    return None


def distance(leaf: Leaf, now: Any, value: Any) -> Cost:
    """How far a value is from the present one, in the leaf's steps; 1 where there are none, 2 to lose it."""
    one = Decimal(1)
    if value is None:
        return one + one
    if now is None:
        return one
    if isinstance(leaf.type, Enumeration) and now in leaf.type.values and value in leaf.type.values:
        return Decimal(abs(leaf.type.values.index(value) - leaf.type.values.index(now)))
    if isinstance(value, list):
        return one + one
    here, there = measure(now), measure(value)
    if here is None or there is None:
        return one
    step = Decimal(DAY // timedelta(microseconds=1)) if isinstance(value, datetime | timedelta) else leaf.step
    return abs(there - here) / step


def _roots(difference: Callable[[int], Decimal | None], start: int) -> Iterator[int]:
    """The places around which a difference changes its sign: at once where it is linear, else by halving."""
    here = difference(start)
    beside = difference(start + 1)
    if here is None:
        return
    if beside is not None and beside != here:
        root = floor(start - here / (beside - here)) if abs(here) < FARTHEST * abs(beside - here) else start
        if _turns_between(difference(root), difference(root + 1)):
            yield from (root, root + 1, root - 1, root + 2)
            return
    for direction in (1, -1):
        yield from _halved(difference, start, here, direction)


def _halved(
    difference: Callable[[int], Decimal | None], start: int, here: Decimal, direction: int
) -> Iterator[int]:
    """The places around the nearest change of sign that doubling finds in one direction."""
    near, far = 0, 1
    while True:
        there = difference(start + direction * far)
        if there is None or far > FARTHEST:
            return
        if _turns_between(here, there):
            break
        near, far = far, far * 2
    while far - near > 1:
        middle = (near + far) // 2
        there = difference(start + direction * middle)
        if there is not None and not _turns_between(here, there):
            near = middle
        else:
            far = middle
    yield from (start + direction * place for place in (far, near, far + 1, near - 1))


def _turns_between(one: Decimal | None, other: Decimal | None) -> bool:
    return one is not None and other is not None and _sign(one) != _sign(other)


def _sign(number: Decimal) -> int:
    return (number > 0) - (number < 0)


def _compared(root: Node) -> Iterator[tuple[Node, Node]]:
    """The pairs that a tree compares, without what only means something inside a loop or filter."""
    match root:
        case tree.Comparison(left=left, right=right):
            yield left, right
        case tree.Between(value=value, low=low, high=high):
            yield from ((value, low), (value, high))
        case tree.In(value=value, tests=tests):
            for test in tests:
                yield from ((value, bound) for bound in _bounds(test))
    if not isinstance(root, LOCAL):
        for child in tree.children(root):
            yield from _compared(child)


def _bounds(test: Node) -> Iterator[Node]:
    """What a test compares its value with."""
    match test:
        case tree.OperatorTest(right=right):
            yield right
        case tree.ValueTest(expression=tree.Range(low=low, high=high)):
            yield from (end for end in (low, high) if end is not None)
        case tree.ValueTest(expression=tree.ListOf(items=items)):
            yield from items
        case tree.ValueTest(expression=expression, reads_input=False):
            yield expression
        case tree.Range(low=low, high=high):
            yield from (end for end in (low, high) if end is not None)


def _literals(nodes: Iterable[Node]) -> list[Any]:
    found: dict[str, Any] = {}
    for node in nodes:
        if isinstance(node, tree.Literal):
            value = write(node.value)
            found.setdefault(_key(value), value)
    return list(found.values())


def _sides(comparison: Comparison, context: Mapping[str, object]) -> tuple[object, object]:
    try:
        return comparison.sides(context)
    except FeelError:  # what takes too long has no value
        return None, None


def _moment(now: object, today: object) -> datetime:
    if isinstance(now, datetime):
        return now
    return datetime.combine(today if isinstance(today, date) else date(2000, 1, 1), time(), UTC)


def _key(value: object) -> str:
    return f"{value.normalize()}" if isinstance(value, Decimal) else repr(value)
