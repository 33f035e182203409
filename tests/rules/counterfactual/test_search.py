"""Does a least change make the rule fire, and is there really none smaller?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from itertools import combinations, product
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmflow.core.decision import Conflict
from crmflow.engine.files import CORE
from crmflow.plugins import Plugins
from crmflow.rules import feel
from crmflow.rules.counterfactual.leaf import Leaves
from crmflow.rules.counterfactual.search import LeastChange, least_change, least_param
from crmflow.rules.derive import derive
from crmflow.rules.fact import DERIVED, in_order
from crmflow.rules.feel import ContextType, Enumeration, ListType, Type
from crmflow.rules.load import load
from crmflow.rules.rulebook import Rule, Rulebook
from crmflow.rules.ruleset import Ruleset
from crmflow.rules.source import RuleFile
from crmflow.rules.vocabulary import Vocabulary

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 6, 30)
NOW = datetime(2026, 6, 30, 15, 59, tzinfo=UTC).astimezone(ZONE)
PACKS = ("fuel", "insurance", "retail", "utility")
VOCABULARY = """\
format: 1
customer:
  a: number(9,0)
  b: number(9,0)
  c: {type: [red, green, blue]}
  d: boolean
  e: date
facts:
  total: {is: a + b}
  days since e: {days since: e}
"""
SMALL: dict[str, list[object]] = {
    "a": [*map(Decimal, range(-1, 8)), None],
    "b": [*map(Decimal, range(-1, 8)), None],
    "c": ["red", "green", "blue", None],
    "d": [True, False, None],
}
"""Every value that a rule below can tell from another, and beyond."""


def rules_of(*texts: tuple[str, str]) -> Ruleset:
    loaded = load([RuleFile(path, text.encode(), "pack", "shop") for path, text in texts])
    assert loaded.ruleset is not None, [(found.file, found.message()) for found in loaded.errors]
    return loaded.ruleset


@cache
def pack(name: str) -> Ruleset:
    """The rules of a pack, with the core's."""
    core = [
        RuleFile(f"core/{path}", files("crmflow.core").joinpath(path).read_bytes(), "core", "core")
        for path in CORE
    ]
    own = [
        RuleFile(f"{found.pack}/{found.path}", found.file.read_bytes(), "pack", found.pack)
        for found in Plugins([name]).rule_files()
    ]
    loaded = load([*core, *own])
    assert loaded.ruleset is not None, [(found.file, found.message()) for found in loaded.errors]
    return loaded.ruleset


def rulebook_of(conditions: list[str], hit: str = "first", params: str = "") -> tuple[Ruleset, Rulebook]:
    rules = "\n".join(
        f'  - {{id: r{n}, title: r{n}, when: "{when}", then: v{n}}}' for n, when in enumerate(conditions)
    )
    values = ", ".join(f"v{n}" for n in range(len(conditions)))
    text = f"""\
format: 1
title: test
decides: segment
gives: {{name: given, of: [{values}]}}
hit: {hit}
{params}rules:
{rules}
"""
    ruleset = rules_of(("shop/vocabulary.yaml", VOCABULARY), ("shop/test.yaml", text))
    return ruleset, ruleset.rulebook("shop/test")


def context_of(**values: object) -> dict[str, object]:
    """A customer of the small shop, with what is derived of them."""
    a, b, e = (values.get(name) for name in "abe")
    known = {f"shop.{name}": values.get(name) for name in "abcde"}
    total = a + b if isinstance(a, Decimal) and isinstance(b, Decimal) else None
    since = Decimal((TODAY - e).days) if isinstance(e, date) else None
    return {**known, "shop.total": total, "shop.days since e": since, "today": TODAY, "now": NOW}


def decides(rulebook: Rulebook, rule: Rule, context: Mapping[str, object]) -> bool:
    hits = rulebook.decide(context)
    return not isinstance(hits, Conflict) and rule.id in [hit.rule for hit in hits]


def fires(rulebook: Rulebook, rule: Rule, context: Mapping[str, object]) -> bool:
    return next(trace.fired for trace in rulebook.trace(context) if trace.rule.id == rule.id)


def assert_holds(
    rulebook: Rulebook,
    rule: Rule,
    found: LeastChange,
    context: Mapping[str, object],
    vocabulary: Vocabulary,
    params: Mapping[str, object],
) -> None:
    """After the change the rule fires, or decides as it says; without any part of it, it does not."""
    reached = decides if found.decides else fires
    assert reached(rulebook, rule, found.context)
    leaves = Leaves(vocabulary, context, params, ZONE)
    for one in found.altered:
        less = leaves.context
        for other in found.altered:
            if other != one:
                less = leaves.changed(less, other.leaf, other.after)
        assert not reached(rulebook, rule, less), (one, found.altered)


# rulebooks made at random, in a world so small that every other customer can be asked

