"""What do the elements of a model require of each other, and which values do they have for some inputs?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any

from crmflow.errors import RuleFileError
from crmflow.rules.dmn import boxed
from crmflow.rules.dmn.boxed import Text
from crmflow.rules.dmn.boxed_logic import LogicReader
from crmflow.rules.dmn.definitions import (
    Decision,
    DecisionService,
    Definitions,
    Element,
    InputData,
    KnowledgeModel,
    Requirement,
)
from crmflow.rules.dmn.item_type import ItemType, ItemTypes
from crmflow.rules.dmn.logic import NOTHING, Env, Logic, coerced
from crmflow.rules.dmn.notice import Notices
from crmflow.rules.dmn.table import Table
from crmflow.rules.feel import types
from crmflow.rules.feel.scope import Name, Scope
from crmflow.rules.feel.steps import Steps
from crmflow.rules.feel.types import ContextType, FunctionType, Type
from crmflow.rules.feel.values import Fields, Function, read


@dataclass(eq=False, slots=True)
class Node:
    """An element, what it requires, and its logic; `type` is what is known of its value."""

    element: Element
    item: ItemType
    requires: tuple[Required, ...] = ()
    type: Type = types.any_
    logic: Logic = NOTHING
    service: Service | None = None

    @property
    def name(self) -> str:
        return self.element.variable.name

    def decisions(self) -> Iterator[Node]:
        """The decisions of the same model that it requires."""
        for required in self.requires:
            if required.model is None and isinstance(required.node.element, Decision):
                yield required.node


@dataclass(frozen=True, slots=True)
class Required:
    """A node of our own model, or of the one imported under the name `model`; None for our own."""

    model: str | None
    node: Node


@dataclass(frozen=True, slots=True)
class Service:
    """What a decision service takes, in the order of its parameters, and gives."""

    parameters: tuple[Required, ...]
    outputs: tuple[Required, ...]


class Graph:
    """The elements of one model as nodes, by id. Raises RuleFileError CRM160 and CRM162."""

    def __init__(self, definitions: Definitions, imported: Mapping[str, Graph], notices: Notices) -> None:
        self.definitions = definitions
        self.imported = imported
        known = {name: graph.types for name, graph in imported.items()}
        self.types: ItemTypes = ItemTypes(definitions, known, notices)
        self.reader = LogicReader(self.types, notices)
        self.nodes = {id: Node(element, self._item(element)) for id, element in definitions.elements.items()}
        for node in self.nodes.values():
            node.requires = tuple(self._resolved(node.element.requirements))
            if isinstance(node.element, DecisionService):
                service = node.element
                parameters = self._resolved([*service.input_data, *service.input_decisions])
                node.service = Service(tuple(parameters), tuple(self._resolved(service.outputs)))
        for node in self.nodes.values():
            node.type = self._declared(node)
        self.tables: list[tuple[Node, boxed.DecisionTable, Table, Scope]] = []  # each with who holds it
        for node in self._ordered():
            before = len(self.reader.tables)
            self._prepare(node)
            self.tables += [(node, *each) for each in self.reader.tables[before:]]

    # what is required

    def _resolved(self, requirements: Sequence[Requirement]) -> Iterator[Required]:
        for requirement in requirements:
            if requirement.kind != "Authority":
                yield self._find(requirement)

    def _find(self, requirement: Requirement) -> Required:
        namespace, _, id = requirement.href.rpartition("#")
        if namespace in ("", self.definitions.namespace) and id in self.nodes:
            return Required(None, self.nodes[id])
        for name, graph in self.imported.items():
            if graph.definitions.namespace == namespace and id in graph.nodes:
                return Required(name, graph.nodes[id])
        place = f"{self.definitions.file}:{requirement.start.line}:{requirement.start.column}"
        raise RuleFileError("CRM160", file=place, name=requirement.href)

    def _ordered(self) -> Iterator[Node]:
        """Functions, whose types are declared, then each decision after those that it requires (6.2.1)."""
        nodes = self.nodes.values()
        yield from (node for node in nodes if isinstance(node.element, KnowledgeModel))
        decisions = {node: list(node.decisions()) for node in nodes if isinstance(node.element, Decision)}
        try:
            yield from TopologicalSorter(decisions).static_order()
        except CycleError as error:
            path = " → ".join(node.element.name for node in reversed(error.args[1]))
            start = error.args[1][0].element.start
            raise RuleFileError("CRM162", file=f"{self.definitions.file}:{start.line}", name=path) from None

    # types and logic

    def _item(self, element: Element) -> ItemType:
        where = Text(element.variable.type_ref or "", element.variable.start)
        return self.types.of(element.variable.type_ref, where)

    def _declared(self, node: Node) -> Type:
        """What is known of a value before any logic is read."""
        match node.element:
            case KnowledgeModel(logic=logic) if logic is not None:
                return self.reader.signature(logic)
            case KnowledgeModel():
                return FunctionType()
            case DecisionService() if node.service is not None:
                taken = tuple(required.node.item.type for required in node.service.parameters)
                return FunctionType(taken, result_of(node.item).type)
        return node.item.type

    def _prepare(self, node: Node) -> None:
        """Gives a decision or function its logic."""
        match node.element:
            case Decision(logic=logic):
                node.logic = coerced(self.reader.read(logic, self._scope(node)), node.item)
                node.type = node.logic.type
            case KnowledgeModel(logic=logic) if logic is not None:
                scope = self._scope(node).child({node.name: Name(node.name, node.type)})
                node.logic = self.reader.function(logic, scope, result_of(node.item))
                node.type = node.logic.type

    def _scope(self, node: Node) -> Scope:
        names: dict[str, Name] = {}
        inside: dict[str, dict[str, Name]] = {}
        for required in node.requires:
            name = Name(required.node.name, required.node.type)
            if required.model:
                inside.setdefault(required.model, {})[name.canonical] = name
            else:
                names[name.canonical] = name
        names |= {model: Name(model, ContextType(fields)) for model, fields in inside.items()}
        return Scope(names, types=self.types.scope)


def result_of(item: ItemType) -> ItemType:
    """The type of a function's result: older models give its variable that type, newer a function's."""
    return ItemType(item.type.result) if isinstance(item.type, FunctionType) else item


@dataclass(slots=True)
class Run:
    """One evaluation: the inputs of one model, and the values that follow from them, each found once.

    What is given for a decision that others require stands for its value.
    """

    graph: Graph
    inputs: Mapping[str, Any]
    steps: Steps
    found: dict[Node, Any] = field(default_factory=dict)
    inner: dict[str, Run] = field(default_factory=dict)

    def value(self, node: Node) -> Any:
        """The value of a node that another one requires."""
        waiting = [node]  # what is required comes first, so that a long chain needs no deep stack
        while waiting:
            last = waiting[-1]
            missing = [] if last in self.found or self._is_given(last) else self._missing(last)
            if missing:
                waiting += missing
                continue
            waiting.pop()
            if last not in self.found:
                self.found[last] = self.given(last) if self._is_given(last) else self.made(last)
        return self.found[node]

    def _is_given(self, node: Node) -> bool:
        return isinstance(node.element, Decision) and node.element.name in self.inputs

    def _missing(self, node: Node) -> list[Node]:
        return [required for required in node.decisions() if required not in self.found]

    def given(self, node: Node) -> Any:
        return node.item.coerced(read(self.inputs.get(node.element.name)), self.steps)

    def made(self, node: Node) -> Any:
        """The value that a node's own logic gives."""
        match node.element:
            case InputData():
                return self.given(node)
            case KnowledgeModel():
                return self._function(node)
            case DecisionService():
                return self._service(node)
        return node.logic.value(self._environment(node))

    def _environment(self, node: Node) -> Env:
        env: Env = {Steps: self.steps}
        for required in node.requires:
            value = self.required(required)
            if required.model:
                env.setdefault(required.model, {})[required.node.name] = value
            else:
                env[required.node.name] = value
        return env

    def required(self, required: Required) -> Any:
        run = self if required.model is None else self.inside(required.model)
        return run.value(required.node)

    def inside(self, model: str) -> Run:
        """The run of an imported model, whose inputs are given as a context or as `model.input`."""
        if model not in self.inner:
            inputs = self.inputs
            if model:
                prefix = model + "."
                inputs = {
                    name.removeprefix(prefix): value
                    for name, value in self.inputs.items()
                    if name.startswith(prefix)
                }
                context = self.inputs.get(model)
                inputs |= context if isinstance(context, Mapping) else {}
            self.inner[model] = Run(self.graph.imported[model], inputs, self.steps)
        return self.inner[model]

    def _function(self, node: Node) -> Any:
        """The function is there before what it requires, which may call it."""
        env: Env = {Steps: self.steps}
        function = self.found[node] = node.logic.value(env)
        env |= self._environment(node)
        env[node.name] = function
        return function

    def _service(self, node: Node) -> Function:
        assert node.service is not None
        parameters = node.service.parameters

        def called(*values: object) -> object:
            inputs: dict[str, Any] = {}
            for required, value in zip(parameters, values, strict=True):
                place = inputs.setdefault(required.model, {}) if required.model else inputs
                place[required.node.element.name] = value
            return Run(self.graph, inputs, self.steps).outputs(node)

        names = tuple(required.node.name for required in parameters)
        return Function(names, tuple(required.node.item.type for required in parameters), called)

    def outputs(self, node: Node) -> Any:
        """The value of one output decision, or a context of several (10.4)."""
        assert node.service is not None
        values = {required.node.name: self.required(required) for required in node.service.outputs}
        found = next(iter(values.values())) if len(values) == 1 else Fields(values)
        return result_of(node.item).coerced(found, self.steps)
