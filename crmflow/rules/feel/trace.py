"""Why does an expression have its value? (a walk that keeps every step)"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from crmflow.errors import catalogue
from crmflow.rules.feel import tree
from crmflow.rules.feel.evaluate import bindings, evaluate, passes
from crmflow.rules.feel.steps import Env
from crmflow.rules.feel.tree import INPUT, Node
from crmflow.rules.feel.values import write

ITEMS_SHOWN: Final = 20  # of a list that `some`, `every` or `for` goes through


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a value is null: an entry of the catalogue with its parts."""

    code: str
    parts: Mapping[str, object] = field(default_factory=dict)

    def text(self, language: str = "en") -> str:
        return catalogue()[self.code].say(language, self.parts)


@dataclass(frozen=True, slots=True)
class Trace:
    """One step: the text of a node, its value, and the steps it comes from.

    `kind` says what it is: name, and, or, not, comparison, between, in, test, call …; literals leave
    no step. `reason` is given where the value is null.
    """

    kind: str
    text: str
    start: int
    end: int
    value: object
    children: tuple[Trace, ...] = ()
    reason: Reason | None = None

    def failing(self) -> tuple[Trace, ...]:
        """The conditions that keep an `and` from being true, in the text's order; else the step itself."""
        if self.value is True:
            return ()
        if self.kind != "and":
            return (self,)
        return tuple(step for child in self.children for step in child.failing())

    def names(self) -> Iterator[Trace]:
        """Every step that read a name, each name once."""
        seen: set[str] = set()
        for step in self.walk():
            if step.kind == "name" and step.text not in seen:
                seen.add(step.text)
                yield step

    def walk(self) -> Iterator[Trace]:
        yield self
        for child in self.children:
            yield from child.walk()


def trace(root: Node, env: Env, text: str) -> Trace:
    """The steps of a tree, of which `text` is the source. Raises FeelError like `evaluate`."""
    return _Tracer(text).step(root, env)


class _Tracer:
    def __init__(self, text: str) -> None:
        self.text = text

    def step(self, node: Node, env: Env) -> Trace:
        steps = STEPS.get(type(node), _Tracer.operands)
        children = tuple(steps(self, node, env))
        return self.made(node, evaluate(node, env), children)

    def made(self, node: Node, value: object, children: tuple[Trace, ...]) -> Trace:
        said = self.text[node.start : node.end] or INPUT
        reason = None if value is not None else _reason(node, said, children)
        return Trace(_kind(node), said, node.start, node.end, write(value), children, reason)

    def operands(self, node: Node, env: Env) -> Iterator[Trace]:
        for child in tree.children(node):
            child = child.operand if isinstance(child, tree.Rank) else child
            if not isinstance(child, tree.Literal | tree.BuiltinName | tree.FunctionOf):
                yield self.step(child, env)

    def nothing(self, node: Node, env: Env) -> Iterator[Trace]:
        return iter(())

    def branch(self, node: tree.If, env: Env) -> Iterator[Trace]:
        """The condition and the branch it chose."""
        condition = self.step(node.condition, env)
        yield condition
        chosen = node.then if condition.value is True else node.otherwise
        if not isinstance(chosen, tree.Literal):
            yield self.step(chosen, env)

    def tests(self, node: tree.In, env: Env) -> Iterator[Trace]:
        """The value and each test with its answer."""
        yield self.step(node.value, env)
        value = evaluate(node.value, env)
        inner = {**env, INPUT: value}
        for test in node.tests:
            yield self.made(test, passes(test, value, env), tuple(self.operands(test, inner)))

    def items(self, node: tree.Quantified | tree.For, env: Env) -> Iterator[Trace]:
        """The sources, then the body for the first items."""
        yield self.step(node.iterations[0].source, env)
        for bound in islice(bindings(node, env) or (), ITEMS_SHOWN):
            yield self.step(node.body, bound)

    def operand(self, node: tree.Filter, env: Env) -> Iterator[Trace]:
        yield self.step(node.operand, env)


STEPS: Final[Mapping[type[Node], Callable[[_Tracer, Any, Env], Iterator[Trace]]]] = {
    tree.Path: _Tracer.nothing,
    tree.FunctionOf: _Tracer.nothing,
    tree.ContextOf: _Tracer.nothing,
    tree.If: _Tracer.branch,
    tree.In: _Tracer.tests,
    tree.Quantified: _Tracer.items,
    tree.For: _Tracer.items,
    tree.Filter: _Tracer.operand,
}

_KINDS: Final[Mapping[type[Node], str]] = {
    tree.Variable: "name",
    tree.Path: "name",
    tree.OperatorTest: "test",
    tree.ValueTest: "test",
    tree.Quantified: "quantified",
}


def _kind(node: Node) -> str:
    return _KINDS.get(type(node), type(node).__name__.removesuffix("Of").lower())


def _reason(node: Node, said: str, children: tuple[Trace, ...]) -> Reason:
    """The reason of the first null step below; else what the node itself says."""
    for child in children:
        if child.reason is not None:
            return child.reason
    match node:
        case tree.Variable() | tree.Path():
            return Reason("CRM031", {"name": said})
        case tree.Arithmetic() | tree.Negation():
            return Reason("CRM032", {"name": said})
        case tree.Call():
            return Reason("CRM034", {"name": said})
        case tree.Filter():
            return Reason("CRM035", {"name": said})
    return Reason("CRM033", {"name": said})
