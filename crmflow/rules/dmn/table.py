"""What does a decision table decide? (DMN 1.5, chapter 8)"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from crmflow.rules import feel
from crmflow.rules.dmn import boxed
from crmflow.rules.dmn.boxed import Text
from crmflow.rules.dmn.logic import Env, Logic, Value, coerced
from crmflow.rules.feel import tree, types
from crmflow.rules.feel.builtins import BUILTINS
from crmflow.rules.feel.evaluate import call, evaluate, passes
from crmflow.rules.feel.operations import equal
from crmflow.rules.feel.scope import Name, Scope
from crmflow.rules.feel.tree import INPUT, Node
from crmflow.rules.feel.types import ContextType, ListType, Type
from crmflow.rules.feel.values import Fields, Items

if TYPE_CHECKING:
    from crmflow.rules.dmn.boxed_logic import LogicReader

_LISTS: Final = ("RULE ORDER", "OUTPUT ORDER", "COLLECT")
_AGGREGATES: Final = {"SUM": "sum", "MIN": "min", "MAX": "max"}


@dataclass(frozen=True, slots=True)
class Column:
    """An input: its value, and the tests of what is allowed in it."""

    value: Value
    allowed: Node | None

    def allows(self, env: Env) -> bool:
        """Whether the input `?` is null or passes the tests."""
        if self.allowed is None or env[INPUT] is None:
            return True
        return evaluate(self.allowed, env) is True


@dataclass(frozen=True, slots=True)
class Place:
    """An output: its name, its default, and the tests whose order says what is more important."""

    name: str
    default: Value | None
    ranked: tuple[Node, ...]

    def rank(self, value: object) -> int:
        """How far down the list of output values this one stands; what is not in it comes last."""
        for place, test in enumerate(self.ranked):
            if passes(test, value, {INPUT: value}) is True:
                return place
        return len(self.ranked)


@dataclass(frozen=True, slots=True)
class Row:
    """A rule: (column, test) for each cell that is not `-`, and the values of its outputs."""

    tests: tuple[tuple[int, Node], ...]
    results: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A decision table whose cells have been read."""

    policy: str
    aggregation: str | None
    columns: tuple[Column, ...]
    places: tuple[Place, ...]
    rows: tuple[Row, ...]

    def decide(self, env: Env) -> object:
        """Null where an input is not allowed, and where no rule hits and there is no default (8.2.10)."""
        known = []
        for column in self.columns:
            value = column.value(env)
            known.append({**env, INPUT: value})
            if not column.allows(known[-1]):
                return None
        hits = self._hits(known)
        if not hits:
            return self._default(env)
        return _POLICIES[self.policy](self, [[result(env) for result in hit.results] for hit in hits])

    def hits(self, env: Env) -> list[int]:
        """The places of all rows that hit, whatever the hit policy; none where an input is not allowed."""
        known = [{**env, INPUT: column.value(env)} for column in self.columns]
        if not all(column.allows(each) for column, each in zip(self.columns, known, strict=True)):
            return []
        return [
            place
            for place, row in enumerate(self.rows)
            if all(evaluate(test, known[column]) is True for column, test in row.tests)
        ]

    def _hits(self, known: Sequence[Env]) -> list[Row]:
        enough = {"FIRST": 1, "UNIQUE": 2}.get(self.policy, len(self.rows))
        hits: list[Row] = []
        for row in self.rows:
            if all(evaluate(test, known[column]) is True for column, test in row.tests):
                hits.append(row)
                if len(hits) == enough:
                    break
        return hits

    def _default(self, env: Env) -> object:
        if all(place.default is None for place in self.places):
            return None
        return self._result([place.default(env) if place.default else None for place in self.places])

    def _result(self, values: Sequence[Any]) -> Any:
        """One value, or a context of several by the names of the outputs."""
        if len(self.places) == 1:
            return values[0]
        return Fields({place.name: value for place, value in zip(self.places, values, strict=True)})

    # the hit policies: (10.3.3) of the outputs of the rules that hit, in the order of the table

    def _unique(self, hits: list[list[Any]]) -> object:
        """Null when more than one hits."""
        return self._result(hits[0]) if len(hits) == 1 else None

    def _any(self, hits: list[list[Any]]) -> object:
        """Null when two that hit do not agree."""
        same = all(equal(Items(hit), Items(hits[0])) is True for hit in hits)
        return self._result(hits[0]) if same else None

    def _first(self, hits: list[list[Any]]) -> object:
        return self._result(hits[0])

    def _priority(self, hits: list[list[Any]]) -> object:
        return self._result(min(hits, key=self._rank))

    def _rule_order(self, hits: list[list[Any]]) -> object:
        return Items(map(self._result, hits))

    def _output_order(self, hits: list[list[Any]]) -> object:
        return Items(map(self._result, sorted(hits, key=self._rank)))

    def _collect(self, hits: list[list[Any]]) -> object:
        """A list, or what the aggregation makes of it; null of several outputs, where it means nothing."""
        if self.aggregation is None:
            return self._rule_order(hits)
        if self.aggregation == "COUNT":
            return Decimal(len(hits))
        if len(self.places) > 1:
            return None
        return call(BUILTINS[_AGGREGATES[self.aggregation]], [Items(hit[0] for hit in hits)])

    def _rank(self, hit: Sequence[Any]) -> list[int]:
        """The first output counts most."""
        return [place.rank(value) for place, value in zip(self.places, hit, strict=True)]


