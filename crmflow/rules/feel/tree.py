"""Which nodes does the tree of an expression consist of?

Every node knows the span of its text and the type of its value; both are left out of comparisons.
Names in the tree are canonical, whatever spelling the text used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from crmflow.rules.feel.types import Type, any_

INPUT: Final = "?"
ITEM: Final = "item"
PARTIAL: Final = "partial"


@dataclass(frozen=True, slots=True)
class Node:
    """What all nodes have: the span of their text in code points, and the type of their value."""

    start: int = field(compare=False, kw_only=True)
    end: int = field(compare=False, kw_only=True)
    type: Type = field(default=any_, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A number, string, boolean, null or `@"…"`: the value itself."""

    value: object


@dataclass(frozen=True, slots=True)
class Variable(Node):
    """A name of the context or of an enclosing `for`, filter, function or context; "?" is the input."""

    name: str
    nullable: bool = field(default=True, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Negation(Node):
    """`-operand`"""

    operand: Node


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """`operator` is one of + - * / **"""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """`operator` is one of = != < <= > >="""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Rank(Node):
    """The place of a string in an ordered enumeration, so that `<` follows the declared order; else null."""

    operand: Node
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class And(Node):
    """Three-valued: false when one is false, else null when one is null."""

    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or(Node):
    """Three-valued: true when one is true, else null when one is null."""

    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not(Node):
    """A cell `not(…)`; elsewhere `not` is a builtin function."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Between(Node):
    """`value between low and high`, both included."""

    value: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class In(Node):
    """Whether the value passes one of the tests."""

    value: Node
    tests: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class OperatorTest(Node):
    """`> 5` as a test of a value."""

    operator: str
    right: Node


@dataclass(frozen=True, slots=True)
class ValueTest(Node):
    """Any other test: equal to the value, inside its range, in its list, or true when it reads `?`."""

    expression: Node
    reads_input: bool


@dataclass(frozen=True, slots=True)
class Range(Node):
    """An end that is None is open to that side: `(< 5)`; `operator` is = or != in `(= 5)`, one end twice."""

    low: Node | None
    high: Node | None
    low_included: bool
    high_included: bool
    operator: str | None = None


@dataclass(frozen=True, slots=True)
class If(Node):
    """A condition that is not true, null too, takes the other branch."""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Iteration(Node):
    """One `name in source`; with `high`, the numbers or dates from source to high."""

    name: str
    source: Node
    high: Node | None = None


@dataclass(frozen=True, slots=True)
class For(Node):
    """The list of the body's values for all combinations; the body may read those so far as `partial`."""

    iterations: tuple[Iteration, ...]
    body: Node
    reads_partial: bool = False


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    """`some` or `every`."""

    every: bool
    iterations: tuple[Iteration, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Path(Node):
    """A field of a context or a property of a date, time, duration or range; of a list, of each item."""

    operand: Node
    name: str
    nullable: bool = field(default=True, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Filter(Node):
    """`list[condition]` or `list[index]`, decided by the condition's value."""

    operand: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class ListOf(Node):
    """`[…]`"""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Entry(Node):
    """`name: value` of a context."""

    name: str
    value: Node


@dataclass(frozen=True, slots=True)
class ContextOf(Node):
    """Each entry may read the entries before it."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class BuiltinName(Node):
    """A builtin function, by its standard name."""

    name: str


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`names` is empty for positional arguments, else one name an argument."""

    function: Node
    arguments: tuple[Node, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ByRank(Node):
    """`min`, `max` or `sort` of strings of an ordered enumeration, which follows the declared order."""

    call: Call
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FunctionOf(Node):
    """A function written in the text."""

    parameters: tuple[str, ...]
    parameter_types: tuple[Type, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class InstanceOf(Node):
    """Whether a value is of a type; null only of Null."""

    operand: Node
    wanted: Type


def children(node: Node) -> Iterator[Node]:
    """The nodes right under a node, in the order of the text."""
    for name in node.__slots__:  # those of its own class: not span and type
        value = getattr(node, name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from (inner for inner in value if isinstance(inner, Node))


def walk(root: Node) -> Iterator[Node]:
    """Every node; found without recursion."""
    left = [root]
    while left:
        node = left.pop()
        yield node
        left += children(node)


def works(root: Node) -> bool:
    """Whether the work of evaluating a tree can exceed what the length of its text bounds."""
    working = For | Quantified | Filter | ContextOf | FunctionOf | Call
    return any(isinstance(node, working) for node in walk(root))


def height(root: Node) -> int:
    """How many nodes lie on the longest way down; found without recursion."""
    highest = 0
    left = [(root, 1)]
    while left:
        node, depth = left.pop()
        highest = max(highest, depth)
        left += [(child, depth + 1) for child in children(node)]
    return highest
