"""Does a chart do what the tests in its file expect? Plays one test through the same moves as a real case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import zip_longest

from crmflow.core.calendar import ALWAYS, Calendar
from crmflow.core.calendars import Calendars
from crmflow.core.case import Case, CaseEvent, Moved
from crmflow.core.chart import Chart
from crmflow.core.explanation import Explanation
from crmflow.core.post import Posts, Unit
from crmflow.errors import WorkflowError
from crmflow.rules import feel
from crmflow.workflow.advance import advance, open_case, open_child
from crmflow.workflow.clock import standing
from crmflow.workflow.course import Course
from crmflow.workflow.explain import explain_case
from crmflow.workflow.refusal import refused_words
from crmflow.workflow.step import Step

BEGINS = datetime(2026, 1, 5, 8, tzinfo=UTC)  # a Monday
NOBODY = "host"  # who acts where a test names nobody and the step has no holder


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a case stands after a test, and its history; `branches` are the cases of its parallel states as
    they are by now, and `beside` their histories.

    `refused` is the last refusal in words ("not by accused"), None where nothing was refused; `found` has the
    keys that the test expects, with what came out. A refusal that a test does not expect fails it.
    `explanation` tells it all.
    """

    case: Case
    history: tuple[Moved, ...]
    explanation: Explanation
    expected: Mapping[str, object] = field(default_factory=dict)
    branches: Mapping[str, Case] = field(default_factory=dict)
    beside: tuple[Moved, ...] = ()
    clocks: Mapping[str, str] = field(default_factory=dict)

    @property
    def refused(self) -> str | None:
        rows = (*self.beside, *self.history)
        return next((refused_words(row) for row in reversed(rows) if row.kind == "refused"), None)

    @property
    def went(self) -> tuple[str, ...]:
        """The states in the order in which they were entered."""
        return tuple(row.to for row in self.history if row.kind in ("opened", "moved") and row.to)

    @property
    def found(self) -> Mapping[str, object]:
        case = self.case
        everything = {
            "state": case.state,
            "level": case.level,
            "escalations": case.escalations,
            "refused": self.refused,
            "blocked by": list(case.blocked),
            "went": list(self.went),
            "sent": [row.message for row in self.history if row.kind == "sent"],
            "holder": case.holder,
            "closed": case.closed_at is not None,
            "undone": [row.lines[0] for row in self.history if row.kind == "undone"],
            "branches": [name for name, branch in self.branches.items() if branch.closed_at is None],
            "clocks": {name: self.clocks.get(name) for name in _mapping(self.expected.get("clocks"))},
        }
        return {key: everything.get(key) for key in everything if key in self.expected or key == "refused"}

    @property
    def passed(self) -> bool:
        return {"refused": None, **self.expected} == self.found


def rehearse(chart: Chart, test: Mapping[str, object], *, posts: Posts | None = None) -> Outcome:
    """Play the test's `do` on a case opened with its `given`, and compare with its `expect`.

    `given` and `set` are keyed by canonical names; `level` and `unit` in `given` place the case; `calendar`
    is the Calendar by which working time counts, else around the clock. Without `posts` every level of the
    chart has one unit, and nobody works there.
    Raises WorkflowError CRM505 for a step that is not one of done, wait, set, event; CRM506 for a branch that
    is not open.
    """
    calendar = test.get("calendar")
    counting = calendar if isinstance(calendar, Calendar) else ALWAYS
    stage = Stage(chart, _mapping(test.get("given")), posts, counting)
    steps = test.get("do") or ()
    for step in steps if isinstance(steps, list | tuple) else (steps,):
        stage.play(_mapping(step))
    return Outcome(
        stage.main.case,
        tuple(stage.main.history),
        stage.told(),
        _mapping(test.get("expect")),
        {name: played.case for name, played in stage.branches.items()},
        tuple(row for played in stage.branches.values() for row in played.history),
        stage.clocks(),
    )


@dataclass(slots=True)
class Played:
    """A case by now, and what happened to it."""

    case: Case
    history: list[Moved]


