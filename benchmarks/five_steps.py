"""How many cases of five steps and a timer does one process take through, beside DBOS and Celery?

The steps do nothing; the timer, one second, lies between the second and the third; all cases are under way at
once. The rate is cases by the seconds from the first start to the last end. crmflow is measured twice: as a
host that opens each case and sends each event in a transaction of its own, and as one that imports what opens
the cases and sends events by the hundred. DBOS runs on PostgreSQL and, as it is shipped, on SQLite. Celery
has Redis with a log that is flushed every second, one worker, its fastest pool, and no state of a case.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import Any

from crmflow import Engine, Site

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # the tests' PostgreSQL, and Celery's tasks
from tests.postgres import cluster, free_port  # noqa: E402

RESULT = ROOT / "benchmarks/results/five_steps.json"
SINGLY, TOGETHER = 200, 2_000
DBOS_CASES, CELERY_CASES = {"sqlite": 100, "postgres": 500}, 1_000
HUNDRED = 100
RULES = ROOT / "benchmarks/steps/rules"
TASKS = "benchmarks.steps.tasks"


def crmflow(url: str, folder: Path, cases: int, at_once: int) -> float:
    """Seconds for so many cases, `at_once` events in one transaction."""
    site = Site.init(folder, ["fuel"], zone="UTC", language="en")
    toml = folder / "crmflow.toml"
    toml.write_text(toml.read_text("utf-8").replace("sqlite:///crm.db", url), "utf-8")
    copytree(RULES, site.rules, dirs_exist_ok=True)
    with Engine.create(Site.read(folder)) as engine:
        engine.publish(actor="benchmark")
        table(engine, "customers", ("external id", "name"), ((f"K{number}", "K") for number in range(cases)))
        began = time.perf_counter()
        ids = open_cases(engine, cases, at_once)
        for steps in (2, 3):
            for _ in range(steps):
                step(engine, ids, at_once)
            sleep_through(engine)
        seconds = time.perf_counter() - began
        assert not engine.cases().rows
        return seconds


def open_cases(engine: Engine, cases: int, at_once: int) -> list[int]:
    """One by one, or by importing what opens them."""
    if at_once == 1:
        return [engine.open_case("five steps", f"K{number}", key="1").id for number in range(cases)]
    rows = ((f"R{number}", f"K{number}", "2026-01-01") for number in range(cases))
    table(engine, "touchpoints", ("external id", "customer", "at"), rows, {"touchpoints": "start"})
    engine.run()
    return [int(row["id"]) for row in engine.cases().rows]


def table(
    engine: Engine, kind: Any, names: Sequence[str], rows: Any, mapping: Mapping[str, object] | None = None
) -> None:
    file = engine.site.folder / f"{kind}.csv"
    file.write_text("\n".join(",".join(row) for row in (names, *rows)) + "\n", "utf-8")
    assert engine.import_file(kind, file, mapping=mapping).rejected == 0


def step(engine: Engine, ids: Sequence[int], at_once: int) -> None:
    """The present step of each case is done."""
    if at_once == 1:
        for id in ids:
            engine.send(id, "done")
        return
    for start in range(0, len(ids), at_once):
        with engine.store.batch("host") as batch:
            batch.events.add_all((id, "done", {}, batch.now) for id in ids[start : start + at_once])
        engine.due(limit=at_once)


def sleep_through(engine: Engine) -> None:
    """Until no timer runs any more."""
    while (due := earliest(engine)) is not None:
        time.sleep(max(0.0, due))
        engine.due(limit=HUNDRED)


def earliest(engine: Engine) -> float | None:
    """Seconds until the next timer."""
    with engine.store.reading() as looking:
        due = looking.waiting.earliest()
        return None if due is None else (due - looking.now).total_seconds()


def dbos(url: str, cases: int) -> float:
    """Seconds for so many workflows, as many threads at work as there are by default."""
    from dbos import DBOS

    DBOS(config={"name": "five-steps", "system_database_url": url, "log_level": "ERROR"})

    def nothing() -> None:
        """Has nothing to do."""

    step = DBOS.step()(nothing)

    def five_steps() -> None:
        step()
        step()
        DBOS.sleep(1.0)
        step()
        step()
        step()

    workflow = DBOS.workflow()(five_steps)
    DBOS.launch()
    workflow()
    began = time.perf_counter()
    for started in [DBOS.start_workflow(workflow) for _ in range(cases)]:
        started.get_result()
    seconds = time.perf_counter() - began
    DBOS.destroy()
    return seconds


def celery(url: str, cases: int) -> float:
    """Seconds for so many chains of tasks."""
    os.environ["FIVE_STEPS"] = url
    from benchmarks.steps.tasks import ended, five_steps

    command = [sys.executable, "-m", "celery", "-A", TASKS, "worker", "--loglevel", "ERROR", "--pool", "solo"]
    environment = {**os.environ, "C_FORCE_ROOT": "1"}
    quiet = subprocess.DEVNULL
    worker = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=quiet, stderr=quiet)
    try:
        five_steps.apply_async()
        wait_for(ended, 1)
        began = time.perf_counter()
        for _ in range(cases):
            five_steps.apply_async()
        wait_for(ended, cases + 1)
        return time.perf_counter() - began
    finally:
        worker.terminate()
        worker.wait()


def wait_for(count: Callable[[], int], wanted: int) -> None:
    while count() < wanted:
        time.sleep(0.02)


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """The URL of a Redis that flushes its log every second."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
    command += ["--appendonly", "yes", "--appendfsync", "everysec"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        while "Ready to accept connections" not in server.stdout.readline():
            assert server.poll() is None, "redis-server has ended"
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait()


def rate(engine: str, url: str | None, cases: int, at_once: int = 1) -> float:
    """Cases a second of one engine, in a process and a folder of its own; without a URL on SQLite there."""
    with TemporaryDirectory() as folder:
        address = url or f"sqlite:///{folder}/here.db"
        command = [sys.executable, str(Path(__file__)), engine, address, folder, str(cases), str(at_once)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        return cases / float(done.stdout.splitlines()[-1])


def rates() -> Iterator[tuple[str, float]]:
    """What was measured, and cases a second."""
    ways = (("one by one", SINGLY, 1), ("by the hundred", TOGETHER, HUNDRED))
    for way, cases, at_once in ways:
        yield f"crmflow, {way}, SQLite", rate("crmflow", None, cases, at_once)
    yield "DBOS, SQLite as shipped", rate("dbos", None, DBOS_CASES["sqlite"])
    with cluster() as postgres:
        for way, cases, at_once in ways:
            with postgres.database() as url:
                yield f"crmflow, {way}, PostgreSQL", rate("crmflow", url, cases, at_once)
        with postgres.database() as url:
            yield "DBOS, PostgreSQL", rate("dbos", url, DBOS_CASES["postgres"])
    with TemporaryDirectory() as folder, redis_server(Path(folder)) as url:
        yield "Celery, Redis", rate("celery", url, CELERY_CASES)


def main() -> None:
    found = {}
    for name, per_second in rates():
        found[name] = round(per_second, 1)
        print(f"{name:40} {per_second:8.1f} cases/s", flush=True)
    versions = {name: version(name) for name in ("dbos", "celery", "redis")}
    told = {"python": platform.python_version(), "machine": platform.machine(), **versions}
    RESULT.write_text(json.dumps({**told, "cases a second": found}, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["crmflow", url, folder, cases, at_once]:
            print(crmflow(url, Path(folder), int(cases), int(at_once)))
        case ["dbos", url, _, cases, _]:
            print(dbos(url, int(cases)))
        case ["celery", url, _, cases, _]:
            print(celery(url, int(cases)))
        case _:
            main()
