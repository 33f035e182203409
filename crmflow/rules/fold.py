"""What do a customer's touchpoints and holdings amount to as of a moment? One pass gives all folds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
from crmflow.rules.window import Span

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


class _Time(NamedTuple):
    """The stretch (start, end]; None: without a start, or to the moment of which the folds are."""

    start: datetime | None
    end: datetime | None


class _Choice:
    """The rows that some facts of a pack share: of one source, in one window, meeting one condition."""

    def __init__(self, facts: Sequence[Fact], kinds: Iterable[str]) -> None:
        first, kinds = facts[0], frozenset(kinds)
        self.source = first.source
        self.span = first.span
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

    def rows(self, rows: Sequence[Row], time: _Time, zone: ZoneInfo) -> Sequence[Row]:
        """Those of the stretch of time for which the condition is true, in their order."""
        if time.start is not None:
            rows = rows[bisect_right(rows, time.start, key=AT) :]
        if time.end is not None:
            rows = rows[: bisect_right(rows, time.end, key=AT)]
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
        folds = [fact for fact in facts if fact.aggregate in FOLDS]
        self._portions = tuple(_Portion.of(fact) for fact in folds if fact.aggregate == "portion")
        summed = [sum for portion in self._portions for sum in (portion.part, portion.whole)]
        for fact in (*(fact for fact in folds if fact.aggregate != "portion"), *summed):
            where = fact.where and fact.where.text
            alike.setdefault((fact.pack, fact.source, fact.span, where), []).append(fact)
        self._choices = tuple(_Choice(group, kinds) for group in alike.values())
        self._choice_of = {
            fact.name: choice
            for choice, group in zip(self._choices, alike.values(), strict=True)
            for fact in group
        }
        self._choice_of |= {each.name: self._choice_of[each.part.name] for each in self._portions}

    def at(self, as_of: datetime, zone: ZoneInfo) -> FoldsAt:
        """The folds as of a moment; days and months are cut in `zone`."""
        return FoldsAt(self._choices, self._choice_of, self._portions, as_of, zone)


@dataclass(frozen=True, slots=True)
class _Portion:
    """A fact that is one sum ÷ another; the sums are folded like facts, under names of their own."""

    name: str
    part: Fact
    whole: Fact
    otherwise: object

    @classmethod
    def of(cls, fact: Fact) -> _Portion:
        """Rows before the whole's window are no part of it."""
        part = replace(
            fact, name=f"{fact.name} ÷", aggregate="sum", over=fact.over or fact.out_of, at_least=1
        )
        whole = replace(fact, name=f"÷ {fact.name}", aggregate="sum", over=fact.out_of, where=None)
        return cls(fact.name, part, replace(whole, otherwise=None), fact.otherwise)

    def value(self, part: Any, whole: Any) -> object:
        """Nothing chosen is 0 of the whole; of a whole that is not positive there is no part."""
        if whole is None or whole <= 0:
            return self.otherwise
        return Decimal(0) if part is None else DECIMALS.divide(part, whole)


class FoldsAt:
    """Folds as of one moment: nothing later is seen. Windows are worked out once for all customers."""

    def __init__(
        self,
        choices: Iterable[_Choice],
        choice_of: Mapping[str, _Choice],
        portions: Iterable[_Portion],
        as_of: datetime,
        zone: ZoneInfo,
    ) -> None:
        self.as_of = as_of
        self.zone = zone
        self._choice_of = choice_of
        self._portions = portions
        self._times = {choice: _time(choice.span, as_of, zone) for choice in choices}

    def fold(self, touchpoints: Sequence[Row], holdings: Sequence[Row] = ()) -> Folded:
        """The value of every fold for one customer (or one holding and the touchpoints that name it)."""
        values: dict[str, object] = {}
        flips: list[datetime] = []
        touchpoints = self._past(touchpoints, flips)
        holdings = self._past(sorted(holdings, key=IN_TURN), flips)
        for choice, time in self._times.items():
            rows = _of_source(choice.source, touchpoints, holdings)
            chosen = choice.rows(rows, time, self.zone)
            values |= choice.values(chosen, self.zone) if chosen else choice.of_nothing
            flips += self._flips(choice.span, time, rows, chosen)
        for portion in self._portions:
            part, whole = values.pop(portion.part.name), values.pop(portion.whole.name)
            values[portion.name] = portion.value(part, whole)
        return Folded(values, min(flips, default=None))

    def _flips(
        self, span: Span, time: _Time, rows: Sequence[Row], chosen: Sequence[Row]
    ) -> Iterator[datetime]:
        """When the window loses its first row, and when it may see the next one."""
        if chosen and (lost := span.leaves(chosen[0].at, self.zone)) is not None:
            yield lost
        if time.end is not None and (seen := bisect_right(rows, time.end, key=AT)) < len(rows):
            yield span.enters(rows[seen].at, self.zone)

    def __contains__(self, fact: str) -> bool:
        return fact in self._choice_of

    def rows_of(self, name: str, touchpoints: Sequence[Row], holdings: Sequence[Row] = ()) -> Sequence[Row]:
        """The rows from which a fact was computed, for its explanation."""
        choice = self._choice_of[name]
        held = self._past(sorted(holdings, key=IN_TURN), [])
        rows = _of_source(choice.source, self._past(touchpoints, []), held)
        return choice.rows(rows, self._times[choice], self.zone)

    def _past(self, rows: Sequence[Row], flips: list[datetime]) -> Sequence[Row]:
        """The rows up to the moment; the first later one is a flip."""
        if not rows or rows[-1].at <= self.as_of:
            return rows
        past = [row for row in rows if row.at <= self.as_of]
        flips.append(rows[len(past)].at)
        return past


def _time(span: Span, as_of: datetime, zone: ZoneInfo) -> _Time:
    return _Time(span.start(as_of, zone), None if span.ago is None else span.end(as_of, zone))


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
    aggregate = AGGREGATES.get(fact.aggregate) or partial(_quantile, at=fact.at or Decimal(0))
    return _Measure(fact.name, fact.at_least, fact.otherwise, aggregate)


def _count(values: list[Any]) -> Decimal:
    return Decimal(len(values))


def _sum(values: list[Decimal]) -> Decimal:
    return reduce(DECIMALS.add, values, Decimal(0))


def _average(values: list[Decimal]) -> Decimal:
    return DECIMALS.divide(_sum(values), Decimal(len(values)))


def _distinct(values: list[Any]) -> Decimal:
    return Decimal(len(set(values)))


def _quantile(values: list[Any], at: Decimal) -> Decimal:
    """The value at place 1 + (n − 1) · `at` of the ordered ones, in between on the straight line."""
    ordered = sorted(values)
    place = DECIMALS.multiply(Decimal(len(ordered) - 1), at)
    below = int(place)  # from 0
    if place == below:
        return Decimal(ordered[below])
    step = DECIMALS.subtract(Decimal(ordered[below + 1]), Decimal(ordered[below]))
    return DECIMALS.fma(step, DECIMALS.subtract(place, below), Decimal(ordered[below]))


def _median(values: list[Any]) -> Decimal:
    return _quantile(values, Decimal("0.5"))


AGGREGATES: Final[Mapping[str, Callable[[list[Any]], object]]] = {
    "count": _count,
    "sum": _sum,
    "average": _average,
    "min": min,
    "max": max,
    "first": lambda values: values[0],
    "last": lambda values: values[-1],
    "distinct": _distinct,
    "median": _median,
    "median gap": _median,
}
