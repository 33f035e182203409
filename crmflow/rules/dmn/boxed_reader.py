"""Which boxed expression does an XML element hold? (DMN 1.5, chapters 7.3, 8.3 and 10.2)"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from crmflow.errors import RuleFileError
from crmflow.rules.dmn import boxed
from crmflow.rules.dmn.boxed import Boxed, Text, Variable
from crmflow.rules.dmn.document import Element

_POLICIES: Final = ("UNIQUE", "ANY", "PRIORITY", "FIRST", "RULE ORDER", "OUTPUT ORDER", "COLLECT")
_AGGREGATIONS: Final = ("SUM", "MIN", "MAX", "COUNT")


class BoxedReader:
    """Reads the expressions of one file. What is missing raises RuleFileError CRM084."""

    def __init__(self, file: str) -> None:
        self.file = file

    def inside(self, element: Element | None) -> Boxed | None:
        """The expression that an element holds; None where it holds none."""
        found = self._all(element) if element is not None else ()
        return found[0] if found else None

    def _all(self, element: Element) -> tuple[Boxed, ...]:
        return tuple(_FORMS[child.tag](self, child) for child in element.children if child.tag in _FORMS)

    def text(self, element: Element | None) -> Text | None:
        """The `text` inside an element; None where there is none."""
        said = None if element is None else element.first("text")
        if said is None:
            return None
        return Text(said.text, said.text_start or said.start)

    def variable(self, element: Element) -> Variable:
        """A variable, parameter or column: its name and its type."""
        return Variable(self.wanted(element, "name"), element.get("typeRef"), element.start)

    def wanted(self, element: Element, name: str) -> str:
        """An attribute that must be there."""
        value = element.get(name)
        if value is None:
            raise self.lacking(element, name)
        return " ".join(value.split()) if name == "name" else value

    def lacking(self, element: Element, name: str) -> RuleFileError:
        place = f"{self.file}:{element.start.line}:{element.start.column}"
        return RuleFileError("CRM084", file=place, name=element.tag, expected=name)

    # the kinds of expression

    def literal(self, element: Element) -> Boxed:
        return boxed.Literal(text=self.text(element), type_ref=element.get("typeRef"), start=element.start)

    def context(self, element: Element) -> Boxed:
        entries = []
        for each in element.all("contextEntry"):
            named = each.first("variable")
            variable = self.variable(named) if named is not None else None
            entries.append(boxed.Entry(variable, self.inside(each)))
        return boxed.Context(entries=tuple(entries), type_ref=element.get("typeRef"), start=element.start)

    def list(self, element: Element) -> Boxed:
        return boxed.BoxedList(items=self._all(element), type_ref=element.get("typeRef"), start=element.start)

    def relation(self, element: Element) -> Boxed:
        return boxed.Relation(
            columns=tuple(map(self.variable, element.all("column"))),
            rows=tuple(map(self._all, element.all("row"))),
            type_ref=element.get("typeRef"),
            start=element.start,
        )

    def invocation(self, element: Element) -> Boxed:
        bindings = []
        for each in element.all("binding"):
            parameter = each.first("parameter")
            if parameter is None:
                raise self.lacking(each, "parameter")
            bindings.append(boxed.Binding(self.variable(parameter), self.inside(each)))
        return boxed.Invocation(
            function=self.inside(element),
            bindings=tuple(bindings),
            type_ref=element.get("typeRef"),
            start=element.start,
        )

    def function(self, element: Element) -> boxed.FunctionDefinition:
        return boxed.FunctionDefinition(
            kind=element.get("kind") or "FEEL",
            parameters=tuple(map(self.variable, element.all("formalParameter"))),
            body=self.inside(element),
            type_ref=element.get("typeRef"),
            start=element.start,
        )

    def conditional(self, element: Element) -> Boxed:
        return boxed.Conditional(
            condition=self.inside(element.first("if")),
            then=self.inside(element.first("then")),
            otherwise=self.inside(element.first("else")),
            type_ref=element.get("typeRef"),
            start=element.start,
        )

    def iterator(self, element: Element) -> Boxed:
        return boxed.Iterator(
            kind=element.tag,
            variable=self.wanted(element, "iteratorVariable"),
            source=self.inside(element.first("in")),
            body=self.inside(element.first("return", "satisfies")),
            type_ref=element.get("typeRef"),
            start=element.start,
        )

    def filter(self, element: Element) -> Boxed:
        return boxed.Filter(
            source=self.inside(element.first("in")),
            match=self.inside(element.first("match")),
            type_ref=element.get("typeRef"),
            start=element.start,
        )

    # decision tables

    def table(self, element: Element) -> Boxed:
        table = boxed.DecisionTable(
            policy=self._one_of(element, "hitPolicy", _POLICIES) or "UNIQUE",
            aggregation=self._one_of(element, "aggregation", _AGGREGATIONS),
            inputs=tuple(map(self._input, element.all("input"))),
            outputs=tuple(map(self._output, element.all("output"))),
            rules=tuple(map(self._rule, element.all("rule"))),
            annotations=tuple(each.get("name") or "" for each in element.all("annotation")),
            output_label=element.get("outputLabel"),
            type_ref=element.get("typeRef"),
            start=element.start,
        )
        if not table.outputs:
            raise self.lacking(element, "output")
        for rule in table.rules:
            found = len(rule.tests), len(rule.results)
            if found != (len(table.inputs), len(table.outputs)):
                raise RuleFileError(
                    "CRM085",
                    file=f"{self.file}:{rule.start.line}:{rule.start.column}",
                    found=f"{found[0]} + {found[1]}",
                    expected=f"{len(table.inputs)} + {len(table.outputs)}",
                )
        return table

    def _one_of(self, element: Element, name: str, known: tuple[str, ...]) -> str | None:
        value = element.get(name)
        if value is not None and value not in known:
            place = f"{self.file}:{element.start.line}:{element.start.column}"
            raise RuleFileError("CRM086", file=place, name=name, found=value, expected=", ".join(known))
        return value

    def _input(self, element: Element) -> boxed.Input:
        expression = element.first("inputExpression")
        text = self.text(expression)
        if expression is None or text is None:
            raise self.lacking(element, "inputExpression")
        values = self.text(element.first("inputValues"))
        return boxed.Input(text, expression.get("typeRef"), values, element.get("label"))

    def _output(self, element: Element) -> boxed.Output:
        default = element.first("defaultOutputEntry")
        return boxed.Output(
            element.get("name"),
            element.get("typeRef"),
            self.text(element.first("outputValues")),
            None if default is None else self.literal(default),
            element.get("label"),
        )

    def _rule(self, element: Element) -> boxed.Rule:
        tests = [self.text(each) or Text("-", each.start) for each in element.all("inputEntry")]
        return boxed.Rule(
            tuple(tests),
            tuple(map(self.literal, element.all("outputEntry"))),
            tuple(each.said("text") or "" for each in element.all("annotationEntry")),
            element.start,
        )


_FORMS: Final[Mapping[str, Callable[[BoxedReader, Element], Boxed]]] = {
    "literalExpression": BoxedReader.literal,
    "context": BoxedReader.context,
    "list": BoxedReader.list,
    "relation": BoxedReader.relation,
    "invocation": BoxedReader.invocation,
    "functionDefinition": BoxedReader.function,
    "conditional": BoxedReader.conditional,
    **dict.fromkeys(("for", "some", "every"), BoxedReader.iterator),
    "filter": BoxedReader.filter,
    "decisionTable": BoxedReader.table,
}
