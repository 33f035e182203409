"""Who holds a post, who stands in, and who is next above?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crmflow.core.post import Absence, Holder, Post, Posts, Staff, Unit

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
DAY = timedelta(days=1)
UNITS = [
    Unit("S1", "Station 1", "station", "D1"),
    Unit("S2", "Station 2", "station", "D1"),
    Unit("D1", "District 1", "district", "K1"),
    Unit("K1", "Company", "company"),
]
POSTS = [
    Post("C", "clerk", "S1"),
    Post("A", "clerk", "S1"),
    Post("B", "clerk", "S1"),
    Post("L", "clerk", "S1"),
    Post("D", "clerk", "D1"),
    Post("A", "cashier", "S2"),
]


def company(**away: str | None) -> Posts:
    """With staff A, B, C, D, and L who left; `away` names who is absent today, and their deputies."""
    staff = [*(Staff(code, code) for code in "ABCD"), Staff("L", "L", left=True)]
    absences = [Absence(code, NOW - DAY, NOW + DAY, deputy) for code, deputy in away.items()]
    return Posts(UNITS, staff, POSTS, absences, at=NOW)


@pytest.mark.parametrize(
    ("away", "holders"),
    [
        ({}, ("A", "B", "C")),
        ({"A": "D"}, ("D", "B", "C")),
        ({"A": "B"}, ("B", "C")),
        ({"A": None}, ("B", "C")),
        ({"A": "B", "B": "D"}, ("D", "C")),
        ({"A": "B", "B": "A"}, ("C",)),
        ({"A": "L"}, ("B", "C")),
    ],
    ids=str,
)
def test_the_absent_are_replaced_by_who_stands_in(
    away: dict[str, str | None], holders: tuple[str, ...]
) -> None:
    posts = company(**away)
    assert posts.holders("clerk", "S1") == holders
    assert posts.appointed("clerk", "S1") == ("A", "B", "C")


@pytest.mark.parametrize(("from_now", "present"), [(-DAY, False), (timedelta(), False), (DAY, True)])
def test_an_absence_ends_when_it_says(from_now: timedelta, present: bool) -> None:
    absence = Absence("A", NOW - DAY, NOW + DAY)
    assert Posts(UNITS, [Staff("A", "A")], POSTS, [absence], at=NOW + from_now).present("A") is present


@pytest.mark.parametrize(
    ("unit", "not_by", "turn", "holder"),
    [
        ("S1", "", 0, Holder("A", "S1")),
        ("S1", "", 4, Holder("B", "S1")),
        ("S1", "A", 0, Holder("B", "S1")),
        ("S1", "ABC", 0, Holder("D", "D1")),
        ("S1", "ABCD", 0, None),
        ("S2", "", 0, Holder("D", "D1")),
        ("K1", "", 0, None),
        (None, "", 0, None),
        ("nowhere", "", 0, None),
    ],
)
def test_a_holder_is_found_here_or_further_up(
    unit: str | None, not_by: str, turn: int, holder: Holder | None
) -> None:
    assert company().holder("clerk", unit, not_by=frozenset(not_by), turn=turn) == holder


def test_the_tree_is_walked_up_and_down() -> None:
    posts = company()
    assert [unit.code for unit in posts.upward("S1")] == ["S1", "D1", "K1"]
    assert posts.subtree("D1") == {"D1", "S1", "S2"}
    found = posts.at_level("S1", "company")
    assert found is not None
    assert found.code == "K1"
    assert posts.at_level("K1", "station") is None


def test_a_tree_that_bites_its_tail_ends() -> None:
    posts = Posts([Unit("X", "X", "station", "Y"), Unit("Y", "Y", "station", "X")])
    assert [unit.code for unit in posts.upward("X")] == ["X", "Y"]
    assert posts.subtree("X") == {"X", "Y"}


def test_a_viewer_sees_the_units_below_their_posts() -> None:
    posts = company()
    assert posts.view(None) is None
    assert posts.view("D") == frozenset({"D1", "S1", "S2"})
    assert posts.view("A") == frozenset({"S1", "S2"})
    assert posts.view("stranger") == frozenset()


def test_who_has_left_holds_nothing_and_stands_in_for_nobody() -> None:
    posts = company()
    assert not posts.live("L")
    assert posts.stand_in("L") is None
    assert posts.units_of("A") == ("S1", "S2")
    assert posts.roles_of("A") == {"clerk", "cashier"}


def test_who_is_missed_is_back_when_the_first_of_the_chain_is() -> None:
    away = [Absence("A", NOW, NOW + 3 * DAY, "B"), Absence("B", NOW, NOW + DAY, "C")]
    posts = Posts(UNITS, [Staff(code, code) for code in "ABC"] + [Staff("L", "L", True)], POSTS, away, at=NOW)
    assert (posts.returns("A"), posts.returns("B"), posts.returns("C")) == (NOW + DAY, NOW + DAY, None)
    assert posts.gone == {"A", "B", "L"}
    assert posts.stand_in("A") == "C"
