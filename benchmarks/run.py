"""How long does one `crmflow run` take for CDNOW, and what would a loop written by hand take for the same?

All retail facts and rulebooks of 23,570 customers from 69,659 purchases: the first run as of the last day, in
a process of its own. The loop knows nothing of stores, journals, reasons and reports: it reads the file,
folds the facts that CDNOW's purchases feed, and classifies by ABC. Both must give the same classes.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import platform
import resource
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from crmflow import Engine, Site

RUNS = 3
HERE = Path(__file__).parent
CDNOW = HERE.parent / "plugins/retail/crmflow_retail/demo/cdnow.csv.gz"
RESULT = HERE / "results/run.json"
AS_OF = date(1998, 6, 30)
YEAR_BEFORE, TWO_YEARS_BEFORE = date(1997, 6, 30), date(1996, 6, 30)
CRMFLOW = str(Path(sys.executable).with_name("crmflow"))
MAPPING = "format: 1\ntouchpoints: purchase\nsource: cdnow\nkey: {customer_id: member}\n"
# Percent of customers in A, B and C, as the decision on the bands gives them.
OF_ALL, OF_BUYERS = (9.0, 10.3, 80.7), (25.5, 29.2, 45.3)
Facts = dict[str, dict[str, object]]


def site_with_cdnow(folder: Path) -> Site:
    """A retail site with every purchase imported, and nothing decided yet."""
    site = Site.init(folder, ["retail"], zone="Asia/Shanghai", language="en")
    mapping = folder / "mapping.yaml"
    mapping.write_text(MAPPING, "utf-8")
    with Engine.create(site) as engine:
        engine.publish(actor="benchmark")
        report = engine.import_file("touchpoints", CDNOW, mapping=mapping)
    assert (report.new, report.rejected) == (69_659, 0), report
    return site


def crmflow_run(site: Site, byte_code: Path) -> dict[str, float]:
    """Seconds by the clock and of the processor, and peak memory in MB, of the command in a new process.

    As where crmflow is installed, its modules are compiled already.
    """
    command = [CRMFLOW, "--site", str(site.folder)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(byte_code)
    run = partial(subprocess.run, check=True, capture_output=True, env=environment)
    run([*command, "segments"])
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    run([*command, "run", "--as-of", AS_OF.isoformat()])
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return {
        "wall seconds": wall,
        "user seconds": after.ru_utime - before.ru_utime,
        "system seconds": after.ru_stime - before.ru_stime,
        "peak MB": after.ru_maxrss / unit,
    }


def decided(site: Site) -> dict[str, str]:
    """Each customer's ABC class, by member number."""
    with Engine.open(site) as engine:
        rows = engine.segments().rows
    return {row["known_as"]: row["value"] for row in rows if row["segment"].en == "ABC class"}


def by_hand() -> Facts:
    """The facts and the ABC class of each customer, by member number."""
    customers: Facts = {}
    yearly: dict[str, Decimal] = {}
    with gzip.open(CDNOW, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            at, amount, number = date.fromisoformat(row["date"]), Decimal(row["amount"]), row["customer_id"]
            own = customers.setdefault(number, {"purchases": 0, "amount": Decimal(0), "last": at})
            yearly.setdefault(number, Decimal(0))
            if TWO_YEARS_BEFORE < at <= AS_OF:
                own["purchases"] += 1  # type: ignore[operator]
                own["amount"] += amount  # type: ignore[operator]
                own["last"] = max(own["last"], at)  # type: ignore[call-overload]
            if YEAR_BEFORE < at <= AS_OF:
                yearly[number] += amount
    above = shares_above(yearly)
    for number, own in customers.items():
        amount = yearly[number]
        own |= {
            "yearly amount": amount,
            "days since": (AS_OF - own["last"]).days,  # type: ignore[operator]
            "share above": above.get(amount),
            "ABC class": abc(amount, above.get(amount)),
        }
    return customers


def shares_above(amounts: Mapping[str, Decimal]) -> dict[Decimal, Decimal]:
    """The share of the positive amounts that larger ones hold, by amount."""
    positive = Counter(amount for amount in amounts.values() if amount > 0)
    total = sum(amount * count for amount, count in positive.items())
    above, shares = Decimal(0), {}
    for amount in sorted(positive, reverse=True):
        shares[amount] = above / total
        above += amount * positive[amount]
    return shares


def abc(amount: Decimal, above: Decimal | None) -> str:
    if above is None or above >= Decimal("0.90"):
        return "C"
    return "A" if above < Decimal("0.70") else "B"


def percent(classes: Mapping[str, str]) -> tuple[float, ...]:
    count = Counter(classes.values())
    return tuple(round(100 * count[name] / len(classes), 1) for name in "ABC")


def best(measured: list[dict[str, float]]) -> dict[str, float]:
    """The run with the least time of the processor."""
    least = min(measured, key=lambda each: each["user seconds"])
    return {name: round(value, 2) for name, value in least.items()}


def main() -> int:
    runs, loops = [], []
    for _ in range(RUNS):
        with TemporaryDirectory() as folder:
            site = site_with_cdnow(Path(folder, "site"))
            runs.append(crmflow_run(site, Path(folder, "byte code")))
            classes = decided(site)
        start = time.process_time()
        hand = by_hand()
        loops.append(time.process_time() - start)
    assert classes == {number: own["ABC class"] for number, own in hand.items()}
    buyers = {number: name for number, name in classes.items() if hand[number]["yearly amount"]}
    took, loop = best(runs), round(min(loops), 2)
    print(f"crmflow run    {took['wall seconds']:6.2f} s, of the processor {took['user seconds']:.2f} s")
    print(f"peak memory    {took['peak MB']:6.0f} MB")
    print(f"loop by hand   {loop:6.2f} s   (facts and ABC only, nothing kept)")
    print(f"ratio          {took['user seconds'] / loop:6.1f}     (of the processor)")
    for whose, found, expected in (("all", classes, OF_ALL), ("buyers", buyers, OF_BUYERS)):
        said = " / ".join(f"{share:.1f}" for share in percent(found))
        wanted = " / ".join(map(str, expected))
        print(f"A / B / C      {said} % of {len(found):,} {whose}, expected {wanted} %")
    measured = {
        "crmflow run": took,
        "loop by hand, seconds": loop,
        "times the loop": round(took["user seconds"] / loop, 1),
        "customers": len(classes),
        "buyers": len(buyers),
        "percent of all": dict(zip("ABC", percent(classes), strict=True)),
        "percent of buyers": dict(zip("ABC", percent(buyers), strict=True)),
        "runs": RUNS,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(measured, indent=2) + "\n", "utf-8")
    return 0 if (percent(classes), percent(buyers)) == (OF_ALL, OF_BUYERS) else 1


if __name__ == "__main__":
    sys.exit(main())
