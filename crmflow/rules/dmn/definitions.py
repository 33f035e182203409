"""What does a DMN model consist of? (DMN 1.5, chapters 6 and 7)

Definitions
├── ItemDefinition     a type: of parts, of items, of a function, or with allowed values
├── Import             another model, whose elements are named `import.element`
├── InputData          what is given
├── Decision           what is decided, by a boxed expression
├── KnowledgeModel     a function that decisions call
├── DecisionService    some decisions as one function
└── Artifact           a knowledge source or a note, which has no value
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crmflow.core.diagnostic import Position
from crmflow.rules.dmn.boxed import Boxed, FunctionDefinition, Text, Variable


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDefinition:
    """A named type. `allowed` are tests of a value or of a collection's items, `constraint` of the whole.

    A function's `parameters` is None where the type is no function's; its result is `type_ref`.
    """

    name: str
    type_ref: str | None = None
    is_collection: bool = False
    components: tuple[ItemDefinition, ...] = ()
    parameters: tuple[Variable, ...] | None = None
    allowed: Text | None = None
    constraint: Text | None = None
    start: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """Another model by its namespace; an empty name puts its elements beside our own (DMN 1.5, 6.3.3)."""

    name: str
    namespace: str
    location: str | None
    kind: str
    start: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """`kind` is Input, Decision, Knowledge or Authority; `href` names the element that is required."""

    kind: str
    href: str
    id: str | None = None
    start: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """What all elements of the graph have; `variable` is the name and type of its value."""

    id: str
    name: str
    variable: Variable
    requirements: tuple[Requirement, ...] = ()
    description: str | None = None
    start: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class InputData(Element):
    """A value that is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(Element):
    """A value that is decided; null where no logic is given."""

    logic: Boxed | None
    question: str | None = None
    answers: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeModel(Element):
    """A business knowledge model: a function."""

    logic: FunctionDefinition | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionService(Element):
    """The parameters are the input data, then the input decisions, each as the href of an element."""

    outputs: tuple[Requirement, ...]
    encapsulated: tuple[Requirement, ...]
    input_decisions: tuple[Requirement, ...]
    input_data: tuple[Requirement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A knowledgeSource, or a textAnnotation with its text; an association from `source` to `target`."""

    kind: str
    id: str
    text: str = ""
    requirements: tuple[Requirement, ...] = ()
    source: str | None = None
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """Where an element is drawn: left, top, width and height in pixels."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """One model, which is one file; `elements` are keyed by id, `bounds` by the id of what is drawn."""

    file: str
    id: str
    name: str
    namespace: str
    types: tuple[ItemDefinition, ...]
    imports: tuple[Import, ...]
    elements: Mapping[str, Element]
    artifacts: tuple[Artifact, ...] = ()
    bounds: Mapping[str, Bounds] = field(default_factory=dict)
    description: str | None = None
