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
from crmflow.workflow.advance import advance, open_case
from crmflow.workflow.explain import explain_case
from crmflow.workflow.refusal import refused_words
from crmflow.workflow.turn import Step

BEGINS = datetime(2026, 1, 5, 8, tzinfo=UTC)  # a Monday
NOBODY = "host"  # who acts where a test names nobody and the step has no holder


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a case stands after a test, and its history.

    `refused` is the last refusal in words ("not by accused"), None where nothing was refused; `found` has the
    keys that the test expects, with what came out. A refusal that a test does not expect fails it.
    `explanation` tells it all.
    """

    case: Case
    history: tuple[Moved, ...]
    explanation: Explanation
    expected: Mapping[str, object] = field(default_factory=dict)

    @property
    def refused(self) -> str | None:
        return next((refused_words(row) for row in reversed(self.history) if row.kind == "refused"), None)

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
        }
        return {key: everything.get(key) for key in everything if key in self.expected or key == "refused"}

    @property
    def passed(self) -> bool:
        return {"refused": None, **self.expected} == self.found


def rehearse(
    chart: Chart, test: Mapping[str, object], *, posts: Posts | None = None, calendar: Calendar = ALWAYS
) -> Outcome:
    """Play the test's `do` on a case opened with its `given`, and compare with its `expect`.

    `given` and `set` are keyed by canonical names; `level` and `unit` in `given` place the case. Without
    `posts` every level of the chart has one unit, and nobody works there.
    Raises WorkflowError CRM505 for a step that is not one of done, wait, set, event.
    """
    stage = _Stage(chart, _mapping(test.get("given")), posts, calendar)
    steps = test.get("do") or ()
    for step in steps if isinstance(steps, list | tuple) else (steps,):
        stage.play(_mapping(step))
    return Outcome(stage.case, tuple(stage.history), stage.told(), _mapping(test.get("expect")))


class _Stage:
    """A case that is played, with the clock and the facts of the play."""

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
        self.case, self.history = step.case, list(step.history)

    def play(self, step: Mapping[str, object]) -> None:
        match step:
            case {"wait": duration}:
                self.now += _duration(duration)
            case {"set": facts}:
                self.facts = {**self.facts, **_mapping(facts)}
                self._send("change", {}, NOBODY)
            case {"done": form}:
                self._send("done", _mapping(form), step.get("by"))
            case {"event": name}:
                self._send(str(name), _mapping(step.get("data")), step.get("by"))
            case _:
                raise WorkflowError("CRM505", step=dict(step))
        while self._advance(None):
            pass

    def told(self) -> Explanation:
        """Where the case stands by now, and its history."""
        return explain_case(
            self.chart,
            self.case,
            self.history,
            posts=self.posts,
            as_of=self.now,
            zone=self.calendar.zone,
            show_personal=True,
        )

    def _send(self, name: str, data: Mapping[str, object], by: object) -> None:
        actor = str(by or self.case.holder or NOBODY)
        event = CaseEvent(id=1, case_id=self.case.id, name=name, at=self.now, actor=actor, data=data)
        while not (step := self._advance(event)) or not step.took_event:
            pass

    def _advance(self, event: CaseEvent | None) -> Step | None:
        step = advance(
            self.chart,
            self.case,
            as_of=self.now,
            context=self.facts,
            posts=self.posts,
            calendars=self.calendars,
            event=event,
        )
        if step is not None:
            self.case = step.case
            self.history.extend(step.history)
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
