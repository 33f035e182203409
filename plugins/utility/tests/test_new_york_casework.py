"""What becomes of real cases about power companies, as New York's City Council publishes them?"""

from __future__ import annotations

import csv
import gzip
import os
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from crmflow import Engine, Site

FOLDER = os.environ.get("CRMFLOW_DATA")
pytestmark = pytest.mark.skipif(FOLDER is None, reason="CRMFLOW_DATA does not name the folder of real data")

FILE = Path(FOLDER or "") / "power_nyc_coned_nationalgrid_casework.csv.gz"
MAPPING = Path(__file__).parent / "new-york-casework.yaml"
END = datetime(2024, 6, 30, 23, 59, 59, 999999, ZoneInfo("America/New_York"))


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with gzip.open(FILE, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    site = Site.init(tmp_path_factory.mktemp("site"), ["utility"], zone="America/New_York", language="en")
    with Engine.create(site) as engine:
        engine.publish()
        yield engine


def test_every_case_until_a_day_is_open_on_that_day(engine: Engine, rows: list[dict[str, str]]) -> None:
    """U9: as many complaint cases for each account as its file has until then."""
    report = engine.import_file("touchpoints", FILE, mapping=MAPPING)
    assert (report.new, report.rejected) == (len(rows), 0)
    engine.run(END)
    until = [row for row in rows if row["opendate"] <= END.date().isoformat()]
    cases = engine.cases().rows
    assert Counter(row["known_as"] for row in cases) == Counter(row["account"] for row in until)
    assert sorted(row["since"].astimezone(END.tzinfo).date().isoformat() for row in cases) == sorted(
        row["opendate"] for row in until
    )
