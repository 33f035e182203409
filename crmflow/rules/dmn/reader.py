"""Which model does a DMN file hold? (XML of DMN 1.2 to 1.5)"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from crmflow.errors import RuleFileError
from crmflow.rules.dmn.boxed import Variable
from crmflow.rules.dmn.boxed_reader import BoxedReader
from crmflow.rules.dmn.definitions import (
    Artifact,
    Bounds,
    Decision,
    DecisionService,
    Definitions,
    Element,
    Import,
    InputData,
    ItemDefinition,
    KnowledgeModel,
    Requirement,
)
from crmflow.rules.dmn.document import Element as Node
from crmflow.rules.dmn.document import read_document

NAMESPACES: Final = {
    "http://www.omg.org/spec/DMN/20180521/MODEL/": "1.2",
    "https://www.omg.org/spec/DMN/20191111/MODEL/": "1.3",
    "https://www.omg.org/spec/DMN/20211108/MODEL/": "1.4",
    "https://www.omg.org/spec/DMN/20230324/MODEL/": "1.5",
}
_ELEMENTS: Final = ("inputData", "decision", "businessKnowledgeModel", "decisionService")


def read_definitions(data: bytes, file: str) -> Definitions:
    """The model of a file, whose name is for messages.

    Raises RuleFileError: CRM080 to CRM082 for what is no XML that we read, CRM083 for what is no DMN of
    these versions, CRM084 to CRM086 for what is missing or wrong inside.
    """
    root = read_document(data, file)
    if root.tag != "definitions" or root.namespace not in NAMESPACES:
        found = f"{root.tag} ({root.namespace})"
        raise RuleFileError("CRM083", file=file, found=found, expected=", ".join(NAMESPACES.values()))
    return _Reader(file).definitions(root)


class _Reader(BoxedReader):
    def definitions(self, root: Node) -> Definitions:
        elements: dict[str, Element] = {}
        for node in root.all(*_ELEMENTS):
            element = self.element(node)
            if element.id in elements:
                place = f"{self.file}:{node.start.line}:{node.start.column}"
                raise RuleFileError("CRM087", file=place, name=element.id)
            elements[element.id] = element
        return Definitions(
            file=self.file,
            id=root.get("id") or "definitions",
            name=root.get("name") or "",
            namespace=root.get("namespace") or "",
            types=tuple(map(self.item, root.all("itemDefinition"))),
            imports=tuple(map(self.imported, root.all("import"))),
            elements=elements,
            artifacts=tuple(self.artifacts(root)),
            bounds=dict(self.bounds(root)),
            description=root.said("description"),
        )

    def item(self, node: Node) -> ItemDefinition:
        function = node.first("functionItem")
        parameters = None
        if function is not None:
            parameters = tuple(map(self.variable, function.all("parameters")))
        return ItemDefinition(
            name=self.wanted(node, "name"),
            type_ref=node.said("typeRef") if function is None else function.get("outputTypeRef"),
            is_collection=node.get("isCollection") == "true",
            components=tuple(map(self.item, node.all("itemComponent"))),
            parameters=parameters,
            allowed=self.text(node.first("allowedValues")),
            constraint=self.text(node.first("typeConstraint")),
            start=node.start,
        )

    def imported(self, node: Node) -> Import:
        return Import(
            name=" ".join((node.get("name") or "").split()),
            namespace=self.wanted(node, "namespace"),
            location=node.get("locationURI"),
            kind=self.wanted(node, "importType"),
            start=node.start,
        )

    def element(self, node: Node) -> Element:
        name = self.wanted(node, "name")
        said = node.first("variable")
        variable = Variable(name, None, node.start)
        if said is not None:
            called = self.wanted(said, "name") if said.get("name") else name
            variable = Variable(called, said.get("typeRef"), said.start)
        parts: dict[str, Any] = {
            "id": node.get("id") or name,
            "name": name,
            "variable": variable,
            "requirements": tuple(self.requirements(node)),
            "description": node.said("description"),
            "start": node.start,
        }
        match node.tag:
            case "inputData":
                return InputData(**parts)
            case "decision":
                question, answers = node.said("question"), node.said("allowedAnswers")
                return Decision(logic=self.inside(node), question=question, answers=answers, **parts)
            case "businessKnowledgeModel":
                logic = node.first("encapsulatedLogic")
                return KnowledgeModel(logic=None if logic is None else self.function(logic), **parts)
        return DecisionService(
            outputs=self.references(node, "outputDecision"),
            encapsulated=self.references(node, "encapsulatedDecision"),
            input_decisions=self.references(node, "inputDecision"),
            input_data=self.references(node, "inputData"),
            **parts,
        )

    def requirements(self, node: Node) -> Iterator[Requirement]:
        for each in node.all("informationRequirement", "knowledgeRequirement", "authorityRequirement"):
            for required in each.children:
                if required.tag.startswith("required"):
                    kind = required.tag.removeprefix("required")
                    yield self.reference(required, kind, each.get("id"))

    def references(self, node: Node, tag: str) -> tuple[Requirement, ...]:
        kind = "Input" if tag == "inputData" else "Decision"
        return tuple(self.reference(each, kind, None) for each in node.all(tag))

    def reference(self, node: Node, kind: str, id: str | None) -> Requirement:
        return Requirement(kind=kind, href=self.wanted(node, "href"), id=id, start=node.start)

    def artifacts(self, root: Node) -> Iterator[Artifact]:
        for node in root.all("knowledgeSource", "textAnnotation", "association"):
            ends = [node.first("sourceRef"), node.first("targetRef")]
            source, target = (None if end is None else end.get("href") for end in ends)
            yield Artifact(
                kind=node.tag,
                id=node.get("id") or f"{node.tag}_{node.start.line}",
                text=node.get("name") or node.said("text") or "",
                requirements=tuple(self.requirements(node)),
                source=source,
                target=target,
            )

    def bounds(self, root: Node) -> Iterator[tuple[str, Bounds]]:
        """Of the first diagram."""
        drawing = root.first("DMNDI")
        diagram = None if drawing is None else drawing.first("DMNDiagram")
        for shape in diagram.all("DMNShape") if diagram is not None else ():
            drawn, box = shape.get("dmnElementRef"), shape.first("Bounds")
            if drawn is not None and box is not None:
                sides = [self.number(box, side) for side in ("x", "y", "width", "height")]
                yield drawn, Bounds(*sides)

    def number(self, node: Node, name: str) -> float:
        try:
            return float(self.wanted(node, name))
        except ValueError:
            raise self.lacking(node, name) from None
