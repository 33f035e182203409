"""Is the right person chosen, kept, and told why not?"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.core.decision import Target
from crmflow.planning.owners import choose, participants
from tests.planning.world import company

TABLE: dict[str, Any] = tomllib.loads(Path(__file__).with_name("owners.toml").read_text("utf-8"))
CLERKS = Target(role="clerk", unit="S1")


@pytest.mark.parametrize("case", TABLE["case"], ids=lambda case: case["says"])
def test_who_is_chosen(case: dict[str, Any]) -> None:
    posts = company(*case.get("away", ()), deputy="W4")
    found = choose(Target(**case["target"]), case.get("current"), posts, case.get("loads", {}))
    assert (found.staff, found.reason) == (case.get("chosen"), case.get("reason"))


@pytest.mark.parametrize("case", TABLE["participants"], ids=lambda case: case["says"])
def test_who_takes_part(case: dict[str, Any]) -> None:
    targets = [Target(**target) for target in case["targets"]]
    found = participants(targets, case.get("current", ()), company(), case.get("loads", {}))
    assert list(found) == case["chosen"]


def test_why_nobody_was_chosen_is_told_in_both_languages() -> None:
    choice = choose(Target(role="cashier", unit="S1"), None, company(), {})
    assert choice.why_not is not None
    assert choice.why_not.en == "nobody holds the role cashier in S1"
    assert "cashier" in choice.why_not.zh
    assert choose(CLERKS, None, company(), {}).why_not is None


@given(st.integers(1, 60), st.dictionaries(st.sampled_from(["W1", "W2", "W3"]), st.integers(0, 9)))
def test_who_is_least_loaded_catches_up_and_nobody_gets_ahead(customers: int, loads: dict[str, int]) -> None:
    before = {code: loads.get(code, 0) for code in ("W1", "W2", "W3")}
    after = dict(before)
    for _ in range(customers):
        staff = choose(CLERKS, None, company(), after).staff
        assert staff is not None
        after[staff] += 1
    grown = [code for code in after if after[code] > before[code]]
    assert max(after[code] for code in grown) <= min(after.values()) + 1


@given(st.sampled_from([None, "W0", "W1", "W3", "W4", "W99"]), st.sampled_from([(), ("W1",), ("W1", "W3")]))
def test_choosing_again_changes_nothing(current: str | None, away: tuple[str, ...]) -> None:
    first = choose(CLERKS, current, company(*away), {}).staff
    assert choose(CLERKS, first, company(), {"W1": 7, "W2": 7}).staff == first