numbers = st.sampled_from(["a", "b", "total"])
constants = st.integers(0, 6).map(str)
sides = st.one_of(constants, numbers)
signs = st.sampled_from(["<", "<=", "=", ">=", ">"])
compared = st.builds("{} {} {}".format, numbers, signs, sides)
ranges = st.builds(
    lambda name, low, more: f"{name} in [{low}..{low + more}]", numbers, st.integers(0, 5), st.integers(0, 2)
)
words = st.sampled_from(
    ["c = 'red'", "c in ('green', 'blue')", "c = null", "d", "d = false", "a = null", "b != null"]
)
atoms = st.one_of(compared, ranges, words).map(lambda text: text.replace("'", '\\"'))
conditions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds(lambda one, other: f"({one}) and ({other})", inner, inner),
        st.builds(lambda one, other: f"({one}) or ({other})", inner, inner),
    ),
    max_leaves=3,
)
customers = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in SMALL.items()})


@settings(max_examples=60)
@given(st.lists(conditions, min_size=1, max_size=3), st.sampled_from(["first", "collect"]), customers)
def test_nothing_smaller_makes_a_rule_decide(texts: list[str], hit: str, values: dict[str, object]) -> None:
    ruleset, rulebook = rulebook_of(texts, hit)
    context = context_of(**values)
    for rule in rulebook.rules:
        if decides(rulebook, rule, context):
            continue
        found = least_change(rulebook, rule, context, ruleset.vocabulary, ZONE)
        least = fewest(rulebook, rule, values)
        if found.found and found.decides:
            assert_holds(rulebook, rule, found, context, ruleset.vocabulary, {})
            assert least is None or size(found) <= least, (texts, values, found.altered)
        else:
            assert least is None, (texts, values, least)


def fewest(rulebook: Rulebook, rule: Rule, values: dict[str, object]) -> tuple[int, Decimal] | None:
    """How many names must differ for the rule to decide, and by how many steps in all, by asking every
    customer of the small world; None where none is such. Only who asks for null may be told of it."""
    null = any("null" in each.expression.text for one in rulebook.rules for each in one.conditions)
    world = {name: [each for each in SMALL[name] if null or each is not None] for name in SMALL}
    for count in range(1, len(SMALL) + 1):
        costs = [
            sum((steps(values[name], value) for name, value in zip(names, others, strict=True)), Decimal(0))
            for names in combinations(SMALL, count)
            for others in product(*(world[name] for name in names))
            if decides(rulebook, rule, context_of(**{**values, **dict(zip(names, others, strict=True))}))
        ]
        if costs:
            return count, min(costs)
    return None


def size(found: LeastChange) -> tuple[int, Decimal]:
    return len(found.altered), sum((steps(each.before, each.after) for each in found.altered), Decimal(0))


def steps(before: object, after: object) -> Decimal:
    """Of numbers by how much they differ, of colours how far apart they stand; losing a value counts 2."""
    colours = SMALL["c"]
    if after is None:
        return Decimal(2)
    if isinstance(after, Decimal):
        return abs(after - before) if isinstance(before, Decimal) else Decimal(1)
    if before in colours[:3] and after in colours[:3]:
        return Decimal(abs(colours.index(after) - colours.index(before)))
    return Decimal(1)


# all rules of all packs, for customers made at random


def some_value(type: Type, random: Random, depth: int = 0) -> object:
    if random.random() < 0.2:
        return None
    match type:
        case Enumeration(values=values):
            return random.choice(values)
        case ListType(item=item):
            return [some_value(item, random, depth + 1) or {} for _ in range(random.choice([0, 1, 2]))]
        case ContextType(fields=fields) if depth < 3:
            made = {name: some_value(field.type, random, depth + 1) for name, field in fields.items()}
            return {**made, "left": not made["active"]} if isinstance(made.get("active"), bool) else made
    if type == feel.boolean:
        return random.random() < 0.5
    if type == feel.number:
        return Decimal(random.choice([0, 1, 3, 5, 40, 200, 700, 4000, 60000]))
    if type == feel.string:
        return random.choice(["x", "y"])
    day = timedelta(days=random.choice([0, 5, 40, 100, 400, 800]))
    if type == feel.date:
        return TODAY - day
    return NOW - day if type == feel.date_time else None


def some_customer(vocabulary: Vocabulary, rulebook: Rulebook, random: Random) -> dict[str, object]:
    """Values for all that a rulebook reads, and what is derived of them, as the engine would."""
    blank: dict[str, object] = {"today": TODAY, "now": NOW, "owner": None}
    leaves = Leaves(vocabulary, blank, {}, ZONE)
    reads = {name: fact.reads for name, fact in leaves.facts.items()}
    names, waiting = set(), set(rulebook.reads)
    while waiting:
        names.add(name := waiting.pop())
        waiting |= reads.get(name, frozenset()) - names
    context = blank | {
        name: some_value(leaves.type_of(name), random) for name in sorted(names - {"today", "now"})
    }
    for fact in in_order(leaves.facts.values()):
        if fact.aggregate in DERIVED and fact.name in names:
            context[fact.name] = derive(fact, context, ZONE, rulebook.defaults)
    return context


RULEBOOKS = [(name, rulebook.id) for name in PACKS for rulebook in pack(name).rulebooks]


