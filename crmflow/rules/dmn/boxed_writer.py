"""How is a boxed expression written as XML of DMN 1.3?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement

from crmflow.rules.dmn import boxed
from crmflow.rules.dmn.boxed import Boxed, Text, Variable
from crmflow.rules.dmn.twin import twin


class BoxedWriter:
    """Adds elements to others; every element gets an id, which modelling tools need."""

    def __init__(self, file: str, taken: set[str]) -> None:
        self.file = file
        self.taken = taken
        self._counts: dict[str, int] = {}

    def add(self, parent: Element, tag: str, id: str | None = None, **attributes: str | None) -> Element:
        """A new last child; attributes that are None are left out."""
        given = {name: value for name, value in attributes.items() if value is not None}
        return SubElement(parent, tag, {"id": id or self.fresh(tag), **given})

    def said(self, parent: Element, tag: str, text: str | None) -> None:
        """A child that holds a text and needs no id; none for None."""
        if text is not None:
            SubElement(parent, tag).text = text

    def fresh(self, tag: str) -> str:
        """An id that the model does not have yet."""
        while True:
            self._counts[tag] = self._counts.get(tag, 0) + 1
            id = f"{tag}_{self._counts[tag]}"
            if id not in self.taken:
                self.taken.add(id)
                return id

    def text(self, parent: Element, tag: str, text: Text | None) -> None:
        if text is not None:
            self.said(self.add(parent, tag), "text", text.text)

    def variable(self, parent: Element, tag: str, variable: Variable) -> None:
        self.add(parent, tag, name=variable.name, typeRef=variable.type_ref)

    def expression(self, parent: Element, wanted: Boxed | None) -> None:
        """Writes an expression, or its twin, or nothing for none."""
        if wanted is not None:
            written = twin(wanted, self.file)
            _FORMS[type(written)](self, parent, written)

    def _literal(self, parent: Element, expression: boxed.Literal, tag: str = "literalExpression") -> None:
        element = self.add(parent, tag, typeRef=expression.type_ref)
        self.said(element, "text", expression.text.text if expression.text else None)

    def _context(self, parent: Element, expression: boxed.Context) -> None:
        element = self.add(parent, "context", typeRef=expression.type_ref)
        for each in expression.entries:
            entry = self.add(element, "contextEntry")
            if each.variable is not None:
                self.variable(entry, "variable", each.variable)
            self.expression(entry, each.value)

    def _list(self, parent: Element, expression: boxed.BoxedList) -> None:
        element = self.add(parent, "list", typeRef=expression.type_ref)
        for item in expression.items:
            self.expression(element, item)

    def _relation(self, parent: Element, expression: boxed.Relation) -> None:
        element = self.add(parent, "relation", typeRef=expression.type_ref)
        for column in expression.columns:
            self.variable(element, "column", column)
        for cells in expression.rows:
            row = self.add(element, "row")
            for cell in cells:
                self.expression(row, cell)

    def _invocation(self, parent: Element, expression: boxed.Invocation) -> None:
        element = self.add(parent, "invocation", typeRef=expression.type_ref)
        self.expression(element, expression.function)
        for each in expression.bindings:
            binding = SubElement(element, "binding")
            self.variable(binding, "parameter", each.parameter)
            self.expression(binding, each.value)

    def function(
        self, parent: Element, expression: boxed.FunctionDefinition, tag: str = "functionDefinition"
    ) -> None:
        element = self.add(parent, tag, typeRef=expression.type_ref, kind=expression.kind)
        for parameter in expression.parameters:
            self.variable(element, "formalParameter", parameter)
        self.expression(element, expression.body)

    def _table(self, parent: Element, table: boxed.DecisionTable) -> None:
        element = self.add(
            parent,
            "decisionTable",
            typeRef=table.type_ref,
            hitPolicy=table.policy,
            aggregation=table.aggregation,
            outputLabel=table.output_label,
        )
        for input in table.inputs:
            column = self.add(element, "input", label=input.label)
            expression = self.add(column, "inputExpression", typeRef=input.type_ref)
            self.said(expression, "text", input.expression.text)
            self.text(column, "inputValues", input.values)
        for output in table.outputs:
            place = self.add(element, "output", name=output.name, typeRef=output.type_ref, label=output.label)
            self.text(place, "outputValues", output.values)
            if isinstance(output.default, boxed.Literal):
                self._literal(place, output.default, "defaultOutputEntry")
        for name in table.annotations:
            SubElement(element, "annotation", {"name": name})
        for each in table.rules:
            rule = self.add(element, "rule")
            for test in each.tests:
                self.text(rule, "inputEntry", test)
            for result in each.results:
                if isinstance(result, boxed.Literal):
                    self._literal(rule, result, "outputEntry")
            for annotation in each.annotations:
                self.said(SubElement(rule, "annotationEntry"), "text", annotation)


_FORMS: Final[Mapping[type[Boxed], Callable[[BoxedWriter, Element, Any], None]]] = {
    boxed.Literal: BoxedWriter._literal,
    boxed.Context: BoxedWriter._context,
    boxed.BoxedList: BoxedWriter._list,
    boxed.Relation: BoxedWriter._relation,
    boxed.Invocation: BoxedWriter._invocation,
    boxed.FunctionDefinition: BoxedWriter.function,
    boxed.DecisionTable: BoxedWriter._table,
}
