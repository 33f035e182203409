"""Do real stations, as Italy's ministry MIMIT publishes them, make a tree of units?"""

from __future__ import annotations

import csv
import gzip
import os
from pathlib import Path

import pytest

from crmflow import Engine, Site

FOLDER = os.environ.get("CRMFLOW_DATA")
pytestmark = pytest.mark.skipif(FOLDER is None, reason="CRMFLOW_DATA does not name the folder of real data")

FILE = Path(FOLDER or "") / "fuel_italy_stations_milano.csv.gz"
MAPPING = Path(__file__).parent / "milan-stations.yaml"


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_district_sees_the_customers_of_its_stations(tmp_path: Path) -> None:
    """F1: each municipality is a district."""
    with gzip.open(FILE, "rt", encoding="utf-8", newline="") as file:
        stations = list(csv.DictReader(file))
    places = sorted({row["Comune"] for row in stations})
    districts = [{"code": place, "level": "district"} for place in places]
    levelled = [{**row, "level": "station"} for row in stations]
    managers = [{"code": f"M {place}", "role": "district manager", "unit": place} for place in places]
    customers = [
        {"客户编号": f"K{row['idImpianto']}", "所属单位": row["idImpianto"], "类型": "unit"}
        for row in stations
    ]
    with Engine.create(Site.init(tmp_path / "site", ["fuel"], zone="Europe/Rome", language="en")) as engine:
        engine.publish()
        engine.import_file("units", write(tmp_path / "districts.csv", districts))
        report = engine.import_file("units", write(tmp_path / "stations.csv", levelled), mapping=MAPPING)
        assert (report.new, report.rejected) == (len(stations), 0)
        engine.import_file("staff", write(tmp_path / "staff.csv", managers))
        engine.import_file("customers", write(tmp_path / "customers.csv", customers))
        seen = {row["known_as"] for row in engine.owners("M ABBIATEGRASSO").rows}
    assert seen == {f"K{row['idImpianto']}" for row in stations if row["Comune"] == "ABBIATEGRASSO"}
    assert len(seen) > 1
