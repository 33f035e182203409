"""Which small rulebooks are there, and who are all the customers that their conditions can tell apart?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from itertools import product
from typing import Any

from hypothesis import strategies as st

from crmflow.core.text import Text
from crmflow.rules import feel
from crmflow.rules.feel import Enumeration, Expression, Name, Scope
from crmflow.rules.outcome import SegmentOutcome
from crmflow.rules.rulebook import Condition, HitPolicy, Rule, Rulebook
from crmflow.rules.vocabulary import Result

FIRST = date(2026, 3, 1)
SCOPE = Scope(
    {
        "n": Name("n", feel.number),
        "m": Name("m", feel.number, nullable=False),
        "k": Name("k", Enumeration(("low", "mid", "high"), ordered=True)),
        "b": Name("b", feel.boolean),
        "d": Name("d", feel.date),
        "s": Name("s", feel.string),
    }
)
CUSTOMERS: Mapping[str, list[Any]] = {
    "n": [None, *(Decimal(each) / 20 for each in (-3, -2, -1, 2, 3, 4, 5, 6, 7, 40, 50, 60, 70))],
    "m": [Decimal(each) / 4 for each in (-9, -8, -6, -4, -2, 2, 3, 4, 6, 8, 9)],
    "k": [None, "low", "mid", "high"],
    "b": [None, True, False],
    "d": [None, *(FIRST + timedelta(days=each) for each in range(-2, 7))],
    "s": [None, "x", "y", "z"],
}
NUMBERS = ("0.1", "0.2", "0.3", "2", "3", "-0.1")
WHOLE = ("-2", "-1", "0.5", "1", "2")
DAYS = tuple(f'date("{FIRST + timedelta(days=each)}")' for each in (0, 1, 3))
VALUES = ("A", "B", "C")
HITS: tuple[HitPolicy, ...] = ("first", "unique", "priority", "collect")


def constants(name: str) -> st.SearchStrategy[str]:
    return st.sampled_from(
        {"n": NUMBERS, "m": WHOLE, "d": DAYS, "k": ('"low"', '"mid"', '"high"'), "s": ('"x"', '"y"')}[name]
    )


@st.composite
def comparisons(draw: st.DrawFn) -> str:
    """A test of one name, or of two."""
    name = draw(st.sampled_from("nmkds"))
    value = draw(constants(name))
    other = draw(constants(name))
    forms = [
        f"{name} = {value}",
        f"{name} != {value}",
        f"{name} in ({value}, {other})",
        f"{name} = null",
        f"{name} != null",
    ]
    if name in "nmdk":
        operator = draw(st.sampled_from(["<", "<=", ">", ">="]))
        forms += [f"{name} {operator} {value}"] * 3
    if name in "nmd":
        forms += [
            f"{name} between {value} and {other}",
            f"{name} in [{value}..{other})",
            f"{name} in ({value}..{other}]",
        ]
        forms += [f"{name} in (< {value}, > {other})"]
    forms += ["b", "not(b)", "b = null", "b = false"]
    return draw(st.sampled_from(forms))


conditions = st.recursive(
    comparisons(),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: "(" + " and ".join(parts) + ")"),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: "(" + " or ".join(parts) + ")"),
        inner.map(lambda part: f"not({part})"),
        st.tuples(inner, inner, inner).map(lambda parts: "(if {} then {} else {})".format(*parts)),
    ),
    max_leaves=5,
)


@st.composite
def cells(draw: st.DrawFn, name: str) -> str:
    """A cell of a table."""
    if name == "b":
        return draw(st.sampled_from(["-", "true", "false", "null", "not(true)"]))
    value, other = draw(constants(name)), draw(constants(name))
    forms = ["-", value, f"{value}, {other}", f"not({value})", "null", "not(null)", f"not(null, {value})"]
    if name in "nmdk":
        operator = draw(st.sampled_from(["<", "<=", ">", ">="]))
        forms += [f"{operator} {value}"] * 3 + [f"< {value}, > {other}"]
    if name in "nmd":
        forms += [
            f"[{value}..{other}]",
            f"({value}..{other})",
            f"not([{value}..{other}))",
            f"? > {value} and ? < {other}",
        ]
    return draw(st.sampled_from(forms))


@cache
def read(text: str) -> Expression:
    return feel.parse(text, SCOPE)


@cache
def cell(text: str, name: str) -> Expression:
    return feel.parse_unary(text, SCOPE[name].type, SCOPE)


@dataclass(frozen=True)
class Sketch:
    """A rulebook in few words: with `columns` a table."""

    hit: HitPolicy
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def rulebook(self) -> Rulebook:
        rules = tuple(self._rule(place, row) for place, row in enumerate(self.rows))
        columns = tuple(map(read, self.columns))
        tests = [each.expression for rule in rules for each in rule.conditions]
        names = frozenset().union(*(each.names for each in (*tests, *columns)))
        result = Result("site.grade", Text("grade", "grade"), VALUES)
        title = Text("", "")
        return Rulebook(
            "r",
            "",
            "site",
            title,
            "",
            "segment",
            rules,
            gives=result,
            hit=self.hit,
            columns=columns,
            reads=names,
        )

    def without(self, row: int) -> Sketch:
        """The same without one row."""
        return replace(self, rows=self.rows[:row] + self.rows[row + 1 :])

    def _rule(self, place: int, row: tuple[str, ...]) -> Rule:
        *tests, value = row
        if self.columns:
            conditions = [
                Condition(name, cell(test, name), n)
                for n, (name, test) in enumerate(zip(self.columns, tests, strict=True))
            ]
        else:
            conditions = [Condition("when", read(test)) for test in tests]
        return Rule(f"r{place}", Text("", ""), tuple(conditions), SegmentOutcome(value))


@st.composite
def sketches(draw: st.DrawFn) -> Sketch:
    """Up to six rules, as a list or as a table of two columns."""
    hit: HitPolicy = draw(st.sampled_from(HITS))
    value = st.sampled_from(VALUES)
    if not draw(st.booleans()):
        rows = st.tuples(conditions, value)
        return Sketch(hit, (), tuple(draw(st.lists(rows, min_size=1, max_size=5))))
    names = tuple(draw(st.lists(st.sampled_from("nmkbds"), min_size=2, max_size=2, unique=True)))
    rows = st.tuples(*map(cells, names), value)
    return Sketch(hit, names, tuple(draw(st.lists(rows, min_size=1, max_size=6))))


def customers(rulebook: Rulebook) -> Iterator[dict[str, Any]]:
    """Everybody whom its conditions can tell apart, and more."""
    names = sorted(rulebook.reads)
    for values in product(*(CUSTOMERS[name] for name in names)):
        yield dict(zip(names, values, strict=True))
