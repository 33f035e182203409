"""Do real event logs fit charts that say how their desks work, and what do these charts refuse?

Three logs (a help desk's, a regulator's complaints about insurers, a city council's about utilities) are
imported as cases with their past by `Engine.import_file`, as a site would: a trace fits when its case comes
in whole. Each misfit is named with its event, its state and the reason. A chart that lets everything pass
would prove nothing, so that traces spoiled on purpose are played, too: events shuffled, one left out, one
said twice; for complaints, which have one event only: the wrong order, the wrong finding, a second end.
Prints a line a log, writes results/replay_logs.json. Finds the logs by CRMFLOW_DATA.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from crmflow import Engine

HERE = Path(__file__).parent
LOGS = HERE.parent / "examples/logs"
RESULT = HERE / "results/replay_logs.json"
Line = Mapping[str, str]
Trace = Sequence[Line]
HEADERS = ("case", "customer id", "time", "event", "by", "finding_type", "is_confirmed", "descriptor")
SPOILED = 5
"""So many ways of spoiling each trace are tried."""


@dataclass(frozen=True)
class Log:
    """A site in examples/logs, its log, how rows become traces, and how traces are spoiled."""

    site: str
    file: str
    traces: Callable[[Sequence[Line]], Iterator[Trace]]
    spoil: Callable[[Trace, Random], Iterator[tuple[str, Trace]]]


# rows -> traces


def tickets(rows: Sequence[Line]) -> Iterator[Trace]:
    """A ticket is opened by whatever is said of it first."""
    found: dict[str, list[Line]] = {}
    for row in rows:
        number, at = row["case:concept:name"], row["time:timestamp"]
        said = {"event": row["concept:name"], "by": row["org:resource"]}
        found.setdefault(number, [line(number, row["customer"], at)]).append(
            line(number, row["customer"], at, **said)
        )
    yield from found.values()


def complaints(rows: Sequence[Line]) -> Iterator[Trace]:
    """Received, and closed with a finding."""
    for row in rows:
        number, who = row["complaint_number"], row["complaint_filed_by"]
        said = {"finding_type": row["finding_type"], "is_confirmed": row["is_confirmed"]}
        yield [
            line(number, who, row["received_date"]),
            line(number, who, row["closed_date"], event="done", **said),
        ]


def casework(rows: Sequence[Line]) -> Iterator[Trace]:
    """Opened, and mostly closed."""
    for row in rows:
        number, who = row["unique_key"], row["account"]
        opened = line(number, who, row["opendate"])
        closed = line(number, who, row["closedate"], event="done", descriptor=row["descriptor"])
        yield [opened, closed] if row["closedate"] else [opened]


def line(number: str, customer: str, at: str, **said: str) -> Line:
    return {"case": number, "customer id": customer, "time": at, **said}


# traces that nobody lived through


def disordered(trace: Trace, random: Random) -> Iterator[tuple[str, Trace]]:
    """The events in another order, at the same moments; without one; with one twice."""
    opening, *events = trace
    for _ in range(SPOILED - 2):
        shuffled = random.sample(events, len(events))
        if [each["event"] for each in shuffled] != [each["event"] for each in events]:
            times = zip(shuffled, events, strict=True)
            yield "shuffled", [opening, *({**each, "time": at["time"]} for each, at in times)]
    gone = random.randrange(len(events))
    yield "one left out", [opening, *events[:gone], *events[gone + 1 :]]
    twice = random.randrange(len(events))
    yield "one twice", [opening, *events[: twice + 1], events[twice], *events[twice + 1 :]]


def contradicted(trace: Trace, random: Random) -> Iterator[tuple[str, Trace]]:
    """Closed before it was opened; closed twice; closed without, or against, what its form asks."""
    if len(trace) < 2:
        return
    opening, end = trace
    before = str(date.fromisoformat(opening["time"]) - timedelta(days=random.randint(1, 30)))
    yield "closed before it was opened", [opening, {**end, "time": before}]
    yield "closed twice", [opening, end, end]
    yield "form left empty", [opening, {**end, "finding_type": "", "descriptor": ""}]
    if "is_confirmed" in end:
        yield "finding contradicted", [opening, {**end, "is_confirmed": str(end["is_confirmed"] != "True")}]
    else:
        yield "unknown company", [opening, {**end, "descriptor": "Gas Works"}]
    yield "unknown event", [opening, {**end, "event": "closed"}]


# through a site


def played(site: Path, traces: Sequence[Trace]) -> tuple[dict[str, tuple[str, str]], float]:
    """The cases that did not come in, each with the code and what was wrong; and the seconds that it took."""
    with TemporaryDirectory() as folder:
        copy = Path(shutil.copytree(site, Path(folder) / "site"))
        with Engine.create(copy) as engine:
            customers = sorted({line["customer id"] for trace in traces for line in trace})
            write(copy / "customers.csv", ("customer id",), [{"customer id": each} for each in customers])
            engine.import_file("customers", copy / "customers.csv")
            engine.publish()
            write(copy / "cases.csv", HEADERS, [line for trace in traces for line in trace])
            begin = time.perf_counter()
            report = engine.import_file("cases", copy / "cases.csv", mapping={"cases": chart_of(site)})
            seconds = time.perf_counter() - begin
        return misfits(report.rejects_path), seconds


def chart_of(site: Path) -> str:
    """The id of the chart of its site."""
    return f"charts/{next((site / 'rules/charts').glob('*.yaml')).stem}"


def write(path: Path, headers: Sequence[str], rows: Sequence[Line]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, headers, restval="")
        writer.writeheader()
        writer.writerows(rows)


def misfits(rejects: Path | None) -> dict[str, tuple[str, str]]:
    """By case, the line that kept it out; the others of its lines were kept out by that one."""
    if rejects is None:
        return {}
    with rejects.open(encoding="utf-8-sig", newline="") as file:
        return {
            row["case"]: (row["event"] or "opening", f"{row['code']} {row['reason']}")
            for row in csv.DictReader(file)
            if row["code"] != "CRM429"
        }


def renamed(traces: Sequence[Trace]) -> list[Trace]:
    """Each a case of its own."""
    return [[{**each, "case": f"x{number}"} for each in trace] for number, trace in enumerate(traces)]


@dataclass(frozen=True)
class Misfit:
    """A case that did not come in: by which event, and why, which names the state."""

    case: str
    event: str
    reason: str


@dataclass(frozen=True)
class Replayed:
    """The figures of one log; shares are of 1, `refused` is by how a trace was spoiled."""

    log: str
    chart: str
    traces: int
    lines: int
    fit: float
    spoiled: int
    refused_of_all: float
    refused: Mapping[str, float]
    lines_a_second: int
    misfits: Sequence[Misfit]


def replay(log: Log, data: Path, random: Random) -> Replayed:
    """One log through its chart, as it was and spoiled."""
    with gzip.open(data / log.file, "rt", encoding="utf-8", newline="") as file:
        traces = list(log.traces(list(csv.DictReader(file))))
    out, seconds = played(LOGS / log.site, traces)
    spoiled = [each for trace in traces for each in log.spoil(trace, random)]
    refused, _ = played(LOGS / log.site, renamed([trace for _, trace in spoiled]))
    tried = Counter(how for how, _ in spoiled)
    caught = Counter(spoiled[int(case[1:])][0] for case in refused)
    lines = sum(map(len, traces))
    return Replayed(
        log=log.file,
        chart=f"examples/logs/{log.site}",
        traces=len(traces),
        lines=lines,
        fit=round(1 - len(out) / len(traces), 4),
        spoiled=len(spoiled),
        refused_of_all=round(len(refused) / len(spoiled), 4),
        refused={how: round(caught[how] / count, 4) for how, count in tried.items()},
        lines_a_second=round(lines / seconds),
        misfits=[Misfit(case, event, why) for case, (event, why) in out.items()],
    )


REPLAYED = [
    Log("helpdesk", "eventlog_helpdesk_20th.csv.gz", tickets, disordered),
    Log("texas-complaints", "insurance_tx_life_complaints_2023on.csv.gz", complaints, contradicted),
    Log("new-york-casework", "power_nyc_coned_nationalgrid_casework.csv.gz", casework, contradicted),
]


def main() -> None:
    """Every log, printed and written down."""
    folder = os.environ.get("CRMFLOW_DATA")
    if folder is None:
        sys.exit("CRMFLOW_DATA names no folder with the logs")
    results = [replay(log, Path(folder), Random(2026)) for log in REPLAYED]
    for each in results:
        print(
            f"{each.log}: {each.fit:.1%} of {each.traces:,d} traces fit; of {each.spoiled:,d} spoiled ones "
            f"{each.refused_of_all:.1%} are refused; {each.lines_a_second:,d} lines a second"
        )
    RESULT.write_text(
        json.dumps([asdict(each) for each in results], ensure_ascii=False, indent=2) + "\n", "utf-8"
    )


if __name__ == "__main__":
    main()
