"""What is a DMN model that can be asked, and how is it loaded with the models that it imports?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from crmflow.core.diagnostic import Diagnostic
from crmflow.core.text import Text as Said
from crmflow.errors import FeelError, RuleFileError
from crmflow.rules.dmn.boxed import Text
from crmflow.rules.dmn.definitions import (
    Decision,
    DecisionService,
    Definitions,
    Import,
    InputData,
    KnowledgeModel,
)
from crmflow.rules.dmn.document import DEPTH_LIMIT
from crmflow.rules.dmn.graph import Graph, Node, Run
from crmflow.rules.dmn.notice import Notices
from crmflow.rules.dmn.reader import read_definitions
from crmflow.rules.dmn.writer import write_definitions
from crmflow.rules.feel.coercion import invoke
from crmflow.rules.feel.scope import nearest
from crmflow.rules.feel.steps import Steps
from crmflow.rules.feel.values import Function, read, write

_NOTHING: Final[Mapping[str, object]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A DMN model whose texts have been read.

    `notices` are what cannot be used in it: a FEEL text that cannot be read and a function in Java count as
    null, an unknown type as Any. `imports` are the models it imports, by the name it gives them.
    """

    definitions: Definitions
    graph: Graph
    notices: tuple[Diagnostic, ...]
    imports: Mapping[str, Model]

    @property
    def name(self) -> str:
        return self.definitions.name

    @property
    def decisions(self) -> tuple[str, ...]:
        return tuple(self._names(Decision))

    @property
    def services(self) -> tuple[str, ...]:
        return tuple(self._names(DecisionService))

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(self._names(InputData))

    def evaluate(self, name: str, inputs: Mapping[str, object] = _NOTHING) -> Any:
        """The value of a decision, a decision service or a business knowledge model, by name or id.

        `inputs` are values by the name of an input data element, as `feel.evaluate` takes them; those of an
        imported model stand under the name of the import. What is not given is null, and so is what does not
        fit its type. The result is as `feel.evaluate` returns it; of a service with several output decisions
        a dict by their names. A decision whose name is given, too, is not computed where others require it.

        Raises RuleFileError CRM166 for a name that is none, FeelError CRM020 to CRM023 for what would take
        too long, CRM110 for a Python value that FEEL does not know.
        """
        found = self._find(name)
        if found is None:
            near = nearest(name, (node.element.name for node in self.graph.nodes.values()))
            raise RuleFileError(
                "CRM166", name=name, file=self.definitions.file, near=f" ({near}?)" if near else ""
            )
        model, node = found
        run = Run(self.graph, inputs, Steps())
        for step in model:
            run = run.inside(step)
        try:
            return write(_asked(run, node))
        except RecursionError:
            raise FeelError("CRM022", 0, 0) from None

    def check(self) -> tuple[Diagnostic, ...]:
        """The logical faults of its decision tables (CRM220 to CRM235), each shown by an input."""
        from crmflow.rules.dmn.check import tables

        return tuple(tables(self.definitions, self.graph))

    def write(self, path: str | Path) -> None:
        """Writes the model as DMN 1.3. Raises RuleFileError CRM088 for what that version cannot say."""
        Path(path).write_text(dumps(self), "utf-8", newline="\n")

    def _find(self, name: str) -> tuple[tuple[str, ...], Node] | None:
        """The node of that name or id, and the imports that lead to its model."""
        for kind in (Decision, DecisionService, KnowledgeModel):
            for node in self.graph.nodes.values():
                if isinstance(node.element, kind) and name in (node.element.name, node.element.id):
                    return (), node
        for step, model in self.imports.items():
            if not step or name.startswith(step + "."):
                found = model._find(name.removeprefix(step + ".") if step else name)
                if found is not None:
                    return (step, *found[0]), found[1]
        return None

    def _names(self, kind: type) -> Iterator[str]:
        return (each.name for each in self.definitions.elements.values() if isinstance(each, kind))


