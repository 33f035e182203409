"""What of a customer could be different: which names and fields of theirs, and in which steps?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

from crmflow.core.field import Field
from crmflow.rules import feel
from crmflow.rules.context import NOW, Context
from crmflow.rules.derive import TODAY, derive
from crmflow.rules.fact import DERIVED, FOLDS, POPULATION, Fact, in_order
from crmflow.rules.feel import ContextType, Enumeration, Expression, ListType, MonthsDuration, Type, tree
from crmflow.rules.vocabulary import PRESENT, Vocabulary, bare, pack_of
from crmflow.rules.vocabulary import type_of as field_type

Path = tuple[str | int, ...]
FIXED: Final = frozenset({TODAY, NOW})
"""Time passes by itself: nobody can make it another day."""
ITEMS: Final = 5
"""So many items of a list are looked at."""
ONE: Final = Decimal(1)
SHARES: Final = Decimal("0.0001")
OPPOSITE: Final = {"active": "left", "left": "active"}


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value that stands for itself: a name, or a field of what it holds (("owner", "left")).

    A number differs in whole `step`s, from `least` to `most`.
    """

    path: Path
    type: Type
    step: Decimal = ONE
    least: Decimal | None = None
    most: Decimal | None = None

    @property
    def name(self) -> str:
        """The canonical name that the path begins with."""
        return str(self.path[0])

    def value(self, context: Mapping[str, object]) -> Any:
        """Its value; None where something on the way to it is unknown."""
        found: Any = context
        for key in self.path:
            if isinstance(key, int):
                found = found[key] if isinstance(found, Sequence) and key < len(found) else None
            else:
                found = found.get(key) if isinstance(found, Mapping) else None
        return found


