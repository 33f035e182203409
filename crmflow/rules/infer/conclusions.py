"""What has been concluded, by which rule and from what, and which value does it give each customer?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import reduce
from typing import Any, Final

from crmflow.errors import RuleFileError
from crmflow.rules.feel import Enumeration, boolean
from crmflow.rules.feel.operations import compare
from crmflow.rules.feel.values import DECIMALS, write
from crmflow.rules.infer.body import variables_of
from crmflow.rules.infer.join import Row
from crmflow.rules.infer.kind import CUSTOMER
from crmflow.rules.infer.program import Aggregate, Inference, InferenceRule
from crmflow.rules.infer.reader import Reader, Readers, Slots
from crmflow.rules.infer.world import World

CONCLUSION_LIMIT: Final = 2_000_000
KEPT: Final = 8  # combinations that explain a count


@dataclass(frozen=True, slots=True)
class Derivation:
    """The rule that first concluded something, and the combination of things that met it."""

    rule: InferenceRule
    slots: tuple[Any, ...]


@dataclass(slots=True)
class _Head:
    """How one rule's combinations become rows of its relation; `seen` are the others that a row has had, with
    what each gives, `kept` the first combinations that were counted."""

    number: int
    row: Callable[[Slots], Row]
    value: Reader | None
    others: tuple[int, ...]
    seen: dict[Row, dict[Row, Any]] = field(default_factory=dict)
    kept: dict[Row, list[Row]] = field(default_factory=dict)
    met: bool = False


class Conclusions:
    """Rows by relation; of a thing a row holds the place. With each row its first derivation: the number of
    the rule and the combination that met it."""

    def __init__(self, inference: Inference, world: World) -> None:
        self.inference, self.world = inference, world
        self.constants = {**world.present, **inference.params}
        self.rules = list(inference.rules)
        self.rows: dict[str, dict[Row, Row]] = {name: {} for name in inference.relations}
        self.size = 0
        self._heads = {rule.id: self._head(n, rule) for n, rule in enumerate(self.rules)}

    def readers(self, rule: InferenceRule) -> Readers:
        return Readers(self.world.things, rule.variables, self.constants)

    def conclude(self, rule: InferenceRule, slots: Slots) -> Row | None:
        """What a combination that meets a rule's body adds; None where it adds nothing, yet or at all."""
        head = self._heads[rule.id]
        row = head.row(slots)
        if None in row:  # of what is unknown nothing is concluded
            return None
        head.met = True
        if rule.aggregate is not None:
            self._count(head, row, slots)
            return None
        if head.value is not None:
            row = (*row, head.value(slots))
        known = self.rows[rule.head.relation]
        if row in known:
            return None
        if rule.at_least > 1:
            matches = head.seen.setdefault(row, {})
            matches.setdefault(tuple([slots[slot] for slot in head.others]))
            if len(matches) < rule.at_least:
                return None
            del head.seen[row]
        self.size += 1
        if self.size > CONCLUSION_LIMIT:
            raise RuleFileError("CRM266", rule=rule.id, limit=CONCLUSION_LIMIT, what="conclusions")
        known[row] = head.number, *slots
        return row

    def _count(self, head: _Head, row: Row, slots: Slots) -> None:
        """Takes each of what is counted once."""
        assert head.value is not None
        others = head.seen.setdefault(row, {})
        other = tuple([slots[slot] for slot in head.others])
        if other not in others:
            others[other] = head.value(slots)
            kept = head.kept.setdefault(row, [])
            if len(kept) < KEPT:
                kept.append((head.number, *slots))

    def met(self) -> set[str]:
        """The ids of the rules that any combination met, be it that it added nothing."""
        return {id for id, head in self._heads.items() if head.met}

    def values(self) -> dict[int, object]:
        """The inferred fact of every customer, by place, as rules read it."""
        gives, customers = self.inference.gives, self.world.places(CUSTOMER)
        if self._aggregating is not None:
            rule, head = self._aggregating
            assert rule.aggregate is not None
            return {
                place: write(aggregated(rule.aggregate, list(head.seen.get((place,), {}).values())))
                for place in customers
            }
        rows = self.rows[gives.name]
        if gives.type == boolean:
            return {place: (place,) in rows for place in customers}
        assert isinstance(gives.type, Enumeration)
        found: dict[int, str] = {}
        for value in reversed(gives.type.values):  # the earliest of the list counts
            found |= {place: given for place, given in rows if given == value}
        return {place: found.get(place) for place in customers}

    def derivations(self, place: int) -> Sequence[Derivation]:
        """Why a customer's inferred fact is what it is: a derivation, or one for each thing counted."""
        if self._aggregating is not None:
            _, head = self._aggregating
            return [self._derivation(each) for each in head.kept.get((place,), ())]
        value = self._value_of(place)
        row = (place,) if value is None else (place, value)
        found = self.rows[self.inference.gives.name].get(row)
        return [] if found is None else [self._derivation(found)]

    def below(self, derivation: Derivation) -> Iterator[Derivation]:
        """What a derivation stands on: those of the relations in its rule's body."""
        rule, slots = derivation.rule, list(derivation.slots)
        readers = self.readers(rule)
        for atom in rule.body.atoms:
            row = readers.row(atom.arguments)(slots)
            if row in self.rows[atom.relation]:
                yield self._derivation(self.rows[atom.relation][row])

    @property
    def _aggregating(self) -> tuple[InferenceRule, _Head] | None:
        for rule in self.inference.rules:
            if rule.aggregate is not None:
                return rule, self._heads[rule.id]
        return None

    def _value_of(self, place: int) -> str | None:
        type = self.inference.gives.type
        if not isinstance(type, Enumeration):
            return None
        rows = self.rows[self.inference.gives.name]
        return next((value for value in type.values if (place, value) in rows), None)

    def _derivation(self, kept: Row) -> Derivation:
        return Derivation(self.rules[kept[0]], kept[1:])

    def _head(self, number: int, rule: InferenceRule) -> _Head:
        """What is distinct of a match: the things that are counted, else those that the head leaves out."""
        readers = self.readers(rule)
        said = {name for node in rule.head.arguments for name in variables_of(node, rule.variables)}
        counted = variables_of(rule.value, rule.variables) if rule.value and rule.aggregate else None
        others = [
            name for name in rule.declared if (name in counted if counted is not None else name not in said)
        ]
        return _Head(
            number,
            readers.row(rule.head.arguments),
            None if rule.value is None else readers.of(rule.value),
            tuple(readers.slot(name) for name in others),
        )


def aggregated(aggregate: Aggregate, values: Sequence[Any]) -> object:
    """What the values come to; null is passed over. Of nothing the sum is 0 and the smallest null."""
    known = [value for value in values if value is not None]
    match aggregate:
        case "count":
            return Decimal(len(known))
        case "sum":
            return reduce(DECIMALS.add, known, Decimal(0))
    sign = "<" if aggregate == "min" else ">"
    return (
        reduce(lambda best, each: each if compare(sign, each, best) is True else best, known)
        if known
        else None
    )
