"""What do the crash tests work on? A site with cases whose timers, events and messages all come at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from shutil import copytree

from crmflow import Engine, Site

RULES = Path(__file__).parent / "rules"
MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
CASES = 24
UNITS = (
    "code,name,level,parent\nC1,公司,company,\nD1,片区,district,C1\nS1,一站,station,D1\nS2,二站,station,D1\n"
)
STAFF = "code,name,role,unit\n" + "".join(
    f"{role[0].upper()}{unit},员工,{role},{unit}\n"
    for unit in ("S1", "S2", "D1", "C1")
    for role in ("service desk", "handler")
)
CUSTOMERS = "external id,name,unit\n" + "".join(
    f"K{number},客户{number},S{number % 2 + 1}\n" for number in range(CASES)
)


@dataclass(frozen=True, slots=True)
class Sent:
    """An event for the n-th case, or for the first case open below it."""

    number: int
    below: bool
    name: str
    at: datetime
    data: dict[str, object]


@dataclass(frozen=True, slots=True)
class Tick:
    """The clock is set to `now`, and these events have come."""

    now: datetime
    events: tuple[Sent, ...]


def story(seed: int, ticks: int) -> Iterator[Tick]:
    """Weeks of work: events that are early, late, doubled and out of order, and a clock that jumps."""
    random = Random(seed)
    now = MONDAY
    for _ in range(ticks):
        now += timedelta(minutes=random.choice([0, 1, 90, 240, 600, 1440, 2880]))
        events = [event(random, now) for _ in range(random.randrange(CASES))]
        events += random.sample(events, len(events) // 4)
        random.shuffle(events)
        yield Tick(now, tuple(events))


def event(random: Random, now: datetime) -> Sent:
    below = random.random() < 0.5
    name = random.choice(["done"] * 6 + ["withdraw", "repaired", "change", "nonsense", "acknowledge"])
    data: dict[str, object] = {"ours": random.random() < 0.7} if name == "done" and not below else {}
    late = timedelta(minutes=random.choice([0, 0, 0, 5, 300, 2880]), microseconds=random.randrange(10**9))
    return Sent(random.randrange(CASES), below, name, now - late, data)


def clock_of(folder: Path) -> datetime:
    """What the clock beside a site says."""
    return datetime.fromisoformat((folder / "clock").read_text("ascii"))


def set_clock(folder: Path, now: datetime) -> None:
    """At once: a reader sees the old moment or the new one."""
    new = folder / "clock.new"
    new.write_text(now.isoformat(), "ascii")
    new.replace(folder / "clock")


def opened(folder: Path) -> Engine:
    """The site's engine, living by the clock beside the site."""
    return Engine.open(folder, clock=lambda: clock_of(folder))


def new_site(folder: Path, url: str) -> Site:
    """A migrated site with its rules in force and its cases open."""
    Site.init(folder, ["fuel"], zone="UTC", language="en")
    copytree(RULES, folder / "rules", dirs_exist_ok=True)
    toml = folder / "crmflow.toml"
    toml.write_text(toml.read_text("utf-8").replace("sqlite:///crm.db", url), "utf-8")
    Engine.migrate(folder)
    set_clock(folder, MONDAY)
    with opened(folder) as engine:
        engine.publish(actor="test")
        for kind, text in (("units", UNITS), ("staff", STAFF), ("customers", CUSTOMERS)):
            file = folder / f"{kind}.csv"
            file.write_text(text, "utf-8")
            report = engine.import_file(kind, file)  # type: ignore[arg-type]
            assert report.rejected == 0, report
        with engine.store.batch("test") as batch:
            ids = {each.external_id: each.id for each in batch.customers.scan(as_of=MONDAY)}
        for number in range(CASES):
            price = Decimal(100 * (number % 10))
            reported = engine.record(
                "damage report",
                f"C{ids[f'K{number}']}",
                at=MONDAY,
                fields={"price": price},
                external_id=f"R{number}",
            )
            assert reported.cases
    return Site.read(folder)