class Stage:
    """A case that is played with its branches, with the clock and the facts of the play. A sub-case of
    another chart is not played: its end is the event `joined`."""

    def __init__(
        self, chart: Chart, given: Mapping[str, object], posts: Posts | None, calendar: Calendar
    ) -> None:
        self.chart = chart
        self.now = BEGINS
        self.posts = posts if posts is not None else _one_unit_a_level(chart)
        self.calendar = calendar
        self.calendars = Calendars(calendar)
        opening = {fact for state in chart.states.values() for fact in state.not_by} | {"level"}
        self.facts = {name: value for name, value in given.items() if name not in opening}
        bottom = next(iter(self.posts.units), None)
        step = open_case(
            chart,
            id=1,
            bucket=0,
            customer_id=1,
            holding_id=None,
            key="rehearsal",
            at=self.now,
            actor=NOBODY,
            unit=str(given.get("unit") or bottom) if bottom else None,
            data={name: value for name, value in given.items() if name in opening},
            context=self.facts,
            posts=self.posts,
            calendars=self.calendars,
        )
        self.main = Played(step.case, list(step.history))
        self.branches: dict[str, Played] = {}
        self._beside(step)

    def play(self, step: Mapping[str, object]) -> None:
        match step:
            case {"wait": duration}:
                self.now += _duration(duration)
            case {"set": facts}:
                self.facts = {**self.facts, **_mapping(facts)}
                for played in (self.main, *self.branches.values()):
                    self._send(played, "change", {}, NOBODY)
            case {"done": form}:
                self._send(self._at(step.get("in")), "done", _mapping(form), step.get("by"))
            case {"event": name}:
                played, ago = self._at(step.get("in")), _duration(step.get("ago", timedelta()))
                self._send(played, str(name), _mapping(step.get("data")), step.get("by"), ago)
            case _:
                raise WorkflowError("CRM505", step=dict(step))
        while self._tick():
            pass

    def _tick(self) -> bool:
        """Lets time move every case once; whether it moved any."""
        steps = [self._advance(played, None) for played in (self.main, *self.branches.values())]
        return any(steps)

    def _at(self, branch: object) -> Played:
        """The case itself, or the one at a branch."""
        if branch is None:
            return self.main
        played = self.branches.get(str(branch))
        if played is None or played.case.closed_at is not None:
            running = [name for name, each in self.branches.items() if each.case.closed_at is None]
            raise WorkflowError("CRM506", branch=branch, known=", ".join(running))
        return played

    def clocks(self) -> dict[str, str]:
        """How each clock of the chart stands."""
        course = Course(self.chart, self.main.case, self.facts, self.posts, self.calendars, NOBODY)
        return {name: standing(course, name, self.now) for name in self.chart.clocks}

    def told(self) -> Explanation:
        """Where the case stands by now, and its history."""
        return explain_case(
            self.chart,
            self.main.case,
            self.main.history,
            posts=self.posts,
            calendars=self.calendars,
            as_of=self.now,
            zone=self.calendar.zone,
            show_personal=True,
        )

    def _send(
        self,
        played: Played,
        name: str,
        data: Mapping[str, object],
        by: object,
        ago: timedelta = timedelta(),
    ) -> None:
        """An event of now, or one that comes late: of so long ago."""
        actor = str(by or played.case.holder or NOBODY)
        self._take(played, CaseEvent(1, played.case.id, name, self.now - ago, actor, data))

    def _take(self, played: Played, event: CaseEvent) -> None:
        while not (step := self._advance(played, event)) or not step.took_event:
            pass

    def _beside(self, step: Step) -> None:
        """The branches that a step opens, and the events that it sends to other cases of the play."""
        for child in step.children:
            if child.state is not None:
                opened = open_child(
                    self.chart,
                    child,
                    step.case,
                    id=len(self.branches) + 2,
                    actor=NOBODY,
                    context=self.facts,
                    posts=self.posts,
                    calendars=self.calendars,
                )
                self.branches[child.branch] = Played(opened.case, list(opened.history))
        for send in step.sends:
            names = () if send.branches is None else send.branches
            beside = [self.branches[name] for name in names if name in self.branches]
            here = [played for played in beside if played.case.closed_at is None]
            for played in [self.main] if send.branches is None else here:
                self._take(played, CaseEvent(1, played.case.id, send.name, send.at, NOBODY, send.data))

    def _advance(self, played: Played, event: CaseEvent | None) -> Step | None:
        step = advance(
            self.chart,
            played.case,
            as_of=self.now,
            context=self.facts,
            posts=self.posts,
            calendars=self.calendars,
            event=event,
        )
        if step is not None:
            played.case = step.case
            played.history.extend(step.history)
            self._beside(step)
        return step


def _one_unit_a_level(chart: Chart) -> Posts:
    """A tree of one branch, named after the levels, the lowest first."""
    upward = zip_longest(chart.levels, chart.levels[1:])
    return Posts(Unit(level, level, level, parent) for level, parent in upward)


def _mapping(value: object) -> dict[str, object]:
    return {str(key): each for key, each in value.items()} if isinstance(value, Mapping) else {}


def _duration(value: object) -> timedelta:
    """A duration, or its ISO 8601 text."""
    if isinstance(value, str):
        value = feel.evaluate("duration(text)", {"text": value})
    if isinstance(value, timedelta):
        return value
    raise WorkflowError("CRM505", step={"wait": value})
