"""Do packs with levels of their own share a site, and the core's complaint chain?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from crmflow import Engine, Site

NINE = datetime(2026, 6, 1, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
UNITS = "编号,名称,层级,上级\nC1,总公司,company,\nF1,加油站,station,C1\nR1,门店,store,C1\n"
CUSTOMERS = "客户编号,所属单位\nKF,F1\nKR,R1\n"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A company with a fuel station and a supermarket, and a customer of each."""
    site = Site.init(tmp_path / "site", ["fuel", "retail"], zone="Asia/Shanghai", language="zh")
    with Engine.create(site) as engine:
        engine.publish()
        for kind, text in (("units", UNITS), ("customers", CUSTOMERS)):
            file = tmp_path / f"{kind}.csv"
            file.write_text(text, "utf-8")
            engine.import_file("units" if kind == "units" else "customers", file)
        yield engine


def test_their_rule_files_agree(engine: Engine) -> None:
    assert engine.check() == ()
    assert all(result.passed for result in engine.test())


@pytest.mark.parametrize(("customer", "level"), [("KF", "station"), ("KR", "store")])
def test_a_complaint_goes_up_from_each_level(engine: Engine, customer: str, level: str) -> None:
    """F26, C29"""
    case = engine.open_case("complaint", customer, at=NINE)
    assert case.level == level
    engine.run(NINE + timedelta(minutes=45))
    assert [row["escalations"] for row in engine.cases().rows] == [1]


@pytest.mark.parametrize("customer", ["KF", "KR"])
def test_each_level_has_its_time(engine: Engine, customer: str) -> None:
    """Four hours to verify, at a station as in a store."""
    case = engine.open_case("complaint", customer, at=NINE)
    case = engine.send(case.id, "done", at=NINE + timedelta(minutes=10))
    assert case.late_at is not None
    assert case.late_at - case.entered_at == timedelta(hours=4)
