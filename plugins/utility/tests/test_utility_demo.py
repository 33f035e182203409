"""Does a run of the utility demo give what its tables say, worked out anew from the files?"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from crmflow_utility.demo import AS_OF, BEFORE, demo

from crmflow import Engine

END = datetime.combine(AS_OF, datetime.max.time())


@pytest.fixture(scope="module")
def shown(show: Callable[[str], Path]) -> Path:
    return show("utility")


@pytest.fixture(scope="module")
def engine(shown: Path) -> Iterator[Engine]:
    with Engine.open(shown) as engine:
        yield engine


def rows(shown: Path, name: str) -> list[dict[str, str]]:
    with (shown / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def segment(engine: Engine, name: str) -> dict[str, str]:
    return {row["known_as"]: row["value"] for row in engine.segments().rows if row["segment"].en == name}


def steps(engine: Engine, case: str) -> dict[str, str]:
    return {row["known_as"]: row["step"].en for row in engine.cases().rows if row["case"].en == case}


@pytest.fixture(scope="module")
def days(shown: Path) -> dict[str, int]:
    """For how many days each customer has been connected."""
    connected = {row["客户编号"]: date.fromisoformat(row["送电日期"]) for row in rows(shown, "supply-points")}
    return {customer: (AS_OF - day).days for customer, day in connected.items()}


def trend(usages: dict[date, int]) -> float | None:
    """The last three months against the same three a year before; the last day closes a window of months."""
    before = sum(usages.get(date(2025, month, 1), 0) for month in (4, 5, 6))
    return sum(usages.get(date(2026, month, 1), 0) for month in (4, 5, 6)) / before if before else None


def test_the_same_seed_gives_the_same_world() -> None:
    assert demo(Random(3)) == demo(Random(3))
    assert demo(Random(3)) != demo(Random(4))


def test_stages_follow_tenure_and_trend(engine: Engine, shown: Path, days: dict[str, int]) -> None:
    """U18"""
    usages: dict[str, dict[date, int]] = {customer: {} for customer in days}
    for row in rows(shown, "reading"):
        usages[row["客户编号"]][date.fromisoformat(row["时间"][:10])] = int(row["用电量"])
    expected = {}
    for customer, tenure in days.items():
        ratio = trend(usages[customer])
        if tenure < 180:
            expected[customer] = "exploration"
        elif ratio is not None and ratio < 0.8:
            expected[customer] = "decline"
        else:
            expected[customer] = "formation" if tenure < 730 else "stability"
    assert segment(engine, "stage") == expected
    assert len(set(expected.values())) == 4


def test_key_customers_are_patrolled_every_ninety_days(engine: Engine, shown: Path) -> None:
    """U8"""
    key = {row["客户编号"] for row in rows(shown, "supply-points") if int(row["合同容量"]) >= 315}
    fresh = {
        row["客户编号"]
        for row in rows(shown, "patrol")
        if (AS_OF - date.fromisoformat(row["时间"][:10])).days <= 90
    }
    blank = {row["客户编号"] for row in rows(shown, "equipment") if not row["型号"]}
    due = {row["known_as"]: row["reason"] for row in engine.visits().rows}
    patrols = dict.fromkeys(key - fresh, "patrol due")
    assert due == dict.fromkeys(key & fresh & blank, "dossier incomplete") | patrols
    assert set(due.values()) == {"patrol due", "dossier incomplete"}


def balance(shown: Path, customer: str, day: date) -> tuple[Decimal, date | None]:
    """What a customer owes at the end of a day, and since when the oldest of it is due."""
    table = sorted([*rows(shown, "bill"), *rows(shown, "payment")], key=lambda row: row["时间"])
    known = [row for row in table if row["客户编号"] == customer and row["时间"][:10] <= day.isoformat()]
    if not known or not known[-1]["最早未缴到期日"]:
        return Decimal(0), None
    return Decimal(known[-1]["未缴余额"]), date.fromisoformat(known[-1]["最早未缴到期日"])


def test_who_is_overdue_climbs_the_arrears_ladder(engine: Engine, shown: Path) -> None:
    """U15: a person is reminded at once, dunned after 7 days, warned after 10 more; an organisation's file is
    studied first; who has paid is off it."""
    expected = {}
    for customer in rows(shown, "customers"):
        opened: date | None = None
        for day in (*BEFORE, AS_OF):
            owed, since = balance(shown, customer["客户编号"], day)
            opened = (opened or day) if owed > 0 and since and since < day else opened if owed > 0 else None
        if opened is not None:
            ladder = {0: "remind", 7: "dun", 17: "warn"}
            rung = max(days for days in ladder if days <= (AS_OF - opened).days)
            person = customer["类型"] == "person"
            expected[customer["客户编号"]] = ladder[rung] if person else "study the debtor's file"
    assert steps(engine, "Arrears ladder") == expected
    assert set(expected.values()) == {"dun", "warn", "study the debtor's file"}


def test_what_comes_through_the_portal_opens_a_case(engine: Engine, shown: Path) -> None:
    """U9"""
    for table, case in (
        ("fault-report", "Fault repair"),
        ("query", "Query"),
        ("complaint", "Complaint chain"),
    ):
        assert steps(engine, case).keys() == {row["客户编号"] for row in rows(shown, table)}


def test_a_second_run_changes_nothing(engine: Engine) -> None:
    assert not engine.run(END).changed
