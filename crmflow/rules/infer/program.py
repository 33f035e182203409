"""What does an inference consist of? Relations, and rules that conclude them from things and each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from crmflow.core.text import Text
from crmflow.rules.feel import Expression, Type
from crmflow.rules.feel.tree import Node
from crmflow.rules.params import Param
from crmflow.rules.vocabulary import Inferred

HIDDEN: Final = "#"
Aggregate = Literal["count", "sum", "min", "max"]
Machine = Literal["built in", "durable"]


@dataclass(frozen=True, slots=True)
class Relation:
    """What rules may conclude of one or several things: a name, and the kind or type of each argument."""

    name: str
    label: Text
    types: tuple[Type, ...]


@dataclass(frozen=True, slots=True)
class Atom:
    """`reaches(a, b)`: a relation with the expressions in its brackets."""

    relation: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Body:
    """The parts of a rule's conditions, all of which must hold: relations that have been concluded, relations
    that have not, values of two variables that are equal and known, and everything else."""

    atoms: tuple[Atom, ...] = ()
    negations: tuple[Atom, ...] = ()
    equalities: tuple[tuple[Node, Node], ...] = ()
    conditions: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class InferenceRule:
    """Concludes its head of every combination of things that meets the body, `at_least` of them a head.

    `variables` are kinds and types in the order of the file. Of a result that is no yes or no, `value` is
    what a match gives, and `aggregate` how the values of all matches become one.
    """

    id: str
    title: Text
    variables: Mapping[str, Type]
    when: tuple[Expression, ...]
    body: Body
    head: Atom
    value: Node | None = None
    aggregate: Aggregate | None = None
    at_least: int = 1

    @property
    def declared(self) -> list[str]:
        """The variables that the file names; the others stand for what it writes in a relation's brackets."""
        return [name for name in self.variables if not name.startswith(HIDDEN)]


@dataclass(frozen=True)
class Inference:
    """One file: a fact about each customer that follows from other customers, holdings and touchpoints.

    `strata` are the rules in the order in which they can be answered: what a rule denies or counts is
    complete before. `reads` are the canonical names of customers' fields, `kinds` the things it needs.
    """

    id: str
    hash: str
    pack: str
    title: Text
    source: str
    gives: Inferred
    relations: Mapping[str, Relation]
    strata: tuple[tuple[InferenceRule, ...], ...]
    declares: Mapping[str, Param] = field(default_factory=dict)
    reads: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    machine: Machine = "built in"

    @property
    def rules(self) -> Iterator[InferenceRule]:
        for stratum in self.strata:
            yield from stratum

    @property
    def params(self) -> dict[str, object]:
        """The params; an inference is about customers of all units, so that no unit has its own."""
        return {name: param.value for name, param in self.declares.items()}

    def at_site(self, declares: Mapping[str, Param]) -> Inference:
        """The same inference with a site's values."""
        return replace(self, declares=declares)
