"""Which names does a site know: fields, kinds, roles, levels, messages and facts, each in which pack?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal

from crmflow.core.contact import ANY, Channel, Purpose
from crmflow.core.customer import Consent
from crmflow.core.field import Field
from crmflow.core.text import Text
from crmflow.rules import feel
from crmflow.rules.fact import Fact
from crmflow.rules.feel import ContextType, Enumeration, ListType, Name, Scope, Type, nearest

CORE = "core"


@dataclass(frozen=True, slots=True)
class Word:
    """A role, level, kind of key or kind of case. Roles, levels and keys are the whole company's and have
    bare names; `aliases` are other spellings, labels included. `closed_after` are the steps, as charts or
    their readers call them, without which no case of a kind may be closed."""

    name: str
    label: Text
    aliases: tuple[str, ...] = ()
    personal: bool = False
    closed_after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of touchpoint or signal, by qualified name; its fields by bare name. `scope` is a signal's."""

    name: str
    label: Text
    fields: Mapping[str, Field]
    aliases: tuple[str, ...] = ()
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class HoldingKind:
    """A kind of holding, by qualified name. `list` is the canonical name under which a customer's rules see
    the holdings ("insurance.held policies"); fields have bare names, own facts canonical ones."""

    name: str
    label: Text
    list: str | None
    list_label: Text | None
    fields: Mapping[str, Field]
    facts: Mapping[str, Fact] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """A message by qualified name: `text` has names in braces, `purpose` is why it is sent.

    It goes to the customer, or (`to` is "holder") to whoever holds the case; later than `within` after its
    cause it does not go any more.
    """

    name: str
    purpose: str
    text: Text
    aliases: tuple[str, ...] = ()
    to: Literal["customer", "holder"] = "customer"
    channel: str | None = None
    subject: Text | None = None
    within: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Result:
    """What a rulebook gives to others: a typed name, `of` its values in order."""

    name: str
    label: Text
    of: tuple[str, ...]
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inferred:
    """What an inference gives to others: a fact that follows from other customers, taken by a run of all."""

    name: str
    label: Text
    type: Type
    aliases: tuple[str, ...] = ()


UNIT = ContextType(
    {
        "id": Name("id", feel.string, ("编号",), nullable=False),
        "name": Name("name", feel.string, ("名称",)),
        "level": Name("level", feel.string, ("层级",)),
        "parent": Name("parent", feel.string, ("上级",)),
    }
)
STAFF = ContextType(
    {
        "id": Name("id", feel.string, ("工号",), nullable=False),
        "name": Name("name", feel.string, ("姓名",)),
        "active": Name("active", feel.boolean, ("在岗",)),
        "left": Name("left", feel.boolean, ("离职",)),
        "unit": Name("unit", UNIT, ("所属单位",)),
    }
)
PRESENT: Mapping[str, Name] = {
    "owner": Name("owner", STAFF, ("责任人",)),
    "participants": Name("participants", ListType(STAFF), ("参与人",), nullable=False),
    "today": Name("today", feel.date, ("今天",), nullable=False),
    "now": Name("now", feel.date_time, ("此刻",), nullable=False),
}
"""The names that every customer has, whatever the packs declare."""

