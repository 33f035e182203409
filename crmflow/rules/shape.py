"""Which keys may stand in which rule file, and of which shape are the values? (names are checked later)"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from crmflow.core.text import Text

FORMAT = 1


def as_text(value: object) -> object:
    """An expression or a word is text, also where it looks like a number or like true, false or null."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, Decimal | int | float) else value


def one_language(value: object) -> object:
    """A plain word is the same in both languages."""
    return {"en": value, "zh": value} if isinstance(value, str | bool | Decimal) else value


def _short_field(value: object) -> object:
    """`litres: number(9,2)` and `outlook: [good, weak]` are short for `{type: …}`."""
    return {"type": value} if isinstance(value, (str, list)) else value


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


Words = Annotated[str, BeforeValidator(as_text)]
WordList = Annotated[list[Words], BeforeValidator(_as_list)]
Whole = Annotated[Decimal, Field(multiple_of=1)]


class Shape(BaseModel):
    """The root: keys are closed, values are not converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Label(Shape):
    """What something is called; `aliases` are further spellings."""

    en: str | None = None
    zh: str | None = None
    aliases: list[str] = []

    def label(self, name: str) -> Text:
        return Text.of({"en": self.en or "", "zh": self.zh or ""}, default=name)

    def spellings(self) -> tuple[str, ...]:
        """Other ways to write the name, besides the name itself."""
        return tuple(spelling for spelling in (self.en, self.zh, *self.aliases) if spelling)


class Title(Shape):
    """A title or name for readers; a plain text is the same in both languages."""

    en: str | None = None
    zh: str | None = None

    _short = model_validator(mode="before")(one_language)

    @property
    def text(self) -> Text:
        return Text(self.en or self.zh or "", self.zh or self.en or "")


class FieldShape(Label):
    """A field of a customer, holding, touchpoint, signal or form; `ordered` values go from the least up."""

    type: Words | list[Words] = "string"
    ordered: bool = False
    unit: str | None = None
    personal: bool = False
    indexed: bool = False

    _short = model_validator(mode="before")(_short_field)


class FormShape(FieldShape):
    """A field of a form; `required` may be a condition over the form."""

    required: Words = "true"


class ParamShape(Label):
    """A param: its type is that of its value."""

    value: Any
    unit: str | None = None
    one_of: list[Any] | None = Field(None, alias="one of")


class SetParamShape(Shape):
    """A param's value for a site or a pack: for all, and by unit (code or name)."""

    value: Any = None
    units: dict[str, Any] = {}


class OrderShape(Shape):
    """order.yaml: rulebooks that decide the same thing, in the order in which they are asked."""

    format: Whole
    order: list[str]


class GivesShape(Label):
    """What a rulebook gives to others: a name, and `of` its values in order."""

    name: str
    of: WordList


class EffectiveShape(Shape):
    """The days on which a rulebook counts, both included."""

    from_: str | None = Field(None, alias="from")
    to: str | None = None


class RuleShape(Shape):
    """One rule of a list."""

    id: Words
    title: Title = Title()
    source: str | None = None
    when: Words
    then: Any
    priority: Whole | None = None


class TableShape(Shape):
    """A decision table: a row is an id, one unary test a column, and the result."""

    when: WordList
    rows: list[list[Any]]


class ChooseShape(Shape):
    """A role to choose a staff member from: in `unit` (a FEEL expression), or in its unit of `level`."""

    role: str
    unit: Words | None = None
    level: str | None = None
    choose: Literal["least loaded"] = "least loaded"


class OwnerShape(Shape):
    """`then` of a rulebook that decides the owner."""

    owner: Any


class ParticipantShape(Shape):
    """`then` of a rulebook that decides who takes part."""

    participant: Any


class VisitShape(Shape):
    """`then` of a rulebook that decides a visit."""

    reason: Words
    channel: str
    by: Any
    within: str | None = None
    once_per: Words | None = Field(None, alias="once per")
    stays: Literal["until done", "while true"] = "until done"
    form: dict[str, FieldShape] = {}


class SendShape(Shape):
    """`then` of a rulebook that decides a message."""

    send: str
    channel: str
    once_per: Words | None = Field(None, alias="once per")


class StaffShape(Shape):
    """A staff member of a test: `load` is how many customers they have already."""

    role: str
    unit: Words
    name: str | None = None
    left: bool = False
    load: Whole = Decimal(0)


class TestShape(Shape):
    """A test of a rulebook."""

    name: Title
    given: dict[str, Any] = {}
    params: dict[str, Any] = {}
    population: dict[str, dict[str, Any]] = {}
    staff: dict[str, StaffShape] = {}
    expect: Any


class RulebookShape(Shape):
    """A rulebook."""

    format: Whole
    title: Title
    source: str | None = None
    decides: Literal["segment", "owner", "participant", "visit", "send", "infer"]
    subject: Literal["customer", "household", "holding", "case", "unit"] = "customer"
    holding: str | None = None
    gives: GivesShape | None = None
    on: str | None = None
    params: dict[str, ParamShape] = {}
    hit: Literal["first", "unique", "collect", "priority"] = "first"
    effective: EffectiveShape | None = None
    rules: list[RuleShape] | None = None
    table: TableShape | None = None
    default: Any = None
    overrides: Words | None = None
    tests: list[TestShape] = []
