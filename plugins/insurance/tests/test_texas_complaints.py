"""What becomes of real complaints, as the Texas Department of Insurance publishes them?"""

from __future__ import annotations

import csv
import gzip
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from crmflow import Engine, Site

FOLDER = os.environ.get("CRMFLOW_DATA")
pytestmark = pytest.mark.skipif(FOLDER is None, reason="CRMFLOW_DATA does not name the folder of real data")

FILE = Path(FOLDER or "") / "insurance_tx_life_complaints_2023on.csv.gz"
MAPPING = Path(__file__).parent / "texas-complaints.yaml"
TEXAS = ZoneInfo("America/Chicago")
END = datetime(2023, 2, 28, 23, 59, 59, 999999, TEXAS)


@pytest.fixture(scope="module")
def received() -> dict[str, datetime]:
    """When each complaint came in, by its number."""
    with gzip.open(FILE, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        row["complaint_number"]: datetime.fromisoformat(row["received_date"]).replace(tzinfo=TEXAS)
        for row in rows
    }


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    site = Site.init(tmp_path_factory.mktemp("site"), ["insurance"], zone="America/Chicago", language="en")
    with Engine.create(site) as engine:
        engine.publish()
        yield engine


def test_every_complaint_opens_the_chain_and_its_time_limit(
    engine: Engine, received: dict[str, datetime]
) -> None:
    """C29: what nobody answered is overdue from the moment on which fifteen days have elapsed."""
    report = engine.import_file("touchpoints", FILE, mapping=MAPPING)
    assert (report.new, report.rejected) == (len(received), 0)
    engine.run(END)
    cases = engine.cases().rows
    due = {number: at + timedelta(days=15) for number, at in received.items() if at <= END}
    chains = {row["known_as"] for row in cases if row["case"].en == "Complaint chain"}
    terms = {row["known_as"]: row for row in cases if row["case"].en == "Time limit of a complaint"}
    assert chains == terms.keys() == due.keys()
    for number, row in terms.items():
        late = due[number] <= END
        assert row["step"].en == ("overdue" if late else "answer within 15 days")
        assert row["since"] == due[number] if late else received[number]


def test_the_same_file_again_changes_nothing(engine: Engine, received: dict[str, datetime]) -> None:
    report = engine.import_file("touchpoints", FILE, mapping=MAPPING)
    assert (report.new, report.same) == (0, len(received))
    assert not engine.run(END).changed
