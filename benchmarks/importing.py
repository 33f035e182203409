"""How long does an import of CDNOW take, beside a bare executemany of the same tuples into the same tables?

69,659 purchases of 23,570 customers, first seen through them, on SQLite (WAL, synchronous FULL), each in one
transaction. The import reads the file, checks it, knows its rows again and writes the purchases as well as
the customers with their dated fields and keys; executemany writes all these tuples, in the order in which
they were made, into the same tables with the same indexes. Medians of several runs, taken in turn. The
promise is a ratio of at most 5.
"""

from __future__ import annotations

import json
import platform
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from crmflow.core.field import Field
from crmflow.core.text import Text
from crmflow.exchange.importing import ImportReport, Put, import_table
from crmflow.exchange.layout import Kind, Names
from crmflow.exchange.mapping import MappingFile
from crmflow.store import Store

RUNS = 5
PROMISE = 5.0
HERE = Path(__file__).parent
CDNOW = HERE.parent / "plugins/retail/crmflow_retail/demo/cdnow.csv.gz"
RESULT = HERE / "results/import.json"
# What the import fills, and the column that tells in which order.
FILLED = {"customer": "id", "customer_dated": "id", "customer_key": "customer_id", "touchpoint": "id"}
Tables = dict[str, list[tuple[object, ...]]]

AMOUNT = Field("amount", "number", Text("amount", "金额"), precision=12, scale=2)
NAMES = Names(
    keys={"member": "member"}, touchpoints={"purchase": Kind("retail.purchase", {"amount": AMOUNT})}
)
MAPPING = MappingFile(kind="purchase", source="cdnow", key={"customer_id": "member"})


@dataclass(slots=True)
class Timing:
    """Seconds of each run: on the clock, and of the processor for this process."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @contextmanager
    def run(self) -> Iterator[None]:
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.wall.append(time.perf_counter() - wall)
        self.cpu.append(time.process_time() - cpu)


def through_crmflow(database: Path, timing: Timing) -> ImportReport:
    """The import of production: all batches in one transaction."""
    with Store.open(f"sqlite:///{database}") as store, timing.run(), store.batch("benchmark") as batch:
        return import_table(
            "touchpoints",
            CDNOW,
            names=NAMES,
            put=lambda rows: Put(*batch.intake.put(rows, import_id=1)),
            zone=ZoneInfo("UTC"),
            mapping=MAPPING,
        )


def bare(database: Path, tables: Tables, timing: Timing) -> None:
    """The tuples and nothing else."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        with timing.run():
            connection.execute("BEGIN IMMEDIATE")
            for name, rows in tables.items():
                places = ", ".join("?" * len(rows[0]))
                connection.executemany(f"INSERT INTO crmflow_{name} VALUES ({places})", rows)
            connection.execute("COMMIT")


def tables_of(database: Path) -> Tables:
    """What the import wrote, in the order in which it was made."""
    with closing(sqlite3.connect(database)) as connection:
        return {
            name: connection.execute(f"SELECT * FROM crmflow_{name} ORDER BY {made}").fetchall()
            for name, made in FILLED.items()
        }


def main() -> int:
    first, again, theirs = Timing(), Timing(), Timing()
    for _ in range(RUNS):
        with TemporaryDirectory() as folder:
            ours, other = Path(folder) / "crmflow.db", Path(folder) / "bare.db"
            for database in (ours, other):
                Store.migrate(f"sqlite:///{database}")
            report = through_crmflow(ours, first)
            unchanged = through_crmflow(ours, again)
            assert (report.new, unchanged.same, unchanged.new) == (report.read, report.read, 0)
            tables = tables_of(ours)
            bare(other, tables, theirs)
            assert tables_of(other) == tables
    tuples = sum(map(len, tables.values()))
    ratio = median(first.wall) / median(theirs.wall)
    cpu_ratio = median(first.cpu) / median(theirs.cpu)
    print(f"{'':<24} {'seconds':>8} {'cpu':>6}   medians of {RUNS} runs")
    for name, timing, note in [
        ("crmflow import", first, f"{report.read:,d} rows"),
        ("the same file again", again, "nothing changes"),
        ("bare executemany", theirs, f"{tuples:,d} tuples in {len(tables)} tables"),
    ]:
        print(f"{name:<24} {median(timing.wall):8.2f} {median(timing.cpu):6.2f}   {note}")
    print(f"{'ratio':<24} {ratio:8.2f} {cpu_ratio:6.2f}   promised: at most {PROMISE}")
    measured = {
        "rows": report.read,
        "tuples": tuples,
        "import seconds": round(median(first.wall), 3),
        "again seconds": round(median(again.wall), 3),
        "executemany seconds": round(median(theirs.wall), 3),
        "ratio": round(ratio, 2),
        "ratio of processor time": round(cpu_ratio, 2),
        "runs": RUNS,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(measured, indent=2) + "\n", "utf-8")
    return 0 if ratio <= PROMISE else 1


if __name__ == "__main__":
    sys.exit(main())
