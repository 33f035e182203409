"""What is a decision table or a list of rules, wherever it was written, to whoever looks for faults in it?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from crmflow.rules.feel.tree import Node
from crmflow.rules.logic.domain import Domain
from crmflow.rules.logic.formula import Formula, Quantity, Truth, every

Policy = Literal["first", "unique", "alone", "any", "priority", "collect", "all"]
"""How lines that fire together are dealt with. `unique` and `any`: they must agree; `alone`: there must not
be two; `collect`: each different result counts; `all`: each line counts, also where two agree."""


@dataclass(frozen=True, slots=True)
class Part:
    """A condition, or a part of one that `and` or `or` joins with others. `node` is how it was written;
    `settled` says that it is a switch: it reads params, or no name at all; a `cell` tests a column."""

    node: Node
    truth: Truth
    settled: bool = False
    joined: Literal["and", "or"] | None = None
    parts: tuple[Part, ...] = ()
    tests_null: bool = False
    cell: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A rule or row: fires where all its tests are true. Equal `outcome`s are the same result; of two lines
    with different `rank` the smaller comes first."""

    id: str
    tests: tuple[Part, ...]
    outcome: object
    rank: int = 0

    @property
    def fires(self) -> Formula:
        return every(*(test.truth.true for test in self.tests))


@dataclass(frozen=True)
class Lines:
    """All lines of one decision. `complete`: for whom some line is meant to fire: everybody of whom all is
    known, or of them those between others for whom one does.
    `closed_words`: there are no other texts than those compared, where only single ones are. `never` is what
    is true of no customer; `fired` really evaluates: which of the
    lines at some places fire."""

    lines: Sequence[Line]
    policy: Policy
    domain: Callable[[Quantity], Domain]
    fired: Callable[[Mapping[str, Any], Iterable[int]], Sequence[int]]
    complete: Literal["all", "between"] | None = None
    has_default: bool = False
    closed_words: bool = False
    never: Sequence[Formula] = ()
    constants: Mapping[str, object] = field(default_factory=dict)
    meant: Sequence[Mapping[str, Any]] = ()
    """Customers for whom nothing is meant to fire."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong: `code` of the catalogue, the line it is about (None: all of them), the `others` it
    has to do with, the test at fault and the part of it, and a customer that shows it."""

    code: str
    line: int | None = None
    others: tuple[int, ...] = ()
    test: int | None = None
    part: Part | None = None
    witness: Mapping[str, Any] | None = None
    because: str = ""
