"""Which rules fire in the tests of a rulebook, and which conditions come out both ways?"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence

from crmflow.rules.coverage.tally import Point, Tally
from crmflow.rules.feel import Trace, tree
from crmflow.rules.feel.tree import Node
from crmflow.rules.rulebook import Condition, Rulebook, condition_path
from crmflow.rules.scenario import Case, RulebookCase
from crmflow.rules.source import Document, Path

DEFAULT = ("default",)


def rulebook_tally(rulebook: Rulebook, document: Document, cases: Sequence[Case]) -> Tally:
    """The rules (or rows) and branches of a rulebook, and those that its tests reach."""
    tally = Tally(document, dict(points(rulebook, document)))
    for case in cases:
        if isinstance(case, RulebookCase):
            for _, context, _ in case.customers():
                tally.reach(reached(case.rulebook, context, case.params))
    return tally


def points(rulebook: Rulebook, document: Document) -> Iterator[tuple[Hashable, Point]]:
    """Each rule, each condition in it with its outcomes true and not true, and the default."""
    for n, rule in enumerate(rulebook.rules):
        path: Path = ("table", "rows", n, 0) if rulebook.columns else ("rules", n, "id")
        yield ("rule", n), Point("rules", document.diagnostic("CRM211", path, {"name": rule.id}))
        for k, condition in enumerate(rule.conditions):
            at, text = condition_path(n, condition), condition.expression.text
            for start, end in parts(condition):
                shown = {"name": text[start:end], "rule": rule.id}
                for code, outcome in (("CRM305", True), ("CRM306", False)):
                    missed = document.diagnostic(code, at, shown, inside=(start, end))
                    yield (n, k, start, end, outcome), Point("branches", missed)
    if rulebook.default is not None:
        yield DEFAULT, Point("branches", document.diagnostic("CRM307", ("default",), {"name": rulebook.id}))


def reached(
    rulebook: Rulebook, context: Mapping[str, object], params: Mapping[str, object]
) -> Iterator[Hashable]:
    """The points that one customer reaches. Rules are asked in their order, of each rule conditions up to the
    first that is not true; with `hit: first` no rule is asked after one that fires."""
    if not rulebook.is_effective(context.get("today")):
        return
    names = {**context, **params}
    inputs = [column.evaluate(names) for column in rulebook.columns]
    fires = False
    for n, rule in enumerate(rulebook.rules):
        for k, condition in enumerate(rule.conditions):
            input = None if condition.column is None else inputs[condition.column]
            trace = condition.expression.trace(names, input)
            whole = condition.column is not None
            for start, end, outcome in outcomes(trace, whole=whole):
                yield (n, k, start, end, outcome)
            if trace.value is not True:
                break
        else:
            fires = True
            yield ("rule", n)
            if rulebook.hit == "first":
                return
    if not fires:
        yield DEFAULT


def parts(condition: Condition) -> Iterator[tuple[int, int]]:
    """The spans of what can be true by itself: a cell as a whole, the terms of `and` and `or`, and what
    `if` asks."""
    root = condition.expression.tree
    if condition.column is not None:
        yield root.start, root.end
    else:
        yield from dict.fromkeys(_terms(root))


def outcomes(trace: Trace, *, whole: bool = False) -> Iterator[tuple[int, int, bool]]:
    """The same spans with what came out, as far as they were asked: an `and` asks no further once a term is
    not true, an `or` once one is."""
    if trace.kind in ("and", "or") and not whole:
        for term in trace.children:
            yield from outcomes(term)
            if (term.value is True) == (trace.kind == "or"):
                return
        return
    yield trace.start, trace.end, trace.value is True
    if not whole:
        for step in trace.walk():
            if step.kind == "if" and step.children:
                yield from outcomes(step.children[0])


def _terms(node: Node) -> Iterator[tuple[int, int]]:
    if isinstance(node, tree.And | tree.Or):
        for operand in node.operands:
            yield from _terms(operand)
    elif not isinstance(node, tree.Literal):
        yield node.start, node.end
        for inner in tree.walk(node):
            if isinstance(inner, tree.If):
                yield from _terms(inner.condition)
