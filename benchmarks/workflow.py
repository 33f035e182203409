"""How fast do cases run, by the million, beside the driver alone that decides in SQL and makes the same rows?

A million open cases, a tenth of them due: batches of the engine and of the baseline by turns on one
database, so that both see the same noise; single events; two workers on PostgreSQL; and the memory of a
sweep over ten thousand, a hundred thousand and a million open cases, each in a process of its own.
"""

from __future__ import annotations

import gc
import json
import os
import platform
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from crmflow import Engine, Site

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from benchmarks.million.by_hand import SETTINGS, ByHand  # noqa: E402
from benchmarks.million.population import NOW, populate, site_at  # noqa: E402
from tests.postgres import cluster  # noqa: E402

RESULT = HERE / "results/workflow.json"
OPEN, DUE = 1_000_000, 100_000
BATCH = 5_000
SINGLE, TOGETHER = 100, 100
SIZES = (10_000, 100_000, 1_000_000)
Seconds = list[float]
SERVER = (
    "synchronous_commit",
    "fsync",
    "full_page_writes",
    "shared_buffers",
    "max_wal_size",
    "server_version",
)


@contextmanager
def database(store: str) -> Iterator[str | None]:
    """A URL: None for an SQLite file in the site, else that of a private PostgreSQL with its own defaults."""
    if store == "sqlite":
        yield None
        return
    with cluster() as running, running.database() as url:
        yield url


def timed(act: Callable[[], object]) -> float:
    """Seconds, without the cyclic collector, as `crmflow worker` does it."""
    gc.collect()
    gc.disable()
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def by_hand(engine: Engine) -> ByHand:
    """The baseline on the same database, with the release and calendar that its rows cite."""
    with engine.store.reading() as batch:
        release = batch.releases.in_force(batch.now)
        calendar = next(iter(batch.cases.scan())).calendar
    assert release is not None
    return ByHand(engine.site.url, release.hash, str(calendar))


