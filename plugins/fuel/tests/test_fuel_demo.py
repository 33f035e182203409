"""Does a run of the fuel demo give what its tables say, worked out anew from the files?"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from statistics import median

import pytest
from crmflow_fuel.demo import AS_OF, demo

from crmflow import Engine


@pytest.fixture(scope="module")
def shown(show: Callable[[str], Path]) -> Path:
    return show("fuel")


@pytest.fixture(scope="module")
def engine(shown: Path) -> Iterator[Engine]:
    with Engine.open(shown) as engine:
        yield engine


def rows(shown: Path, name: str) -> list[dict[str, str]]:
    with (shown / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def fill_days(shown: Path) -> dict[str, list[date]]:
    """The days on which each customer filled."""
    days: dict[str, set[date]] = defaultdict(set)
    for row in rows(shown, "fills"):
        days[row["客户编号"]].add(datetime.fromisoformat(row["时间"]).date())
    return {customer: sorted(found) for customer, found in days.items()}


def test_the_same_seed_gives_the_same_world() -> None:
    assert demo(Random(3)) == demo(Random(3))
    assert demo(Random(3)) != demo(Random(4))


def test_who_stays_away_longer_than_the_own_cycle_and_three_days_is_called(
    engine: Engine, fill_days: dict[str, list[date]]
) -> None:
    """F9: the median of at least four gaps within 180 days."""
    expected = set()
    for customer, days in fill_days.items():
        recent = [day for day in days if day > AS_OF - timedelta(days=180)]
        gaps = [(later - day).days for day, later in pairwise(recent)]
        if len(gaps) >= 4 and (AS_OF - days[-1]).days > median(gaps) + 3:
            expected.add(customer)
    called = {row["known_as"] for row in engine.visits().rows if row["reason"] == "overdue"}
    assert called == expected
    assert len(called) > 10


def test_classes_follow_the_litres_of_thirty_days(engine: Engine, shown: Path) -> None:
    """F22: bands of organisations and of persons."""
    litres: Counter[str] = Counter()
    for row in rows(shown, "fills"):
        if datetime.fromisoformat(row["时间"]) > datetime.combine(AS_OF, datetime.max.time()) - timedelta(30):
            litres[row["客户编号"]] += round(float(row["加油量"]) * 100)
    bands = {"unit": (10_000, 3_000, 1_000), "person": (600, 300, 120)}
    expected = {}
    for row in rows(shown, "customers"):
        above = [litres[row["客户编号"]] >= band * 100 for band in bands[row["类型"]]]
        expected[row["客户编号"]] = ("VIP", "A", "B", "C")[above.index(True) if any(above) else 3]
    assert {row["known_as"]: row["value"] for row in engine.segments().rows} == expected
    assert set(expected.values()) == {"VIP", "A", "B", "C"}


def test_who_develops_maintains_while_here(engine: Engine, shown: Path) -> None:
    """F20, F19: the developer, else a clerk of the station; nobody is left out."""
    left = {row["工号"] for row in rows(shown, "staff") if row["离职"] == "是"}
    clerks = {(row["工号"], row["单位"]) for row in rows(shown, "staff") if row["岗位"] == "clerk"}
    owners = {row["known_as"]: row["owner"] for row in engine.owners().rows}
    for row in rows(shown, "customers"):
        owner, developer = owners[row["客户编号"]], row["开发人"]
        if developer and developer not in left:
            assert owner == developer
        else:
            assert (owner, row["所属单位"]) in clerks
            assert owner not in left
    assert not engine.owners(missing=True).rows


def test_late_complaints_stand_at_each_level(engine: Engine) -> None:
    """F26: half an hour to accept, at the station, then the district, then the company."""
    levels = {(row["level"], row["escalations"]) for row in engine.cases().rows}
    assert levels == {("station", 0), ("district", 1), ("company", 2)}


def test_a_station_sees_its_own_cases_only(engine: Engine) -> None:
    """F1: each level sees what lies below it."""
    everything = {row["id"] for row in engine.cases().rows}
    seen = {
        manager: {row["id"] for row in engine.cases(manager).rows} for manager in ("M1", "M2", "M3", "D01")
    }
    assert seen["D01"] == everything
    assert seen["M1"] < everything
    assert not seen["M1"] & seen["M2"]


def test_a_second_run_changes_nothing(engine: Engine) -> None:
    assert not engine.run(datetime.combine(AS_OF, datetime.max.time())).changed
