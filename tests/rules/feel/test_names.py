"""How are names found, spelled and counted?"""

from __future__ import annotations

import pickle
import unicodedata

import pytest

from crmflow.rules import feel
from crmflow.rules.feel import ContextType, ListType, Name, Scope

SCOPE = Scope(
    {
        "own cycle": Name("own cycle", feel.number, ("固定周期",)),
        "own": Name("own", feel.number),
        "café visits": Name("café visits", feel.number),
        "plates": Name("plates", ListType(ContextType({"model": Name("model", feel.string, ("车型",))}))),
    }
)


@pytest.mark.parametrize(
    "spelled",
    [
        "own cycle",
        "own  cycle",
        "固定周期",
        "`own cycle`",
        "`固定周期`",
        "ｏｗｎ　ｃｙｃｌｅ",
        "｀own cycle｀",
    ],
)
def test_every_spelling_stands_for_the_canonical_name(spelled: str) -> None:
    expression = feel.parse(f"{spelled} + own", SCOPE)
    assert expression.names == {"own cycle", "own"}
    assert expression.evaluate({"own cycle": 7, "own": 1}) == 8


def test_spellings_give_equal_trees() -> None:
    assert feel.parse("固定周期 > 3", SCOPE).tree == feel.parse("own cycle  >  3.0", SCOPE).tree
    assert feel.parse("固定周期 > 3", SCOPE).tree != feel.parse("own > 3", SCOPE).tree


def test_names_are_compared_composed() -> None:
    decomposed = unicodedata.normalize("NFD", "café visits")
    assert feel.parse(decomposed, SCOPE).names == {"café visits"}


def test_fields_have_spellings_too() -> None:
    expression = feel.parse('plates[车型 = "A"].车型', SCOPE)
    assert expression.names == {"plates"}
    assert expression.evaluate({"plates": [{"model": "A"}, {"model": "B"}]}) == ["A"]


def test_an_inner_name_hides_an_outer_one() -> None:
    scope = SCOPE.child({"own": Name("own", feel.string, ("自有",))})
    assert feel.parse("自有", scope).type == feel.string
    assert scope.resolve("固定周期") == SCOPE["own cycle"]
    assert feel.parse("for own in [true] return own", SCOPE).type == ListType(feel.boolean)
    assert feel.parse("some own in [1] satisfies own > 0", SCOPE).names == frozenset()


@pytest.mark.parametrize(
    ("word", "nearest"),
    [
        ("own cycel", "own cycle"),
        ("固定周其", "固定周期"),
        ("ownn", "own"),
        ("plate", "plates"),
        ("xyz", None),
        ("投诉", None),
    ],
)
def test_the_nearest_spelling_is_in_the_script_of_the_word(word: str, nearest: str | None) -> None:
    assert SCOPE.nearest(word) == nearest


def test_a_builtin_gives_way_to_a_fact_unless_it_is_called() -> None:
    scope = Scope({"count": Name("count", feel.number), "xs": Name("xs", ListType(feel.number))})
    assert feel.parse("count + count(xs)", scope).evaluate({"count": 2, "xs": [1, 1]}) == 4


def test_a_function_of_the_caller_is_called_with_values_as_they_are_inside() -> None:
    double = feel.Function(("n",), (feel.number,), lambda n: n * 2)
    scope = Scope({"double": Name("double", feel.FunctionType((feel.number,), feel.number))})
    expression = feel.parse("double(own) + double(n: 1)", scope.child(SCOPE))
    assert expression.evaluate({"double": double, "own": 5}) == 12


def test_full_width_signs_are_noticed() -> None:
    expression = feel.parse('（固定周期　＞　3） and “金卡” = "（）"', SCOPE)
    fixed = expression.text
    for notice in reversed(expression.notices):
        fixed = fixed[: notice.start] + notice.replacement + fixed[notice.end :]
    assert fixed == '(固定周期 > 3) and "金卡" = "（）"'
    assert feel.parse(fixed, SCOPE) == feel.parse(fixed, SCOPE, mode="standard")
    assert feel.parse(fixed, SCOPE).tree == expression.tree
    assert not feel.parse(fixed, SCOPE).notices


def test_an_expression_survives_pickling() -> None:
    expression = feel.parse('固定周期 > 3 and plates[车型 = "A"] != null and @"P1D" > @"PT1H"', SCOPE)
    assert pickle.loads(pickle.dumps(expression)) == expression


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[1, 2] instance of scores", True),
        ("1 instance of scores", False),
        ("[[1]] instance of list<scores>", True),
        ("{a: [1]} instance of context<a: scores>", True),
        ("1 instance of shop.price", True),
        ("1 instance of `shop.price`", True),
        ('"a" instance of unit price', False),
        ("1 instance of number", True),
        ("(function(x: scores) count(x))(7)", 1),
        ('(function(x: scores) count(x))("a")', None),
    ],
)
def test_a_scope_may_declare_types(text: str, expected: object) -> None:
    number, scores = feel.number, feel.ListType(feel.number)
    declared = {"scores": scores, "shop.price": number, "unit price": number}
    types = feel.Scope({name: feel.Name(name, type) for name, type in declared.items()})
    assert feel.parse(text, feel.Scope({}, types=types), "standard").evaluate({}) == expected


def test_an_unknown_type_is_told_with_the_nearest() -> None:
    types = feel.Scope({"scores": feel.Name("scores", feel.number)})
    with pytest.raises(feel.FeelError, match="CRM109") as refused:
        feel.parse("1 instance of scroes", feel.Scope({}, types=types))
    assert refused.value.suggestion == "scores"
