"""Why does an expression have its value? (a walk that keeps every step)"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from crmflow.errors import FeelError
from crmflow.rules.feel import tree
from crmflow.rules.feel.evaluate import bindings, evaluate, passes
from crmflow.rules.feel.reasons import Reason, reasons
from crmflow.rules.feel.steps import Env, Steps, counted, spend
from crmflow.rules.feel.tree import INPUT, PARTIAL, Node
from crmflow.rules.feel.values import Items, read, write

ITEMS_SHOWN: Final = 20  # of a list that `some`, `every` or `for` goes through
PASSING: Final = (  # null when an operand is, for the same reason
    tree.Arithmetic | tree.Negation | tree.Comparison | tree.Between | tree.In | tree.Filter | tree.Call
)
LIMITS: Final = frozenset({"CRM020", "CRM021", "CRM023"})


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
    return _Tracer(text).whole(root, counted(env))


class _Tracer:
    """Takes the steps; one that would take too long has none below it."""

    def __init__(self, text: str) -> None:
        self.text = text

    def whole(self, root: Node, env: Env) -> Trace:
        """The value takes what `evaluate` takes; the steps below it share as much once more."""
        value = evaluate(root, env)
        below = {**env, Steps: Steps()}
        return self.made(root, value, self.below(root, below), below)

    def step(self, node: Node, env: Env) -> Trace:
        value = evaluate(node, env)
        spend(env, node, (value,))
        return self.made(node, value, self.below(node, env), env)

    def below(self, node: Node, env: Env) -> tuple[Trace, ...]:
        steps = STEPS.get(type(node), _Tracer.operands)
        try:
            return tuple(steps(self, node, env))
        except FeelError as error:
            if error.code in LIMITS:
                return ()
            raise

    def made(self, node: Node, value: object, children: tuple[Trace, ...], env: Env) -> Trace:
        said = self.text[node.start : node.end] or INPUT
        reason = None if value is not None else self._reason(node, env, children)
        return Trace(_kind(node), said, node.start, node.end, write(value), children, reason)

    def _reason(self, node: Node, env: Env, children: tuple[Trace, ...]) -> Reason | None:
        """That of the first operand that has one; found anew it would be sought in every step below again."""
        below = next((child.reason for child in children if child.reason is not None), None)
        if below is not None and isinstance(node, PASSING):
            return below
        try:
            return next(reasons(node, env, self.text), None)
        except FeelError as error:
            if error.code in LIMITS:
                return None
            raise

    def operands(self, node: Node, env: Env) -> Iterator[Trace]:
        for child in tree.children(node):
            child = child.operand if isinstance(child, tree.Rank) else child
            if not isinstance(child, tree.Literal | tree.BuiltinName | tree.FunctionOf):
                yield self.step(child, env)

    def arguments(self, node: tree.ByRank, env: Env) -> Iterator[Trace]:
        yield from self.operands(node.call, env)

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
            yield self.made(test, passes(test, value, env), tuple(self.operands(test, inner)), inner)

    def items(self, node: tree.Quantified | tree.For, env: Env) -> Iterator[Trace]:
        """The sources, then the body for the first items."""
        yield self.step(node.iterations[0].source, env)
        partial = Items()
        for bound in islice(bindings(node, env) or (), ITEMS_SHOWN):
            step = self.step(node.body, {**bound, PARTIAL: partial})
            partial = Items([*partial, read(step.value)])
            yield step

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
    tree.ByRank: _Tracer.arguments,
}

_KINDS: Final[Mapping[type[Node], str]] = {
    tree.Variable: "name",
    tree.Path: "name",
    tree.OperatorTest: "test",
    tree.ValueTest: "test",
    tree.Quantified: "quantified",
    tree.ByRank: "call",
}


def _kind(node: Node) -> str:
    return _KINDS.get(type(node), type(node).__name__.removesuffix("Of").lower())
