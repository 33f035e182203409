"""What is a fact about a customer, and what does its declaration in a vocabulary mean? (I2, F9, R1, C1)"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from graphlib import CycleError, TopologicalSorter
from typing import Final, Literal, cast

from crmflow.core.text import Text
from crmflow.errors import FeelError, RuleFileError
from crmflow.rules import feel, spoken
from crmflow.rules.feel import Expression, Scope
from crmflow.rules.feel.types import Several, Type, boolean, date, date_time, number
from crmflow.rules.window import Span, Window

Aggregate = Literal[
    "count",
    "sum",
    "average",
    "min",
    "max",
    "first",
    "last",
    "distinct",
    "median",
    "quantile",
    "portion",
    "median gap",
    "days since",
    "anniversary",
    "is",
    "rank",
    "share",
    "share above",
    "band",
]
"""
- Folds over rows (touchpoints, or holdings with `from`) in the order (at, id):
  first and last read the first and the last row that `where` chooses; the others pass over nulls:
  count and distinct values (0 when there are none), sum, average, min, max, median,
  quantile: the value `at` this share of the way up, between two values by linear interpolation (type 7 of
  Hyndman and Fan 1996, as Excel's PERCENTILE.INC),
  portion: the sum of the rows that `over` and `where` choose ÷ the sum of all in the window `out of`, and
  median gap: the median number of days between one day on which a value falls and the next such day.
- Derived at the moment of decision: days since a date, anniversary (true on the same day of a later year),
  and `is`, a FEEL expression over the customer's names.
- Of the population, in a dated snapshot: rank (1 is the largest), share of the sum, share above (held by
  strictly larger customers), and band: `bands` equal-count classes, the highest number the largest values,
  or the smallest with `reverse`.
"""
Take = tuple[Type, ...] | None

FOLDS: Final[Mapping[str, Take]] = {
    "count": None,
    "sum": (number,),
    "average": (number,),
    "min": (number, date, date_time),
    "max": (number, date, date_time),
    "first": None,
    "last": None,
    "distinct": None,
    "median": (number,),
    "quantile": (number,),
    "portion": (number,),
    "median gap": (date, date_time),
}
DERIVED: Final[Mapping[str, Take]] = {
    "days since": (date, date_time),
    "anniversary": (date, date_time),
    "is": None,
}
POPULATION: Final[Mapping[str, Take]] = {
    "rank": (number,),
    "share": (number,),
    "share above": (number,),
    "band": (number,),
}
TAKES: Final = {**FOLDS, **DERIVED, **POPULATION}
OF_ITS_VALUES: Final = frozenset({"min", "max", "first", "last"})
IN_DAYS: Final = frozenset({"median gap", "days since"})
FOLD_OPTIONS: Final = ("where", "over", "ago", "at least", "else", "from")
OWN_OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "quantile": ("at",),
    "portion": ("out of",),
    "band": ("bands", "reverse"),
}
"""The options that belong to one aggregate alone."""
OPTIONS: Final = (*FOLD_OPTIONS, *(option for options in OWN_OPTIONS.values() for option in options))


@dataclass(frozen=True, slots=True)
class Fact:
    """A named, typed value about a customer (or a holding) as of a moment, and how it is computed.

    `of` is what the aggregate reads: a field of the rows for a fold, else the canonical name of a customer's
    field or fact; "" for `is`. `over` is the window of time and `ago` how long before the moment it ends;
    `out_of` is the window of a portion's whole, `at` the share of a quantile. `at_least` counts the
    aggregated values (gaps, not fills; of a portion, those of the whole); fewer give `otherwise`. `source` is
    None for touchpoints, else the qualified kind of the holdings folded.
    """

    name: str
    label: Text
    aggregate: Aggregate
    of: str
    type: Type
    unit: str | None = None
    personal: bool = False
    where: Expression | None = None
    over: Window | None = None
    ago: Window | None = None
    out_of: Window | None = None
    at: Decimal | None = None
    at_least: int = 1
    otherwise: object = None
    source: str | None = None
    formula: Expression | None = None
    bands: int = 0
    reverse: bool = False

    @property
    def pack(self) -> str:
        """The pack that declares it: "fuel" of "fuel.last fill"."""
        return self.name.partition(".")[0]

    @property
    def span(self) -> Span:
        """From when to when the rows count."""
        return Span(self.over, self.ago)

    @property
    def nullable(self) -> bool:
        """Whether some customer may have no value: not where a fold has one of its own for nothing."""
        return self.otherwise is None

    @property
    def reads(self) -> frozenset[str]:
        """The canonical names of the customer's fields and facts that it is computed from."""
        if self.aggregate in FOLDS:
            return frozenset()
        return self.formula.names if self.formula is not None else frozenset({self.of})


def define(
    name: str,
    spec: Mapping[str, object],
    *,
    rows: Scope,
    customer: Scope,
    source: str | None = None,
) -> Fact:
    """The fact that a vocabulary declares under `name`, with exactly one aggregate key.

    `rows` are the names of what is folded: a touchpoint's (kind, at, channel, unit, staff and every field),
    or the holding's when `from` names a list, whose kind is `source`. `customer` are the names that all other
    aggregates may read; define facts in the order of `definition_order`.

    Raises RuleFileError CRM250, CRM252–CRM259, CRM278–CRM280 (the key at fault is `key`), and FeelError in
    `where` or `is`.
    """
    fact = name.partition(".")[2] or name
    aggregate = _aggregate(fact, spec)
    _refuse_strangers(fact, aggregate, spec)
    formula = feel.parse(str(spec["is"]), customer) if aggregate == "is" else None
    of, type = ("", formula.type) if formula else _operand(fact, aggregate, spec, rows, customer)
    where = feel.parse(str(spec["where"]), rows) if "where" in spec else None
    if where is not None and where.type not in (boolean, feel.any_):
        raise RuleFileError(
            "CRM253", fact=fact, key="where", expected=boolean, name=where.text, found=where.type
        )
    return Fact(
        name=name,
        label=Text.of(cast("Mapping[str, str]", spec), default=fact),
        aggregate=aggregate,
        of=of,
        type=type,
        unit=cast("str | None", spec.get("unit", "day" if aggregate in IN_DAYS else None)),
        personal=bool(spec.get("personal", False)),
        where=where,
        over=_window(fact, spec, "over"),
        ago=_window(fact, spec, "ago"),
        out_of=_whole_window(fact, aggregate, spec),
        at=_share_up(fact, spec) if aggregate == "quantile" else None,
        at_least=_whole(fact, spec, "at least", 1, least=1),
        otherwise=_otherwise(fact, aggregate, type, spec),
        source=source,
        formula=formula,
        bands=_whole(fact, spec, "bands", 5, least=2) if aggregate == "band" else 0,
        reverse=bool(spec.get("reverse", False)),
    )


def definition_order(
    specs: Mapping[str, Mapping[str, object]], customer: Callable[[str], Scope]
) -> list[str]:
    """The canonical names of `specs`, each after those that it is computed from.

    `customer(name)` is the scope of names that this fact may read; types do not matter yet. What cannot be
    read is left to `define` to refuse. Raises RuleFileError CRM251, naming the circle, and CRM257 where a
    fact of the population stands on another.
    """
    graph = {name: sorted(_read_by(spec, customer(name)) & specs.keys()) for name, spec in specs.items()}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = list(reversed(error.args[1]))
        raise RuleFileError("CRM251", fact=circle[0], circle=" → ".join(circle)) from None
    below: dict[str, str] = {}  # the fact of the population that a fact stands on
    for name in order:
        aggregate = next((key for key in POPULATION if key in specs[name]), None)
        under = next((below[read] for read in graph[name] if read in below), None)
        if aggregate is not None and under is not None:
            raise RuleFileError("CRM257", fact=name, key=aggregate, name=under)
        if aggregate is not None or under is not None:
            below[name] = under or name
    return order


def _read_by(spec: Mapping[str, object], customer: Scope) -> frozenset[str]:
    aggregate = next((key for key in (*DERIVED, *POPULATION) if key in spec), None)
    if aggregate is None:
        return frozenset()
    if aggregate == "is":
        try:
            return feel.parse(str(spec["is"]), customer, "standard").names
        except FeelError:
            return frozenset()
    name = customer.resolve(str(spec[aggregate]))
    return frozenset({name.canonical}) if name is not None else frozenset()


def in_order(facts: Iterable[Fact]) -> list[Fact]:
    """Facts so that each comes after those that it is computed from."""
    by_name = {fact.name: fact for fact in facts}
    graph = {fact.name: sorted(fact.reads & by_name.keys()) for fact in by_name.values()}
    return [by_name[name] for name in TopologicalSorter(graph).static_order()]


def _aggregate(fact: str, spec: Mapping[str, object]) -> Aggregate:
    given = [key for key in TAKES if key in spec]
    if len(given) != 1:
        raise RuleFileError(
            "CRM250",
            fact=fact,
            found=" + ".join(given) or "–",
            key=given[1] if given else fact,
            known=", ".join(TAKES),
        )
    return cast(Aggregate, given[0])


def _refuse_strangers(fact: str, aggregate: str, spec: Mapping[str, object]) -> None:
    allowed = (*(FOLD_OPTIONS if aggregate in FOLDS else ()), *OWN_OPTIONS.get(aggregate, ()))
    for option in OPTIONS:
        if option in spec and option not in allowed:
            raise RuleFileError("CRM255", fact=fact, key=option, aggregate=aggregate)


def _operand(
    fact: str, aggregate: str, spec: Mapping[str, object], rows: Scope, customer: Scope
) -> tuple[str, Type]:
    """What the aggregate reads, by its canonical name, and the type of what comes out."""
    scope, spelling, takes = rows if aggregate in FOLDS else customer, str(spec[aggregate]), TAKES[aggregate]
    name = scope.resolve(spelling)
    if name is None:
        suggestion = scope.nearest(spelling)
        raise RuleFileError("CRM252", fact=fact, key=aggregate, name=spelling, suggestion=suggestion)
    if takes is not None and name.type not in (*takes, feel.any_):
        expected = Several(tuple(takes))
        raise RuleFileError(
            "CRM253", fact=fact, key=aggregate, name=spelling, expected=expected, found=name.type
        )
    if aggregate in OF_ITS_VALUES:
        return name.canonical, name.type
    return name.canonical, boolean if aggregate == "anniversary" else number


def _window(fact: str, spec: Mapping[str, object], key: str) -> Window | None:
    if key not in spec:
        return None
    text = str(spec[key])
    try:
        return Window.parse(text)
    except ValueError:
        meant = spoken.length(text)
        raise RuleFileError("CRM254", fact=fact, key=key, name=text, suggestion=meant) from None


def _whole_window(fact: str, aggregate: str, spec: Mapping[str, object]) -> Window | None:
    """The window of a portion's whole, of which the part is truly a part."""
    whole, part = _window(fact, spec, "out of"), _window(fact, spec, "over")
    if aggregate == "portion" and part is None and "where" not in spec:
        raise RuleFileError("CRM278", fact=fact, key=aggregate)
    if whole is not None and part is not None and part.shortest > whole.longest:
        raise RuleFileError("CRM279", fact=fact, key="over", name=spec["over"], whole=spec["out of"])
    return whole


def _share_up(fact: str, spec: Mapping[str, object]) -> Decimal:
    share = spec.get("at")
    if isinstance(share, bool) or not isinstance(share, int | float | Decimal) or not 0 <= share <= 1:
        name = "–" if share is None else share
        raise RuleFileError("CRM280", fact=fact, key="at" if "at" in spec else "quantile", name=name)
    return Decimal(str(share))


def _whole(fact: str, spec: Mapping[str, object], key: str, default: int, *, least: int) -> int:
    value = spec.get(key, default)
    if not isinstance(value, int | Decimal) or value != int(value) or value < least:
        raise RuleFileError("CRM259", fact=fact, key=key, name=value, least=least)
    return int(value)


def _otherwise(fact: str, aggregate: str, type: Type, spec: Mapping[str, object]) -> object:
    """The value of `else`; of nothing, count and distinct are 0."""
    if "else" not in spec:
        return Decimal(0) if aggregate in ("count", "distinct") else None
    value = spec["else"]
    if value is None or (type == boolean and isinstance(value, bool)):
        return value
    if type == number and isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return Decimal(str(value))
    if type not in (boolean, number, date, date_time) and isinstance(value, str):
        return value
    raise RuleFileError("CRM256", fact=fact, key="else", name=value, expected=type)
