"""Is a test that null passes told, unless something shows that there is a value?"""

from __future__ import annotations

from pathlib import Path

import pytest

from crmflow.errors import catalogue
from crmflow.rules import feel
from crmflow.rules.feel import ContextType, Expression, ListType, Name, Notice, Scope

OWNER = ContextType({"left": Name("left", feel.boolean), "id": Name("id", feel.string, nullable=False)})
SCOPE = Scope(
    {
        name.canonical: name
        for name in (
            Name("x", feel.number),
            Name("y", feel.number),
            Name("always", feel.number, nullable=False),
            Name("名称", feel.string),
            Name("owner", OWNER),
            Name("xs", ListType(ContextType({"s": Name("s", feel.string)}))),
        )
    }
)
COLUMN = feel.parse("x", SCOPE)


def cases(file: str) -> list[list[str]]:
    lines = Path(__file__).with_name(file).read_text("utf-8").splitlines()
    return [[part.strip() for part in line.split(" => ")] for line in lines if line and line[:2] != "//"]


def bare(marked: str) -> str:
    return marked.replace("⟦", "").replace("⟧", "")


def marked(text: str, notices: list[Notice]) -> str:
    for notice in sorted(notices, key=lambda each: -each.start):
        text = f"{text[: notice.start]}⟦{text[notice.start : notice.end]}⟧{text[notice.end :]}"
    return text


def traps(texts: list[str]) -> list[list[Notice]]:
    return feel.null_traps([(feel.parse(text, SCOPE), None) for text in texts])


def cell(text: str) -> tuple[Expression, Expression]:
    return feel.parse_unary(text, feel.number, SCOPE), COLUMN


@pytest.mark.parametrize("case", cases("nulls.txt"), ids=lambda case: case[0])
def test_what_null_passes_is_marked(case: list[str]) -> None:
    texts = [bare(each) for each in case[0].split(" ;; ")]
    found = traps(texts)
    assert " ;; ".join(map(marked, texts, found)) == case[0]
    assert [each.replacement for notices in found for each in notices] == case[1:]


@pytest.mark.parametrize("case", cases("null_cells.txt"), ids=lambda case: case[0])
def test_what_null_passes_in_a_cell_is_marked(case: list[str]) -> None:
    text = bare(case[0])
    (notices,) = feel.null_traps([cell(text)])
    assert marked(text, notices) == case[0]
    assert [each.replacement for each in notices] == case[1:]
    assert all(each.name == "x" for each in notices)


@pytest.mark.parametrize("case", cases("nulls.txt"), ids=lambda case: case[0])
def test_the_mend_mends(case: list[str]) -> None:
    texts = [bare(each) for each in case[0].split(" ;; ")]
    for _ in range(3):
        found = traps(texts)
        for place, notices in enumerate(found):
            for notice in notices:
                texts[place] = texts[place][: notice.start] + notice.replacement + texts[place][notice.end :]
    assert not any(traps(texts))


@pytest.mark.parametrize("case", cases("null_cells.txt"), ids=lambda case: case[0])
def test_a_mended_cell_refuses_null_and_answers_values_as_before(case: list[str]) -> None:
    for mend in case[1:]:
        before, after = cell(bare(case[0]))[0], cell(mend)[0]
        assert before.evaluate({}) is True
        assert after.evaluate({"?": None}) is False
        assert [after.evaluate({}, value) for value in range(12)] == [
            before.evaluate({}, value) for value in range(12)
        ]


def test_other_columns_and_earlier_rules_show_a_value() -> None:
    assert feel.null_traps([cell("!= 5"), cell("> 3")]) == [[], []]
    assert feel.null_traps([cell("!= 5")], feel.excluded([cell("null")])) == [[]]
    assert feel.excluded([cell("> 3")]) == frozenset()
    assert feel.excluded([cell("null"), (feel.parse("y > 3", SCOPE), None)]) == frozenset()


def test_the_trap_is_told_in_both_languages() -> None:
    ((notice,),) = traps(["x != 5"])
    parts = {"name": notice.name, "found": "x != 5", "replacement": notice.replacement}
    code = catalogue()[notice.code]
    assert code.say("en", parts) == "`x` may have no value, and null passes `x != 5`"
    assert code.say("zh", parts) == "`x` 可能没有值,而空值会通过 `x != 5`"
