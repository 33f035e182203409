"""Does a run of the insurance demo give what its tables say, worked out anew from the files?"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from crmflow_insurance.demo import AS_OF, demo

from crmflow import Engine

END = datetime.combine(AS_OF, datetime.max.time())


@pytest.fixture(scope="module")
def shown(show: Callable[[str], Path]) -> Path:
    return show("insurance")


@pytest.fixture(scope="module")
def engine(shown: Path) -> Iterator[Engine]:
    with Engine.open(shown) as engine:
        yield engine


def rows(shown: Path, name: str) -> list[dict[str, str]]:
    with (shown / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def segment(engine: Engine, name: str) -> dict[str, str]:
    return {row["known_as"]: row["value"] for row in engine.segments().rows if row["segment"].en == name}


@pytest.fixture(scope="module")
def in_force(shown: Path) -> dict[str, list[dict[str, str]]]:
    """The policies in force of each customer."""
    policies = defaultdict(list)
    for row in rows(shown, "policies"):
        if row["保单状态"] == "in force":
            policies[row["客户编号"]].append(row)
    return policies


@pytest.fixture(scope="module")
def left(shown: Path) -> set[str]:
    return {row["工号"] for row in rows(shown, "staff") if row["离职"] == "是"}


@pytest.fixture(scope="module")
def orphans(in_force: dict[str, list[dict[str, str]]], left: set[str]) -> set[str]:
    """The customers all of whose agents have left."""
    agents = {customer: {row["代理人"] for row in held} - {""} for customer, held in in_force.items()}
    return {customer for customer, who in agents.items() if who and who <= left}


def test_the_same_seed_gives_the_same_world() -> None:
    assert demo(Random(3)) == demo(Random(3))
    assert demo(Random(3)) != demo(Random(4))


def test_orphans_are_those_whose_agents_have_all_left(engine: Engine, orphans: set[str]) -> None:
    """I5"""
    assert segment(engine, "service state") == dict.fromkeys(orphans, "orphan")
    assert len(orphans) > 10


def test_each_orphan_is_met_by_a_service_agent_of_the_branch(engine: Engine, orphans: set[str]) -> None:
    """I5"""
    visits = [row for row in engine.visits().rows if row["reason"] == "take over"]
    assert {row["known_as"] for row in visits} == orphans
    assert all(row["staff"].startswith(f"S{row['unit']}") for row in visits)


def test_grades_follow_the_premium_in_force(
    engine: Engine, in_force: dict[str, list[dict[str, str]]]
) -> None:
    """I4"""
    bands = [(100_000, "diamond"), (50_000, "platinum"), (20_000, "gold"), (0, "ordinary")]
    expected = {}
    for customer, held in in_force.items():
        premium = sum(int(row["年缴保费"]) for row in held)
        expected[customer] = next(grade for limit, grade in bands if premium >= limit)
    assert segment(engine, "VIP grade") == expected


def test_the_best_grades_are_visited_first(engine: Engine, orphans: set[str]) -> None:
    """I4: by their agent, within days that grow as the grade falls; an orphan has first to be met."""
    grades = segment(engine, "VIP grade")
    days = {"diamond": 7, "platinum": 14, "gold": 30, "ordinary": 30}
    visits = [row for row in engine.visits().rows if row["rulebook"] == "insurance/visits/cadence"]
    assert {row["known_as"] for row in visits} == grades.keys() - orphans
    for row in visits:
        assert row["due"].replace(tzinfo=None) - timedelta(days=days[grades[row["known_as"]]]) <= END


def test_a_complaint_that_nobody_answers_is_overdue_after_fifteen_days(engine: Engine, shown: Path) -> None:
    """C29"""
    received = [datetime.fromisoformat(row["时间"]) for row in rows(shown, "complaints")]
    late = sum(END - at >= timedelta(days=15) for at in received)
    terms = [row["step"].en for row in engine.cases().rows if row["case"].en == "Time limit of a complaint"]
    assert len(terms) == len(received)
    assert terms.count("overdue") == late > 0


def test_a_second_run_changes_nothing(engine: Engine) -> None:
    assert not engine.run(END).changed
