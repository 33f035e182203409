"""What do a customer's touchpoints and holdings amount to as of a moment? One pass gives all folds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from functools import partial, reduce
from itertools import pairwise
from operator import attrgetter
from typing import Any, Final, Literal, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from crmflow.core.field import Value
from crmflow.rules.fact import FOLDS, Fact
from crmflow.rules.feel import DECIMALS, Expression

OF_EVERY_ROW: Final = frozenset({"at", "kind", "unit", "staff", "channel"})
CORE: Final = "core"
IN_TURN: Final = attrgetter("at", "id")
AT: Final = attrgetter("at")


class Row(Protocol):
    """What is folded: a touchpoint or a holding."""

    @property
    def id(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def fields(self) -> Mapping[str, Value]: ...


Reader = Callable[[Row], Any]
Keep = Literal["all", "known", "gaps"]
KEEPS: Final[Mapping[str, Keep]] = {"first": "all", "last": "all", "median gap": "gaps"}


class Folded(NamedTuple):
    """The folds' values by fact name, and the earliest moment at which time alone may change one of them."""

    values: dict[str, object]
    flips_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Measure:
    """One fact over the values read: no value, or fewer than `at_least` read, give `otherwise`."""

    name: str
    at_least: int
    otherwise: object
    aggregate: Callable[[list[Any]], object]


@dataclass(frozen=True, slots=True)
class _Reading:
    """The values that some facts have in common: of every row, the known ones, or the days between those."""

    read: Reader
    keep: Keep
    measures: tuple[_Measure, ...]

    def values(self, rows: Sequence[Row], zone: tzinfo) -> list[Any]:
        read = self.read
        if self.keep == "all":
            return [read(row) for row in rows]
        known = [value for row in rows if (value := read(row)) is not None]
        return gaps(known, zone) if self.keep == "gaps" else known


class _Choice:
    """The rows that some facts of a pack share: of one source, in one window, meeting one condition."""

    def __init__(self, facts: Sequence[Fact], kinds: Iterable[str]) -> None:
        first, kinds = facts[0], frozenset(kinds)
        self.source = first.source
        self.over = first.over
        self._where = first.where
        self._of_kind: dict[str, bool] | None = None
        if first.where is not None:
            self._names = {name: _reader(name, first.pack, kinds) for name in first.where.names}
            if self._names.keys() <= {"kind"}:
                self._of_kind = _Kinds(first.where, first.pack, kinds)
        grouped: dict[tuple[str, Keep], list[Fact]] = {}
        for fact in facts:
            grouped.setdefault((fact.of, KEEPS.get(fact.aggregate, "known")), []).append(fact)
        self.readings = tuple(
            _Reading(_reader(of, first.pack, kinds), keep, tuple(map(_measure, alike)))
            for (of, keep), alike in grouped.items()
        )
        self.of_nothing = self.values((), UTC)

    def values(self, rows: Sequence[Row], zone: tzinfo) -> dict[str, object]:
        """The value of every fact over these rows."""
        values: dict[str, object] = {}
        for reading in self.readings:
            found = reading.values(rows, zone)
            for measure in reading.measures:
                value = measure.aggregate(found) if len(found) >= measure.at_least else None
                values[measure.name] = measure.otherwise if value is None else value
        return values

    def rows(self, rows: Sequence[Row], start: datetime | None, zone: ZoneInfo) -> Sequence[Row]:
        """Those after `start` for which the condition is true, in their order."""
        if start is not None:
            rows = rows[bisect_right(rows, start, key=AT) :]
        if self._of_kind is not None:
            known = self._of_kind
            return [row for row in rows if known[row.kind]]
        if self._where is not None:
            return [row for row in rows if self._meets(row, self._where, zone)]
        return rows

    def _meets(self, row: Row, where: Expression, zone: ZoneInfo) -> bool:
        return where.evaluate({name: local(read(row), zone) for name, read in self._names.items()}) is True


class _Kinds(dict[str, bool]):
    """Whether a condition that reads nothing else is true of a kind."""

    def __init__(self, where: Expression, pack: str, kinds: Iterable[str]) -> None:
        self._where = where
        self._seen = partial(kind_seen, pack=pack, kinds=kinds)

    def __missing__(self, kind: str) -> bool:
        self[kind] = self._where.evaluate({"kind": self._seen(kind)}) is True
        return self[kind]


class Folds:
    """The facts that are folds, compiled. `kinds` are all kinds of touchpoint (and holding), qualified.

    Touchpoints come in the order (at, id); holdings are put into it. One customer and all customers take the
    same path.
    """

    def __init__(self, facts: Iterable[Fact], kinds: Iterable[str]) -> None:
        kinds = frozenset(kinds)
        alike: dict[tuple[object, ...], list[Fact]] = {}
        for fact in facts:
            if fact.aggregate in FOLDS:
                where = fact.where and fact.where.text
                alike.setdefault((fact.pack, fact.source, fact.over, where), []).append(fact)
        self._choices = tuple(_Choice(group, kinds) for group in alike.values())
        self._choice_of = {
            fact.name: choice
            for choice, group in zip(self._choices, alike.values(), strict=True)
            for fact in group
        }

    def at(self, as_of: datetime, zone: ZoneInfo) -> FoldsAt:
        """The folds as of a moment; days and months are cut in `zone`."""
        return FoldsAt(self._choices, self._choice_of, as_of, zone)