_TYPES: Mapping[str, Type] = {
    "string": feel.string,
    "boolean": feel.boolean,
    "number": feel.number,
    "date": feel.date,
    "instant": feel.date_time,
    "staff": STAFF,
    "unit": UNIT,
}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All names of the installed packs and the site.

    Fields of customers, facts (those of the population too) and results are keyed by canonical name
    ("fuel.last fill"), kinds and messages by qualified name; keys, levels, roles, purposes and channels by
    bare name.
    """

    customer: Mapping[str, Field] = field(default_factory=dict)
    keys: Mapping[str, Word] = field(default_factory=dict)
    levels: Mapping[str, Word] = field(default_factory=dict)
    roles: Mapping[str, Word] = field(default_factory=dict)
    holdings: Mapping[str, HoldingKind] = field(default_factory=dict)
    touchpoints: Mapping[str, Kind] = field(default_factory=dict)
    signals: Mapping[str, Kind] = field(default_factory=dict)
    cases: Mapping[str, Word] = field(default_factory=dict)
    messages: Mapping[str, Message] = field(default_factory=dict)
    purposes: Mapping[str, Purpose] = field(default_factory=dict)
    channels: Mapping[str, Channel] = field(default_factory=dict)
    facts: Mapping[str, Fact] = field(default_factory=dict)
    fact_aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    results: Mapping[str, Result] = field(default_factory=dict)
    inferred: Mapping[str, Inferred] = field(default_factory=dict)
    values: Mapping[str, Text] = field(default_factory=dict)
    own_levels: Mapping[str, Mapping[str, Word]] = field(default_factory=dict)

    def with_levels_of(self, pack: str) -> Vocabulary:
        """The same with the levels that a pack was written for: its own, else the core's."""
        return replace(self, levels=self.own_levels.get(pack) or self.own_levels.get(CORE, {}))

    def declares_level(self, level: str) -> bool:
        """Whether any file declares the level, be it one of this site's or not."""
        return any(spelled(levels, level) is not None for levels in self.own_levels.values())

    def all_facts(self) -> dict[str, Fact]:
        """The facts of customers and of every kind of holding, by name."""
        found = dict(self.facts)
        for kind in self.holdings.values():
            found |= kind.facts
        return found

    def behind(self, names: Iterable[str]) -> frozenset[str]:
        """What the facts among these names are computed from, down to the last."""
        facts, found, waiting = self.all_facts(), set[str](), set(names)
        while waiting:
            name = waiting.pop()
            fresh = facts[name].reads - found if name in facts else frozenset[str]()
            found |= fresh
            waiting |= fresh
        return frozenset(found)

    def scope(self, pack: str, holding: str | None = None) -> Scope:
        """The names that a rule of `pack` may read about a customer, or a holding of a qualified kind."""
        outer = Scope({**dict(as_written(self._names(), pack)), **PRESENT})
        return outer if holding is None else outer.child(dict(as_written(self._held(holding), pack)))

    def purpose(self, spelling: str) -> Purpose:
        """The purpose that a word means; one that nobody declared needs consent."""
        found = (each for each in self.purposes.values() if spelling in each.spellings)
        return next(found, Purpose(spelling, Text(spelling, spelling)))

    def channel(self, spelling: str) -> Channel:
        """The channel that a word means; one that nobody declared has no address."""
        found = (each for each in self.channels.values() if spelling in each.spellings)
        return next(found, Channel(spelling, Text(spelling, spelling), ""))

    def forbids(self, said: Iterable[Consent], purpose: str, channel: str) -> str | None:
        """The code of what a customer's words have against a purpose on a channel; None: nothing."""
        return self.purpose(purpose).forbids(said, self.channel(channel), self.purpose(ANY))

    def label(self, name: str) -> Text:
        """How a canonical name is called in both languages; the name itself where nobody declared it."""
        for names in (self.customer, self.facts, self.results, self.inferred):
            if name in names:
                return names[name].label
        for kind in self.holdings.values():
            bare = name.partition(".")[2]
            if kind.list == name and kind.list_label is not None:
                return kind.list_label
            if name in kind.facts:
                return kind.facts[name].label
            if bare in kind.fields and name == f"{pack_of(kind.name)}.{bare}":
                return kind.fields[bare].label
        return _PRESENT_LABELS.get(name) or Text.of(name)

    def word(self, value: str, pack: str = CORE) -> Text:
        """How a value that rules compare or give ("orphan", "phone") is called: as `pack` says, else the
        core, else whichever pack says it; the value itself where nobody does."""
        for name in (f"{pack}.{value}", f"{CORE}.{value}"):
            if name in self.values:
                return self.values[name]
        others = (label for name, label in self.values.items() if bare(name) == value)
        return next(others, Text(value, value))

    def labels(self, values: Iterable[str], pack: str = CORE) -> dict[str, str]:
        """What readers call each of some values, label → value, where it is another word."""
        called = {value: self.word(value, pack) for value in values}
        return {
            label: value
            for value, text in called.items()
            for label in (text.en, text.zh)
            if label not in called
        }

    def resolve(self, names: Iterable[str], pack: str, spelling: str) -> str | None:
        """The qualified name that a spelling in a pack's file means: its own, the core's, else as it is."""
        known = frozenset(names)
        return next(
            (each for each in (f"{pack}.{spelling}", f"{CORE}.{spelling}", spelling) if each in known), None
        )

    def _names(self) -> Iterator[Name]:
        for name, declared in self.customer.items():
            type = self._labelled(type_of(declared), name)
            yield Name(name, type, (declared.label.en, declared.label.zh, *declared.aliases))
        for name, fact in self.facts.items():
            spellings = (fact.label.en, fact.label.zh, *self.fact_aliases.get(name, ()))
            yield Name(name, self._labelled(fact.type, name), spellings, fact.nullable)
        for name, result in self.results.items():
            yield Name(name, self._labelled(Enumeration(result.of), name), result.aliases)
        for name, inferred in self.inferred.items():
            yield Name(name, inferred.type, inferred.aliases)
        for kind in self.holdings.values():
            if kind.list is not None:
                labels = () if kind.list_label is None else (kind.list_label.en, kind.list_label.zh)
                yield Name(kind.list, ListType(self.item(kind.name)), labels, nullable=False)

    def _labelled(self, type: Type, name: str) -> Type:
        if not isinstance(type, Enumeration):
            return type
        return replace(type, labels=self.labels(type.values, pack_of(name)))

    def _held(self, kind: str) -> Iterator[Name]:
        holding = self.holdings[kind]
        for name, declared in holding.fields.items():
            spellings = (declared.label.en, declared.label.zh, *declared.aliases)
            yield Name(f"{pack_of(kind)}.{name}", self._labelled(type_of(declared), kind), spellings)
        for name, fact in holding.facts.items():
            spellings = (fact.label.en, fact.label.zh, *self.fact_aliases.get(name, ()))
            yield Name(name, fact.type, spellings, fact.nullable)

    def item(self, kind: str) -> ContextType:
        """One holding as an item of a customer's list: bare names, with kind, at and id."""
        fields = {
            "kind": Name("kind", feel.string, ("类型",), nullable=False),
            "at": Name("at", feel.date_time, ("时间",), nullable=False),
            "id": Name("id", feel.number, ("编号",), nullable=False),
        }
        for name, declared in self.holdings[kind].fields.items():
            type = self._labelled(type_of(declared), kind)
            fields[name] = Name(name, type, (declared.label.en, declared.label.zh, *declared.aliases))
        return ContextType(fields)


