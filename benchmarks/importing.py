"""How long does an import of CDNOW take, beside a bare executemany of the same tuples into the same tables?

69,659 purchases of 23,570 customers, first seen through them, on SQLite. Both write the same rows into all
tables and indexes; best of several runs, taken in turn. The promise is a ratio of at most 5.
"""

from __future__ import annotations

import json
import platform
import sqlite3
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from crmflow.core.field import Field
from crmflow.core.text import Text
from crmflow.engine.intake import sink
from crmflow.exchange.importing import ImportReport, Put, import_table
from crmflow.exchange.layout import Kind, Names
from crmflow.exchange.mapping import MappingFile
from crmflow.exchange.rows import IntakeRow
from crmflow.store import Store

RUNS = 3
PROMISE = 5.0
HERE = Path(__file__).parent
CDNOW = HERE.parent / "plugins/retail/crmflow_retail/demo/cdnow.csv.gz"
RESULT = HERE / "results/import.json"
Tables = dict[str, list[tuple[object, ...]]]

AMOUNT = Field("amount", "number", Text("amount", "金额"), precision=12, scale=2)
NAMES = Names(
    keys={"member": "member"}, touchpoints={"purchase": Kind("retail.purchase", {"amount": AMOUNT})}
)
MAPPING = MappingFile(kind="purchase", source="cdnow", key={"customer_id": "member"})


def through_crmflow(database: Path) -> tuple[float, ImportReport]:
    """Parsed, checked, known again by content, customers made, in batches: the import of production."""
    url = f"sqlite:///{database}"
    if not database.exists():
        Store.migrate(url)
    with Store.open(url) as store:

        def put(rows: Sequence[IntakeRow], /) -> Put:
            with store.batch("benchmark") as batch:
                return sink(batch, 0, rows)

        start = time.perf_counter()
        report = import_table(
            "touchpoints", CDNOW, names=NAMES, put=put, zone=ZoneInfo("UTC"), mapping=MAPPING
        )
        return time.perf_counter() - start, report


def bare(database: Path, tables: Tables) -> float:
    """The tuples and nothing else, in one transaction."""
    Store.migrate(f"sqlite:///{database}")
    with sqlite3.connect(database) as connection:
        start = time.perf_counter()
        for name, rows in tables.items():
            places = ", ".join("?" * len(rows[0]))
            connection.executemany(f"INSERT OR REPLACE INTO {name} VALUES ({places})", rows)
        connection.commit()
        return time.perf_counter() - start


def tables_of(database: Path) -> Tables:
    """What the import wrote, in the order in which it was written."""
    with sqlite3.connect(database) as connection:
        found = connection.execute(
            "SELECT name FROM sqlite_master WHERE name LIKE 'crmflow_%' AND type = 'table'"
        )
        tables = {name: connection.execute(f"SELECT * FROM {name}").fetchall() for (name,) in found}
    # The last column of a touchpoint is its line in the file.
    tables["crmflow_touchpoint"].sort(key=lambda row: row[-1])
    return {name: rows for name, rows in tables.items() if rows}


def main() -> int:
    ours = again = theirs = float("inf")
    for _ in range(RUNS):
        with TemporaryDirectory() as folder:
            first = Path(folder) / "crmflow.db"
            took, report = through_crmflow(first)
            second, unchanged = through_crmflow(first)
            assert (report.new, unchanged.same, unchanged.new) == (report.read, report.read, 0)
            tables = tables_of(first)
            ours, again = min(ours, took), min(again, second)
            theirs = min(theirs, bare(Path(folder) / "bare.db", tables))
    ratio = ours / theirs
    tuples = sum(map(len, tables.values()))
    print(f"{'crmflow import':<24} {ours:6.2f} s   {report.read:,d} rows")
    print(f"{'the same file again':<24} {again:6.2f} s   nothing changes")
    print(f"{'bare executemany':<24} {theirs:6.2f} s   {tuples:,d} tuples in {len(tables)} tables")
    print(f"{'ratio':<24} {ratio:6.2f}     (promised: at most {PROMISE})")
    measured = {
        "rows": report.read,
        "tuples": tuples,
        "import seconds": round(ours, 3),
        "again seconds": round(again, 3),
        "executemany seconds": round(theirs, 3),
        "ratio": round(ratio, 2),
        "runs": RUNS,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(measured, indent=2) + "\n", "utf-8")
    return 0 if ratio <= PROMISE else 1


if __name__ == "__main__":
    sys.exit(main())
