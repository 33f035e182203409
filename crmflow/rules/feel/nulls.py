"""Which test does null pass although nobody thought of it?

`x != 5` and `not(x = 5)` are true when x is null. That is a trap unless something else that must hold
shows that x has a value, or a test of x for null stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from crmflow.rules.feel import tree, types
from crmflow.rules.feel.builtins import BUILTINS
from crmflow.rules.feel.expression import Expression
from crmflow.rules.feel.lexer import Notice
from crmflow.rules.feel.tree import INPUT, Node

Condition = tuple[Expression, Expression | None]  # a condition, and for a table's cell the column it tests
Needs = Mapping[str, Node]  # the names and paths without which a node is null, by their canonical spelling
NOTHING: Final[frozenset[str]] = frozenset()


def null_traps(conditions: Sequence[Condition], given: frozenset[str] = NOTHING) -> list[list[Notice]]:
    """For conditions that must all hold: what null passes in each (CRM214), with the mend.

    `given` are the canonical names that surely have a value, such as those that `excluded` tells.
    """
    found = []
    for place, (one, column) in enumerate(conditions):
        others = (*conditions[:place], *conditions[place + 1 :])
        sure = given.union(*(proved(each.tree, True, _tree(about)) for each, about in others))
        notices: dict[tuple[int, int], Notice] = {}
        for node, lacking in _traps(one.tree, True, sure, _tree(column)):
            notices.setdefault((node.start, node.end), _notice(one.text, column, node, lacking))
        found.append(list(notices.values()))
    return found


def excluded(conditions: Sequence[Condition]) -> frozenset[str]:
    """The canonical names that surely have a value where these conditions do not all hold."""
    proofs = [proved(each.tree, False, _tree(column), unknown=True) for each, column in conditions]
    return frozenset.intersection(*proofs) if proofs else NOTHING


def _tree(column: Expression | None) -> Node | None:
    return None if column is None else column.tree


def needs(node: Node, input: Node | None = None) -> Needs:
    """The names and paths that have a value wherever the node has one."""
    match node:
        case tree.Variable(name=name):
            if name == INPUT and input is not None:
                return needs(input)
            return {name: node}
        case tree.Path(operand=operand, name=name):
            above = needs(operand, input)
            whole = isinstance(operand, tree.Variable | tree.Path)
            return {f"{next(iter(above))}.{name}": node, **above} if whole and above else above
        case tree.Negation(operand=operand) | tree.Rank(operand=operand):
            return needs(operand, input)
        case tree.Comparison(operator="=" | "!="):
            return {}
        case tree.Arithmetic(left=left, right=right) | tree.Comparison(left=left, right=right):
            return {**needs(left, input), **needs(right, input)}
        case tree.Between(value=value, low=low, high=high):
            return {**needs(value, input), **needs(low, input), **needs(high, input)}
        case tree.Call(function=tree.BuiltinName(name=name), arguments=arguments, names=()):
            wanted = [each for place, each in enumerate(arguments) if _wants_value(name, place)]
            return {key: one for each in wanted for key, one in needs(each, input).items()}
    return {}


def _wants_value(function: str, place: int) -> bool:
    """Whether a builtin is null whatever signature is meant when this argument is."""
    taken = [
        signature.parameter(place)
        for signature in BUILTINS[function].signatures
        if signature.variadic or place < len(signature.parameters)
    ]
    return bool(taken) and not any(each.optional or each.type in (types.any_, types.null) for each in taken)


def proved(node: Node, truth: bool, input: Node | None = None, unknown: bool = False) -> frozenset[str]:
    """What surely has a value when a condition comes out as `truth` (or, with `unknown`, as that or null)."""
    match node:
        case tree.And(operands=operands) | tree.Or(operands=operands):
            proofs = [proved(each, truth, input, unknown) for each in operands]
            all_hold = isinstance(node, tree.And) is truth
            return frozenset.union(*proofs) if all_hold else frozenset.intersection(*proofs)
        case tree.Comparison(operator="=" | "!=" as operator, left=left, right=right):
            return _proved_by_equality(left, right, truth == (operator == "="), input)
        case tree.In():
            return proved(_spelled_out(node), truth, _tested(node, input), unknown)
        case tree.If(condition=condition, then=then, otherwise=otherwise):
            branches = (
                proved(condition, True, input) | proved(then, truth, input, unknown),
                proved(condition, False, input, True) | proved(otherwise, truth, input, unknown),
            )
            possible = [
                proof
                for proof, end in zip(branches, (then, otherwise), strict=True)
                if not isinstance(end, tree.Literal) or end.value is truth or (unknown and end.value is None)
            ]
            return frozenset.intersection(*possible) if possible else NOTHING
        case tree.InstanceOf(operand=operand, wanted=wanted) if truth and wanted != types.null:
            return frozenset(needs(operand, input))
    if (negated := _negated(node)) is not None:
        return proved(negated, not truth, input, unknown)
    return NOTHING if unknown else frozenset(needs(node, input))


def _proved_by_equality(left: Node, right: Node, equal: bool, input: Node | None) -> frozenset[str]:
    """`x = null` shows x when false, `x = 5` when true."""
    sides = ((left, right), (right, left))
    if any(_is_null(side) for side in (left, right)):
        return NOTHING if equal else frozenset().union(*(needs(side, input) for side in (left, right)))
    known = [side for side, other in sides if not any(map(_may_lack, needs(other, input).values()))]
    return frozenset().union(*(needs(side, input) for side in known)) if equal else NOTHING


def _traps(
    node: Node, wanted: bool, given: frozenset[str], input: Node | None
) -> Iterator[tuple[Node, Node]]:
    """Each test that null passes on the way to `wanted`, with the name or path that may lack a value."""
    match node:
        case tree.And(operands=operands) | tree.Or(operands=operands):
            yield from _traps_among(node, operands, wanted, given, input)
        case tree.In():
            traps = _traps(_spelled_out(node), wanted, given, _tested(node, input))
            yield from ((node if test.end <= test.start else test, lacking) for test, lacking in traps)
            yield from _traps(node.value, True, given, input)
        case tree.If(condition=condition, then=then, otherwise=otherwise):
            yield from _traps(condition, not _is(then, not wanted), given, input)
            yield from _traps(then, wanted, given | proved(condition, True, input), input)
            yield from _traps(otherwise, wanted, given | proved(condition, False, input, True), input)
        case tree.Quantified(iterations=iterations, body=body):
            for iteration in iterations:
                yield from _traps(iteration.source, True, given, input)
            yield from _traps(body, wanted, given, input)
        case tree.Comparison(operator="=" | "!=" as operator, left=left, right=right) if (
            (operator == "!=") == wanted and not _is_null(left) and not _is_null(right)
        ):
            lacking = {**needs(left, input), **needs(right, input)}
            yield from ((node, each) for key, each in lacking.items() if _may_lack(each) and key not in given)
        case tree.Comparison(operator="=", left=test, right=tree.Literal(value=False)):
            yield from _traps(test, not wanted, given, input)
        case tree.Call(
            function=tree.BuiltinName(name="list contains"), arguments=(among, item), names=()
        ) if not wanted and not (isinstance(among, tree.ListOf) and any(map(_is_null, among.items))):
            sought = needs(item, input)
            yield from ((node, each) for key, each in sought.items() if _may_lack(each) and key not in given)
        case _ if (negated := _negated(node)) is not None:
            yield from _traps(negated, not wanted, given, input)
        case _:
            for child in tree.children(node):
                yield from _traps(child, True, given, input)


def _traps_among(
    node: Node, operands: Sequence[Node], wanted: bool, given: frozenset[str], input: Node | None
) -> Iterator[tuple[Node, Node]]:
    """Of `and`, an operand matters where the others hold; of `or`, where they do not."""
    both = isinstance(node, tree.And)
    proofs = [proved(each, both, input, both is not wanted) for each in operands]
    for place, operand in enumerate(operands):
        others = proofs[:place] + proofs[place + 1 :]
        yield from _traps(operand, wanted, given.union(*others), input)


def _negated(node: Node) -> Node | None:
    """What a `not` is about."""
    match node:
        case tree.Not(operand=operand):
            return operand
        case tree.Call(function=tree.BuiltinName(name="not"), arguments=(operand,)):
            return operand
    return None


def _tested(node: tree.In, input: Node | None) -> Node | None:
    """What `?` means in the tests of an `in`."""
    own = isinstance(node.value, tree.Variable) and node.value.name == INPUT
    return input if own else node.value


def _spelled_out(node: tree.In) -> Node:
    """The tests as comparisons of `?`, joined by `or`. What is made for it has no span."""
    return tree.Or(tuple(map(_comparison, node.tests)), start=0, end=0)


def _comparison(test: Node) -> Node:
    value = tree.Variable(INPUT, start=0, end=0)
    match test:
        case tree.OperatorTest(operator=operator, right=right):
            return tree.Comparison(operator, value, right, start=0, end=0)
        case tree.ValueTest(expression=expression, reads_input=True):
            return expression
        case tree.ValueTest(expression=tree.ListOf(items=items)):
            each = (_comparison(tree.ValueTest(item, False, start=0, end=0)) for item in items)
            return tree.Or(tuple(each), start=0, end=0)
        case tree.ValueTest(expression=expression):
            ordered = isinstance(expression.type, types.RangeType)
            return tree.Comparison("<" if ordered else "=", value, expression, start=0, end=0)
    return test


def _is(node: Node, truth: bool) -> bool:
    return isinstance(node, tree.Literal) and node.value is truth


def _is_null(node: Node) -> bool:
    return isinstance(node, tree.Literal) and node.value is None


def _may_lack(node: Node) -> bool:
    return isinstance(node, tree.Variable | tree.Path) and node.nullable


def _notice(text: str, column: Expression | None, node: Node, lacking: Node) -> Notice:
    if column is not None and any(each is lacking for each in needs(column.tree).values()):
        name, here = column.text[lacking.start : lacking.end], INPUT
    else:
        name = here = text[lacking.start : lacking.end] or INPUT
    return Notice("CRM214", node.start, node.end, _mended(node, text, here), name)


def _mended(node: Node, text: str, name: str) -> str:
    test = text[node.start : node.end]
    match node:
        case tree.In(value=tree.Variable(name="?"), tests=tests):
            if isinstance(tests[0], tree.OperatorTest) and len(tests) == 1:
                return f"not(null, {text[tests[0].right.start : tests[0].right.end]})"
            if test.startswith("not"):
                return f"not(null, {text[tests[0].start : node.end]}"
            return f"? != null and ? in ({test})"
        case tree.Comparison(operator="!="):
            return f"{name} != null and {test}"
        case tree.In(tests=(tree.OperatorTest(operator="!="),)):
            return f"{name} != null and {test}"
    before, after = text[: node.start].rstrip(), text[node.end :].lstrip()
    enclosed = before.endswith(("(", "（")) and after.startswith((")", "）"))
    return f"{name} = null or {test}" if enclosed else f"({name} = null or {test})"
