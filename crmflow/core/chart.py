"""Which states can one kind of case be in, who works there, and what moves it on? (F26, C29, U15)"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, Protocol

from crmflow.core.escalation import Escalation
from crmflow.core.field import Field
from crmflow.core.incident import Grouping, Surge
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

    def __str__(self) -> str:
        """As ISO 8601 has it: P10D, PT4H, P1DT2H30M."""
        hours, rest = divmod(self.time, timedelta(hours=1))
        minutes, rest = divmod(rest, timedelta(minutes=1))
        parts = ((hours, "H"), (minutes, "M"), (rest // timedelta(seconds=1), "S"))
        clock = "".join(f"{count}{unit}" for count, unit in parts if count)
        days = f"{self.days}D" if self.days or not clock else ""
        return f"P{days}T{clock}" if clock else f"P{days}"


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
class Opens:
    """A case that a state opens: of which chart, whether the state waits for its end, and which of its fields
    it brings back."""

    chart: str
    wait: bool = True
    gives: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Outer:
    """A state around others: a case in it is in one of them (`states`), and begins at `start`; with `history`
    it comes back to the one that it left."""

    id: str
    label: Text
    start: str
    states: tuple[str, ...]
    history: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """A state: a step of a role (`by`), a message that is sent on entry (`send`), checks side by side
    (`branches`), another case (`opens`), or the end.

    `not_by` names case facts that hold staff who may not do the step; of an end, those who may not close the
    case; `not_who_did` names steps: whoever did them may not do this one. `needs` are the steps that every
    case must have done before. `within` maps a level to the term, or None (any level) to it. `undo` is the
    state or the message by which the step is undone. `around` are the outer states, the innermost first;
    `branch_of` is the parallel state that a branch belongs to, `join` how many branches must have ended.
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
    not_who_did: tuple[str, ...] = ()
    around: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    join: int = 0
    branch_of: str | None = None
    opens: Opens | None = None
    undo: str | None = None

    def term(self, level: str | None) -> Term | None:
        """The time allowed at `level`; None: no clock."""
        return self.within.get(level, self.within.get(None))


@dataclass(frozen=True, slots=True)
class ClockSpec:
    """A clock that a chart gives its cases. `target` maps a level (None: any) to the term, or is an
    expression over the case that gives one, or null for none.

    The other five are what moves the clock: `open`, `end`, `done`, a state that is entered, the id of a move
    or the name of an event. It is also paused while the case is in a state of `pause`. `elapsed` counts every
    hour.
    """

    name: str
    label: Text
    target: Mapping[str | None, Term] | Condition
    start: frozenset[str] = frozenset({"open"})
    stop: frozenset[str] = frozenset({"end"})
    pause: frozenset[str] = frozenset()
    resume: frozenset[str] = frozenset()
    reopen: frozenset[str] = frozenset()
    elapsed: bool = False

    @property
    def words(self) -> frozenset[str]:
        """All that moves it."""
        return self.start | self.stop | self.pause | self.resume | self.reopen


Trigger = Literal["enter", "done", "change", "after", "at", "joined", "event"]


@dataclass(frozen=True, slots=True)
class At:
    """A moment that a move waits for: `offset` (elapsed time) from when a share of a clock's target is used
    up, or from the date or instant that `fact` gives; the clock has the name `clock`."""

    offset: timedelta = timedelta()
    clock: str | None = None
    share: float = 1.0
    fact: Condition | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A row of the moves table. `event` names the event of trigger "event"; `after` is elapsed time.

    `gates` and `when` must all hold. `up` raises the case one level, `undo` first undoes what was done.
    `sources` are the states that it leaves; `outer` says which of them it leaves as part of an outer state
    that its row names. `enters` is the outer state that its row leads to, of which `to` is the start.
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
    undo: bool = False
    at: At | None = None
    outer: Mapping[str, str] = field(default_factory=dict)
    enters: str | None = None


@dataclass(frozen=True, slots=True)
class Migrates:
    """How running cases of other versions come to this one. `source` says of which: "any", the beginning of
    the version's hash, or "release 3" for what that release had; `states` maps states that are gone, and
    `data` gives fields to cases that lack them, by name."""

    source: str
    states: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chart:
    """One kind of case. `opens_on` is a qualified touchpoint kind (a signal's, where a case is about a unit),
    `opens_when` a condition, `opens_at` how many cases grouped under it (by their `group_under`) open one.

    `facts` are named conditions over the case, in order. `late_at` is the share of a step's term at which the
    case goes one unit up; None: never; that is the first of the `escalations`. With `hand_back`
    a step comes back to whom a deputy stood in for. `hash` is over the parsed form
    with its params.
    """

    id: str
    title: Text
    source: str
    hash: str
    case: str
    about: Literal["customer", "holding", "unit"]
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
    escalations: tuple[Escalation, ...] = ()
    hand_back: bool = True
    group_under: Grouping | None = None
    opens_at: Surge | None = None
    clocks: Mapping[str, ClockSpec] = field(default_factory=dict)
    holding: str | None = None
    migrates: tuple[Migrates, ...] = ()
    outers: Mapping[str, Outer] = field(default_factory=dict)
    dated: frozenset[str] = frozenset()
    _moves: Mapping[tuple[str, Trigger], tuple[Move, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: dict[tuple[str, Trigger], tuple[Move, ...]] = {}
        for move in self.moves:
            for state in move.sources:
                found[state, move.trigger] = (*found.get((state, move.trigger), ()), move)
        object.__setattr__(self, "_moves", found)

    def moves_from(self, state: str, trigger: Trigger) -> tuple[Move, ...]:
        """The moves that leave `state` on a trigger, in the table's order."""
        return self._moves.get((state, trigger), ())

    @property
    def repeats(self) -> bool:
        """Whether an escalation is repeated until somebody acknowledges it."""
        return any(each.repeat is not None for each in self.escalations)

    def leaves(self, word: str) -> tuple[str, ...]:
        """The states that a word names: itself, or those inside an outer state; none for another word."""
        if word in self.outers:
            return self.outers[word].states
        return (word,) if word in self.states else ()
