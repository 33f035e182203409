"""Does a comment pass over the warnings that it names, and over nothing else?"""

from __future__ import annotations

import pytest

from crmflow.core.diagnostic import Diagnostic, Position
from crmflow.rules.source import RuleFile
from crmflow.rules.suppress import suppressed

WARNING, ERROR = "warning", "error"


def at(line: int, code: str = "CRM214", severity: str = WARNING, file: str = "x.yaml") -> Diagnostic:
    place = Position(line, 3), Position(line, 4)
    return Diagnostic(code, file, *place, severity="error" if severity == ERROR else "warning")


def left(text: str, *findings: Diagnostic) -> list[str]:
    found = suppressed([RuleFile("x.yaml", text)], findings)
    return [f"{each.start.line} {each.code}" for each in found]


@pytest.mark.parametrize(
    "text",
    [
        "a: 1 # crmflow: ignore[CRM214] meant",
        "a: 1   #crmflow:ignore[CRM214]meant",
        "a: 1 # crmflow： ignore[crm214] 有意为之",
        "a: 1 # crmflow: ignore[CRM211, CRM214] meant",
    ],
)
def test_a_comment_on_the_line_passes_over_it(text: str) -> None:
    assert "1 CRM214" not in left(text, at(1), at(1, "CRM211"))


@pytest.mark.parametrize(
    "between", ["", "\n", "# more\n", "  # more\n\n"], ids=["nothing", "blank", "comment", "both"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_comment_of_its_own_is_about_the_next_content(between: str, end: str) -> None:
    text = f"b: 1\n  # crmflow: ignore[CRM214] meant\n{between}a: 1\nc: 2\n".replace("\n", end)
    line = 3 + between.count("\n")
    assert left(text, at(line)) == []
    assert left(text, at(line + 1)) == ["2 CRM052", f"{line + 1} CRM214"]


def test_other_codes_lines_and_files_are_not_meant() -> None:
    text = "a: 1 # crmflow: ignore[CRM214] meant\nb: 2\n"
    others = (at(1), at(1, "CRM211"), at(2), at(1, file="y.yaml"))
    assert left(text, *others) == ["1 CRM211", "2 CRM214", "1 CRM214"]


def test_without_a_reason_the_warning_stays() -> None:
    assert left("a: 1 # crmflow: ignore[CRM214]", at(1)) == ["1 CRM214", "1 CRM051"]


def test_an_error_stays() -> None:
    assert left("a: 1 # crmflow: ignore[CRM101] later", at(1, "CRM101", ERROR)) == ["1 CRM101", "1 CRM054"]


def test_a_comment_about_nothing_is_told_once_all_is_readable() -> None:
    text = "a: 1 # crmflow: ignore[CRM214] meant"
    assert left(text) == ["1 CRM052"]
    assert left(text, at(5, "CRM101", ERROR)) == ["5 CRM101"]


@pytest.mark.parametrize("codes", ["", "[]", "[CRM999]", "[214]"])
def test_a_code_that_is_none_is_told(codes: str) -> None:
    assert left(f"a: 1 # crmflow: ignore{codes} meant", at(1)) == ["1 CRM214", "1 CRM053"]


@pytest.mark.parametrize("text", ['a: "#crmflow: ignore[CRM214] x"', "a: b#crmflow: ignore[CRM214] x"])
def test_what_is_no_comment_says_nothing(text: str) -> None:
    assert left(text, at(1)) == ["1 CRM214"]
