"""Which lines is a rulebook, with a site's or a unit's params put in?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from crmflow.rules.fact import in_order
from crmflow.rules.feel import Expression, tree, types
from crmflow.rules.feel.tree import INPUT, Node
from crmflow.rules.index import Span, Taken
from crmflow.rules.logic.formula import Formula, Leaf, leaves
from crmflow.rules.logic.lines import Line, Lines, Part
from crmflow.rules.logic.quantities import Quantities
from crmflow.rules.logic.space import Space
from crmflow.rules.logic.truth import constant, substituted, truth
from crmflow.rules.logic.witness import Values, Witnesses, free
from crmflow.rules.rulebook import Condition, Rule, Rulebook
from crmflow.rules.vocabulary import Vocabulary

TODAY = tree.Variable("today", start=0, end=0, type=types.date, nullable=False)


class RulebookLines:
    """A rulebook as lines; `units` is the unit whose params count, nearest first."""

    def __init__(self, rulebook: Rulebook, vocabulary: Vocabulary, units: Sequence[str] = ()) -> None:
        self.rulebook = rulebook
        self.quantities = Quantities(vocabulary, rulebook.about)
        self.params = rulebook.params(units)
        given = {name: constant(value, rulebook.declares[name].type) for name, value in self.params.items()}
        self.meanings: Mapping[str, Node] = {**self.quantities.meanings, **given}
        self._columns = [substituted(column.tree, self.meanings) for column in rulebook.columns]

    def lines(self, meant: Iterable[Mapping[str, Any]] = ()) -> Lines:
        """All of it; `meant` are customers for whom nothing is meant to fire."""
        rulebook = self.rulebook
        lines = [self._line(rule) for rule in rulebook.rules]
        return Lines(
            lines,
            rulebook.hit,
            self.quantities.domain,
            self.fired,
            complete=("all" if rulebook.columns else "between") if _is_for_all(rulebook) else None,
            has_default=rulebook.default is not None,
            never=tuple(self._never(lines)),
            constants=self.params,
            meant=[self.completed(each) for each in meant],
        )

    def fired(self, values: Mapping[str, Any], places: Iterable[int]) -> list[int]:
        """Which of the rules at some places fire for a customer, by evaluating each."""
        names = {**self.completed(values), **self.params}
        inputs = [column.evaluate(names) for column in self.rulebook.columns]

        def holds(each: Condition) -> bool:
            return (
                each.expression.evaluate(names, None if each.column is None else inputs[each.column]) is True
            )

        return [n for n in places if all(map(holds, self.rulebook.rules[n].conditions))]

    def completed(self, values: Mapping[str, Any]) -> Values:
        """With the facts that say `is` and that we have looked into; what is not given is null."""
        context: Values = {**dict.fromkeys(self.rulebook.reads), **values}
        for fact in in_order(self.quantities.facts.values()):
            if fact.formula is not None and fact.name in self.quantities.meanings and fact.name not in values:
                context[fact.name] = fact.formula.evaluate(context)
        return context

    def tree(self, node: Node, column: int | None = None) -> Node:
        """A condition with what its names stand for; of a cell, with the column that it tests."""
        found = substituted(node, self.meanings)
        return found if column is None else substituted(found, {INPUT: self._columns[column]})

    def _line(self, rule: Rule) -> Line:
        tests = tuple(self._part(each.expression.tree, each.column) for each in rule.conditions)
        rank, gives = rule.priority, self.rulebook.gives
        if self.rulebook.hit == "priority" and not rank and gives is not None:
            rank = gives.of.index(str(rule.then.hit(rule.id, {}).value))
        return Line(rule.id, tests, rule.then, rank)

    def _part(self, node: Node, column: int | None = None) -> Part:
        """A condition with the parts that `and` and `or` join; a cell is one."""
        names = {each.name for each in free(node)}
        settled = column is None and (not names - {INPUT} or not names.isdisjoint(self.params))
        inner = isinstance(node, tree.And | tree.Or) and column is None
        nulls = (isinstance(each, tree.Literal) and each.value is None for each in tree.walk(node))
        return Part(
            node,
            truth(self.tree(node, column)),
            settled,
            ("and" if isinstance(node, tree.And) else "or") if inner else None,
            tuple(self._part(each) for each in tree.children(node)) if inner else (),
            any(nulls),
            column is not None,
        )

    def _never(self, lines: Iterable[Line]) -> Iterator[Formula]:
        """What no customer is on a day on which the rulebook counts."""
        asked = {leaf.quantity for line in lines for leaf in leaves(line.fires)}
        names = {each.name: each for each in asked if isinstance(each, tree.Variable)}
        yield from self.quantities.never(names)
        begin, end = self.rulebook.effective_from, self.rulebook.effective_to
        if TODAY in asked and (begin is not None or end is not None) and not (begin and end and end < begin):
            yield Leaf(TODAY, Taken((Span(begin, True, end, True),), True, False))


def _is_for_all(rulebook: Rulebook) -> bool:
    """A segment of several values without a default is meant for everybody of whom all is known."""
    return (
        rulebook.decides == "segment"
        and rulebook.on is None
        and rulebook.default is None
        and rulebook.hit != "collect"
        and rulebook.gives is not None
        and len(rulebook.gives.of) > 1
    )


def units_of(rulebook: Rulebook) -> list[tuple[str, ...]]:
    """The ways up under which the params have different values: none first, then of each unit named."""
    named = dict.fromkeys(unit for param in rulebook.declares.values() for unit in param.by_unit)
    ways: list[tuple[str, ...]] = [(), *((unit,) for unit in named)]
    seen: list[Mapping[str, object]] = []
    found = []
    for way in ways:
        params = rulebook.params(way)
        if params not in seen:
            seen.append(params)
            found.append(way)
    return found


def witness(
    rulebook: Rulebook, rule: str, vocabulary: Vocabulary, units: Sequence[str] = ()
) -> Values | None:
    """A customer for whom this rule decides, as a test's `given` names it: canonical name → value.

    Evaluated, not only computed: the rulebook gives this rule's hit for it. None where there is no such
    customer, or none was found. With `hit: unique` the customer is one without a conflict.
    """
    from crmflow.rules.logic.questions import Questions

    read = RulebookLines(rulebook, vocabulary, units)
    place = next((n for n, each in enumerate(rulebook.rules) if each.id == rule), None)
    return None if place is None else Questions(read.lines()).decided_by(place)


def representatives(
    expressions: Iterable[Expression | tuple[Expression, Expression]],
    vocabulary: Vocabulary,
    about: str | None = None,
    params: Mapping[str, object] = {},
) -> dict[str, list[Any]]:
    """For each name that conditions read, one value of every region on which none of them changes: the
    values that they name, one between each two, and null where there may be none.

    A cell of a table is given with the column that it tests. Values come in their order, null first; sums and
    differences of names add the values at which they change, with the others at their own. Names that are
    only read in ways that are not looked into (functions, loops) have values that their constants suggest.
    """
    quantities = Quantities(vocabulary, about)
    meanings = {**quantities.meanings, **{name: constant(value) for name, value in params.items()}}
    nodes = []
    for each in expressions:
        cell, column = each if isinstance(each, tuple) else (each, None)
        node = substituted(cell.tree, meanings)
        nodes.append(
            node if column is None else substituted(node, {INPUT: substituted(column.tree, meanings)})
        )
    formulas = [side for node in nodes for found in (truth(node),) for side in (found.true, found.false)]
    space = Space(formulas, quantities.domain)
    witnesses = Witnesses(space, quantities.domain, params)
    return witnesses.representatives(nodes)
