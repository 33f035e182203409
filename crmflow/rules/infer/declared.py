"""Which names may the rules of one inference use, and what does each mean?"""

from __future__ import annotations

from collections.abc import Mapping

from crmflow.rules import feel
from crmflow.rules.feel import Enumeration, FunctionType, Name, Scope, Type
from crmflow.rules.feel.scope import nearest
from crmflow.rules.infer.kind import SCALARS, Kind, Kinds
from crmflow.rules.infer.program import Relation
from crmflow.rules.infer.shape import InferenceShape
from crmflow.rules.params import read_params
from crmflow.rules.source import Document, Findings, Path
from crmflow.rules.vocabulary import PRESENT, Inferred, Vocabulary


def inferred(document: Document, shape: InferenceShape) -> Inferred:
    """What an inference gives to others, under its qualified name."""
    gives = shape.gives
    type = SCALARS[gives.type] if gives.of is None else Enumeration(tuple(gives.of))
    name = f"{document.pack}.{gives.name}"
    return Inferred(name, gives.label(gives.name), type, gives.spellings())


class Declared:
    """The result, relations, params and kinds of one file; `scope` has all names that are not variables."""

    def __init__(
        self, document: Document, shape: InferenceShape, names: Vocabulary, findings: Findings
    ) -> None:
        self.document, self.shape, self.names, self.findings = document, shape, names, findings
        self.kinds = Kinds(names, document.pack)
        self.gives = inferred(document, shape)
        self.params = read_params(document, shape.params, findings)
        self.relations = self._relations()
        self.scope = self._scope()

    def variables(self, path: Path, kinds: Mapping[str, str]) -> dict[str, Type]:
        """The variables of a rule with their kinds of things or types of values."""
        for name in kinds:
            self._refuse_taken(name, self.scope, (*path, name))
        return {name: self._kind((*path, name), kind) for name, kind in kinds.items()}

    def with_variables(self, variables: Mapping[str, Type]) -> Scope:
        """All names that a rule's conditions may use; a thing is never null."""
        return self.scope.child(
            {name: Name(name, type, nullable=not isinstance(type, Kind)) for name, type in variables.items()}
        )

    def form(self, relation: str) -> str:
        """How a conclusion of a relation is written."""
        types = self.relations[relation].types
        if relation != self.gives.name:
            return f"{relation}({', '.join(map(str, types))})"
        name, type = self.shape.gives.name, self.gives.type
        if type == feel.boolean:
            return f"{name}(customer)"
        if isinstance(type, Enumeration):
            return f"{name}(customer) = {type}"
        return f"{name}(customer) = count(…) / sum(…) / min(…) / max(…)"

    def complain(
        self,
        code: str,
        path: Path,
        parts: Mapping[str, object],
        *,
        key: bool = False,
        inside: tuple[int, int] | None = None,
        suggestion: str | None = None,
    ) -> None:
        found = self.document.diagnostic(code, path, parts, key=key, inside=inside, suggestion=suggestion)
        self.findings.errors.append(found)

    def _relations(self) -> dict[str, Relation]:
        gives = Relation(self.gives.name, self.gives.label, (self.kinds.customer,))
        relations = {gives.name: gives}
        for name, shape in self.shape.relations.items():
            path: Path = ("relations", name, "between")
            types = tuple(self._kind((*path, n), each) for n, each in enumerate(shape.between))
            relations[name] = Relation(name, shape.label(name), types)
        return relations

    def _kind(self, path: Path, spelling: str) -> Type:
        found = self.kinds.find(spelling)
        if found is None:
            known = self.kinds.spellings()
            parts = {"name": spelling, "known": ", ".join(known)}
            self.complain("CRM180", path, parts, suggestion=nearest(spelling, known))
        return found or feel.any_

    def _scope(self) -> Scope:
        """The result, relations, params, today and now; each name means one thing."""
        result = FunctionType((self.kinds.customer,), self.gives.type)
        label = self.gives.label
        spellings = (self.shape.gives.name, *self.gives.aliases, label.en, label.zh)
        scope = Scope({name: PRESENT[name] for name in ("today", "now")})
        scope = scope.child({self.gives.name: Name(self.gives.name, result, spellings)})
        for name, shape in self.shape.relations.items():
            self._refuse_taken(name, scope, ("relations", name))
            type = FunctionType(self.relations[name].types, feel.boolean)
            scope = scope.child({name: Name(name, type, shape.spellings())})
        for name, param in self.params.items():
            self._refuse_taken(name, scope, ("params", name))
            scope = scope.child({name: param.as_name})
        return scope

    def _refuse_taken(self, name: str, scope: Scope, path: Path) -> None:
        other = scope.resolve(name)
        if other is not None:
            self.complain("CRM182", path, {"name": name, "other": other.canonical}, key=True)
