"""Which values can the names of a vocabulary have, and which of them are computed from others?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Final

from crmflow.core.field import Field
from crmflow.rules.fact import Fact, in_order
from crmflow.rules.feel import tree, types
from crmflow.rules.feel.tree import Node
from crmflow.rules.logic.domain import Domain, domain_of
from crmflow.rules.logic.formula import KNOWN, UNKNOWN, All, Formula, Leaf, Quantity
from crmflow.rules.logic.linear import ORDERS, Linear, Order, sum_of
from crmflow.rules.logic.truth import substituted
from crmflow.rules.vocabulary import Vocabulary, pack_of

ONE: Final = Decimal(1)
COUNTED: Final = ("count", "distinct")
OF_A_FIELD: Final = ("sum", "min", "max", "first", "last")
_COUNTS: Final = [tree.BuiltinName(name, start=0, end=0) for name in ("count", "string length")]


@dataclass(frozen=True)
class Quantities:
    """What a vocabulary tells of the names that rules about a customer, or a holding of the kind `about`,
    read."""

    vocabulary: Vocabulary
    about: str | None = None

    def domain(self, quantity: Quantity) -> Domain:
        """The values that a quantity can have."""
        if isinstance(quantity, Order):
            return Domain("string", ORDERS, nullable=False)
        if isinstance(quantity, Linear):
            return Domain("number", step=self._step(quantity), nullable=False)
        if isinstance(quantity, tree.Variable):
            domain = domain_of(quantity.type, quantity.nullable)
            if quantity.name in self.facts:
                return self._of_fact(self.facts[quantity.name], domain)
            field = self._fields.get(quantity.name)
            return domain if field is None else _of_field(field, domain)
        if isinstance(quantity, tree.Path):
            return domain_of(quantity.type, quantity.nullable)
        if isinstance(quantity, tree.Call) and quantity.function in _COUNTS:
            return Domain("number", low=Decimal(0), step=ONE)
        return domain_of(quantity.type)

    @cached_property
    def meanings(self) -> Mapping[str, Node]:
        """What the facts are that say `is`, where it is a condition or a sum of other names."""
        found: dict[str, Node] = {}
        for fact in in_order(self.facts.values()):
            if fact.formula is not None:
                meaning = substituted(fact.formula.tree, found)
                if fact.type == types.boolean or _is_sum(meaning):
                    found[fact.name] = meaning
        return found

    def never(self, quantities: Mapping[str, Node]) -> Iterator[Formula]:
        """What is true of no customer, said of the names that are asked about: a fact derived from a date is
        known where the date is."""
        for name, node in quantities.items():
            fact = self.facts.get(name)
            if fact is not None and fact.aggregate in ("days since", "anniversary") and fact.of in quantities:
                base = quantities[fact.of]
                yield All((Leaf(base, UNKNOWN), Leaf(node, KNOWN)))
                yield All((Leaf(base, KNOWN), Leaf(node, UNKNOWN)))

    @cached_property
    def facts(self) -> Mapping[str, Fact]:
        """The facts by name, those of the holding too."""
        own = {} if self.about is None else self.vocabulary.holdings[self.about].facts
        return {**self.vocabulary.facts, **own}

    @cached_property
    def _fields(self) -> Mapping[str, Field]:
        if self.about is None:
            return self.vocabulary.customer
        fields = self.vocabulary.holdings[self.about].fields
        own = {f"{pack_of(self.about)}.{name}": field for name, field in fields.items()}
        return {**self.vocabulary.customer, **own}

    def _of_fact(self, fact: Fact, domain: Domain) -> Domain:
        zero = Decimal(0)
        match fact.aggregate:
            case "count" | "distinct":
                return replace(domain, low=zero, step=ONE)
            case "days since":
                return replace(domain, low=zero if self._is_past(fact.of) else None, step=ONE)
            case "median gap":
                return replace(domain, low=ONE, step=Decimal("0.5"))
            case "rank":
                return replace(domain, low=ONE, step=ONE)
            case "band":
                return replace(domain, low=ONE, high=Decimal(fact.bands), step=ONE)
            case "share" | "share above":
                return replace(domain, low=zero, high=ONE)
            case "sum" | "min" | "max" | "first" | "last" if fact.type == types.number:
                return replace(domain, step=self._step_of_rows(fact))
        return domain

    def _is_past(self, name: str) -> bool:
        """Whether a moment is that of something that happened."""
        fact = self.facts.get(name)
        return fact is not None and fact.source is None and fact.of == "at"

    def _step_of_rows(self, fact: Fact) -> Decimal | None:
        """The least difference of values that are folded, as the fields of the rows declare it."""
        if fact.source is not None:
            rows = [self.vocabulary.holdings[fact.source].fields]
        else:
            rows = [kind.fields for kind in self.vocabulary.touchpoints.values()]
        scales = [fields[fact.of].scale for fields in rows if fact.of in fields]
        step = ONE.scaleb(-max(scales)) if scales else None
        fits = step is None or not isinstance(fact.otherwise, Decimal) or fact.otherwise % step == 0
        return step if fits else None

    def _step(self, quantity: Linear) -> Decimal | None:
        """Whole multiples of whole numbers and days are whole."""
        steps = [ONE if node.type == types.date else self.domain(node).step for node, _ in quantity.parts]
        if any(factor.denominator != 1 for _, factor in quantity.parts) or None in steps:
            return None
        return min(step for step in steps if step is not None)


def _of_field(field: Field, domain: Domain) -> Domain:
    return replace(domain, step=ONE.scaleb(-field.scale)) if field.kind == "number" else domain


def _is_sum(node: Node) -> bool:
    found = sum_of(node)
    return (
        found is not None
        and node not in found.parts
        and all(isinstance(each, tree.Variable) for each in found.parts)
    )
