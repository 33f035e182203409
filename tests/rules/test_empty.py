"""Is what is empty, or a list where one value belongs, told at its own place?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.rules.shop import edited, loaded, shown

VISIT, CHART, GRADE = "shop/visits/quiet.yaml", "shop/charts/fault.yaml", "shop/segments/grade.yaml"


@pytest.mark.parametrize(
    ("path", "old", "new", "found"),
    [
        (
            CHART,
            '[accepted, accept, done, "-", repair]',
            "[accepted, accept, done, ~, repair]",
            "CRM028 (accepted, when) moves",
        ),
        (VISIT, "by: owner, ", "by: , ", "CRM028 by"),
        (VISIT, "then:  {reason: quiet,", "then:  ~ # {reason: quiet,", "CRM028 then"),
        (VISIT, "value: 60,", "value: [60, 61],", "CRM029 安静天数"),
        (VISIT, 'when:  会员等级 = "金卡"', "when:", "CRM028 when"),
    ],
)
def test_what_is_empty_is_told_where_it_stands(path: str, old: str, new: str, found: str) -> None:
    assert [shown(each).partition(" ")[2] for each in loaded(edited(path, (old, new))).errors] == [found]


def test_lines_may_end_as_on_an_old_macintosh() -> None:
    file = edited(VISIT)
    old = replace(file, text=str(file.text).replace("\n", "\r"))

    assert loaded(old).diagnostics == loaded(file).diagnostics
