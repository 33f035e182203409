"""Into which parts do a rule's conditions fall, so that things can be found by their values?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

from crmflow.errors import FeelError
from crmflow.rules.feel import FunctionType, Type, tree
from crmflow.rules.feel.tree import Node
from crmflow.rules.feel.types import ContextType, any_, number
from crmflow.rules.infer.kind import PLACE, Kind
from crmflow.rules.infer.program import HIDDEN, Atom, Body, Relation
from crmflow.rules.vocabulary import bare


def body_of(conditions: Iterator[Node], variables: Mapping[str, Type]) -> Body:
    """The parts of conditions that all must hold.

    Raises FeelError CRM262 where a relation stands anywhere but in an `and`, or under a `not` in one.
    """
    atoms: list[Atom] = []
    negations: list[Atom] = []
    equalities: list[tuple[Node, Node]] = []
    rest: list[Node] = []
    for each in (part for condition in conditions for part in conjuncts(by_place(condition))):
        if (atom := atom_of(each)) is not None:
            atoms.append(atom)
        elif (denied := _denied(each)) is not None:
            negations.append(denied)
        elif isinstance(each, tree.Comparison) and each.operator == "=" and _joins(each, variables):
            equalities.append((each.left, each.right))
        else:
            rest.append(each)
    for node in (*_arguments(atoms, negations), *(side for pair in equalities for side in pair), *rest):
        refuse_relations(node)
    return Body(tuple(atoms), tuple(negations), tuple(equalities), tuple(rest))


def conjuncts(node: Node) -> Iterator[Node]:
    """The conditions that `and` joins."""
    if isinstance(node, tree.And):
        for operand in node.operands:
            yield from conjuncts(operand)
    else:
        yield node


def atom_of(node: Node) -> Atom | None:
    """`reaches(a, b)`, where `reaches` is a relation."""
    if isinstance(node, tree.Call) and isinstance(node.function, tree.Variable) and not node.names:
        return Atom(node.function.name, node.arguments)
    return None


def refuse_relations(node: Node) -> None:
    """Raises FeelError CRM262 where a relation stands in an expression that is computed."""
    for each in walk(node):
        if isinstance(each, tree.Variable) and isinstance(each.type, FunctionType):
            raise FeelError("CRM262", each.start, each.end, name=bare(each.name))


def variables_of(node: Node, variables: Mapping[str, Type]) -> frozenset[str]:
    """The rule's variables that an expression reads."""
    return frozenset(
        each.name for each in walk(node) if isinstance(each, tree.Variable) and each.name in variables
    )


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it."""
    yield node
    for child in tree.children(node):
        yield from walk(child)


def by_place(node: Node) -> Node:
    """The tree with comparisons of things as comparisons of their places: `a != b` is about identity."""
    changed: dict[str, Any] = {}
    for each in fields(node):
        value = getattr(node, each.name)
        if isinstance(value, Node):
            changed[each.name] = by_place(value)
        elif isinstance(value, tuple) and any(isinstance(item, Node) for item in value):
            changed[each.name] = tuple(by_place(item) if isinstance(item, Node) else item for item in value)
    node = replace(node, **changed)
    if isinstance(node, tree.Comparison) and isinstance(node.left.type, Kind):
        return replace(node, left=_place(node.left), right=_place(node.right))
    return node


def with_hidden(
    body: Body, relations: Mapping[str, Relation], variables: Mapping[str, Type]
) -> tuple[Body, dict[str, Type]]:
    """The body with a variable in each place of a relation, and the variables that it takes for that; what
    stood there is equal to it."""
    hidden: dict[str, Type] = {}
    equalities = list(body.equalities)
    atoms = []
    for atom in body.atoms:
        seen: set[str] = set()
        arguments: list[Node] = []
        for argument, type in zip(atom.arguments, relations[atom.relation].types, strict=True):
            if isinstance(argument, tree.Variable) and argument.name in variables.keys() - seen:
                seen.add(argument.name)
                arguments.append(argument)
                continue
            name = f"{HIDDEN}{len(hidden)}"
            hidden[name] = type
            variable = tree.Variable(name, start=argument.start, end=argument.end, type=type)
            arguments.append(variable)
            equalities.append((variable, argument))
        atoms.append(Atom(atom.relation, tuple(arguments)))
    return replace(body, atoms=tuple(atoms), equalities=tuple(equalities)), hidden


def _place(node: Node) -> Node:
    if not isinstance(node.type, Kind):
        return node
    return tree.Path(node, PLACE, start=node.start, end=node.end, type=number)


def _denied(node: Node) -> Atom | None:
    """The relation in `not(reaches(a, b))`."""
    match node:
        case tree.Call(function=tree.BuiltinName(name="not"), arguments=(inner,)) | tree.Not(operand=inner):
            return atom_of(inner)
    return None


def _joins(node: tree.Comparison, variables: Mapping[str, Type]) -> bool:
    """Whether the two sides are known values of different variables, by which one finds the other."""
    left, right = variables_of(node.left, variables), variables_of(node.right, variables)
    plain = not any(
        isinstance(side.type, ContextType) or side.type == any_ for side in (node.left, node.right)
    )
    return plain and bool(left) and bool(right) and not left & right


def _arguments(*atoms: list[Atom]) -> Iterator[Node]:
    for each in atoms:
        for atom in each:
            yield from atom.arguments