def sweeps(engine: Engine, hand: ByHand, due: int) -> tuple[Seconds, Seconds]:
    """Seconds of each batch, of the engine and by hand, by turns; the first of each warms up."""
    engine.due(NOW, limit=BATCH)
    hand.sweep(NOW, datetime.now(UTC), BATCH)
    ours, theirs = [], []
    for _ in range(due // BATCH // 2 - 2):
        ours.append(timed(lambda: engine.due(NOW, limit=BATCH)))
        theirs.append(timed(lambda: hand.sweep(NOW, datetime.now(UTC), BATCH)))
    return ours, theirs


def events(engine: Engine, hand: ByHand, together: int, times: int) -> tuple[Seconds, Seconds]:
    """Seconds of each transaction with so many events, of the engine and by hand, by turns."""
    ours, theirs = [], []
    ids = waiting(engine, 2 * together * (times + 1))
    chunks = [ids[start : start + together] for start in range(0, len(ids), together)]
    for mine, other in zip(chunks[::2], chunks[1::2], strict=True):
        ours.append(timed(partial(pay, engine, mine)))
        theirs.append(timed(partial(hand.pay, other, NOW, datetime.now(UTC))))
    return ours[1:], theirs[1:]


def pay(engine: Engine, ids: list[int]) -> None:
    """What a host calls for one event, and for several."""
    if len(ids) == 1:
        engine.send(ids[0], "paid", at=NOW)
    else:
        engine.send_all([(id, "paid", {}) for id in ids], at=NOW)


def waiting(engine: Engine, count: int) -> list[int]:
    """Cases that are not due yet."""
    with engine.store.reading() as batch:
        found = batch.connection.exec_driver_sql(
            "SELECT id FROM crmflow_case WHERE state = 'remind' ORDER BY due_at DESC LIMIT " + str(count)
        )
        return [row[0] for row in found]


def verified(engine: Engine) -> int:
    """How many rows the journal has, the baseline's included; all of them hold."""
    report = engine.verify_journal()
    assert report.holds, report.flaws
    total: int = report.sealed + report.unsealed
    return total


def rate(seconds: Seconds, each: int) -> int:
    return round(each / median(seconds))


def compared(pair: tuple[Seconds, Seconds], each: int) -> dict[str, float]:
    ours, theirs = pair
    ratio = median(theirs) / median(ours)
    return {"crmflow": rate(ours, each), "by hand": rate(theirs, each), "ratio": round(ratio, 2)}


def workers(site: Site, engine: Engine, count: int, due: int) -> int:
    """Moves a second of so many processes that sweep together, PostgreSQL's claims keeping them apart."""
    running = [
        subprocess.Popen(
            [sys.executable, __file__, "--work", str(site.folder), str(due // 4 // BATCH // count)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    spans: list[dict[str, float]] = [json.loads(each.communicate()[0]) for each in running]
    begin, end = min(span["begin"] for span in spans), max(span["end"] for span in spans)
    return round(sum(span["moved"] for span in spans) / (end - begin))


def work(folder: str, batches: int) -> None:
    """One worker: so many batches, and when it began and ended."""
    with Engine.open(Path(folder)) as engine:
        engine.due(NOW, limit=10)
        gc.disable()
        begin = time.time()
        moved = sum(engine.due(NOW, limit=BATCH).moved for _ in range(batches))
        print(json.dumps({"begin": begin, "end": time.time(), "moved": moved}))


def memory(count: int) -> float:
    """Peak MB of a process that opens a site with so many open cases and sweeps three batches."""
    with TemporaryDirectory() as folder:
        site = site_at(Path(folder, "site"))
        with Engine.open(site) as engine:
            populate(engine, count, min(count, 4 * BATCH))
        command = [sys.executable, __file__, "--memory", str(site.folder)]
        said = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(said.stdout)


def sweep_and_weigh(folder: str) -> None:
    with Engine.open(Path(folder)) as engine:
        gc.disable()
        for _ in range(3 if engine.due(NOW, limit=100).claimed else 0):
            engine.due(NOW, limit=2_000)
    print(peak())


def peak() -> float:
    """Peak MB of this process; on Linux `getrusage` would count what its parent had before it began."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def settings(engine: Engine, store: str) -> dict[str, str]:
    if store == "sqlite":
        return {"version": sqlite3.sqlite_version, **dict(each.split("=") for each in SETTINGS)}
    with engine.store.reading() as batch:
        connection = batch.connection
        return {name: str(connection.exec_driver_sql(f"SHOW {name}").scalar()) for name in SERVER}


def measured(store: str, open_cases: int, due: int) -> dict[str, object]:
    with TemporaryDirectory() as folder, database(store) as url:
        site = site_at(Path(folder, "site"), url)
        with Engine.open(site) as engine:
            built = timed(lambda: populate(engine, open_cases, due))
            hand = by_hand(engine)
            one = compared(events(engine, hand, 1, SINGLE), 1)
            hundred = compared(events(engine, hand, TOGETHER, 10), TOGETHER)
            swept = compared(sweeps(engine, hand, due), BATCH)
            hand.close()
            found: dict[str, object] = {
                "settings": settings(engine, store),
                "seconds to build": round(built),
                f"moves a second, batches of {BATCH:,}": swept,
                "events a second, one a transaction": one,
                f"events a second, {TOGETHER} a transaction": hundred,
            }
            if store == "postgresql":
                populate_again(engine, due)
                found["moves a second, one worker"] = workers(site, engine, 1, due)
                found["moves a second, two workers"] = workers(site, engine, 2, due)
            found["rows of the journal, all hold"] = verified(engine)
            return found


def populate_again(engine: Engine, due: int) -> None:
    """Half of the due cases are due once more: those that somebody is to call are late."""
    with engine.store.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE crmflow_case SET due_at = due_at - interval '10 days', "
            "late_at = late_at - interval '10 days', entered_at = entered_at - interval '10 days' "
            "WHERE state = 'call' AND level = 'station'"
        )


def main(open_cases: int = OPEN, due: int = DUE) -> int:
    result: dict[str, object] = {
        "open cases": open_cases,
        "due": due,
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "load when it began": os.getloadavg()[0],
    }
    for store in ("sqlite", "postgresql"):
        result[store] = measured(store, open_cases, due)
        print(store, json.dumps(result[store], indent=2), flush=True)
        keep(result)
    result["peak MB by open cases"] = {
        f"{count:,}": round(memory(count)) for count in SIZES if count <= open_cases
    }
    print(json.dumps(result["peak MB by open cases"]))
    keep(result)
    return 0


def keep(result: dict[str, object]) -> None:
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--work", folder, batches]:
            work(folder, int(batches))
        case ["--memory", folder]:
            sweep_and_weigh(folder)
        case given:
            sys.exit(main(*map(int, given)))
