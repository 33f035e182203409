"""Is a mistake shown at its place, with the nearest right word?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crmflow.errors import LANGUAGES
from crmflow.rules import feel
from crmflow.rules.feel import ContextType, Enumeration, ListType, Name, Scope

ORDER = ContextType({"amount": Name("amount", feel.number, ("金额",))})
OWNER = ContextType({"left": Name("left", feel.boolean), "home station": Name("home station", feel.string)})
SCOPE = Scope(
    {
        name.canonical: name
        for name in (
            Name("own cycle", feel.number, ("固定周期",)),
            Name("age", feel.number, ("客户年龄",)),
            Name("name", feel.string),
            Name("kind", Enumeration(("person", "unit"))),
            Name("member", feel.boolean),
            Name("born", feel.date),
            Name("fuel.last fill", feel.date_time, ("last fill", "上次加油")),
            Name("owner", OWNER),
            Name("orders", ListType(ORDER)),
            Name("a-b", feel.number),
            Name("time between visits", feel.number),
        )
    }
)


def cases() -> Iterator[Any]:
    for line in Path(__file__).with_name("errors.txt").read_text("utf-8").splitlines():
        marked, _, told = line.partition(" => ")
        if told:
            code, _, parts = told.partition(" ")
            wanted = dict(part.split(": ", 1) for part in parts.split("; ") if part)
            yield pytest.param(marked.rstrip(), code, wanted, id=marked.rstrip())


CASES = list(cases())


@pytest.mark.parametrize(("marked", "code", "parts"), CASES)
def test_a_mistake_is_marked(marked: str, code: str, parts: dict[str, str]) -> None:
    text = marked.replace("⟦", "").replace("⟧", "")
    with pytest.raises(feel.FeelError) as caught:
        feel.parse(text, SCOPE)
    error = caught.value
    found = f"{text[: error.start]}⟦{text[error.start : error.end]}⟧{text[error.end :]}"
    assert (found, error.code) == (marked, code)
    assert {part: str(error.parts[part]) for part in parts} == parts
    for language in LANGUAGES:
        assert "{" not in error.text(language).replace(text, "")


def test_all_mistakes_of_an_expression_are_told() -> None:
    with pytest.raises(feel.FeelError) as caught:
        feel.parse('own cycel > 3 and kind = "persn" and agee > 1', SCOPE)
    found = [caught.value, *caught.value.others]
    assert [(error.code, error.start) for error in found] == [("CRM101", 0), ("CRM104", 25), ("CRM101", 37)]


def test_standard_mode_refuses_only_what_cannot_be_read() -> None:
    for marked, code, _ in (case.values for case in CASES):
        text = marked.replace("⟦", "").replace("⟧", "")
        if code in ("CRM101", "CRM102", "CRM103", "CRM104", "CRM105", "CRM111"):
            assert feel.parse(text, SCOPE, mode="standard").text == text


@pytest.mark.parametrize(
    "text",
    [
        "own cycle > 3 and 固定周期 < 9",
        "owner.home station = null or owner.left",
        "count(orders[金额 > 3]) > 2",
        "sum(orders.amount) / count(orders) > 100",
        'kind in ("person", "unit")',
        "(every o in orders satisfies o.amount > 0) and last fill != null",
        'age > (if kind = "person" then 固定周期 else 0) + 3',
        'born + @"P18Y" < @"2026-01-01"',
        "day of week(born) = day of week(last fill)",
        'last fill - @"P3D" > fuel.last fill',
        "`a-b` + `time between visits` > age",
        'contains(name, "公司") and not(member)',
    ],
)
def test_right_conditions_are_conditions(text: str) -> None:
    assert feel.parse(text, SCOPE).type == feel.boolean
