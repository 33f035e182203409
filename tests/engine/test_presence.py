"""Does open work pass to somebody else when its holder goes, and come back with them? (F19, I5)"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crmflow import Case, CrmflowError, Engine
from tests.engine.power import at, case_now, due, power_company, report


@pytest.fixture
def engine(tmp_path: Path, database_url: str) -> Iterator[Engine]:
    with power_company(tmp_path / "site", database_url) as engine:
        yield engine


def holder(engine: Engine, case: Case) -> tuple[str | None, str | None]:
    now = case_now(engine, case)
    return now.holder, now.holder_unit


def test_a_deputy_takes_over_at_the_start_of_an_absence_and_gives_back_at_its_end(engine: Engine) -> None:
    case = report(engine, "K10")
    first, other = holder(engine, case)[0], {"W3", "W5"} - {holder(engine, case)[0]}
    engine.absent(str(first), at(5), at(10), deputy="W1")
    due(engine, 2)
    assert holder(engine, case)[0] == first
    due(engine, 6)
    assert holder(engine, case) == ("W1", "D2")
    due(engine, 11)
    assert holder(engine, case) == (first, "D2")
    assert case_now(engine, case).late_at == case.late_at  # the clock has gone on
    assert other


def test_without_a_deputy_a_colleague_takes_over_and_then_the_unit_above(engine: Engine) -> None:
    case = report(engine, "K1")
    engine.absent("W1", at(3), at(8))
    due(engine, 4)
    assert holder(engine, case) == ("K1", "C1")
    assert case_now(engine, case).level == "district"
    due(engine, 9)
    assert holder(engine, case) == ("W1", "D1")


def test_where_nobody_is_left_it_is_reported_and_the_clock_runs_on(engine: Engine) -> None:
    case = report(engine, "K1")
    engine.absent("W1", at(3), at(600))
    engine.absent("K1", at(3), at(600), deputy="W1")
    due(engine, 4)
    assert holder(engine, case) == (None, None)
    assert [row["id"] for row in engine.cases(unassigned=True).rows] == [case.id]
    due(engine, 20)
    assert case_now(engine, case).level == "company"


def test_an_absence_that_is_taken_back_gives_the_work_back(engine: Engine) -> None:
    case = report(engine, "K1", 1)
    engine.absent("W1", at(3), at(600), deputy="W3")
    due(engine, 4)
    assert holder(engine, case)[0] == "W3"
    engine.absent("W1", at(3), at(3))
    engine.run(at(5))
    assert holder(engine, case)[0] == "W1"


def test_who_leaves_hands_everything_on(engine: Engine, tmp_path: Path) -> None:
    case = report(engine, "K1")
    due(engine, 2)
    file = tmp_path / "left.csv"
    file.write_text("code,name,left\nW1,甲,yes\n", "utf-8")
    engine.import_file("staff", file)
    due(engine, 3)
    assert holder(engine, case) == ("K1", "C1")


@pytest.mark.parametrize(
    ("staff", "start", "end", "deputy", "code"),
    [
        ("W9", 1, 2, None, "CRM444"),
        ("W1", 1, 2, "W9", "CRM444"),
        ("W1", 2, 1, None, "CRM565"),
        ("W1", 1, 2, "W1", "CRM565"),
    ],
)
def test_an_absence_that_cannot_be_is_refused(
    engine: Engine, staff: str, start: int, end: int, deputy: str | None, code: str
) -> None:
    with pytest.raises(CrmflowError) as raised:
        engine.absent(staff, at(start), at(end), deputy=deputy)
    assert raised.value.code == code
