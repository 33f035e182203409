"""Which boxed expressions are there? (DMN 1.5, chapters 8 and 10.2)"""

from __future__ import annotations

from dataclasses import dataclass, field

from crmflow.core.diagnostic import Position


@dataclass(frozen=True, slots=True)
class Text:
    """A FEEL text and where it begins in its file."""

    text: str
    start: Position = field(compare=False)


@dataclass(frozen=True, slots=True)
class Variable:
    """A name with the name of its type."""

    name: str
    type_ref: str | None
    start: Position = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxed:
    """What all boxed expressions have: the name of their value's type."""

    type_ref: str | None = None
    start: Position = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal(Boxed):
    """A FEEL expression; without a text its value is null."""

    text: Text | None


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a context; without a variable it is the context's result."""

    variable: Variable | None
    value: Boxed | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context(Boxed):
    """Each entry may read the entries before it."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxedList(Boxed):
    """`[items]`"""

    items: tuple[Boxed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation(Boxed):
    """A list of contexts, written as a table."""

    columns: tuple[Variable, ...]
    rows: tuple[tuple[Boxed, ...], ...]


@dataclass(frozen=True, slots=True)
class Binding:
    """The value of a parameter."""

    parameter: Variable
    value: Boxed | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation(Boxed):
    """A call with named arguments."""

    function: Boxed | None
    bindings: tuple[Binding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionDefinition(Boxed):
    """`kind` is FEEL, or Java or PMML, which only say where a function lies that we cannot run."""

    kind: str
    parameters: tuple[Variable, ...]
    body: Boxed | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditional(Boxed):
    """`if condition then … else …`"""

    condition: Boxed | None
    then: Boxed | None
    otherwise: Boxed | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Iterator(Boxed):
    """`kind` is for, some or every; `body` is what is returned or must be satisfied."""

    kind: str
    variable: str
    source: Boxed | None
    body: Boxed | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter(Boxed):
    """`source[match]`"""

    source: Boxed | None
    match: Boxed | None


@dataclass(frozen=True, slots=True)
class Input:
    """A column of conditions; `values` are the tests that a value must pass to be allowed."""

    expression: Text
    type_ref: str | None
    values: Text | None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """A column of results; `values` are what may stand in it, the most important first."""

    name: str | None
    type_ref: str | None
    values: Text | None
    default: Boxed | None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A row: a test for each input, a result for each output, and notes."""

    tests: tuple[Text, ...]
    results: tuple[Boxed, ...]
    annotations: tuple[str, ...]
    start: Position = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionTable(Boxed):
    """`policy` is UNIQUE, FIRST, OUTPUT ORDER …; `aggregation`, which goes with COLLECT, SUM, COUNT …"""

    policy: str
    aggregation: str | None
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]
    annotations: tuple[str, ...] = ()
    output_label: str | None = None
