"""Which values do a rule's names have for one customer or holding at one moment?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from crmflow.core.customer import Customer
from crmflow.core.field import Field
from crmflow.core.holding import Holding
from crmflow.core.post import Posts
from crmflow.rules import feel
from crmflow.rules.derive import LEAP_DAY, OF_LEAP_DAYS, TODAY, derive
from crmflow.rules.fact import DERIVED, Fact, in_order
from crmflow.rules.fold import kind_seen, local
from crmflow.rules.vocabulary import Vocabulary, pack_of

NOW: Final = "now"
OWNER: Final = "owner"
PARTICIPANTS: Final = "participants"

Context = dict[str, Any]
Convert = Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class _Shape:
    """The names of one subject: all null at first, some to be converted, some derived in this order."""

    blank: Mapping[str, object]
    converts: tuple[tuple[str, Convert], ...]
    derived: tuple[Fact, ...] = ()


class Contexts:
    """Contexts as of one moment in one zone: what does not depend on the customer is prepared once.

    A staff member is {id, name, active, left, unit}, a unit {id, name, level, parent}, an instant is by the
    clock of the zone. What is not known is null. `derived_from` are the names that derived facts read.
    """

    def __init__(self, vocabulary: Vocabulary, posts: Posts, as_of: datetime, zone: ZoneInfo) -> None:
        self.posts = posts
        self.zone = zone
        self._staff: dict[str, Context] = {}
        self._units: dict[str, Context] = {}
        now = as_of.astimezone(zone)
        self._present = {NOW: now, TODAY: now.date()}
        self._customer = self._shape(
            vocabulary.customer,
            vocabulary.facts,
            {**self._present, OWNER: None, **dict.fromkeys((*vocabulary.results, *vocabulary.inferred))},
        )
        self.derived_from = {name for fact in self._customer.derived for name in fact.reads}
        self._lists = {kind: holding.list for kind, holding in vocabulary.holdings.items()}
        self._items = {kind: self._shape(holding.fields, {}) for kind, holding in vocabulary.holdings.items()}
        self._holdings = {
            kind: self._shape(
                {_inside(kind, name): field for name, field in holding.fields.items()}, holding.facts
            )
            for kind, holding in vocabulary.holdings.items()
        }

    def customer(
        self,
        customer: Customer,
        holdings: Iterable[Holding] = (),
        facts: Mapping[str, object] = {},
    ) -> Context:
        """The context of a customer, from its facts: folds and those of the population."""
        context: Context = {**self._customer.blank, **customer.fields, **facts}
        context[OWNER] = self.staff(customer.owner)
        context[PARTICIPANTS] = [self.staff(code) for code in customer.participants]
        for name in self._lists.values():
            if name is not None:
                context[name] = []
        for holding in holdings:
            name = self._lists.get(holding.kind)
            if name is not None:
                context[name].append(self._item(holding, name))
        return self._complete(context, self._customer)

    def nobody(self) -> Context:
        """The context of nobody in particular: the moment."""
        return dict(self._present)

    def learn(self, context: Context, more: Mapping[str, object]) -> None:
        """Adds to a customer's context what became known since: facts of the population, segments."""
        context.update(more)
        for name, convert in self._customer.converts:
            if name in more and context[name] is not None:
                context[name] = convert(context[name])
        if not self.derived_from.isdisjoint(more):
            self._derive(context, self._customer, {})

    def renew(self, context: Context) -> None:
        """Makes the context of an earlier moment one of this, where only time has passed."""
        context.update(self._present)
        self._derive(context, self._customer, {})

    def holding(self, context: Context, holding: Holding, facts: Mapping[str, object] = {}) -> Context:
        """The context of a holding: its own fields and facts over those of its customer."""
        shape = self._holdings[holding.kind]
        fields = {_inside(holding.kind, name): value for name, value in holding.fields.items()}
        return self._complete({**context, **shape.blank, **fields, **facts}, shape)

    def with_params(self, context: Context, params: Mapping[str, object]) -> Context:
        """The context as a rulebook with these params sees it: one may say when 29 February has its day."""
        if params.get(LEAP_DAY, OF_LEAP_DAYS) == OF_LEAP_DAYS:
            return context
        return self._derive(dict(context), self._customer, params)

    def staff(self, code: str | None) -> Context | None:
        """A staff member as a rule sees them; of an unknown one only the id."""
        if code is None:
            return None
        if code not in self._staff:
            person = self.posts.staff.get(code)
            unit = next(iter(self.posts.units_of(code)), None)
            self._staff[code] = {
                "id": code,
                "name": person and person.name,
                "active": None if person is None else not person.left,
                "left": person and person.left,
                "unit": self.unit(unit),
            }
        return self._staff[code]

    def unit(self, code: str | None) -> Context | None:
        """A unit as a rule sees it; of an unknown one only the id."""
        if code is None:
            return None
        if code not in self._units:
            unit = self.posts.units.get(code)
            self._units[code] = {
                "id": code,
                "name": unit and unit.name,
                "level": unit and unit.level,
                "parent": unit and unit.parent,
            }
        return self._units[code]

    def _shape(
        self, fields: Mapping[str, Field], facts: Mapping[str, Fact], more: Mapping[str, object] = {}
    ) -> _Shape:
        converts: list[tuple[str, Convert]] = []
        by_kind: Mapping[str, Convert] = {"staff": self.staff, "unit": self.unit, "instant": self._local}
        converts.extend(
            (name, by_kind[field.kind]) for name, field in fields.items() if field.kind in by_kind
        )
        converts.extend((name, self._local) for name, fact in facts.items() if fact.type == feel.date_time)
        derived = tuple(fact for fact in in_order(facts.values()) if fact.aggregate in DERIVED)
        return _Shape({**dict.fromkeys((*fields, *facts)), **more}, tuple(converts), derived)

    def _complete(self, context: Context, shape: _Shape) -> Context:
        for name, convert in shape.converts:
            value = context[name]
            if value is not None:
                context[name] = convert(value)
        return self._derive(context, shape, {})

    def _derive(self, context: Context, shape: _Shape, params: Mapping[str, object]) -> Context:
        for fact in shape.derived:
            context[fact.name] = derive(fact, context, self.zone, params)
        return context

    def _item(self, holding: Holding, list_name: str) -> Context:
        """A holding as an item of its customer's list."""
        shape = self._items[holding.kind]
        item = {**shape.blank, **holding.fields, "id": holding.id}
        item["kind"] = kind_seen(holding.kind, pack_of(list_name), self._lists)
        item["at"] = self._local(holding.at)
        return self._complete(item, shape)

    def _local(self, value: Any) -> object:
        return local(value, self.zone)


def _inside(kind: str, name: str) -> str:
    """The canonical name of a holding's own field: "utility.tariff" of the kind "utility.supply point"."""
    return f"{pack_of(kind)}.{name}"
