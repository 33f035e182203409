"""Which keys may stand in a chart's file, and of which shape are the values?"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from crmflow.rules.shape import FormShape, Label, ParamShape, Shape, Title, Whole, WordList, Words


class OpensShape(Shape):
    """What opens a case: a kind of touchpoint or signal, or a condition."""

    on: str | None = None
    when: Words | None = None


class CaseShape(Shape):
    """What a chart's cases are, and what they are about."""

    kind: str
    about: Literal["customer", "holding"] = "customer"
    holding: str | None = None
    opens: OpensShape = OpensShape()
    once_per: str | None = Field(None, alias="once per")
    start: str


class LateShape(Shape):
    """When a case is late and where it goes then."""

    at: str
    to: Literal["same role one unit up"] = "same role one unit up"


class ChartFactShape(Label):
    """A named condition over a case."""

    is_: Words = Field(alias="is")


class StateShape(Label):
    """A state: a step of a role, a message, or the end."""

    by: str | None = None
    not_by: WordList = Field([], alias="not by")
    needs: WordList = Field([])
    within: str | None = None
    form: dict[str, FormShape] = Field({})
    send: str | None = None
    end: bool = False


class LineShape(Label):
    """One condition of a gate."""

    when: Words


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
    states: dict[str, StateShape]
    gates: dict[str, dict[str, LineShape]] = Field({})
    moves: list[list[Any]]
    overrides: Words | None = None
    tests: list[ChartTestShape] = Field([])
