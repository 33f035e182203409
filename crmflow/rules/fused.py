"""Which rules of a rulebook fire for one context? One Python function answers for all of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from crmflow.rules.feel import Expression
from crmflow.rules.feel.code import Code, joined
from crmflow.rules.feel.compile import NOTHING, Program, Run
from crmflow.rules.feel.emit import Emitter
from crmflow.rules.feel.tree import INPUT
from crmflow.rules.index import Index

if TYPE_CHECKING:
    from crmflow.rules.rulebook import Condition, Rule

Names = Mapping[str, object]
LONG: Final = 100  # rows of a table from which on an index is faster than asking every row


@dataclass(frozen=True)
class Fused:
    """The rules of one rulebook, compiled when first asked. `params` are the names of its params; `first`:
    only the first rule that fires counts."""

    rules: Sequence[Rule]
    columns: Sequence[Expression] = ()
    first: bool = False
    params: frozenset[str] = frozenset()

    @cached_property
    def fired(self) -> Run:
        """`fired(context)`, `fired(context, params)`: the places of the rules that fire, in their order."""
        return self._look_up if self._index is not None else self._program.run

    @property
    def source(self) -> str:
        """The Python that it is run as."""
        return self._program.source

    @cached_property
    def _program(self) -> Program:
        return Program(self._body, self.walk, self.params)

    def walk(self, context: Names, params: Names) -> list[int]:
        """The same answer, rule by rule and node by node."""
        names = {**context, **params}
        cells = [{**names, INPUT: column.evaluate(names)} for column in self.columns]
        found = []
        for place, rule in enumerate(self.rules):
            if all(holds(condition, names, cells) for condition in rule.conditions):
                found.append(place)
                if self.first:
                    break
        return found

    def _body(self, emitter: Emitter) -> list[str]:
        """A statement a rule; what several rules ask is computed before the first of them."""
        inputs = [_column(emitter, column) for column in self.columns]
        lines = emitter.kept.taken()
        lines += [] if self.first else ["found = []"]
        for place, rule in enumerate(self.rules):
            terms: list[str] = []
            for condition in rule.conditions:
                emitter.text = condition.expression.text
                emitter.input = None if condition.column is None else inputs[condition.column]
                terms += emitter.condition(condition.expression.tree).true(emitter.kept)
            lines += emitter.kept.taken()
            then = f"return [{place}]" if self.first else f"found.append({place})"
            lines.append(f"if {joined(terms)}: {then}")
        return [*lines, "return []" if self.first else "return found"]

    # a long table

    @cached_property
    def _index(self) -> Index | None:
        """The index of a long table; None where no column tells rows apart."""
        if len(self.rules) < LONG or not self.columns:
            return None
        index = Index(self.columns, [cells_of(rule) for rule in self.rules])
        return index if index.axes else None

    def _look_up(self, context: Names, params: Names = NOTHING) -> list[int]:
        """What the index leaves is asked the cells that it could not read."""
        index = self._index
        assert index is not None
        values = self._inputs.run(context, params)
        rows = index.rows(values)
        if rows is None:
            return self.walk(context, params)
        found = []
        for place in index.places(rows, values):
            unread = index.unread[place]
            if not unread or _pass(unread, values, {**context, **params}):
                found.append(place)
                if self.first:
                    break
        return found

    @cached_property
    def _inputs(self) -> Program:
        """The values of the columns, as contexts have them."""

        def body(emitter: Emitter) -> list[str]:
            codes = [_column(emitter, column) for column in self.columns]
            texts = [code.or_none if code.kind else f"WRITE({code.text})" for code in codes]
            return [*emitter.kept.taken(), f"return ({', '.join(texts)},)"]

        def walk(context: Names, params: Names) -> tuple[object, ...]:
            return tuple(column.evaluate({**context, **params}) for column in self.columns)

        return Program(body, walk, self.params)


def cells_of(rule: Rule) -> dict[int, Expression]:
    """The cells of a table's row, by column."""
    return {each.column: each.expression for each in rule.conditions if each.column is not None}


def _column(emitter: Emitter, column: Expression) -> Code:
    """The value of a column, in a variable, whatever its cells ask of it."""
    emitter.text, emitter.input = column.text, None
    return emitter.variable(emitter.value(column.tree))


def _pass(cells: Mapping[int, Expression], values: Sequence[object], names: Names) -> bool:
    """Whether the cells take the values of their columns."""
    return all(cell.evaluate({**names, INPUT: values[n]}) is True for n, cell in cells.items())


def holds(condition: Condition, names: Names, cells: Sequence[Names]) -> bool:
    """Whether a condition is true; the cells of each column see their column's value as well."""
    seen = names if condition.column is None else cells[condition.column]
    return condition.expression.evaluate(seen) is True
