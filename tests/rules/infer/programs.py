"""Which programs and worlds do the tests of inferences draw, and what follows from them when all is tried?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any

from hypothesis import strategies as st

from crmflow.rules import feel
from crmflow.rules.feel import Function, Type
from crmflow.rules.feel.evaluate import evaluate
from crmflow.rules.feel.tree import Node, Variable
from crmflow.rules.infer.body import walk
from crmflow.rules.infer.conclusions import Conclusions
from crmflow.rules.infer.kind import PLACE, Kind
from crmflow.rules.infer.program import HIDDEN, Atom, Inference, InferenceRule
from crmflow.rules.infer.world import World
from crmflow.rules.load import RuleFile, load
from tests.rules.shop import core

VOCABULARY = """
format: 1
customer:
  household: {zh: 家庭编号}
  number:    {zh: 会员号}
  by:        {zh: 介绍人}
  spend:     {zh: 消费额, type: 'number(12,2)'}
  joined:    {zh: 入会日期, type: date}
  vip:       {zh: 贵宾, type: boolean}
  grade:     {zh: 等级, type: [A, B, C]}
touchpoints:
  claim: {zh: 理赔, fields: {amount: 'number(12,2)', on: date, text: string}}
"""
HEAD = """
format: 1
title: {en: X, zh: 甲}
decides: infer
gives: {name: result, zh: 结果}
relations:
  knows:  {zh: 认识, between: [customer, customer]}
  marked: {zh: 标记, between: [customer]}
  near:   {zh: 邻近, between: [customer, string]}
params:
  limit: {value: 2.5}
engine: built in
rules:
"""
CUSTOMERS = ("a", "b", "c")
TWO = (
    "{a}.household = {b}.家庭编号",
    "{b}.介绍人 = {a}.会员号",
    "{a}.spend > {b}.spend",
    "{a}.spend + {b}.spend >= 3",
    "{a}.spend = {b}.spend - 1",
    "{a}.joined <= {b}.joined + duration(\"P1D\")",
    "{a}.joined - {b}.joined > duration(\"P0D\")",
    "{a} != {b}",
    "{a}.household != {b}.household",
)  # fmt: skip
ONE = (
    "{a}.vip",
    "not({a}.vip)",
    '{a}.grade = "A"',
    '{a}.grade != "B"',
    '{a}.grade in ("A", "C")',
    "{a}.spend between 1 and 3.25",
    "not({a}.spend between 1 and limit)",
    "{a}.spend in [1..limit)",
    "{a}.spend > limit or {a}.vip and {a}.household != null",
    "not({a}.spend > 1 or {a}.grade = \"A\")",
    "{a}.joined < today",
    "{a}.joined >= @\"2026-01-02\"",
    "{a}.by = null",
    '{a}.household = "家一"',
)  # fmt: skip
CLAIM = (
    "e.customer = {a}",
    "e.amount > {a}.spend",
    "e.customer.household = {a}.household",
    "e.on > {a}.joined",
)
ATOM = (
    "knows({a}, {b})",
    "knows({a}, {a})",
    "marked({a})",
    "near({a}, {b}.household)",
    'near({a}, "家一")',
    "result({a})",
)
DENIED = ("not(knows({a}, {b}))", "not(marked({a}))", "not(near({a}, {b}.household))")
THEN = ("knows({a}, {b})", "marked({a})", "near({a}, {b}.household)", "result({a})")


@st.composite
def rules(draw: st.DrawFn, n: int) -> str:
    """One rule of the file, over up to three customers and a claim."""
    names = list(CUSTOMERS[: draw(st.integers(1, 3))])
    one = st.sampled_from(names)

    def filled(templates: tuple[str, ...]) -> str:
        a = draw(one)
        others = names if templates is not TWO else [name for name in names if name != a]
        return draw(st.sampled_from(templates)).format(a=a, b=draw(st.sampled_from(others)))

    pools = [TWO] * (len(names) > 1) + [TWO] * (len(names) > 1) + [ONE, ATOM]
    conditions = [filled(draw(st.sampled_from(pools))) for _ in range(draw(st.integers(0, 3)))]
    if draw(st.integers(0, 3)) == 0:
        conditions.append(filled(DENIED))
    kinds = dict.fromkeys(names, "customer")
    if draw(st.integers(0, 3)) == 0:
        kinds["e"] = "claim"
        conditions.append(filled(CLAIM))
    least = draw(st.sampled_from([1, 1, 1, 2]))
    then = filled(THEN)
    said = {name for name in kinds if f"{name})" in then or f"({name}," in then or f"{name}." in then}
    lines = [f"  - id: r{n}", "    for: {" + ", ".join(f"{k}: {v}" for k, v in kinds.items()) + "}"]
    if conditions:
        lines += ["    when:", *(f"      - '{each}'" for each in conditions)]
    if least > 1 and said < kinds.keys():
        lines.append(f"    at least: {least}")
    return "\n".join([*lines, f"    then: '{then}'"])


@st.composite
def programs(draw: st.DrawFn) -> str:
    """A file in which every relation is concluded by a rule."""
    first = [
        "  - {id: f1, for: {a: customer, b: customer}, when: b.by = a.number, then: 'knows(a, b)'}",
        "  - {id: f2, for: {a: customer}, when: a.vip, then: marked(a)}",
        "  - {id: f3, for: {a: customer}, when: a.spend > 1, then: 'near(a, a.household)'}",
        "  - {id: f4, for: {a: customer}, when: marked(a) and a.spend > limit, then: result(a)}",
    ]
    more = [draw(rules(n)) for n in range(draw(st.integers(1, 4)))]
    return HEAD + "\n".join([*first, *more]) + "\n"


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A few customers and claims, with nulls, Chinese texts, decimals and dates."""
    world = World({"today": date(2026, 1, 3), "now": None})
    texts = st.sampled_from([None, "家一", "家二", "M1", "M2", "é🙂"])
    numbers = st.sampled_from([None, *map(Decimal, ("0", "1", "2", "2.50", "3.25", "-1", "12345678.01"))])
    days = st.sampled_from([None, *(date(2026, 1, day) for day in (1, 2, 3))])
    for n in range(draw(st.integers(1, 5))):
        values = {
            "id": f"P{n}",
            "shop.household": draw(texts),
            "shop.number": f"M{n}",
            "shop.by": draw(texts),
            "shop.spend": draw(numbers),
            "shop.joined": draw(days),
            "shop.vip": draw(st.sampled_from([None, True, False])),
            "shop.grade": draw(st.sampled_from([None, "A", "B", "C"])),
        }
        world.add("customer", values, f"P{n}")
    for n in range(draw(st.integers(0, 3))):
        of = draw(st.sampled_from(list(world.places("customer"))))
        world.add("shop.claim", {"amount": draw(numbers), "on": draw(days)}, f"E{n}", of)
    return world


