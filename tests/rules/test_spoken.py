"""Is it known what somebody means who writes a value as one speaks?"""

from __future__ import annotations

import pytest

from crmflow.rules import spoken


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("3 days", "P3D"),
        ("1 day", "P1D"),
        ("3天", "P3D"),
        ("三天", "P3D"),
        ("两小时", "PT2H"),
        ("4 小时", "PT4H"),
        ("4个小时", "PT4H"),
        ("30 minutes", "PT30M"),
        ("30分钟", "PT30M"),
        ("2 weeks", "P14D"),
        ("一周", "P7D"),
        ("6个月", "P6M"),
        ("1年", "P1Y"),
        ("30D", "P30D"),
        ("soon", None),
        ("3", None),
        ("P3D", None),
        ("3 apples", None),
    ],
)
def test_a_length_of_time(text: str, length: str | None) -> None:
    assert spoken.length(text) == length


@pytest.mark.parametrize(
    ("word", "value"), [("是", "true"), ("否", "false"), ("Yes", "true"), ("maybe", None)]
)
def test_yes_and_no(word: str, value: str | None) -> None:
    assert spoken.truth(word) == value


@pytest.mark.parametrize(
    ("word", "value"), [("两", "2"), ("十", "10"), ("零", "0"), ("many", None), ("10", None)]
)
def test_a_number(word: str, value: str | None) -> None:
    assert spoken.number(word) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", "5"),
        ("３", "3"),
        ("3天", "3"),
        ("三 天", "3"),
        ("1.5 CNY", "1.5"),
        ("1万", None),
        ("5%", None),
        ("2026-01-01", None),
        ("five", None),
    ],
)
def test_an_amount_with_its_unit_or_in_full_width_figures(text: str, value: str | None) -> None:
    assert spoken.amount(text) == value