class FoldsAt:
    """Folds as of one moment: nothing later is seen. Windows are worked out once for all customers."""

    def __init__(
        self, choices: Iterable[_Choice], choice_of: Mapping[str, _Choice], as_of: datetime, zone: ZoneInfo
    ) -> None:
        self.as_of = as_of
        self.zone = zone
        self._choice_of = choice_of
        self._starts = {
            choice: None if choice.over is None else choice.over.start(as_of, zone) for choice in choices
        }

    def fold(self, touchpoints: Sequence[Row], holdings: Sequence[Row] = ()) -> Folded:
        """The value of every fold for one customer (or one holding and the touchpoints that name it)."""
        values: dict[str, object] = {}
        flips: list[datetime] = []
        touchpoints = self._past(touchpoints, flips)
        holdings = self._past(sorted(holdings, key=IN_TURN), flips)
        for choice, start in self._starts.items():
            rows = choice.rows(_of_source(choice.source, touchpoints, holdings), start, self.zone)
            values |= choice.values(rows, self.zone) if rows else choice.of_nothing
            if choice.over is not None and rows:
                flips.append(choice.over.leaves(rows[0].at, self.zone))
        return Folded(values, min(flips, default=None))

    def __contains__(self, fact: str) -> bool:
        return fact in self._choice_of

    def rows_of(self, name: str, touchpoints: Sequence[Row], holdings: Sequence[Row] = ()) -> Sequence[Row]:
        """The rows from which a fact was computed, for its explanation."""
        choice = self._choice_of[name]
        held = self._past(sorted(holdings, key=IN_TURN), [])
        rows = _of_source(choice.source, self._past(touchpoints, []), held)
        return choice.rows(rows, self._starts[choice], self.zone)

    def _past(self, rows: Sequence[Row], flips: list[datetime]) -> Sequence[Row]:
        """The rows up to the moment; the first later one is a flip."""
        if not rows or rows[-1].at <= self.as_of:
            return rows
        past = [row for row in rows if row.at <= self.as_of]
        flips.append(rows[len(past)].at)
        return past


def kind_seen(kind: str, pack: str, kinds: Iterable[str]) -> str:
    """How a pack spells a qualified kind: its own and the core's bare, its own first; others qualified."""
    owner, _, bare = kind.partition(".")
    if owner == pack or (owner == CORE and f"{pack}.{bare}" not in kinds):
        return bare
    return kind


def gaps(values: Iterable[date | datetime], zone: tzinfo) -> list[int]:
    """The days from each day on which a value falls to the next such day; days are cut in `zone`."""
    days = sorted({day_of(value, zone) for value in values})
    return [(later - earlier).days for earlier, later in pairwise(days)]


def day_of(value: date | datetime, zone: tzinfo) -> date:
    """The day of a date, or of an instant in `zone`."""
    return value.astimezone(zone).date() if isinstance(value, datetime) else value


def local(value: object, zone: ZoneInfo) -> object:
    """An instant by the clock of `zone`, so that a rule sees its day and hour; other values as they are."""
    return value.astimezone(zone) if isinstance(value, datetime) else value


def _of_source(source: str | None, touchpoints: Sequence[Row], holdings: Sequence[Row]) -> Sequence[Row]:
    return touchpoints if source is None else [row for row in holdings if row.kind == source]


def _reader(name: str, pack: str, kinds: frozenset[str]) -> Reader:
    """What a name means on a row; null where the row has no such field."""
    if name == "kind":
        seen = {kind: kind_seen(kind, pack, kinds) for kind in kinds}
        return lambda row: seen.get(row.kind) or kind_seen(row.kind, pack, kinds)
    if name == "at":
        return AT
    if name in OF_EVERY_ROW:
        return lambda row: getattr(row, name, None)
    return lambda row: row.fields.get(name)


def _measure(fact: Fact) -> _Measure:
    return _Measure(fact.name, fact.at_least, fact.otherwise, AGGREGATES[fact.aggregate])


def _count(values: list[Any]) -> Decimal:
    return Decimal(len(values))


def _sum(values: list[Decimal]) -> Decimal:
    return reduce(DECIMALS.add, values, Decimal(0))


def _average(values: list[Decimal]) -> Decimal:
    return DECIMALS.divide(_sum(values), Decimal(len(values)))


def _distinct(values: list[Any]) -> Decimal:
    return Decimal(len(set(values)))


def _median(values: list[int]) -> Decimal:
    ordered, half = sorted(values), len(values) // 2
    if len(values) % 2:
        return Decimal(ordered[half])
    return DECIMALS.divide(Decimal(ordered[half - 1] + ordered[half]), Decimal(2))


AGGREGATES: Final[Mapping[str, Callable[[list[Any]], object]]] = {
    "count": _count,
    "sum": _sum,
    "average": _average,
    "min": min,
    "max": max,
    "first": lambda values: values[0],
    "last": lambda values: values[-1],
    "distinct": _distinct,
    "median gap": _median,
}
