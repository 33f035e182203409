"""Are the rows of a Parquet file those of its CSV twin, exactly, and never all in memory?"""

from __future__ import annotations

import csv
import os
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as arrow
import pytest
from pyarrow import parquet

from crmflow.errors import ImportFileError
from crmflow.exchange.importing import import_table
from crmflow.exchange.mapping import MappingFile
from crmflow.exchange.tablefile import open_table
from tests.exchange.world import NAMES, Memory

SHANGHAI = ZoneInfo("Asia/Shanghai")
MORNING = datetime.fromisoformat("2026-01-05T09:05")
PURCHASES = MappingFile(kind="purchase", source="pos", key={"customer_id": "member"}, columns={"date": "at"})
REAL = Path(os.environ.get("CRMFLOW_DATA", "")) / "retail_cdnow_master.parquet"


def saved(folder: Path, **columns: Any) -> Path:
    path = folder / "file.parquet"
    parquet.write_table(arrow.table(columns), path)
    return path


def load(path: Path) -> tuple[list[Any], list[list[str]]]:
    """The rows put, and of those refused the row's number, the column and the code."""
    store = Memory()
    report = import_table("touchpoints", path, names=NAMES, put=store, zone=SHANGHAI, mapping=PURCHASES)
    if report.rejects_path is None:
        return list(store.rows.values()), []
    with report.rejects_path.open(encoding="utf-8-sig", newline="") as file:
        rejected = [[row["line"], row["column"], row["code"]] for row in csv.DictReader(file)]
    return list(store.rows.values()), rejected


@pytest.mark.parametrize(
    ("column", "at"),
    [
        (arrow.array([MORNING]), datetime(2026, 1, 5, 1, 5, tzinfo=UTC)),
        (
            arrow.array([MORNING], arrow.timestamp("ns")),
            datetime(2026, 1, 5, 1, 5, tzinfo=UTC),
        ),
        (
            arrow.array([datetime(2026, 1, 5, 9, 5, tzinfo=UTC)], arrow.timestamp("us", "Europe/Berlin")),
            datetime(2026, 1, 5, 9, 5, tzinfo=UTC),
        ),
        (
            arrow.array([1767603900123456789], arrow.timestamp("ns", "UTC")),
            datetime(2026, 1, 5, 9, 5, 0, 123456, UTC),
        ),
        (arrow.array([date(2026, 1, 5)]), datetime(2026, 1, 4, 16, tzinfo=UTC)),
        (arrow.array(["2026-01-05 09:05"]).dictionary_encode(), datetime(2026, 1, 5, 1, 5, tzinfo=UTC)),
    ],
)
def test_instants_are_read_with_their_zone_or_in_the_site_s(
    tmp_path: Path, column: Any, at: datetime
) -> None:
    (row,), _ = load(saved(tmp_path, customer_id=["M1"], date=column, amount=[1]))
    assert row.at == at


@pytest.mark.parametrize(
    ("column", "amount"),
    [
        (arrow.array([12.5]), 1250),
        (arrow.array([0.1], arrow.float32()), 10),
        (arrow.array([12]), 1200),
        (arrow.array([Decimal("12.50")], arrow.decimal128(9, 2)), 1250),
        (arrow.array([None], arrow.float64()), None),
    ],
)
def test_numbers_are_exact(tmp_path: Path, column: Any, amount: int | None) -> None:
    (row,), _ = load(saved(tmp_path, customer_id=["M1"], date=["2026-01-05"], amount=column))
    assert row.fields.get("amount") == amount


def test_a_whole_number_keeps_its_digits_and_a_float_does_not(tmp_path: Path) -> None:
    number = 110101199003078515
    (row,), _ = load(saved(tmp_path, customer_id=[number], date=["2026-01-05"], amount=[1]))
    assert row.customer.value == str(number)
    _, rejected = load(saved(tmp_path, customer_id=[float(number)], date=["2026-01-05"], amount=[1]))
    assert rejected == [["1", "customer_id", "CRM490"]]


def test_bad_rows_are_named_by_their_number(tmp_path: Path) -> None:
    path = saved(
        tmp_path, customer_id=["M1", None, "M3"], date=["2026-01-05"] * 3, amount=[1.0, 2.0, float("nan")]
    )
    found, rejected = load(path)
    assert [row.line for row in found] == [1]
    assert rejected == [["2", "", "CRM476"], ["3", "amount", "CRM470"]]


def test_columns_of_lists_are_refused_where_they_are_meant(tmp_path: Path) -> None:
    other = saved(tmp_path, customer_id=["M1"], date=["2026-01-05"], amount=[1], tags=[["a"]], raw=[b"x"])
    assert open_table(other, known=["amount"].__contains__).headers == ["customer_id", "date", "amount"]
    meant = saved(tmp_path, customer_id=["M1"], date=["2026-01-05"], amount=[[1.5]])
    with pytest.raises(ImportFileError, match=r"CRM496.*amount.*list<"):
        load(meant)


def test_a_large_file_is_read_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = 50_000
    path = saved(tmp_path, customer_id=[str(n) for n in range(rows)], date=["2026-01-05"] * rows)
    table = open_table(path)
    assert table.lines == rows
    seen = [row.line for row in table.rows()]
    assert seen == list(range(1, rows + 1))


@pytest.mark.skipif(
    not REAL.is_file(), reason="CRMFLOW_DATA does not name the folder with the CDNOW purchases"
)
def test_the_purchases_of_cdnow_are_those_of_their_csv_twin(tmp_path: Path) -> None:
    twin = tmp_path / "cdnow.csv"
    rows = parquet.read_table(REAL).to_pylist()
    with twin.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["customer_id", "date", "quantity", "amount"])
        writer.writeheader()
        writer.writerows(rows)
    copy = tmp_path / "cdnow.parquet"
    copy.write_bytes(REAL.read_bytes())
    (found, refused), (twins, refused_twins) = load(copy), load(twin)
    assert len(found) == len(rows) == 69_659
    assert refused == refused_twins == []
    assert [(row.external_id, row.at, row.fields, row.customer) for row in found] == [
        (row.external_id, row.at, row.fields, row.customer) for row in twins
    ]
