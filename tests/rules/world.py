"""What small world do the tests of facts live in? Kinds and fields of three packs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from crmflow.core.field import Value
from crmflow.core.touchpoint import Touchpoint
from crmflow.rules import feel
from crmflow.rules.fact import Fact, define, definition_order
from crmflow.rules.feel import Name, Scope

KINDS = ("core.complaint", "retail.purchase", "retail.return", "fuel.fill")
ROWS = Scope(
    {
        "kind": Name("kind", feel.Enumeration(("complaint", "purchase", "return", "fuel.fill"))),
        "at": Name("at", feel.date_time),
        "unit": Name("unit", feel.string),
        "staff": Name("staff", feel.string),
        "channel": Name("channel", feel.string),
        "amount": Name("amount", feel.number, ("金额",)),
        "litres": Name("litres", feel.number, ("加油量",)),
        "product": Name("product", feel.string),
    }
)
FIELDS = {
    "core.born": Name("core.born", feel.date, ("born", "出生日期")),
    "core.vip": Name("core.vip", feel.boolean, ("vip",)),
    "today": Name("today", feel.date),
}


def facts_of(specs: Mapping[str, Mapping[str, object]], pack: str = "retail") -> list[Fact]:
    """Facts declared by a pack, defined in an order in which each finds what it reads."""
    specs = {f"{pack}.{name}": spec for name, spec in specs.items()}
    untyped = Scope({**FIELDS, **{name: _named(name, spec, feel.any_) for name, spec in specs.items()}})
    known = dict(FIELDS)
    facts = []
    for name in definition_order(specs, lambda name: untyped):
        fact = define(name, specs[name], rows=ROWS, customer=Scope(known))
        known[name] = _named(name, specs[name], fact.type)
        facts.append(fact)
    return facts


def _named(name: str, spec: Mapping[str, object], type: feel.Type) -> Name:
    return Name(name, type, (name.partition(".")[2], *(str(spec[key]) for key in ("zh",) if key in spec)))


def touchpoint(
    kind: str,
    at: datetime,
    fields: Mapping[str, Value],
    *,
    id: int = 0,
    customer: int = 1,
    unit: str | None = None,
) -> Touchpoint:
    return Touchpoint(id, 0, customer, kind, at, at, "test", str(id), fields, unit=unit)


def number(value: object) -> Decimal:
    return Decimal(str(value))


def in_turn(touchpoints: Sequence[Touchpoint]) -> list[Touchpoint]:
    return sorted(touchpoints, key=lambda each: (each.at, each.id))
