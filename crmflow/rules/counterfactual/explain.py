"""What would have to be different for a rule to fire, in words of both languages?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce

from crmflow.core.decision import Conflict
from crmflow.core.explanation import Explanation
from crmflow.core.text import Text, listed
from crmflow.rules.counterfactual.boundary import OTHER
from crmflow.rules.counterfactual.later import Later, first_day
from crmflow.rules.counterfactual.leaf import Leaf, Leaves
from crmflow.rules.counterfactual.search import MOST, Altered, LeastChange, least_change, least_param
from crmflow.rules.derive import TODAY
from crmflow.rules.feel import ContextType, ListType, Type
from crmflow.rules.rulebook import Rule, Rulebook
from crmflow.rules.vocabulary import bare
from crmflow.rules.wording import Described, Wording, say


@dataclass(frozen=True, slots=True)
class _Told:
    """One change in words and for a program: {"name": …, "value": …, "instead_of": …}."""

    says: Text
    record: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Would:
    """Says for one rulebook and one subject what would make its rules fire. `later` as for `first_day`."""

    rulebook: Rulebook
    context: Mapping[str, object]
    wording: Wording
    params: Mapping[str, object]
    later: Later | None = None

    def explain(self, rule: Rule) -> tuple[Explanation, ...]:
        """The least change of facts, the day on which it fires by itself, and the param that would do."""
        return (self._change(rule), *self._day(rule), *self._param(rule))

    def _change(self, rule: Rule) -> Explanation:
        vocabulary, zone = self.wording.vocabulary, self.wording.zone
        found = least_change(self.rulebook, rule, self.context, vocabulary, zone, params=self.params)
        if not found.found:
            return Explanation(
                say("would", "given-up" if found.exhausted else "never", count=MOST), holds=False
            )
        told = [each for altered in found.altered for each in self._told(rule, altered, found)]
        source = {"changes": [each.record for each in told], "decides": found.decides}
        changes = reduce(_and, (each.says for each in told))
        if found.decides:
            return Explanation(say("would", "apply", changes=changes), source=source)
        by = self._first(found)
        word = "passed-over" if by is not None else "not-in-force"
        return Explanation(say("would", word, changes=changes, by=by), source=source)

    def _first(self, found: LeastChange) -> Text | None:
        """The rule that would still go first."""
        hits = self.rulebook.decide(found.context, self.params)
        ids = [hit.rule for hit in (hits.hits if isinstance(hits, Conflict) else hits)]
        return next((each.title for each in self.rulebook.rules if each.id in ids), None)

    def _day(self, rule: Rule) -> Iterator[Explanation]:
        leaves = Leaves(self.wording.vocabulary, self.context, self.params, self.wording.zone)
        days = first_day(self.rulebook, rule, leaves, self.later, params=self.params)
        today = self.context.get(TODAY)
        if days is not None and isinstance(today, date):
            day = today + timedelta(days=days)
            says = say("would", "tomorrow" if days == 1 else "later", days=days, day=day.isoformat())
            yield Explanation(says, name=TODAY, value=day)

    def _param(self, rule: Rule) -> Iterator[Explanation]:
        if not self.params:
            return
        vocabulary, zone = self.wording.vocabulary, self.wording.zone
        found = least_param(self.rulebook, rule, self.context, vocabulary, zone, params=self.params)
        if found is not None:
            told = self._instead(found.leaf, found.before, found.after)
            yield Explanation(say("would", "param", changes=told.says), source={"param": told.record})

    def _told(self, rule: Rule, altered: Altered, found: LeastChange) -> Iterator[_Told]:
        """The change of a leaf; where the rule reads only its distance in days, the change of that."""
        leaf = altered.leaf
        leaves = Leaves(self.wording.vocabulary, self.context, self.params, self.wording.zone)
        read = self.rulebook.reads_of(rule)
        followers = [
            fact.name
            for fact in leaves.derived
            if fact.name in read and fact.of == leaf.name and len(leaf.path) == 1
        ]
        if leaf.name in read or not followers:
            yield self._instead(leaf, altered.before, altered.after)
        for name in () if leaf.name in read else followers:
            follower = Leaf((name,), leaves.facts[name].type)
            yield self._instead(follower, self.context.get(name), found.context.get(name))

    def _instead(self, leaf: Leaf, before: object, after: object) -> _Told:
        described, label = self._described(leaf), self._label(leaf)
        if isinstance(after, list) and isinstance(before, list | None):
            says = self._items(label, list(before or ()), after)
        else:
            values = {"before": self._value(before, described), "after": self._value(after, described)}
            says = say("would", "instead", label=label, **values)
        record: dict[str, object] = {"name": ".".join(map(str, leaf.path))}
        if not self.wording.hides(described):
            record |= {"value": after, "instead_of": before}
        return _Told(says, record)

    def _items(self, label: Text, before: list[object], after: list[object]) -> Text:
        if len(after) < len(before):
            return say("would", "one-less", label=label)
        new = after[-1]
        fields = new.items() if isinstance(new, Mapping) else ()
        said = listed(
            Text(f"{name} = {_plain(value)}", f"{name} = {_plain(value)}") for name, value in fields
        )
        return say("would", "one-more", label=label, fields=said)

    def _value(self, value: object, described: Described | None) -> Text:
        if isinstance(value, Mapping) and not value:
            return say("would", "somebody")
        if value is None:
            return say("would", "nothing")
        if value == OTHER:
            return say("would", "other")
        return self.wording.value(value, described)

    def _described(self, leaf: Leaf) -> Described | None:
        for kind in self.wording.vocabulary.holdings.values():
            if kind.list == leaf.name and len(leaf.path) > 2:
                return kind.fields.get(bare(str(leaf.path[2])))
        return self.wording.described(leaf.name) if len(leaf.path) == 1 else None

    def _label(self, leaf: Leaf) -> Text:
        """A name with the fields behind it: "owner.left"; an item by its place, from 1."""
        vocabulary = self.wording.vocabulary
        label = self.wording.label(leaf.name)
        type: Type | None = Leaves(vocabulary, {}, {}, self.wording.zone).type_of(leaf.name)
        for key in leaf.path[1:]:
            if isinstance(key, int):
                label = Text(f"{label.en}[{key + 1}]", f"{label.zh}[{key + 1}]")
                type = type.item if isinstance(type, ListType) else None
                continue
            fields = type.fields if isinstance(type, ContextType) else {}
            spellings = (key, *fields[key].spellings) if key in fields else (key,)
            en = next((each for each in spellings if each.isascii()), key)
            zh = next((each for each in spellings if not each.isascii()), key)
            label = Text(f"{label.en}.{en}", f"{label.zh}.{zh}")
            type = fields[key].type if key in fields else None
        return label


def _and(one: Text, other: Text) -> Text:
    return say("would", "and", one=one, other=other)


def _plain(value: object) -> str:
    match value:
        case None:
            return "–"
        case Mapping():
            return ", ".join(f"{name}: {_plain(each)}" for name, each in value.items())
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M")
        case bool():
            return "yes" if value else "no"
    return str(value)
