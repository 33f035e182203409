"""Is the type of an expression known as exactly as the standard allows, and the order of its values kept?"""

from __future__ import annotations

from pathlib import Path

import pytest

from crmflow.rules import feel
from crmflow.rules.feel import ContextType, Enumeration, ListType, Name, Scope

LEVEL = Enumeration(("铜", "银", "金"), ordered=True)
KIND = Enumeration(("a", "b"))
ITEM = ContextType({"level": Name("level", LEVEL), "n": Name("n", feel.number)})
SCOPE = Scope(
    {
        name: Name(name, type)
        for name, type in {
            "n": feel.number,
            "d": feel.date,
            "s": feel.string,
            "b": feel.boolean,
            "ns": ListType(feel.number),
            "ds": ListType(feel.date),
            "ss": ListType(feel.string),
            "bs": ListType(feel.boolean),
            "spans": ListType(feel.days_duration),
            "level": LEVEL,
            "levels": ListType(LEVEL),
            "mixed": ListType(LEVEL),
            "kind": KIND,
            "kinds": ListType(KIND),
            "os": ListType(ITEM),
        }.items()
    }
)
CONTEXT: dict[str, object] = {
    "level": "银",
    "levels": ["金", "铜", "银"],
    "mixed": ["金", None],
    "os": [{"level": "金", "n": 1}, {"level": "铜", "n": 2}, {"level": "银", "n": 3}],
}


def cases(file: str, refused: bool) -> list[list[str]]:
    lines = Path(__file__).with_name(file).read_text("utf-8").splitlines()
    parted = [[each.strip() for each in line.split(" => ")] for line in lines if line and line[:2] != "//"]
    return [case for case in parted if ("⟦" in case[0]) is refused]


@pytest.mark.parametrize(("text", "type"), cases("types.txt", refused=False))
def test_a_type_is_known(text: str, type: str) -> None:
    assert str(feel.parse(text, SCOPE).type) == type


@pytest.mark.parametrize(("marked", "told"), cases("types.txt", True) + cases("order.txt", True))
def test_what_does_not_fit_is_refused(marked: str, told: str) -> None:
    text = marked.replace("⟦", "").replace("⟧", "")
    with pytest.raises(feel.FeelError) as caught:
        feel.parse(text, SCOPE)
    error = caught.value
    code, _, parts = told.partition(" ")
    assert (f"{text[: error.start]}⟦{text[error.start : error.end]}⟧{text[error.end :]}", error.code) == (
        marked,
        code,
    )
    wanted = dict(part.split(": ", 1) for part in parts.split("; ") if part)
    assert {part: str(error.parts[part]) for part in wanted} == wanted


@pytest.mark.parametrize(("text", "value"), cases("order.txt", refused=False))
def test_a_declared_order_is_followed(text: str, value: str) -> None:
    expression = feel.parse(text, SCOPE)
    assert expression.evaluate(CONTEXT) == feel.evaluate(value)
    assert expression.trace(CONTEXT).value == feel.evaluate(value)
    assert feel.compile(text, SCOPE)(CONTEXT) == feel.evaluate(value)


def test_a_trace_reads_the_names_behind_a_declared_order() -> None:
    trace = feel.parse("max(levels) > level", SCOPE).trace(CONTEXT)
    assert [step.text for step in trace.names()] == ["levels", "level"]
