"""Which states can one kind of case be in, who works there, and what moves it on? (F26, C29, U15)"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, Protocol

from crmflow.core.field import Field
from crmflow.core.text import Text


class Condition(Protocol):
    """A FEEL condition: what workflow needs of it."""

    @property
    def text(self) -> str: ...
    @property
    def names(self) -> frozenset[str]: ...
    def evaluate(self, context: Mapping[str, object], value: object = None) -> object: ...


@dataclass(frozen=True, slots=True)
class Term:
    """How long a step may take: `days` working days (same time of day), then `time` working time."""

    days: int = 0
    time: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Line:
    """One condition of a gate, with its id and label."""

    id: str
    label: Text
    when: Condition


@dataclass(frozen=True, slots=True)
class Gate:
    """Conditions that must all be true; null is not true. A refusal names the lines that are not."""

    id: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class FormField:
    """A field to fill in at `done`; `required` is a condition over the form where it is not plain."""

    field: Field
    required: bool | Condition = True


@dataclass(frozen=True, slots=True)
class State:
    """A state: a step of a role (`by`), a message that is sent on entry (`send`), or the end.

    `not_by` names case facts that hold staff who may not do the step; of an end, those who may not close the
    case. `needs` are the steps that every case must have done before. `within` maps a level to the term, or
    None (any level) to it.
    """

    id: str
    label: Text
    by: str | None = None
    not_by: tuple[str, ...] = ()
    within: Mapping[str | None, Term] = field(default_factory=dict)
    form: tuple[FormField, ...] = ()
    send: str | None = None
    end: bool = False
    needs: tuple[str, ...] = ()

    def term(self, level: str | None) -> Term | None:
        """The time allowed at `level`; None: no clock."""
        return self.within.get(level, self.within.get(None))


Trigger = Literal["enter", "done", "change", "after", "event"]


@dataclass(frozen=True, slots=True)
class Move:
    """A row of the moves table. `event` names the event of trigger "event"; `after` is elapsed time.

    `gates` and `when` must all hold. `up` raises the case one level.
    """

    id: str
    sources: tuple[str, ...]
    trigger: Trigger
    to: str
    when: Condition | None = None
    gates: tuple[Gate, ...] = ()
    after: timedelta | None = None
    event: str | None = None
    up: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """One kind of case. `opens_on` is a qualified touchpoint or signal kind, `opens_when` a condition.

    `facts` are named conditions over the case, in order. `late_at` is the share of a step's term at which the
    case goes one unit up; None: never. `hash` is over the parsed form with its params.
    """

    id: str
    title: Text
    source: str
    hash: str
    case: str
    about: Literal["customer", "holding"]
    start: str
    states: Mapping[str, State]
    moves: tuple[Move, ...]
    opens_on: str | None = None
    opens_when: Condition | None = None
    once_per: str | None = None
    facts: Mapping[str, Condition] = field(default_factory=dict)
    labels: Mapping[str, Text] = field(default_factory=dict)
    params: Mapping[str, object] = field(default_factory=dict)
    levels: tuple[str, ...] = ()
    late_at: float | None = None
    holding: str | None = None

    def moves_from(self, state: str, trigger: Trigger) -> tuple[Move, ...]:
        """The moves that leave `state` on a trigger, in the table's order."""
        return tuple(move for move in self.moves if state in move.sources and move.trigger == trigger)
