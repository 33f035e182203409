"""Which keys may stand in a vocabulary? (which keys of a fact go together is said by crmflow.rules.fact)"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

from pydantic import Field, model_validator

from crmflow.core.contact import Asks
from crmflow.rules.shape import FieldShape, Label, Shape, Title, Whole, WordList, Words, one_language


class KeyShape(Label):
    """A kind of customer key: phone, card, member number."""

    personal: bool = False


class FactShape(Label):
    """Which keys go together is said by crmflow.rules.fact."""

    unit: str | None = None
    personal: bool = False
    count: Words | None = None
    sum: Words | None = None
    average: Words | None = None
    min: Words | None = None
    max: Words | None = None
    first: Words | None = None
    last: Words | None = None
    distinct: Words | None = None
    median: Words | None = None
    quantile: Words | None = None
    at: Decimal | None = None
    portion: Words | None = None
    out_of: str | None = Field(None, alias="out of")
    median_gap: Words | None = Field(None, alias="median gap")
    days_since: Words | None = Field(None, alias="days since")
    anniversary: Words | None = None
    is_: Words | None = Field(None, alias="is")
    rank: Words | None = None
    share: Words | None = None
    share_above: Words | None = Field(None, alias="share above")
    band: Words | None = None
    bands: Whole | None = None
    reverse: bool = False
    from_: str | None = Field(None, alias="from")
    where: Words | None = None
    over: str | None = None
    ago: str | None = None
    at_least: Whole | None = Field(None, alias="at least")
    else_: Any = Field(None, alias="else")


class ListShape(Label):
    """The name under which a customer's rules see the holdings: `list: plates`, or with a `zh` spelling."""

    en: str

    _short = model_validator(mode="before")(one_language)


class HoldingShape(Label):
    """A kind of holding."""

    list_: ListShape | None = Field(None, alias="list")
    fields_: dict[str, FieldShape] = Field({}, alias="fields")
    facts: dict[str, FactShape] = Field({})


class TouchpointShape(Label):
    """A kind of touchpoint."""

    fields_: dict[str, FieldShape] = Field({}, alias="fields")


class SignalShape(TouchpointShape):
    """A kind of signal; `scope` is what it concerns."""

    scope: Literal["unit", "company", "goods"] = "company"


class CaseKindShape(Label):
    """A kind of case; `closed after` names the steps without which none may be closed, in whichever chart."""

    closed_after: WordList = Field([], alias="closed after")


class PurposeShape(Label):
    """Why messages are sent, and what must hold before one leaves."""

    consent: Asks = "needed"
    hours: Words | dict[str, WordList] | None = None
    at_most: Whole | None = Field(None, alias="at most")
    per: Words | None = None


class ChannelShape(Label):
    """On what messages leave; `to` is the kind of key or the customer's field that is the address there."""

    to: Words


class MessageShape(Label):
    """A message: `en` and `zh` are its texts with names in braces, `purpose` is why it is sent."""

    purpose: Words = "service"
    to: Literal["customer", "holder"] = "customer"
    channel: Words | None = None
    subject: Title | None = None
    within: Words | None = None


class VocabularyShape(Shape):
    """vocabulary.yaml"""

    format: Whole
    customer: dict[str, FieldShape] = Field({})
    keys: dict[str, KeyShape] = Field({})
    levels: dict[str, Label] = Field({})
    roles: dict[str, Label] = Field({})
    holdings: dict[str, HoldingShape] = Field({})
    touchpoints: dict[str, TouchpointShape] = Field({})
    signals: dict[str, SignalShape] = Field({})
    cases: dict[str, CaseKindShape] = Field({})
    purposes: dict[str, PurposeShape] = Field({})
    channels: dict[str, ChannelShape] = Field({})
    messages: dict[str, MessageShape] = Field({})
    values: dict[str, Label] = Field({})
    facts: dict[str, FactShape] = Field({})
    population_facts: dict[str, FactShape] = Field({}, alias="population facts")

    @model_validator(mode="before")
    @classmethod
    def _levels(cls, data: Any) -> Any:
        """`levels: [station, district]` is short for levels without labels."""
        if isinstance(data, dict) and isinstance(data.get("levels"), list):
            return {**data, "levels": {str(level): {} for level in data["levels"]}}
        return data
