"""Which keys may stand in a chart's file, and of which shape are the values?"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from crmflow.rules.shape import FieldShape, FormShape, Label, ParamShape, Shape, Title, Whole, WordList, Words


class OpensShape(Shape):
    """What opens a case: a kind of touchpoint or signal, or a condition; or so many cases to group."""

    on: str | None = None
    when: Words | None = None
    at_least: Whole | None = Field(None, alias="at least")
    within: str | None = None
    level: str | None = None


class CaseShape(Shape):
    """What a chart's cases are, and what they are about."""

    kind: str
    about: Literal["customer", "holding", "unit"] = "customer"
    holding: str | None = None
    opens: OpensShape = OpensShape.model_validate({})
    once_per: str | None = Field(None, alias="once per")
    start: str


class LateShape(Shape):
    """When a case is late and where it goes then."""

    at: str
    to: Literal["same role one unit up"] = "same role one unit up"


def _short_goal(value: object) -> object:
    """`to: company` is short for `to: {level: company}`."""
    return {"level": value} if isinstance(value, str) else value


class GoalShape(Shape):
    """Where an escalation takes a case: "one unit up" or a level, and to which role there."""

    level: str | None = None
    role: str | None = None

    _short = model_validator(mode="before")(_short_goal)


class EscalationShape(Label):
    """When a clock has come so far: where the case goes, who is told, and how often."""

    clock: str = "step"
    at: Words = "100%"
    when: Words | None = None
    to: GoalShape | None = None
    send: str | None = None
    event: str | None = None
    every: str | None = None
    until: Literal["acknowledged"] | None = None
    at_most: Whole | None = Field(None, alias="at most")


class ClockShape(Label):
    """A clock: how long, what starts, pauses and stops it."""

    target: Words
    start: WordList = Field(["open"])
    stop: WordList = Field(["end"])
    pause: WordList = Field([])
    resume: WordList = Field([])
    reopen: WordList = Field([])
    counts: Literal["working", "elapsed"] = "working"


class GroupShape(Shape):
    """Under which incident cases are grouped."""

    chart: str
    when: Words | None = None
    clocks: Literal["paused", "running"] = "paused"


class ChartFactShape(Label):
    """A named condition over a case."""

    is_: Words = Field(alias="is")


class BranchShape(Label):
    """One of the checks of a parallel state: a step of a role."""

    by: str | None = None
    not_by: WordList = Field([], alias="not by")
    within: str | None = None
    form: dict[str, FormShape] = Field({})


class SubcaseShape(Shape):
    """A case of another chart that a state opens."""

    chart: str
    wait: bool = True
    gives: dict[str, FieldShape] = Field({})


class StateShape(BranchShape):
    """A state: a step of a role, a message, checks side by side, another case, states inside, or the end."""

    needs: WordList = Field([])
    send: str | None = None
    end: bool = False
    undo: str | None = None
    parallel: dict[str, BranchShape] = Field({})
    join: Words = "all"
    opens: SubcaseShape | None = None
    states: dict[str, StateShape] = Field({})
    start: str | None = None
    history: bool = False


class LineShape(Label):
    """One condition of a gate."""

    when: Words


class MigratesShape(Shape):
    """What becomes of running cases of other versions."""

    from_: Words = Field(alias="from")
    states: dict[str, str] = Field({})
    data: dict[str, Any] = Field({})


class ChartTestShape(Shape):
    """A test of a chart: a case is opened with `given`, then `do` is played."""

    name: Title
    given: dict[str, Any] = Field({})
    params: dict[str, Any] = Field({})
    calendar: str | None = None
    do: list[dict[str, Any]] = Field([])
    expect: dict[str, Any]


class ChartShape(Shape):
    """A chart."""

    format: Whole
    title: Title
    source: str | None = None
    case: CaseShape
    params: dict[str, ParamShape] = Field({})
    facts: dict[str, ChartFactShape] = Field({})
    late: LateShape | None = None
    escalations: dict[str, EscalationShape] = Field({})
    hand_back: bool = Field(True, alias="hand back")
    group_under: GroupShape | None = Field(None, alias="group under")
    clocks: dict[str, ClockShape] = Field({})
    states: dict[str, StateShape]
    gates: dict[str, dict[str, LineShape]] = Field({})
    moves: list[list[Any]]
    migrates: list[MigratesShape] = Field([])
    overrides: Words | None = None
    tests: list[ChartTestShape] = Field([])
