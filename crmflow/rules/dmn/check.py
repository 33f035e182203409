"""Which rows of a model's decision tables never count, overlap, or leave an input out?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from crmflow.core.diagnostic import Diagnostic, Position
from crmflow.core.text import Text as Words
from crmflow.errors import FeelError
from crmflow.rules import feel
from crmflow.rules.dmn import boxed
from crmflow.rules.dmn.boxed import Text
from crmflow.rules.dmn.definitions import Definitions, ItemDefinition
from crmflow.rules.dmn.graph import Graph, Node
from crmflow.rules.dmn.notice import place
from crmflow.rules.dmn.table import Table
from crmflow.rules.feel import Scope, tree, types
from crmflow.rules.feel.steps import Steps
from crmflow.rules.feel.tree import INPUT
from crmflow.rules.logic.domain import Domain, domain_of
from crmflow.rules.logic.formula import Formula, Quantity, every
from crmflow.rules.logic.linear import ORDERS, Linear, Order
from crmflow.rules.logic.lines import Fault, Line, Lines, Part, Policy
from crmflow.rules.logic.questions import GAVE_UP, Questions
from crmflow.rules.logic.truth import is_known, is_reversed, substituted, truth

POLICIES: Final[Mapping[str, Policy]] = {
    "UNIQUE": "alone",
    "ANY": "any",
    "FIRST": "first",
    "PRIORITY": "priority",
    "RULE ORDER": "all",
    "OUTPUT ORDER": "all",
    "COLLECT": "all",
}
COMPLETE: Final = ("UNIQUE", "ANY", "FIRST", "PRIORITY")


def tables(definitions: Definitions, graph: Graph) -> Iterator[Diagnostic]:
    """The faults of all decision tables of one model."""
    for node, table, made, scope in graph.tables:
        try:
            read = _Table(definitions, node, table, made, scope)
        except FeelError:  # a notice has said so
            continue
        yield from read.findings()


class _Table:
    """One table. Raises FeelError where an input cannot be read."""

    def __init__(
        self, definitions: Definitions, node: Node, table: boxed.DecisionTable, made: Table, scope: Scope
    ) -> None:
        self.definitions, self.node, self.table, self.made, self.scope = definitions, node, table, made, scope
        self.inputs = [feel.parse(each.expression.text, scope, "standard").tree for each in table.inputs]

    def findings(self) -> Iterator[Diagnostic]:
        yield from self._ranges()
        yield from map(self._finding, Questions(self._lines()).faults())

    def _lines(self) -> Lines:
        complete = self.table.policy in COMPLETE and all(place.default is None for place in self.made.places)
        default = any(place.default is not None for place in self.made.places)
        return Lines(
            [self._line(place) for place in range(len(self.made.rows))],
            POLICIES[self.table.policy],
            self._domain,
            self._fired,
            complete="all" if complete else None,
            has_default=default,
            never=tuple(self._never()),
            closed_words=True,
        )

    def _line(self, place: int) -> Line:
        row = self.made.rows[place]
        parts = tuple(
            Part(test, truth(substituted(test, {INPUT: self.inputs[column]})), cell=True)
            for column, test in row.tests
        )
        results = self.table.rules[place].results
        outcome = tuple(
            each.text.text.strip() if isinstance(each, boxed.Literal) and each.text else each
            for each in results
        )
        return Line(str(place + 1), parts, outcome, self._rank(place))

    def _rank(self, place: int) -> int:
        """Of the outputs in turn, how far down its values a result stands."""
        if self.table.policy != "PRIORITY":
            return 0
        rank = 0
        for output, result in zip(self.made.places, self.made.rows[place].results, strict=True):
            try:
                value = result({Steps: Steps()})
            except FeelError:
                value = None
            rank = rank * (len(output.ranked) + 1) + output.rank(value)
        return rank

    def _fired(self, values: Mapping[str, Any], places: Iterable[int]) -> list[int]:
        hits = self.made.hits({**values, Steps: Steps()})
        return [place for place in places if place in hits]

    def _domain(self, quantity: Quantity) -> Domain:
        if isinstance(quantity, Order):
            return Domain("string", ORDERS, nullable=False)
        return Domain("number", nullable=False) if isinstance(quantity, Linear) else domain_of(quantity.type)

    def _never(self) -> Iterator[Formula]:
        """Values that an input must not have: then the table is not asked."""
        for node, column in zip(self.inputs, self.made.columns, strict=True):
            tests = [column.allowed] if column.allowed is not None else []
            declared = self._declared(node)
            if declared is not None:
                with suppress(FeelError):  # a notice has said so
                    tests.append(feel.parse_unary(declared.text, node.type, self.scope, "standard").tree)
            for test in tests:
                if not isinstance(node.type, types.ListType):
                    yield every(truth(substituted(test, {INPUT: node})).false, is_known(node))

    def _declared(self, node: tree.Node) -> Text | None:
        """The tests of what its type allows in a name or a field of one."""
        item = self._item(node)
        while item is not None and item.allowed is None:
            item = self._type(item.type_ref)
        return None if item is None else item.allowed

    def _item(self, node: tree.Node) -> ItemDefinition | None:
        if isinstance(node, tree.Variable):
            named = [
                each.node for each in self.node.requires if each.model is None and each.node.name == node.name
            ]
            return self._type(named[0].element.variable.type_ref) if named else None
        if not isinstance(node, tree.Path):
            return None
        outer = self._item(node.operand)
        while outer is not None and not outer.components:
            outer = self._type(outer.type_ref)
        parts = () if outer is None else outer.components
        return next((each for each in parts if each.name == node.name), None)

    def _type(self, reference: str | None) -> ItemDefinition | None:
        name = " ".join((reference or "").split())
        wanted = (name, name.rpartition(":")[2])
        return next((each for each in self.definitions.types if each.name in wanted), None)

    def _finding(self, fault: Fault) -> Diagnostic:
        parts: dict[str, object] = {
            "name": self.node.element.name if fault.line is None else str(fault.line + 1),
            "other": ", ".join(str(n + 1) for n in fault.others),
            "reason": GAVE_UP.get(fault.because, Words("", "")),
        }
        if fault.code == "CRM221" and fault.line is not None:
            parts["result"] = self._result(fault.line)
            parts["other result"] = ", ".join(dict.fromkeys(map(self._result, fault.others)))
        start, end = self._place(fault)
        shown = {} if fault.witness is None else fault.witness
        return Diagnostic(
            fault.code, self.definitions.file, start, end, parts, severity="warning", witness=shown
        )

    def _result(self, line: int) -> str:
        """The results of a rule as the table writes them."""
        texts = (each.text for each in self.table.rules[line].results if isinstance(each, boxed.Literal))
        return " / ".join("null" if text is None else text.text for text in texts)

    def _place(self, fault: Fault) -> tuple[Position, Position]:
        if fault.line is None:
            start = self.table.start
        elif fault.test is not None:
            column, _ = self.made.rows[fault.line].tests[fault.test]
            text = self.table.rules[fault.line].tests[column]
            return text.start, place(text, len(text.text))
        else:
            start = self.table.rules[fault.line].start
        return start, Position(start.line, start.column + 1)

    def _ranges(self) -> Iterator[Diagnostic]:
        """CRM234: a range that ends before it begins."""
        for rule in self.table.rules:
            for column, text in zip(self.inputs, rule.tests, strict=True):
                for node in self._nodes(text, column):
                    if isinstance(node, tree.Range) and is_reversed(node):
                        name = text.text[node.start : node.end]
                        span = place(text, node.start), place(text, node.end)
                        yield Diagnostic(
                            "CRM234", self.definitions.file, *span, {"name": name}, severity="warning"
                        )

    def _nodes(self, text: Text, column: tree.Node) -> Iterator[tree.Node]:
        try:
            yield from tree.walk(feel.parse_unary(text.text, column.type, self.scope, "standard").tree)
        except FeelError:
            return
