"""How does one rule of an inference's file become a rule, with every mistake at its place?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

from crmflow.errors import FeelError
from crmflow.rules import feel
from crmflow.rules.condition import condition, expression, report
from crmflow.rules.durable.refusal import refusal
from crmflow.rules.feel import Enumeration, Expression, FunctionType, Name, Type, tree
from crmflow.rules.feel.tree import Node
from crmflow.rules.infer.body import atom_of, body_of, refuse_relations, variables_of, walk, with_hidden
from crmflow.rules.infer.declared import Declared
from crmflow.rules.infer.kind import CUSTOMER, Kind
from crmflow.rules.infer.program import Aggregate, Atom, Body, InferenceRule
from crmflow.rules.infer.shape import InferenceRuleShape
from crmflow.rules.source import Path

AGGREGATES: Final[Mapping[str, Type]] = {
    "count": feel.number,
    "sum": feel.number,
    "min": feel.any_,
    "max": feel.any_,
}
Head = tuple[Atom, Node | None, Aggregate | None]


class RuleReader:
    """Reads the rule at `path`."""

    def __init__(self, declared: Declared, path: Path, shape: InferenceRuleShape) -> None:
        self.declared, self.path, self.shape = declared, path, shape
        self.document, self.findings = declared.document, declared.findings
        self.variables = declared.variables((*path, "for"), shape.for_)
        self.scope = declared.with_variables(self.variables)

    def read(self) -> InferenceRule | None:
        """The rule; None when it has an error."""
        if feel.any_ in self.variables.values():  # of an unknown kind
            return None
        when, then = self._conditions(), self._conclusion()
        if None in when or then is None:
            return None
        read = tuple(each for each in when if each is not None)
        body, head = self._body(read), self._head(then)
        if body is None or head is None or self._reads_what_is_decided(read):
            return None
        atom, value, aggregate = head
        body, hidden = with_hidden(body, self.declared.relations, self.variables)
        rule = InferenceRule(
            self.shape.id,
            self.shape.title.text,
            {**self.variables, **hidden},
            read,
            body,
            atom,
            value,
            aggregate,
            int(self.shape.at_least or 1),
        )
        return rule if self._is_safe(rule) and not self._is_refused(rule) else None

    # conditions

    def _place(self, n: int | None) -> Path:
        """Where the n-th condition stands; None: all of them."""
        several = isinstance(self.document.value(self.path).get("when"), list)
        return (*self.path, "when") if n is None or not several else (*self.path, "when", n)

    def _conditions(self) -> list[Expression | None]:
        places = [self._place(n) for n in range(len(self.shape.when))]
        return [condition(self.document, place, self.scope, self.findings) for place in places]

    def _body(self, when: Sequence[Expression]) -> Body | None:
        """The parts of all conditions; a mistake stands in the condition that makes it."""
        for n, each in enumerate(when):
            try:
                self._refuse_unfinished(each.tree, body_of(iter([each.tree]), self.variables))
            except FeelError as error:
                report(self.document, self._place(n), error, self.findings, self.scope)
                return None
        return body_of((each.tree for each in when), self.variables)

    def _refuse_unfinished(self, root: Node, body: Body) -> None:
        """Raises FeelError CRM268 where the result is read that is only known in the end."""
        gives = self.declared.gives
        for atom in (*body.atoms, *body.negations):
            if atom.relation == gives.name and gives.type != feel.boolean:
                node = next(each for each in walk(root) if _is_named(each, atom.relation))
                raise FeelError("CRM268", node.start, node.end, name=self.declared.shape.gives.name)

    def _reads_what_is_decided(self, when: Sequence[Expression]) -> bool:
        """Segments, owners and participants are decided after everything is inferred."""
        decided = {*self.declared.names.results, "owner", "participants"}
        for n, each in enumerate(when):
            for node in walk(each.tree):
                if isinstance(node, tree.Path) and _is_of_customer(node) and node.name in decided:
                    inside = (node.start, node.end)
                    self.declared.complain("CRM260", self._place(n), {"name": node.name}, inside=inside)
                    return True
        return False

    # what is concluded

    def _conclusion(self) -> Expression | None:
        """`reaches(a, b)`, or `place(a) = value`, where the aggregates take things as well as values."""
        adding = {name: Name(name, FunctionType(None, type)) for name, type in AGGREGATES.items()}
        return expression(self.document, (*self.path, "then"), self.scope.child(adding), self.findings)

    def _head(self, then: Expression) -> Head | None:
        """The relation that a rule concludes, and the value that it gives."""
        said, value = _sides(then.tree)
        atom = atom_of(said)
        if atom is None or atom.relation not in self.declared.relations:
            known = ", ".join(map(self.declared.form, self.declared.relations))
            self._refuse("CRM261", {"name": then.text, "known": known})
            return None
        for argument in atom.arguments:
            if not isinstance(_root(argument), tree.Variable | tree.Literal):
                inside = (argument.start, argument.end)
                self._refuse("CRM265", {"name": then.text[argument.start : argument.end]}, inside)
                return None
        head = self._with_value(atom, value)
        if head is None:
            parts = {"name": then.text, "expected": self.declared.form(atom.relation)}
            self._refuse("CRM267", parts)
            return None
        return head if head[2] is None or self._adds_up(head[2], head[1]) else None

    def _with_value(self, atom: Atom, value: Node | None) -> Head | None:
        """The head, where the value is of the form that the file gives."""
        gives = self.declared.gives
        if atom.relation != gives.name or gives.type == feel.boolean:
            return (atom, None, None) if value is None else None
        if isinstance(gives.type, Enumeration):
            return (atom, value, None) if isinstance(value, tree.Literal) else None
        added = None if value is None else atom_of(value)
        if added is None or added.relation not in AGGREGATES or len(added.arguments) != 1:
            return None
        return atom, added.arguments[0], cast(Aggregate, added.relation)

    def _adds_up(self, aggregate: Aggregate, summed: Node | None) -> bool:
        """Whether what is counted or added up fits what the inference gives."""
        assert summed is not None
        path, gives = (*self.path, "then"), self.declared.gives.type
        try:
            refuse_relations(summed)
        except FeelError as error:
            report(self.document, path, error, self.findings, self.scope)
            return False
        found = feel.number if aggregate == "count" else summed.type
        if found == gives and variables_of(summed, self.variables):
            return True
        parts = {"expected": gives, "found": found}
        self._refuse("CRM103", parts, (summed.start, summed.end))
        return False

    def _refuse(self, code: str, parts: Mapping[str, object], inside: tuple[int, int] | None = None) -> None:
        self.declared.complain(code, (*self.path, "then"), parts, inside=inside)

    # the rule as a whole

    def _is_safe(self, rule: InferenceRule) -> bool:
        """A variable of a type has its values from a relation, and what is counted is there."""
        given = {name for atom in rule.body.atoms for each in atom.arguments for name in _variable(each)}
        for name, type in self.variables.items():
            if not isinstance(type, Kind) and name not in given:
                self.declared.complain("CRM264", (*self.path, "for", name), {"name": name}, key=True)
                return False
        said = {name for node in rule.head.arguments for name in variables_of(node, self.variables)}
        if rule.at_least > 1 and (rule.aggregate is not None or not self.variables.keys() - said):
            self.declared.complain("CRM274", (*self.path, "at least"), {"name": rule.id})
            return False
        return True

    def _is_refused(self, rule: InferenceRule) -> bool:
        """What is not for durable-rules, where the file names it."""
        if self.declared.shape.engine != "durable":
            return False
        params = {name: param.value for name, param in self.declared.params.items()}
        found = refusal(rule, self.declared.relations, params)
        if found is not None:
            report(self.document, self._place(found[0]), found[1], self.findings, self.scope)
        return found is not None


def fields_read(rule: InferenceRule) -> Iterator[str]:
    """The canonical names of customers' fields that a rule reads."""
    roots = [*(each.tree for each in rule.when), *rule.head.arguments, *([rule.value] if rule.value else [])]
    for root in roots:
        for node in walk(root):
            if isinstance(node, tree.Path) and _is_of_customer(node):
                yield node.name


def _is_of_customer(node: tree.Path) -> bool:
    type = node.operand.type
    return isinstance(type, Kind) and type.name == CUSTOMER


def _sides(node: Node) -> tuple[Node, Node | None]:
    """What stands before and after the `=` of a conclusion."""
    if isinstance(node, tree.Comparison) and node.operator == "=":
        return node.left, node.right
    return node, None


def _root(node: Node) -> Node:
    while isinstance(node, tree.Path):
        node = node.operand
    return node


def _variable(node: Node) -> Iterator[str]:
    if isinstance(node, tree.Variable):
        yield node.name


def _is_named(node: Node, relation: str) -> bool:
    return isinstance(node, tree.Variable) and node.name == relation