class Leaves:
    """The leaves of one subject's context, and the context where one is different.

    What is computed from other names (`is`, `days since`, `anniversary`) is no leaf: it follows them. Params
    are none either, unless they alone are asked for, in the context, with their `types`.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        context: Mapping[str, object],
        params: Mapping[str, object],
        zone: ZoneInfo,
        types: Mapping[str, Type] = {},
    ) -> None:
        self.vocabulary, self.params, self.zone, self.types = vocabulary, params, zone, types
        self.context: Context = {**context, **params}

    @cached_property
    def facts(self) -> Mapping[str, Fact]:
        return self.vocabulary.all_facts()

    @cached_property
    def derived(self) -> tuple[Fact, ...]:
        """The facts that follow others here, each after those that it reads. One whose value is not what it
        would be computed to, as in a test that gives it, stands for itself."""
        known = [
            fact
            for fact in in_order(self.facts.values())
            if fact.aggregate in DERIVED and fact.name in self.context and fact.reads <= self.context.keys()
        ]
        return tuple(fact for fact in known if self._derive(fact, self.context) == self.context[fact.name])

    def closure(self, names: Iterable[str]) -> frozenset[str]:
        """The names, and all that they are computed from."""
        reads = {fact.name: fact.reads for fact in self.derived}
        found: set[str] = set()
        waiting = set(names)
        while waiting:
            name = waiting.pop()
            found.add(name)
            waiting |= reads.get(name, frozenset()) - found
        return frozenset(found)

    def formulas(self, names: frozenset[str]) -> Iterator[Expression]:
        """How the names of a closure are computed."""
        return (fact.formula for fact in self.derived if fact.name in names and fact.formula is not None)

    def of(self, expressions: Sequence[Expression]) -> tuple[Leaf, ...]:
        """The leaves on which the values of expressions depend."""
        names = self.closure(name for each in expressions for name in each.names)
        inside = _fields_read((*expressions, *self.formulas(names)))
        following = {fact.name for fact in self.derived}
        return tuple(
            leaf
            for name in sorted(names - following - FIXED - self.params.keys())
            for leaf in self._leaves((name,), self.type_of(name), self.context.get(name), inside)
        )

    def changed(self, context: Context, leaf: Leaf, value: object) -> Context:
        """The context with another value at a leaf, and all that follows from it."""
        return self.settled({**context, **_put(context, leaf.path, value)}, leaf.name)

    def settled(self, context: Context, *names: str) -> Context:
        """The context after these names have changed: what is computed from them, anew (in place)."""
        stale = set(names)
        for fact in self.derived:
            if not stale.isdisjoint(fact.reads) or (not stale.isdisjoint(FIXED) and fact.formula is None):
                context[fact.name] = self._derive(fact, context)
                stale.add(fact.name)
        return context

    def _derive(self, fact: Fact, context: Mapping[str, object]) -> object:
        if fact.formula is None and not isinstance(context.get(TODAY), date):
            return None
        return derive(fact, context, self.zone, self.params)

    def _leaves(self, path: Path, type: Type, value: object, inside: Mapping[str, bool]) -> Iterator[Leaf]:
        """The leaf at a path, and those of the fields below it that are read."""
        yield self._leaf(path, type, value)
        match type:
            case ContextType(fields=fields):
                for name, field in fields.items():
                    if name in inside:
                        own = value.get(name) if isinstance(value, Mapping) else None
                        yield from self._leaves((*path, name), field.type, own, inside)
            case ListType(item=ContextType(fields=fields) as item) if isinstance(value, list):
                for place, each in enumerate(value[:ITEMS]):
                    yield from (
                        leaf
                        for leaf in self._leaves((*path, place), item, each, inside)
                        if len(leaf.path) > 2
                    )

    def _leaf(self, path: Path, type: Type, value: object) -> Leaf:
        fact = self.facts.get(str(path[0])) if len(path) == 1 else None
        if fact is not None and fact.aggregate in POPULATION:
            match fact.aggregate:
                case "rank":
                    return Leaf(path, type, ONE, ONE)
                case "band":
                    return Leaf(path, type, ONE, ONE, Decimal(fact.bands))
            return Leaf(path, type, SHARES, Decimal(0), ONE)
        if fact is not None and fact.aggregate in ("count", "distinct", "median gap", "days since"):
            return Leaf(path, type, ONE, Decimal(0))
        scaled = self._field(fact.of, fact) if fact is not None else self._declared(path)
        if scaled is not None and scaled.kind == "number":
            return Leaf(path, type, ONE.scaleb(-scaled.scale))
        return Leaf(path, type if type != feel.any_ else _type_of(value), _step_of(value))

    def type_of(self, name: str) -> Type:
        """The type of a name's values."""
        vocabulary = self.vocabulary
        if name in self.types:
            return self.types[name]
        if name in vocabulary.customer:
            return field_type(vocabulary.customer[name])
        if name in self.facts:
            return self.facts[name].type
        if name in vocabulary.results:
            return Enumeration(vocabulary.results[name].of)
        if name in vocabulary.inferred:
            return vocabulary.inferred[name].type
        if name in PRESENT:
            return PRESENT[name].type
        for kind in vocabulary.holdings.values():
            if kind.list == name:
                return ListType(vocabulary.item(kind.name))
            if pack_of(kind.name) == pack_of(name) and bare(name) in kind.fields:
                return field_type(kind.fields[bare(name)])
        return feel.any_

    def _declared(self, path: Path) -> Field | None:
        """The field of a customer, a holding, or an item of a list."""
        name, last = str(path[0]), str(path[-1])
        if name in self.vocabulary.customer and len(path) == 1:
            return self.vocabulary.customer[name]
        for kind in self.vocabulary.holdings.values():
            own = pack_of(kind.name) == pack_of(name) and bare(name) == last if len(path) == 1 else False
            if (own or kind.list == name) and bare(last) in kind.fields:
                return kind.fields[bare(last)]
        return None

    def _field(self, of: str, fact: Fact) -> Field | None:
        """The field that a fold goes over: of any kind of touchpoint or holding that has it."""
        if fact.aggregate not in FOLDS:
            return None
        happened, held = self.vocabulary.touchpoints.values(), self.vocabulary.holdings.values()
        kinds = [(kind.name, kind.fields) for kind in happened] + [(kind.name, kind.fields) for kind in held]
        kinds.sort(key=lambda kind: pack_of(kind[0]) != fact.pack)
        return next((fields[of] for _, fields in kinds if of in fields), None)


def _put(holder: Any, path: Path, value: object) -> Any:
    """A copy of what holds a path, with another value at its end."""
    if not path:
        return value
    first, *rest = path
    if isinstance(first, int):
        items = list(holder)
        items[first] = _put(items[first], tuple(rest), value)
        return items
    fields = dict(holder) if isinstance(holder, Mapping) else {}
    fields[first] = _put(fields.get(first), tuple(rest), value)
    if first in OPPOSITE and isinstance(value, bool):  # of a person: who has left is not active
        fields[OPPOSITE[first]] = not value
    return fields


def _fields_read(expressions: Iterable[Expression]) -> dict[str, bool]:
    """The fields that the expressions read of anything, by name; a filter reads those of its items bare."""
    nodes = (node for each in expressions for node in tree.walk(each.tree))
    return {node.name: True for node in nodes if isinstance(node, tree.Path | tree.Variable)}


def _type_of(value: object) -> Type:
    match value:
        case bool():
            return feel.boolean
        case Decimal() | int():
            return feel.number
        case str():
            return feel.string
        case datetime():
            return feel.date_time
        case date():
            return feel.date
        case timedelta():
            return feel.days_duration
        case MonthsDuration():
            return feel.months_duration
    return feel.any_


def _step_of(value: object) -> Decimal:
    """Of what nobody declared a scale: the last place of its value, at most four decimals."""
    exponent = value.as_tuple().exponent if isinstance(value, Decimal) else 0
    return ONE.scaleb(max(exponent, -4)) if isinstance(exponent, int) and exponent < 0 else ONE
