"""How is a model written as XML of DMN 1.3, the version that dmn-js opens?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from crmflow.rules.dmn.boxed_writer import BoxedWriter
from crmflow.rules.dmn.definitions import (
    Artifact,
    Decision,
    DecisionService,
    Definitions,
    InputData,
    ItemDefinition,
    KnowledgeModel,
    Requirement,
)
from crmflow.rules.dmn.definitions import Element as DrgElement
from crmflow.rules.dmn.diagram import arranged, joined
from crmflow.rules.dmn.ids import with_plain_ids

MODEL: Final = "https://www.omg.org/spec/DMN/20191111/MODEL/"
_NAMESPACES: Final = {
    "xmlns": MODEL,
    "xmlns:dmndi": "https://www.omg.org/spec/DMN/20191111/DMNDI/",
    "xmlns:dc": "http://www.omg.org/spec/DMN/20180521/DC/",
    "xmlns:di": "http://www.omg.org/spec/DMN/20180521/DI/",
}
_KINDS: Final = {
    "Input": "information",
    "Decision": "information",
    "Knowledge": "knowledge",
    "Authority": "authority",
}


def write_definitions(definitions: Definitions) -> str:
    """The file's text. Raises RuleFileError CRM088 for what DMN 1.3 cannot say."""
    return _Writer(with_plain_ids(definitions)).write()


class _Writer(BoxedWriter):
    def __init__(self, definitions: Definitions) -> None:
        parts: list[DrgElement | Artifact] = [*definitions.elements.values(), *definitions.artifacts]
        required = (each.id for part in parts for each in part.requirements if each.id)
        super().__init__(definitions.file, {definitions.id, *(part.id for part in parts), *required})
        self.definitions = definitions
        self.edges: list[tuple[str, str, str]] = []  # requirement, what is required, who requires it

    def write(self) -> str:
        model = self.definitions
        said = {"id": model.id, "name": model.name, "namespace": model.namespace, "exporter": "crmflow"}
        root = Element("definitions", {**_NAMESPACES, **said})
        self.said(root, "description", model.description)
        for each in model.imports:
            kind = MODEL if "omg.org/spec/DMN/" in each.kind else each.kind
            attributes = {"namespace": each.namespace, "importType": kind}
            self.add(root, "import", name=each.name, locationURI=each.location, **attributes)
        for item in model.types:
            for layer in layers(item):
                self.item(root, "itemDefinition", layer)
        for element in model.elements.values():
            self.element(root, element)
        for artifact in model.artifacts:
            self.artifact(root, artifact)
        self.drawing(root)
        indent(root)
        return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"

    def item(self, parent: Element, tag: str, item: ItemDefinition) -> None:
        collection = "true" if item.is_collection else None
        element = self.add(parent, tag, name=item.name, isCollection=collection)
        if item.parameters is not None:
            function = self.add(element, "functionItem", outputTypeRef=item.type_ref)
            for parameter in item.parameters:
                self.variable(function, "parameters", parameter)
            return
        self.said(element, "typeRef", item.type_ref)
        self.text(element, "allowedValues", item.allowed)
        for component in item.components:
            self.item(element, "itemComponent", component)

    def element(self, root: Element, each: DrgElement) -> None:
        match each:
            case InputData():
                element = self.begun(root, "inputData", each)
            case Decision():
                element = self.begun(root, "decision", each)
                self.requirements(element, each.id, each.requirements)
                self.expression(element, each.logic)
            case KnowledgeModel():
                element = self.begun(root, "businessKnowledgeModel", each)
                if each.logic is not None:
                    self.function(element, each.logic, "encapsulatedLogic")
                self.requirements(element, each.id, each.requirements)
            case DecisionService():
                element = self.begun(root, "decisionService", each)
                self.references(element, "outputDecision", each.outputs)
                self.references(element, "encapsulatedDecision", each.encapsulated)
                self.references(element, "inputDecision", each.input_decisions)
                self.references(element, "inputData", each.input_data)

    def begun(self, root: Element, tag: str, each: DrgElement) -> Element:
        element = self.add(root, tag, each.id, name=each.name)
        self.said(element, "description", each.description)
        if isinstance(each, Decision):
            self.said(element, "question", each.question)
            self.said(element, "allowedAnswers", each.answers)
        self.variable(element, "variable", each.variable)
        return element

    def requirements(self, element: Element, id: str, requirements: tuple[Requirement, ...]) -> None:
        for kind in ("information", "knowledge", "authority"):
            for each in requirements:
                if _KINDS[each.kind] == kind:
                    line = self.add(element, f"{kind}Requirement", each.id)
                    SubElement(line, f"required{each.kind}", {"href": each.href})
                    self.edges.append((line.attrib["id"], each.href.rpartition("#")[2], id))

    def references(self, element: Element, tag: str, references: tuple[Requirement, ...]) -> None:
        for each in references:
            SubElement(element, tag, {"href": each.href})

    def artifact(self, root: Element, each: Artifact) -> None:
        match each.kind:
            case "knowledgeSource":
                element = self.add(root, each.kind, each.id, name=each.text)
                self.requirements(element, each.id, each.requirements)
            case "textAnnotation":
                self.said(self.add(root, each.kind, each.id), "text", each.text)
            case "association" if each.source is not None and each.target is not None:
                element = self.add(root, each.kind, each.id)
                SubElement(element, "sourceRef", {"href": each.source})
                SubElement(element, "targetRef", {"href": each.target})
                self.edges.append((each.id, each.source.lstrip("#"), each.target.lstrip("#")))

    def drawing(self, root: Element) -> None:
        """A shape for each element, and a line for each requirement whose both ends are drawn."""
        bounds = arranged(self.definitions, [(source, target) for _, source, target in self.edges])
        diagram = self.add(SubElement(root, "dmndi:DMNDI"), "dmndi:DMNDiagram", self.fresh("diagram"))
        for id, box in bounds.items():
            shape = self.add(diagram, "dmndi:DMNShape", self.fresh("shape"), dmnElementRef=id)
            sides = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
            SubElement(shape, "dc:Bounds", {side: f"{length:g}" for side, length in sides.items()})
        for id, source, target in self.edges:
            if source in bounds and target in bounds:
                edge = self.add(diagram, "dmndi:DMNEdge", self.fresh("edge"), dmnElementRef=id)
                for x, y in joined(bounds[source], bounds[target]):
                    SubElement(edge, "di:waypoint", {"x": f"{x:g}", "y": f"{y:g}"})


def layers(item: ItemDefinition) -> Iterator[ItemDefinition]:
    """A definition as several of DMN 1.3, where tests stand beside the name of a type and nothing else.

    What lies below a definition comes before it, with a name that is made from its own.
    """
    components = []
    for component in item.components:
        *below, last = layers(replace(component, name=f"{item.name} {component.name}"))
        yield from below
        components.append(replace(last, name=component.name))
    item = replace(item, components=tuple(components))
    if item.allowed is not None and item.components:
        base = replace(item, name=f"{item.name} parts", allowed=None, constraint=None, is_collection=False)
        yield base
        item = replace(item, type_ref=base.name, components=())
    if item.constraint is not None:
        if item.is_collection or item.components or item.allowed is not None:
            base = replace(item, name=f"{item.name} values", constraint=None)
            yield base
            item = replace(item, type_ref=base.name, components=(), is_collection=False)
        item = replace(item, allowed=item.constraint, constraint=None)
    yield item
