"""Which keys may stand in an inference's file? (`decides: infer`)"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from crmflow.rules.shape import Label, ParamShape, Shape, Title, Whole, WordList, Words


class RelationShape(Label):
    """What rules may conclude on the way: of which kinds and types, in the order of its brackets."""

    between: WordList


class InferredShape(Label):
    """What an inference gives: yes or no of every customer, one `of` several values, or one of a `type`."""

    name: str
    of: WordList | None = None
    type: Literal["boolean", "number", "string", "date"] = "boolean"


class InferenceRuleShape(Shape):
    """One rule: `then` of every combination of things `for` which the conditions hold."""

    id: Words
    title: Title = Title()
    source: str | None = None
    for_: dict[str, str] = Field(alias="for")
    when: WordList = Field([])
    at_least: Whole | None = Field(None, alias="at least")
    then: Words


class InferenceTestShape(Shape):
    """A test: `given` is a small world, by kind, then by id; `expect` is customer → value."""

    name: Title
    given: dict[str, Any] = Field({})
    params: dict[str, Any] = Field({})
    expect: dict[str, Any]


class InferenceShape(Shape):
    """An inference."""

    format: Whole
    title: Title
    source: str | None = None
    decides: Literal["infer"]
    gives: InferredShape
    relations: dict[str, RelationShape] = Field({})
    engine: Literal["built in", "durable"] = "built in"
    params: dict[str, ParamShape] = Field({})
    rules: list[InferenceRuleShape]
    overrides: Words | None = None
    tests: list[InferenceTestShape] = Field([])
