"""Do two people's changes of one table come together, and is it told where they do not?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.exchange.rulesheet.merge import Conflict, merge
from crmflow.exchange.rulesheet.sheet import Row

Table = list[Row]
Sheet = list[tuple[str | None, Row]]


def table(*rows: str) -> Table:
    """Rows from "id a b"."""
    return [Row(id, {"id": id, "a": a, "b": b}) for id, a, b in (row.split() for row in rows)]


def sheet(*rows: str) -> Sheet:
    """The same as a sheet brings it back; "+id a b" is a new row, "old>id a b" one with another id."""
    found: Sheet = []
    for row in rows:
        head, a, b = row.split()
        was, _, id = head.rpartition(">")
        id = id.removeprefix("+")
        found.append((None if head.startswith("+") else was or id, Row(id, {"id": id, "a": a, "b": b})))
    return found


def merged(base: Table, ours: Table, theirs: Sheet) -> list[str]:
    result = merge(base, ours, theirs)
    assert not result.conflicts
    return [f"{row.id} {row.cells['a']} {row.cells['b']}" for _, row in result.rows]


BASE = table("x 1 1", "y 2 2", "z 3 3")
CASES = {
    "nothing": (["x 1 1", "y 2 2", "z 3 3"], ["x 1 1", "y 2 2", "z 3 3"], ["x 1 1", "y 2 2", "z 3 3"]),
    "two cells of one row": (
        ["x 5 1", "y 2 2", "z 3 3"],
        ["x 1 6", "y 2 2", "z 3 3"],
        ["x 5 6", "y 2 2", "z 3 3"],
    ),
    "the same change": (
        ["x 5 1", "y 2 2", "z 3 3"],
        ["x 5 1", "y 2 2", "z 3 3"],
        ["x 5 1", "y 2 2", "z 3 3"],
    ),
    "both add": (
        ["x 1 1", "n 8 8", "y 2 2", "z 3 3"],
        ["x 1 1", "y 2 2", "+m 9 9", "z 3 3"],
        ["x 1 1", "n 8 8", "y 2 2", "m 9 9", "z 3 3"],
    ),
    "both add the same": (
        ["x 1 1", "y 2 2", "z 3 3", "n 8 8"],
        ["x 1 1", "y 2 2", "z 3 3", "+n 8 8"],
        ["x 1 1", "y 2 2", "z 3 3", "n 8 8"],
    ),
    "one deletes, one changes another": (["y 2 2", "z 3 3"], ["x 1 1", "y 2 7", "z 3 3"], ["y 2 7", "z 3 3"]),
    "both delete": (["y 2 2", "z 3 3"], ["y 2 2", "z 3 3"], ["y 2 2", "z 3 3"]),
    "sorted here, changed there": (
        ["x 5 1", "y 2 2", "z 3 3"],
        ["z 3 3", "y 2 2", "x 1 1"],
        ["z 3 3", "y 2 2", "x 5 1"],
    ),
    "sorted there, added here": (
        ["z 3 3", "y 2 2", "x 1 1"],
        ["x 1 1", "+n 8 8", "y 2 2", "z 3 3"],
        ["z 3 3", "y 2 2", "x 1 1", "n 8 8"],
    ),
    "another id": (["x 5 1", "y 2 2", "z 3 3"], ["x>q 1 1", "y 2 2", "z 3 3"], ["q 5 1", "y 2 2", "z 3 3"]),
}
CONFLICTS = {
    "a cell": (["x 5 1", "y 2 2", "z 3 3"], ["x 6 1", "y 2 2", "z 3 3"], Conflict("x", "a", "1", "5", "6")),
    "changed and deleted": (
        ["x 5 1", "y 2 2", "z 3 3"],
        ["y 2 2", "z 3 3"],
        Conflict("x", None, "x", "x", None),
    ),
    "deleted and changed": (
        ["y 2 2", "z 3 3"],
        ["x 6 1", "y 2 2", "z 3 3"],
        Conflict("x", None, "x", None, "x"),
    ),
    "the same new id": (
        ["x 1 1", "y 2 2", "z 3 3", "n 8 8"],
        ["x 1 1", "y 2 2", "z 3 3", "+n 8 9"],
        Conflict("n", "b", None, "8", "9"),
    ),
    "both sorted": (
        ["y 2 2", "x 1 1", "z 3 3"],
        ["x 1 1", "z 3 3", "y 2 2"],
        Conflict(None, None, "x, y, z", "y, x, z", "x, z, y"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_changes_of_both_sides_come_together(name: str) -> None:
    ours, theirs, wanted = CASES[name]
    assert merged(BASE, table(*ours), sheet(*theirs)) == wanted


@pytest.mark.parametrize("name", CONFLICTS)
def test_changes_that_exclude_each_other_are_told(name: str) -> None:
    ours, theirs, conflict = CONFLICTS[name]
    assert merge(BASE, table(*ours), sheet(*theirs)).conflicts == [conflict]


@pytest.mark.parametrize("name", CONFLICTS)
def test_whoever_is_preferred_wins(name: str) -> None:
    ours, theirs, _ = CONFLICTS[name]
    mine = merge(BASE, table(*ours), sheet(*theirs), "ours")
    other = merge(BASE, table(*ours), sheet(*theirs), "theirs")
    assert not mine.conflicts
    assert not other.conflicts
    assert [row for _, row in mine.rows] == table(*ours)
    wanted = [row for _, row in sheet(*theirs)]
    assert [row for _, row in other.rows] == wanted


CELLS = st.sampled_from("12345")
ROWS = st.lists(st.tuples(st.sampled_from("uvwxyz"), CELLS, CELLS), unique_by=lambda row: row[0], max_size=6)


@given(base=ROWS, other=ROWS)
def test_what_one_side_alone_did_is_the_result(
    base: list[tuple[str, str, str]], other: list[tuple[str, str, str]]
) -> None:
    before, after = (table(*(" ".join(row) for row in rows)) for rows in (base, other))
    known = {row.id for row in before}
    from_sheet = merge(before, before, [(row.id if row.id in known else None, row) for row in after])
    assert [row for _, row in from_sheet.rows] == after
    from_file = merge(before, after, [(row.id, row) for row in before])
    assert [row for _, row in from_file.rows] == after
    assert not from_sheet.conflicts + from_file.conflicts