def _asked(run: Run, node: Node) -> Any:
    """The value of a node that is asked for itself: functions are called with the inputs of their names."""
    if node.service is not None:
        own = [each.node.element.name for each in node.service.parameters if each.model is None]
        run.inputs = {**run.inputs, **{name: run.inputs.get(name) for name in own}}
        return run.outputs(node)
    value = run.made(node)
    if isinstance(node.element, KnowledgeModel) and isinstance(value, Function):
        return invoke(value, [read(run.inputs.get(name)) for name in value.parameters])
    return value


def load(path: str | Path, mode: str = "standard") -> Model:
    """The model of a DMN file, with the models that it imports, which lie beside it.

    In mode "strict" the first notice is raised instead: FeelError or RuleFileError with its code. Raises
    RuleFileError CRM080 to CRM087 for what cannot be read, CRM160 for a reference to nothing, CRM161 for an
    import that is not found, CRM162 for a decision that requires itself, CRM123 for what is no path; OSError
    where there is no file.
    """
    if mode not in ("strict", "standard"):
        raise ValueError(f"mode is 'strict' or 'standard', not {mode!r}")
    if not isinstance(path, str | Path) or str(path).lstrip("\ufeff \n").startswith("<"):
        raise RuleFileError("CRM123", found=_beginning(path))
    try:
        model = _Loader().model(Path(path))
    except RecursionError:  # types that refer to types, expressions in expressions
        raise RuleFileError("CRM082", file=str(path), limit=DEPTH_LIMIT) from None
    if mode == "strict" and model.notices:
        first = model.notices[0]
        place = f"{first.file}:{first.start.line}:{first.start.column}"
        raise RuleFileError("CRM167", file=place, first=_said(first), count=len(model.notices))
    return model


def dumps(model: Model) -> str:
    """The XML of a model in DMN 1.3. Raises RuleFileError CRM088 for what that version cannot say."""
    return write_definitions(model.definitions)


def _beginning(text: object) -> str:
    """What was given in the place of a path, on one line."""
    return " ".join(repr(text).split())[:40]


def _said(notice: Diagnostic) -> Said:
    return Said(notice.message("en"), notice.message("zh"))


class _Loader:
    """Loads each file once."""

    def __init__(self) -> None:
        self.loaded: dict[Path, Model] = {}
        self.loading: list[Path] = []

    def model(self, path: Path) -> Model:
        place = path.resolve()
        if place in self.loaded:
            return self.loaded[place]
        definitions = read_definitions(path.read_bytes(), str(path))
        self.loading.append(place)
        notices = Notices(str(path))
        imports = dict(self.imports(definitions, path.parent, notices))
        self.loading.pop()
        graph = Graph(definitions, {name: model.graph for name, model in imports.items()}, notices)
        met = [*notices.found, *(notice for model in imports.values() for notice in model.notices)]
        once = {id(notice): notice for notice in met}
        model = Model(definitions, graph, tuple(once.values()), imports)
        self.loaded[place] = model
        return model

    def imports(
        self, definitions: Definitions, folder: Path, notices: Notices
    ) -> Iterable[tuple[str, Model]]:
        for each in definitions.imports:
            if "omg.org/spec/DMN/" not in each.kind:
                notices.add("CRM164", Text("", each.start), kind=each.kind)
                continue
            path = self.found(each, folder)
            if path is None or path.resolve() in self.loading:
                place = f"{definitions.file}:{each.start.line}:{each.start.column}"
                raise RuleFileError("CRM161", file=place, name=each.namespace, folder=folder)
            yield each.name, self.model(path)

    def found(self, imported: Import, folder: Path) -> Path | None:
        """The file at the place that the import names, else the one beside us with its namespace."""
        named = folder / imported.location if imported.location and ":" not in imported.location else None
        beside = [named] if named is not None and named.is_file() else []
        wanted = imported.namespace.encode()
        for path in [*beside, *sorted(folder.glob("*.dmn"))]:
            data = path.read_bytes()
            if wanted in data and read_definitions(data, str(path)).namespace == imported.namespace:
                return path
        return None
