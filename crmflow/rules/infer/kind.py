"""Over which things can the rules of an inference speak, and which names does each have?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from crmflow.core.field import Field
from crmflow.rules import feel, vocabulary
from crmflow.rules.feel import ContextType, Name, Type
from crmflow.rules.vocabulary import HoldingKind, Vocabulary
from crmflow.rules.vocabulary import Kind as TouchpointKind

CUSTOMER: Final = "customer"
PLACE: Final = "#"
"""Under this name a thing holds its place in the world: what makes it this thing and no other."""

SCALARS: Final[Mapping[str, Type]] = {
    "string": feel.string,
    "number": feel.number,
    "boolean": feel.boolean,
    "date": feel.date,
}
_ZH: Final = {"客户": CUSTOMER}
_NOT_OF_ONE: Final = frozenset({"today", "now"})


@dataclass(frozen=True, slots=True)
class Kind(ContextType):
    """Customers, or a qualified kind of holding or touchpoint; a finding shows its name, not its fields."""

    name: str = CUSTOMER

    def __str__(self) -> str:
        return self.name


class Kinds:
    """The kinds of things as the files of one pack may write them."""

    def __init__(self, names: Vocabulary, pack: str) -> None:
        number = Name("id", feel.string, ("编号",))
        own = {name: each for name, each in names.scope(pack).items() if name not in _NOT_OF_ONE}
        self.customer = Kind({"id": number, **own})
        self.all: dict[str, Kind] = {CUSTOMER: self.customer}
        self._spelled: dict[str, Kind] = {}
        of_customer = Name(CUSTOMER, self.customer, tuple(_ZH))
        kinds: list[HoldingKind | TouchpointKind] = [*names.holdings.values(), *names.touchpoints.values()]
        for kind in kinds:
            fields = {**_fields(kind.fields), **_EVERY, CUSTOMER: of_customer}
            self.all[kind.name] = thing = Kind(fields, name=kind.name)
            for spelling in _spellings(kind.name, kind.aliases, pack):
                self._spelled.setdefault(spelling, thing)

    def find(self, spelling: str) -> Type | None:
        """The kind of thing, or the type of value, that a spelling means."""
        if spelling in (CUSTOMER, *_ZH):
            return self.customer
        return SCALARS.get(spelling) or self._spelled.get(spelling)

    def spellings(self) -> list[str]:
        return [CUSTOMER, *self._spelled, *SCALARS]


def _spellings(name: str, aliases: Iterable[str], pack: str) -> Iterable[str]:
    """The own pack's kinds and the core's by their bare names too."""
    if vocabulary.pack_of(name) in (pack, vocabulary.CORE):
        yield from (vocabulary.bare(name), *aliases)
    yield name


def _fields(fields: Mapping[str, Field]) -> dict[str, Name]:
    """Staff and units are codes in a row."""
    return {
        name: Name(
            name,
            feel.string if field.kind in ("staff", "unit") else vocabulary.type_of(field),
            (field.label.en, field.label.zh, *field.aliases),
        )
        for name, field in fields.items()
    }


_EVERY: Final = {
    "id": Name("id", feel.string, ("编号",)),
    "at": Name("at", feel.date_time, ("时间",)),
    "channel": Name("channel", feel.string, ("渠道",)),
    "unit": Name("unit", feel.string, ("单位",)),
    "staff": Name("staff", feel.string, ("员工",)),
}
