"""How are names and values written for a person, in English and in Chinese?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from crmflow.core.field import Field
from crmflow.core.post import Posts
from crmflow.core.text import Text, phrases
from crmflow.rules.fact import Fact
from crmflow.rules.feel import MonthsDuration
from crmflow.rules.params import Param
from crmflow.rules.vocabulary import Vocabulary, bare, pack_of

HIDDEN: Final = Text("•••", "•••")
DECIMALS_SHOWN: Final = 4


Described = Field | Fact | Param


def words() -> Mapping[str, Text]:
    """The words of `words.toml`, by section and word: "units.day"."""
    return phrases(__package__)


def say(section: str, word: str, **parts: object) -> Text:
    """A word or sentence with its parts; a part that is a Text gives each language its own."""
    return words()[f"{section}.{word}"].filled(**parts)


def spaced(texts: Iterable[Text]) -> Text:
    """Texts one after the other."""
    each = list(texts)
    return Text(" ".join(text.en for text in each), " ".join(text.zh for text in each))


@dataclass(frozen=True, slots=True)
class Wording:
    """The labels of the vocabulary and of one rulebook's `params`, the names of staff and units; instants by
    the clock of `zone`.

    Personal values are "•••" without `show_personal`.
    """

    vocabulary: Vocabulary
    zone: ZoneInfo
    posts: Posts = field(default_factory=Posts)
    params: Mapping[str, Param] = field(default_factory=dict)
    show_personal: bool = False

    def of(self, params: Mapping[str, Param]) -> Wording:
        """The same for a rulebook with these params."""
        return replace(self, params=params)

    def label(self, name: str) -> Text:
        """How a canonical name or a param is called."""
        return self.params[name].label if name in self.params else self.vocabulary.label(name)

    def described(self, name: str) -> Described | None:
        """What is known of a canonical name or a param; None of what has only a label."""
        for known in (self.params, self.vocabulary.customer, self.vocabulary.facts):
            if name in known:
                return known[name]
        for kind in self.vocabulary.holdings.values():
            if name in kind.facts:
                return kind.facts[name]
            if pack_of(kind.name) == pack_of(name) and bare(name) in kind.fields:
                return kind.fields[bare(name)]
        return None

    def hides(self, of: Described | None) -> bool:
        """Whether values of this are personal, and not to be shown."""
        return isinstance(of, Field | Fact) and of.personal and not self.show_personal

    def value(self, value: object, of: Described | None = None) -> Text:
        """A value of something: a number with its unit, what is personal hidden."""
        if self.hides(of) and value is not None:
            return HIDDEN
        match value:
            case None:
                return say("values", "unknown")
            case bool():
                return say("values", "yes" if value else "no")
            case Decimal() | int() | float():
                return _measure(Decimal(str(value)), None if of is None else of.unit)
            case datetime():
                return self.moment(value)
            case date():
                return _same(value.isoformat())
            case timedelta():
                return _measure(Decimal(value // timedelta(hours=1)) / 24, "day")
            case MonthsDuration():
                return _measure(Decimal(value.total), "month")
            case Mapping():
                return _thing(value)
            case list() | tuple():
                return say("values", "items", count=len(value)) if value else say("values", "none")
        return self.vocabulary.word(str(value))

    def staff(self, code: str) -> Text:
        person = self.posts.staff.get(code)
        return _thing({"id": code, "name": None if person is None else person.name})

    def unit(self, code: str) -> Text:
        unit = self.posts.units.get(code)
        return _same(code if unit is None else unit.name)

    def role(self, name: str) -> Text:
        """A role, or "owner"."""
        return self.vocabulary.roles[name].label if name in self.vocabulary.roles else self.label(name)

    def level(self, name: str) -> Text:
        return self.vocabulary.levels[name].label if name in self.vocabulary.levels else _same(name)

    def moment(self, at: datetime) -> Text:
        return _same(at.astimezone(self.zone).strftime("%Y-%m-%d %H:%M"))


def _same(text: str) -> Text:
    return Text(text, text)


def _measure(number: Decimal, unit: str | None) -> Text:
    digits = f"{number:,.{DECIMALS_SHOWN}f}".rstrip("0").rstrip(".")
    said = _same(digits if Decimal(digits.replace(",", "")) == number else f"≈ {digits}")
    return said if unit is None else spaced([said, words().get(f"units.{unit}", _same(unit))])


def _thing(value: Mapping[str, object]) -> Text:
    """A staff member, unit or holding: its name and id, as far as they are known."""
    name, id = value.get("name"), value.get("id")
    if name is None or id is None:
        return say("values", "unknown") if name is None and id is None else _same(str(name or id))
    return say("values", "person", name=name, id=id)