def read(text: str) -> Inference | None:
    """The inference of a file; None where it denies itself, or where durable-rules cannot be asked it."""
    files = [*core(), RuleFile("shop/vocabulary.yaml", VOCABULARY, "pack", "shop")]
    loaded = load([*files, RuleFile("shop/infer/x.yaml", text, "pack", "shop")])
    if loaded.errors and {error.code for error in loaded.errors} <= {"CRM263", "CRM269"}:
        return None
    assert loaded.ruleset is not None, [(error.code, error.message()) for error in loaded.errors]
    (inference,) = loaded.ruleset.inferences
    return inference


def rows(found: Conclusions) -> dict[str, set[tuple[Any, ...]]]:
    return {name: set(each) for name, each in found.rows.items()}


@dataclass(frozen=True)
class Naive:
    """Tries every combination of things with FEEL itself, round after round: slow, and plainly right."""

    inference: Inference
    world: World

    def rows(self) -> dict[str, set[tuple[Any, ...]]]:
        found: dict[str, set[tuple[Any, ...]]] = {name: set() for name in self.inference.relations}
        for stratum in self.inference.strata:
            while sum(self._grows(rule, found) for rule in stratum):
                pass
        return found

    def _grows(self, rule: InferenceRule, found: dict[str, set[tuple[Any, ...]]]) -> bool:
        support: dict[tuple[Any, ...], set[tuple[Any, ...]]] = {}
        for env in self._combinations(rule):
            context = {**env, **self.inference.params, **self.world.present, **self._functions(found)}
            if self._met(rule, context):
                row = self._row(rule.head, context)
                if None not in row:
                    support.setdefault(row, set()).add(tuple(env[name][PLACE] for name in rule.declared))
        said = [row for row, others in support.items() if len(others) >= rule.at_least]
        new = set(said) - found[rule.head.relation]
        found[rule.head.relation] |= new
        return bool(new)

    def _combinations(self, rule: InferenceRule) -> Iterator[dict[str, Any]]:
        kinds = [rule.variables[name] for name in rule.declared]
        places = [self.world.places(kind.name) for kind in kinds if isinstance(kind, Kind)]
        for each in product(*places):
            yield {name: self.world.things[place] for name, place in zip(rule.declared, each, strict=True)}

    def _met(self, rule: InferenceRule, context: Mapping[str, Any]) -> bool:
        joined = (
            evaluate(side, context) for pair in rule.body.equalities if _is_written(pair) for side in pair
        )
        if any(value is None for value in joined):
            return False
        return all(evaluate(each.tree, context) is True for each in rule.when)

    def _functions(self, found: Mapping[str, set[tuple[Any, ...]]]) -> dict[str, Function]:
        return {name: _holds(rows, self.inference.relations[name].types) for name, rows in found.items()}

    def _row(self, head: Atom, context: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(_value(evaluate(each, context)) for each in head.arguments)


def _is_written(pair: tuple[Node, Node]) -> bool:
    """Whether an equality stands in the file: not one with what stands for a relation's argument."""
    nodes = (node for side in pair for node in walk(side))
    return not any(isinstance(node, Variable) and node.name.startswith(HIDDEN) for node in nodes)


def _holds(rows: set[tuple[Any, ...]], types: tuple[Type, ...]) -> Function:
    names = tuple(f"p{n}" for n in range(len(types)))
    return Function(names, (feel.any_,) * len(types), lambda *values: tuple(map(_value, values)) in rows)


def _value(value: Any) -> Any:
    return value[PLACE] if isinstance(value, Mapping) else value
