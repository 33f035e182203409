"""Which keys may stand in a calendar's file, and of which shape are the values?"""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from crmflow.rules.shape import Shape, Title, Whole, WordList

AROUND_THE_CLOCK = "24x7"
MARKS = frozenset({"week", "based on", "on top of"})
"""The keys of which every calendar has one, and no other file."""


def _written_out(value: object) -> object:
    """`24x7` is short for a week without a break."""
    return {"mon-sun": ["00:00-24:00"]} if value == AROUND_THE_CLOCK else value


def _named(value: object) -> object:
    """A list of days is short for days without a name."""
    return {day: {} for day in map(str, value)} if isinstance(value, list) else value


WeekShape = Annotated[dict[str, WordList], BeforeValidator(_written_out)]
ClosedShape = Annotated[dict[str, Title], BeforeValidator(_named)]


class SeasonShape(Shape):
    """A part of each year, or a time from a date on, in which weekdays have other shifts."""

    title: Title = Title()
    from_: str = Field(alias="from")
    to: str | None = None
    week: WeekShape


class ForShape(Shape):
    """Whose calendar it is: of units (and all below them), of roles, of persons."""

    units: WordList = Field(default=[])
    roles: WordList = Field(default=[])
    staff: WordList = Field(default=[])


class CalendarShape(Shape):
    """calendars/*.yaml"""

    format: Whole
    title: Title
    for_: ForShape = Field(ForShape(), alias="for")
    on_top_of: str | None = Field(None, alias="on top of")
    zone: str | None = None
    week: WeekShape | None = None
    seasons: list[SeasonShape] = Field([])
    based_on: WordList = Field([], alias="based on")
    except_: WordList = Field([], alias="except")
    make_up_days: WordList | None = Field(None, alias="make-up days")
    closed: ClosedShape = Field({})
    own_days: dict[str, WordList] = Field({}, alias="own days")
