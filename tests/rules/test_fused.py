"""Does the one function of a rulebook fire the rules that the walk fires?"""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as some

from crmflow.core.text import Text
from crmflow.rules import feel
from crmflow.rules.feel import FeelError, Name, Scope
from crmflow.rules.fused import Fused
from crmflow.rules.outcome import SegmentOutcome
from crmflow.rules.rulebook import Condition, Rule
from tests.rules.feel.test_compile import SCOPE, TEXTS, contexts

PARAM = Name("阈值", feel.number)
WITH_PARAM = Scope({**SCOPE, PARAM.canonical: PARAM})
CELLS = [
    "-",
    "> 2",
    "[0..5]",
    '"金卡", "银卡"',
    "not(5)",
    "阈值",
    "? > 阈值",
    "null",
    "5, > 阈值",
    "[阈值..9]",
    "not(null)",
]
COLUMNS = ["金额", "n + own cycle", "等级", "p.n", "count(xs)", "开始.month"]


def fused(texts: list[str], *, first: bool = False, params: frozenset[str] = frozenset()) -> Fused:
    """A rule for each text."""
    rules = [
        rule(str(n), Condition("when", feel.parse(text, WITH_PARAM, "standard")))
        for n, text in enumerate(texts)
    ]
    return Fused(rules, (), first, params)


def rule(id: str, *conditions: Condition) -> Rule:
    return Rule(id, Text(id, id), conditions, SegmentOutcome("x"))


def same(program: Fused, context: dict[str, object], params: Mapping[str, object]) -> None:
    """What the walk fires is fired; a limit that only the walk reaches is not."""
    try:
        wanted = program.walk(context, params)
    except FeelError:
        return
    assert program.fired(context, params) == wanted


@settings(max_examples=300)
@given(some.lists(TEXTS, max_size=8), some.booleans(), some.lists(contexts(), min_size=1, max_size=3))
def test_fused_rules_are_the_walk(texts: list[str], first: bool, given_: list[dict[str, object]]) -> None:
    program = fused(texts + texts[:2], first=first)

    for context in given_:
        same(program, context, {})


@settings(max_examples=200)
@given(
    some.lists(some.lists(some.sampled_from(CELLS), min_size=3, max_size=3), max_size=6),
    some.lists(some.sampled_from(COLUMNS), min_size=3, max_size=3),
    some.booleans(),
    some.lists(some.tuples(contexts(), some.integers(-3, 6) | some.none()), min_size=1, max_size=3),
)
def test_a_table_is_the_walk(
    rows: list[list[str]], heads: list[str], first: bool, given_: list[tuple[dict[str, object], int | None]]
) -> None:
    columns = [feel.parse(head, WITH_PARAM, "standard") for head in heads]
    rules = [
        rule(str(place), *(
            Condition(heads[n], feel.parse_unary(cell, columns[n].type, WITH_PARAM, "standard"), n)
            for n, cell in enumerate(row) if cell != "-"
        ))
        for place, row in enumerate(rows)
    ]  # fmt: skip
    program = Fused(rules, columns, first, frozenset({PARAM.canonical}))

    for context, threshold in given_:
        same(program, context, {PARAM.canonical: threshold})