_POLICIES: Final[Mapping[str, Callable[[Table, list[list[Any]]], object]]] = {
    "UNIQUE": Table._unique,
    "ANY": Table._any,
    "PRIORITY": Table._priority,
    "FIRST": Table._first,
    "RULE ORDER": Table._rule_order,
    "OUTPUT ORDER": Table._output_order,
    "COLLECT": Table._collect,
}


def read_table(reader: LogicReader, table: boxed.DecisionTable, scope: Scope) -> Logic:
    """The logic of a table. Cells that cannot be read never hit, and say so in a notice."""
    return _TableReader(reader, table, scope).read()


class _TableReader:
    def __init__(self, reader: LogicReader, table: boxed.DecisionTable, scope: Scope) -> None:
        self.reader = reader
        self.table = table
        self.scope = scope
        self.known: dict[tuple[str, Type], Node | None] = {}

    def read(self) -> Logic:
        table = self.table
        if table.aggregation not in (None, "COUNT") and len(table.outputs) > 1:
            self.reader.notices.add("CRM165", Text("", table.start), name=table.aggregation)
        inputs = [self.input(each) for each in table.inputs]
        columns = tuple(
            Column(logic.value, None if each.values is None else self.cell(each.values, logic.type))
            for each, logic in zip(table.inputs, inputs, strict=True)
        )
        outputs = [self.output(place) for place in range(len(table.outputs))]
        rows = []
        results = zip(*(cells for _, cells, _ in outputs), strict=True)
        for rule, cells in zip(table.rules, results, strict=True):
            tests = tuple(
                (place, self.cell(test, logic.type) or _NEVER)
                for place, (test, logic) in enumerate(zip(rule.tests, inputs, strict=True))
                if test.text.strip() not in ("-", "")
            )
            rows.append(Row(tests, tuple(cell.value for cell in cells)))
        places = tuple(place for place, _, _ in outputs)
        made = Table(table.policy, table.aggregation, columns, places, tuple(rows))
        self.reader.tables.append((table, made, self.scope))
        return Logic(made.decide, self.type([type for _, _, type in outputs]))

    def input(self, input: boxed.Input) -> Logic:
        return self.reader.typed(
            self.reader.text(input.expression, self.scope), input.type_ref, input.expression
        )

    def output(self, at: int) -> tuple[Place, list[Logic], Type]:
        """The place of a column of results, the logic of its cells, and their type."""
        output = self.table.outputs[at]
        item = self.reader.types.of(output.type_ref, Text(output.type_ref or "", self.table.start))
        values = output.values or item.values
        tests = None if values is None else self.cell(values, item.type)
        cells = [coerced(self.reader.read(rule.results[at], self.scope), item) for rule in self.table.rules]
        default = None
        if output.default is not None:
            default = coerced(self.reader.read(output.default, self.scope), item).value
        ranked = tests.tests if isinstance(tests, tree.In) else ()
        found = types.joined([cell.type for cell in cells]) if item.type == types.any_ else item.type
        return Place(output.name or "", default, ranked), cells, found

    def cell(self, text: Text, type: Type) -> Node | None:
        """The tests of a cell; each text is read once for each type of input."""
        key = text.text, type
        if key not in self.known:
            read = self.reader.notices.read(
                text, lambda: feel.parse_unary(text.text, type, self.scope, "standard")
            )
            self.known[key] = None if read is None else read.tree
        return self.known[key]

    def type(self, found: list[Type]) -> Type:
        """What the table gives: of one output its type, of several a context, of all hits a list."""
        if self.table.policy == "COLLECT" and self.table.aggregation is not None:
            return types.any_
        one = found[0]
        if len(found) > 1:
            names = [output.name or "" for output in self.table.outputs]
            one = ContextType({name: Name(name, type) for name, type in zip(names, found, strict=True)})
        return ListType(one) if self.table.policy in _LISTS else one


_NEVER: Final = tree.Literal(False, start=0, end=0, type=types.boolean)
