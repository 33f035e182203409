"""What does a what-if of one changed rulebook cost, beside two full replays, and how does it grow?

CDNOW's 69,659 purchases of 23,570 customers over 18 months, under the retail pack, with one number of the
ABC classes changed. "Two full replays" are the same simulation with every fact computed and every rulebook
asked for every customer in every month, once under the old and once under the new rules: the straightforward
way, in memory too. "Two real runs" are `Engine.run` in every month on two copies of the database, which is
what one would do without `simulate`; they are twice the months of one copy. Larger populations repeat the
purchases of CDNOW under new numbers. Processor seconds; each figure in a process of its own.

    python benchmarks/whatif.py                 # CDNOW, and 100,000 customers
    python benchmarks/whatif.py 1000000         # so many customers
"""

from __future__ import annotations

import csv
import gc
import gzip
import json
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from crmflow import Engine, Site
from crmflow.core.moment import end_of_day
from crmflow.engine.simulation.simulating import Simulating

HERE = Path(__file__).parent
CDNOW = HERE.parent / "plugins/retail/crmflow_retail/demo/cdnow.csv.gz"
RESULT = HERE / "results/whatif.json"
MAPPING = "format: 1\ntouchpoints: purchase\nsource: cdnow\nkey: {customer_id: member}\n"
CHANGE = "format: 1\nretail/segments/abc:\n  A limit: {value: 0.72}\n"
PERIOD: tuple[Any, ...] = (None, None, "1997-01", "1998-06", "month")
CUSTOMERS = 23_570
LARGER = [100_000]


def site_of(folder: Path, customers: int) -> Site:
    """A retail site with the purchases of so many customers, a release in force, and a number changed."""
    site = Site.init(folder, ["retail"], zone="Asia/Shanghai", language="en")
    mapping, purchases = folder / "mapping.yaml", folder / "purchases.csv"
    mapping.write_text(MAPPING, "utf-8")
    with purchases.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerows(_purchases(customers))
    with Engine.create(site) as engine:
        engine.publish(actor="benchmark")
        engine.import_file("touchpoints", purchases, mapping=mapping)
    (site.rules / "params.yaml").write_text(CHANGE, "utf-8")
    return site


def _purchases(customers: int) -> Iterator[list[str]]:
    with gzip.open(CDNOW, "rt", encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    yield head
    who = head.index("customer_id")
    for copy in range(-(-customers // CUSTOMERS)):
        for row in rows:
            number = int(row[who]) + copy * CUSTOMERS
            if number <= customers:
                yield [str(number) if place == who else cell for place, cell in enumerate(row)]


def simulated(folder: Path, *, whole: bool) -> dict[str, Any]:
    """One simulation in this process."""
    gc.disable()
    site = Site.read(folder)
    with Engine.open(site) as engine:
        start, wall = time.process_time(), time.perf_counter()
        found = Simulating(site, engine.packs, engine.store, whole=whole).run(*PERIOD)
        seconds, wall = time.process_time() - start, time.perf_counter() - wall
    return {
        "processor seconds": round(seconds, 2),
        "wall seconds": round(wall, 2),
        "peak MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "moved": found.moved,
        "matrix": [found.matrices[0].row(old) for old in found.matrices[0].labels],
    }


def really_run(folder: Path) -> dict[str, Any]:
    """The months of the period, run for real, one after another, under the release in force."""
    gc.disable()
    site = Site.read(folder)
    months = [date(year, month + 1, 1) for year in (1997, 1998) for month in range(12)][1:18]
    with Engine.open(site) as engine:
        start = time.process_time()
        for day in [*months, date(1998, 7, 1)]:
            engine.run(end_of_day(date.fromordinal(day.toordinal() - 1), site.zone))
        seconds = time.process_time() - start
    return {"processor seconds": round(seconds, 2)}


def apart(name: str, folder: Path) -> dict[str, Any]:
    """A figure, taken in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, name, str(folder)], check=True, capture_output=True, text=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measured(customers: int) -> dict[str, Any]:
    with TemporaryDirectory() as temporary:
        folder = Path(temporary) / "site"
        site_of(folder, customers)
        result: dict[str, Any] = {"customers": customers, "what-if": apart("--what-if", folder)}
        if customers == CUSTOMERS:
            result["two full replays"] = apart("--whole", folder)
            one = apart("--run", folder)["processor seconds"]
            result["two real runs, processor seconds"] = 2 * one
            ours, theirs = (result[each]["processor seconds"] for each in ("what-if", "two full replays"))
            assert result["what-if"]["matrix"] == result["two full replays"]["matrix"]
            result["share of two full replays"] = round(ours / theirs, 3)
            result["share of two real runs"] = round(ours / (2 * one), 3)
        return result


def main() -> None:
    match sys.argv[1:]:
        case ["--what-if", folder]:
            print(json.dumps(simulated(Path(folder), whole=False)))
        case ["--whole", folder]:
            print(json.dumps(simulated(Path(folder), whole=True)))
        case ["--run", folder]:
            print(json.dumps(really_run(Path(folder))))
        case sizes:
            known = json.loads(RESULT.read_text("utf-8")) if RESULT.is_file() else {}
            by_size = {each["customers"]: each for each in known.get("sizes", [])}
            for customers in [int(size) for size in sizes] or [CUSTOMERS, *LARGER]:
                by_size[customers] = measured(customers)
                print(json.dumps(by_size[customers], indent=2))
            found = {
                "python": platform.python_version(),
                "months": 18,
                "sizes": [by_size[size] for size in sorted(by_size)],
            }
            RESULT.write_text(json.dumps(found, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
