"""A small company, and the charts beside this file, for the tests of running cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

from crmflow.core.calendar import ALWAYS, Calendar
from crmflow.core.calendars import Calendars
from crmflow.core.case import Case, CaseEvent, Moved
from crmflow.core.chart import Chart
from crmflow.core.post import Absence, Post, Posts, Staff, Unit
from crmflow.rules.load import load
from crmflow.rules.ruleset import Ruleset
from crmflow.rules.scenario import ChartCase
from crmflow.rules.source import RuleFile
from crmflow.workflow.advance import advance, open_case
from crmflow.workflow.course import Course
from crmflow.workflow.rehearsal import Played, Stage
from crmflow.workflow.step import Step

MONDAY = datetime(2026, 1, 5, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
OFFICE = Calendar.weekly("office", ZoneInfo("Asia/Shanghai"), {"mon-fri": ["08:30-17:30"]})
DEBTOR = {"kind": "unit", "arrears": 5000, "days overdue": 40, "disputed": False, "protected": False}
FILES = sorted((Path(__file__).parent / "charts").glob("*.yaml"))

UNITS = [
    Unit("S1", "三门峡站", "station", "D1"),
    Unit("S2", "陕州站", "station", "D1"),
    Unit("D1", "三门峡片区", "district", "K1"),
    Unit("K1", "公司", "company"),
]
STAFF = [Staff(code, f"员工{code}") for code in ("W1", "W2", "W3", "W4", "D9", "K9")] + [
    Staff("W0", "前员工", True)
]
POSTS = [
    Post("W0", "handler", "S1"),
    Post("W1", "service desk", "S1"),
    Post("W2", "handler", "S1"),
    Post("W3", "handler", "S1"),
    Post("W4", "collector", "S1"),
    Post("D9", "handler", "D1"),
    Post("K9", "handler", "K1"),
]


def posts(*absences: Absence, without: str | None = None, at: datetime = MONDAY) -> Posts:
    """The company on a day, or after somebody has left."""
    staff = [replace(person, left=person.left or person.code == without) for person in STAFF]
    return Posts(UNITS, staff, POSTS, absences, at=at)


@cache
def rules() -> Ruleset:
    """The complaint chain that comes with the product, and the charts beside this file."""
    core = files("crmflow.core")
    names = ("vocabulary.yaml", "charts/complaint.yaml")
    loaded = load(
        [
            *(RuleFile(f"core/{name}", (core / name).read_bytes(), "core", "core", name) for name in names),
            *(
                RuleFile(f"trial/{file.name}", file.read_bytes(), "pack", "trial", file.name)
                for file in FILES
            ),
        ]
    )
    assert loaded.ruleset is not None, [found.message() for found in loaded.errors]
    return loaded.ruleset


def charts() -> Mapping[str, Chart]:
    """The charts, by the last part of their id."""
    return {id.rpartition("/")[2]: chart for id, chart in rules().charts.items()}


def cases() -> Mapping[str, Sequence[ChartCase]]:
    """The tests in the files of the charts."""
    return {
        id.rpartition("/")[2]: [case for case in found if isinstance(case, ChartCase)]
        for id, found in rules().cases.items()
    }


def chart(name: str) -> Chart:
    return charts()[name]


class Play:
    """A case that is opened, sent events and looked at, with its whole history; facts go by bare names."""

    def __init__(
        self,
        name: str,
        *,
        facts: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        unit: str | None = "S1",
        company: Posts | None = None,
        calendar: Calendar = ALWAYS,
        calendars: Calendars | None = None,
        id: int = 0,
    ) -> None:
        self.chart = chart(name)
        self.facts = dict(facts or {})
        self.posts = company or posts()
        self.calendars = calendars or Calendars(calendar)
        step = open_case(
            self.chart,
            id=id,
            bucket=0,
            customer_id=7,
            holding_id=None,
            key=f"{name}|1",
            at=MONDAY,
            actor="host",
            unit=unit,
            data=data or {},
            context=self.context,
            posts=self.posts,
            calendars=self.calendars,
        )
        self.case: Case = step.case
        self.history: list[Moved] = list(step.history)

    @property
    def calendar(self) -> Calendar:
        return self.calendars.default

    @property
    def context(self) -> Mapping[str, object]:
        """The facts by their canonical names."""
        return {
            f"{'core' if name == 'kind' else 'trial'}.{name}": value for name, value in self.facts.items()
        }

    def look(self, at: datetime, event: CaseEvent | None = None) -> Step | None:
        step = advance(
            self.chart,
            self.case,
            as_of=at,
            context=self.context,
            posts=self.posts,
            calendars=self.calendars,
            event=event,
        )
        if step is not None:
            self.case = step.case
            self.history.extend(step.history)
        return step

    def tick(self, at: datetime) -> None:
        """Everything that is due by then."""
        while self.look(at):
            pass

    def send(
        self, name: str, at: datetime, data: Mapping[str, object] | None = None, by: str = "host"
    ) -> tuple[Moved, ...]:
        """An event and whatever was due before it; the rows that the event itself gave."""
        event = CaseEvent(1, self.case.id, name, at, by, data or {})
        while not (step := self.look(at, event)) or not step.took_event:
            assert step is not None
        return step.history

    def done(self, at: datetime, by: str = "W2", **data: object) -> tuple[Moved, ...]:
        return self.send("done", at, {name.replace("_", " "): value for name, value in data.items()}, by)

    def went(self) -> list[str | None]:
        return [row.to for row in self.history if row.kind in ("opened", "moved")]

    def keys(self) -> list[str]:
        return [row.key for row in self.history if row.key is not None]


def complaint(**given: object) -> Play:
    """A complaint about W3 that has been accepted and waits to be verified."""
    play = Play("complaint", data={"accused": "W3"}, **given)  # type: ignore[arg-type]
    play.done(MONDAY, by="W1")
    return play


def debtor(**facts: object) -> Play:
    """An arrears case at `propose`, 17 days on."""
    play = Play(
        "arrears", facts={**DEBTOR, **{name.replace("_", " "): value for name, value in facts.items()}}
    )
    play.done(MONDAY, outlook="weak")
    play.tick(MONDAY + 17 * DAY)
    return play


def to_call_back(play: Play) -> datetime:
    play.done(MONDAY, facts="a")
    play.done(MONDAY, justified=False)
    return MONDAY


class Family:
    """A case that is played with its branches, as a chart's test plays it."""

    def __init__(self, name: str) -> None:
        self.stage = Stage(chart(name), {"level": "station"}, None, ALWAYS)

    @property
    def chart(self) -> Chart:
        return self.stage.chart

    @property
    def main(self) -> Played:
        return self.stage.main

    @property
    def running(self) -> list[str]:
        """The branches that are open."""
        return [name for name, each in self.stage.branches.items() if each.case.closed_at is None]

    def do(self, name: str, at: datetime, forms: Mapping[str, Mapping[str, object]], *, passed: bool) -> None:
        """Something in the branch that is open, else in the case; forms by state."""
        self.stage.now = at
        if name == "done":
            place = next(iter(self.running), None)
            form = forms.get(place or self.main.case.state, {})
            self.stage.play({"done": form, "in": place} if place else {"done": form})
        elif name == "joined":
            self.stage.play({"event": name, "data": {"passed": passed}})
        else:
            self.stage.play({"event": name})


def service(**facts: object) -> Play:
    """A case with clocks, opened at 16:00 in the office."""
    return Play("service", facts=facts, calendar=OFFICE)


def course(play: Play, calendar: Calendar = OFFICE) -> Course:
    """The case as its clocks see it."""
    return Course(play.chart, play.case, play.context, play.posts, Calendars(calendar), actor="host")