@pytest.mark.parametrize(("name", "id"), RULEBOOKS)
def test_every_rule_of_the_packs_can_be_made_to_fire(name: str, id: str) -> None:
    ruleset, random = pack(name), Random(id)
    rulebook = ruleset.rulebook(id)
    asked = found_some = 0
    for _ in range(12):
        context = some_customer(ruleset.vocabulary, rulebook, random)
        for rule in rulebook.rules:
            if decides(rulebook, rule, context):
                continue
            params = rulebook.defaults
            found = least_change(rulebook, rule, context, ruleset.vocabulary, ZONE, params=params)
            asked += 1
            if found.found:
                found_some += 1
                assert_holds(rulebook, rule, found, context, ruleset.vocabulary, params)
    assert asked == 0 or found_some / asked > 0.9, (asked, found_some)


# what the nearest value is


def least(when: str, **values: object) -> dict[str, object]:
    ruleset, rulebook = rulebook_of([when])
    found = least_change(rulebook, rulebook.rules[0], context_of(**values), ruleset.vocabulary, ZONE)
    return {str(each.leaf.path[-1]): each.after for each in found.altered}


@pytest.mark.parametrize(
    ("when", "values", "expected"),
    [
        ("a > 3", {"a": Decimal(1)}, {"shop.a": Decimal(4)}),
        ("a >= 3", {"a": Decimal(1)}, {"shop.a": Decimal(3)}),
        ("a < 3", {"a": Decimal(9)}, {"shop.a": Decimal(2)}),
        ("a in (5..8]", {"a": Decimal(40)}, {"shop.a": Decimal(8)}),
        ("a * a > 50", {"a": Decimal(2)}, {"shop.a": Decimal(8)}),
        ("total > 10", {"a": Decimal(4), "b": Decimal(1)}, {"shop.a": Decimal(10)}),
        ("days since e > 30", {"e": TODAY}, {"shop.e": TODAY - timedelta(days=31)}),
        ("e + duration(\\\"P1Y\\\") <= today", {"e": date(2026, 1, 1)}, {"shop.e": date(2025, 6, 30)}),
        ("c != null and c != \\\"red\\\"", {"c": "red"}, {"shop.c": "green"}),
        ("d", {}, {"shop.d": True}),
        ("a > b and b > 10", {"a": Decimal(5)}, {"shop.a": Decimal(12), "shop.b": Decimal(11)}),
        ("a > 5 and a < 3", {"a": Decimal(1)}, {}),
        ("today = date(2026, 7, 4)", {}, {}),
    ],
)  # fmt: skip
def test_the_nearest_value_over_the_boundary(
    when: str, values: dict[str, object], expected: dict[str, object]
) -> None:
    assert least(when, **values) == expected


def test_where_an_earlier_rule_goes_first_it_must_lose_as_well() -> None:
    ruleset, rulebook = rulebook_of(["a > 5", "b > 2"])
    context = context_of(a=Decimal(6), b=Decimal(0))
    found = least_change(rulebook, rulebook.rules[1], context, ruleset.vocabulary, ZONE)
    assert (found.decides, {each.leaf.name: each.after for each in found.altered}) == (
        True,
        {"shop.a": Decimal(5), "shop.b": Decimal(3)},
    )


def test_a_rule_that_can_only_fire_is_said_to_be_passed_over() -> None:
    ruleset, rulebook = rulebook_of(["a > 5", "a > 7"])
    found = least_change(rulebook, rulebook.rules[1], context_of(a=Decimal(0)), ruleset.vocabulary, ZONE)
    assert (found.decides, [each.after for each in found.altered]) == (False, [Decimal(8)])


def test_the_param_that_would_do_is_the_nearest() -> None:
    params = "params: {limit: {value: 10}, kind: {value: red}}\n"
    ruleset, rulebook = rulebook_of(['a >= limit and kind = \\"red\\"'], params=params)
    context = context_of(a=Decimal(4))
    found = least_param(
        rulebook, rulebook.rules[0], context, ruleset.vocabulary, ZONE, params=rulebook.defaults
    )
    assert found is not None
    assert (found.leaf.name, found.before, found.after) == ("limit", Decimal(10), Decimal(4))


def test_a_context_beyond_the_limits_is_given_up_with_a_word() -> None:
    when = " and ".join(f"(a > {n} or b > {n})" for n in range(3)) + " and a < 0 and b < 0"
    ruleset, rulebook = rulebook_of([when])
    found = least_change(rulebook, rulebook.rules[0], context_of(), ruleset.vocabulary, ZONE)
    assert (found.found, found.decides) == (False, False)


def test_nothing_is_altered_where_the_rule_decides_already() -> None:
    ruleset, rulebook = rulebook_of(["a > 5"])
    context = context_of(a=Decimal(6))
    found = least_change(rulebook, rulebook.rules[0], context, ruleset.vocabulary, ZONE)
    assert (found.altered, found.decides) == ((), True)
    assert replace(found, exhausted=True).found is False