_PRESENT_LABELS = {
    "owner": Text("owner", "责任人"),
    "participants": Text("participants", "参与人"),
    "today": Text("today", "今天"),
    "now": Text("now", "此刻"),
}


def pack_of(qualified: str) -> str:
    """ "fuel" of "fuel.last fill"."""
    return qualified.partition(".")[0]


def bare(qualified: str) -> str:
    """ "last fill" of "fuel.last fill"."""
    return qualified.partition(".")[2] or qualified


def type_of(declared: Field) -> Type:
    """The FEEL type of a field's values, as rules see them."""
    if declared.kind == "one of":
        return Enumeration(declared.values, declared.ordered)
    return _TYPES[declared.kind]


def spelled(words: Mapping[str, Word], spelling: str) -> str | None:
    """The bare name of a role, level or key by any of its spellings."""
    if spelling in words:
        return spelling
    return next((name for name, word in words.items() if spelling in word.aliases), None)


def called(words: Mapping[str, Word]) -> Text:
    """The words as a message lists them: their names, and in Chinese their Chinese labels."""
    return Text(", ".join(words), "、".join(word.label.zh for word in words.values()))


def nearest_word(words: Mapping[str, Word], spelling: str) -> str | None:
    """The known spelling most like a wrong one."""
    return nearest(spelling, [each for name, word in words.items() for each in (name, *word.aliases)])


def as_written(names: Iterable[Name], pack: str) -> Iterator[tuple[str, Name]]:
    """Names as `pack` may write them: own names first, then the core's, bare; those of others qualified."""
    ranked = sorted(
        names, key=lambda name: (pack_of(name.canonical) != pack, pack_of(name.canonical) != CORE)
    )
    for name in ranked:
        own = pack_of(name.canonical)
        spellings = tuple(dict.fromkeys((bare(name.canonical), *name.spellings)))
        qualified = tuple(f"{own}.{spelling}" for spelling in spellings)
        plain = (*spellings, *qualified) if own in (pack, CORE) else qualified
        yield name.canonical, replace(name, spellings=plain)
