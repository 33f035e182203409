"""Who held which post at a moment, as far as it was known?"""

from __future__ import annotations

from datetime import timedelta

from crmflow.core.intake import StaffRow, UnitRow
from crmflow.core.post import Absence, Post
from crmflow.store import Store
from tests.store.world import DAY, MONDAY, Clock, contents, people


def test_the_tree_and_its_posts(store: Store) -> None:
    with store.batch("W1") as batch:
        batch.intake.put(people())
        posts = batch.units.posts(MONDAY)
        assert [unit.code for unit in posts.upward("S")] == ["S", "D", "C"]
        assert posts.holders("clerk", "S") == ("W1",)
        assert posts.units["C"].zone == "Asia/Shanghai"
        assert batch.units.posts(MONDAY - DAY).units == {}


def test_the_tree_changes_from_a_day_on(store: Store, clock: Clock) -> None:
    with store.batch("W1") as batch:
        batch.intake.put(people())
    clock.now += DAY
    with store.batch("W1") as batch:
        moved = UnitRow("S", "油站", "station", MONDAY + 3 * DAY, parent="C")
        assert batch.units.put([moved, moved]) == ["changed", "same"]
        assert batch.units.posts(MONDAY + 2 * DAY).units["S"].parent == "D"
        assert batch.units.posts(MONDAY + 3 * DAY).units["S"].parent == "C"
        assert batch.units.posts(MONDAY + 3 * DAY, known_at=MONDAY).units["S"].parent == "D"


def test_a_unit_below_itself_is_refused(store: Store) -> None:
    with store.batch("W1") as batch:
        batch.intake.put(people())
        below = [
            UnitRow("C", "公司", "company", MONDAY, parent="S", line=2),
            UnitRow("T", "新站", "station", MONDAY, parent="T", line=3),
            UnitRow("U", "又一站", "station", MONDAY, parent="C", line=4),
        ]
        counts, refused = batch.intake.put(below)
        assert (counts.new, [(line, error.code) for line, error in refused]) == (
            1,
            [(2, "CRM424"), (3, "CRM424")],
        )
        assert "C → S → D → C" in refused[0][1].text("en")
        assert batch.units.posts(MONDAY).units["C"].parent is None


def test_a_whole_file_that_turns_the_tree_over_is_no_circle(store: Store) -> None:
    with store.batch("W1") as batch:
        batch.intake.put(people())
        turned = [
            UnitRow("C", "公司", "company", MONDAY + DAY, parent="D"),
            UnitRow("D", "片区", "district", MONDAY + DAY),
        ]
        assert batch.intake.put(turned)[1] == []


def test_a_post_is_taken_up_and_given_up(store: Store) -> None:
    post = Post("W1", "clerk", "S")
    with store.batch("W1") as batch:
        batch.intake.put(people())
        assert batch.units.put_posts([(post, MONDAY + DAY)]) == ["same"]
        assert batch.units.put_posts([(post, MONDAY + 2 * DAY)], held=False) == ["changed"]
        assert batch.units.posts(MONDAY + DAY).holders("clerk", "S") == ("W1",)
        assert batch.units.posts(MONDAY + 2 * DAY).holders("clerk", "S") == ()


def test_a_second_post_is_a_change(store: Store) -> None:
    with store.batch("W1") as batch:
        batch.intake.put(people())
        second = StaffRow("W1", "张三", MONDAY, role="handler", unit="S")
        assert batch.units.put_staff([second]) == ["changed"]
        assert batch.units.posts(MONDAY).roles_of("W1") == {"clerk", "handler"}
        assert batch.units.put_staff([StaffRow("W1", "张三", MONDAY + DAY, left=True)]) == ["changed"]
        assert (batch.units.posts(MONDAY).live("W1"), batch.units.posts(MONDAY + DAY).live("W1")) == (
            True,
            False,
        )


def test_the_deputy_stands_in_while_somebody_is_away(store: Store) -> None:
    away = Absence("W1", MONDAY + DAY, MONDAY + 3 * DAY, "W2")
    with store.batch("W1") as batch:
        batch.intake.put(people())
        assert batch.units.put_absences([away]) == ["new"]
        assert batch.units.put_absences([away]) == ["same"]
        holders = [batch.units.posts(MONDAY + day * DAY).holders("clerk", "S") for day in range(4)]
        assert holders == [("W1",), ("W2",), ("W2",), ("W1",)]
        batch.units.put_absences([Absence("W1", MONDAY + DAY, MONDAY + DAY)])  # cancelled
        assert batch.units.posts(MONDAY + DAY).holders("clerk", "S") == ("W1",)


def test_the_present_rows_are_the_newest_dated_ones(store: Store, database_url: str) -> None:
    with store.batch("W1") as batch:
        for days, name in [(2, "new"), (0, "old"), (1, "middle")]:
            batch.units.put([UnitRow("S", name, "station", MONDAY + timedelta(days=days))])
    [present] = contents(database_url)["crmflow_unit"]
    assert "new" in present
    assert len(contents(database_url)["crmflow_unit_dated"]) == 3
