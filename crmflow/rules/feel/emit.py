"""How is a typed tree written as Python?

What is written here: names and literals, arithmetic on numbers, comparisons, tests, the three-valued logic,
`if`, properties, and calls of builtins. Anything else (`for`, `some`, `every`, filters, lists, contexts,
functions), and whatever lies deeper than `DEPTH`, is walked: `WALK(node, names)`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from crmflow.rules.feel import passing, tree
from crmflow.rules.feel.builtins import BUILTINS
from crmflow.rules.feel.code import (
    DECIMAL_DIGITS,
    ORDERED,
    WHOLE_DIGITS,
    Code,
    Kept,
    Kind,
    Slots,
    joined,
    plain,
)
from crmflow.rules.feel.conditions import UNKNOWN, All, Choice, Condition, Fixed, Opaque, Opposite, Some, Test
from crmflow.rules.feel.fold import folded
from crmflow.rules.feel.operations import OPERATIONS
from crmflow.rules.feel.tree import INPUT, Node

DEPTH: Final = 20  # CPython reads brackets 200 deep, and a level takes up to 8
UNBOUNDED: Final = 10_000  # digits
_OPPOSITE: Final = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_EXACT: Final = {"+": "ADD", "-": "SUBTRACT", "*": "MULTIPLY"}
_DATE_PARTS: Final = {"year": "year", "month": "month", "day": "day", "weekday": "isoweekday()"}


class Emitter:
    """Writes trees as Python, all over the same `slots`; `whole`: every number read is an int.

    `given` are the names that the function's second argument holds. `input` is what a cell tests.
    """

    def __init__(self, slots: Slots, whole: bool, kept: Kept, given: frozenset[str] = frozenset()) -> None:
        self.slots, self.whole, self.kept = slots, whole, kept
        self.names = "**C, **P" if given else "**C"
        self.input: Code | None = None
        self.text = ""
        self._depth = 0

    def value(self, node: Node) -> Code:
        """What computes a node's value."""
        write = _VALUES.get(type(node))
        if write is None and type(node) in _CONDITIONS:
            text = self.condition(node).value(self.kept)
            return self._computed(text, text, "boolean", quiet=False)
        if write is None or self._depth > DEPTH:
            return self._walked(node)
        self._depth += 1
        code = write(self, node)
        self._depth -= 1
        return code

    def condition(self, node: Node) -> Condition:
        """What decides whether a node is true, false or unknown."""
        write = _CONDITIONS.get(type(node))
        if write is None or self._depth > DEPTH:
            return self.of_value(self._walked(node) if self._depth > DEPTH else self.value(node))
        self._depth += 1
        condition = write(self, node)
        self._depth -= 1
        return condition

    def result(self, node: Node) -> str:
        """What computes a node's value as the caller gets it."""
        if type(node) in _LOGIC:
            return self.condition(node).value(self.kept)
        code = self.value(node)
        if code.kind is None:
            return f"WRITE({code.text})"
        return code.inside if code.kind == "number" else code.or_none

    def variable(self, code: Code) -> Code:
        """The same value in a variable of its own, computed at once."""
        if code.safe and code.text.isidentifier():
            return code
        name = self.kept.variable()
        self.kept.statements.append(f"{name} = {code.inside if code.kind is None else code.or_none}")
        guards = (f"{name} is not None",) if code.guards or code.kind is None else ()
        return replace(code, text=name, guards=guards, safe=True)

    def of_value(self, code: Code) -> Condition:
        """Whether a value is true."""
        if code.kind == "boolean" and code.safe:
            return Test(code.text, f"{code.text} is False")
        return Opaque(code.inside)

    # values

    def _walked(self, node: Node) -> Code:
        slot = self._node(node)
        names = self.kept.lazily("names", f"{{{self.names}, STEPS: S}}")
        key = slot
        if self.input is not None:
            names, key = f"{{**{names}, INPUT: {self.input.inside}}}", f"{slot} of {self.input.key}"
        self.kept.count()
        return self._generic(f"WALK({slot}, {names})", key)

    def _node(self, node: Node) -> str:
        """The variable that holds a node; those of the same text, about the same input, are one."""
        input = None if self.input is None else self.input.key
        return self.slots.constant(node, (type(node), self.text[node.start : node.end], input))

    def _generic(self, text: str, key: str) -> Code:
        """A value as it is inside, computed when it is asked for."""
        return Code(self.kept.lazily(key, text), key, quiet=False)

    def _computed(
        self, text: str, key: str, kind: Kind, guards: tuple[str, ...] = (), *, quiet: bool
    ) -> Code:
        """A value of a kind that may be null although its guards hold."""
        variable = self.kept.variable()
        guards = (*guards, f"({variable} := {text}) is not None")
        return self._once(Code(variable, key, kind, guards, False, None, UNBOUNDED, False, quiet))

    def _once(self, code: Code) -> Code:
        """The same, kept where it is used again."""
        variable = self.kept.early(code.key, code.or_none) if code.quiet else None
        if variable is None:
            return code
        guards = (f"{variable} is not None",) if code.guards else ()
        return replace(code, text=variable, guards=guards, safe=True)

    def _literal(self, node: tree.Literal) -> Code:
        return self.constant(node.value)

    def constant(self, inside: object) -> Code:
        """A value of the tree."""
        value, kind = plain(inside)
        if not isinstance(value, Decimal) or kind != "number":
            slot = self.slots.constant(value)
            return Code(slot, slot, kind, literal=value)
        exact = self.slots.constant(value)
        digits = max(value.adjusted() + 1, 1)
        whole = self.whole and digits <= WHOLE_DIGITS and value == value.to_integral_value()
        text = self.slots.constant(int(value)) if whole else exact
        return Code(text, exact, kind, (), True, exact, digits, whole, literal=value)

    def _variable(self, node: tree.Variable) -> Code:
        if node.name == INPUT and self.input is not None:
            return self.input
        slot = self.slots.name(node.name, node.type)
        kind = self.slots.kinds[slot]
        if kind is None:
            return self._generic(f"READ({slot})", slot)
        digits = WHOLE_DIGITS if self.whole else DECIMAL_DIGITS
        return Code(slot, slot, kind, (f"{slot} is not None",), digits=digits, whole=self.whole)

    def _negation(self, node: tree.Negation) -> Code:
        operand = self.fold(node) or self.value(node.operand)
        if operand.literal is not None:
            return operand
        if operand.kind != "number" or operand.digits > DECIMAL_DIGITS:
            return self._walked(node)
        self._calculate(operand)
        exact = f"MINUS({operand.exact or operand.text})"
        text = f"(-{operand.text})" if operand.whole else exact
        safe = not operand.guards
        return replace(operand, text=text, key=f"-{operand.key}", safe=safe, exact=exact)

    def _arithmetic(self, node: tree.Arithmetic) -> Code:
        if (folded := self.fold(node)) is not None:
            return folded
        left, right, operator = self.value(node.left), self.value(node.right), node.operator
        key, guards = f"({left.key} {operator} {right.key})", (*left.guards, *right.guards)
        quiet = left.quiet and right.quiet
        if left.kind == right.kind == "number":
            return self._of_numbers(operator, left, right, key, guards, quiet)
        if left.kind == right.kind == "date" and operator == "-":
            return Code(f"({left.text} - {right.text})", key, "duration", guards, not guards, quiet=quiet)
        slot = self.slots.constant(operator)
        return self._generic(f"ARITHMETIC({slot}, {left.inside}, {right.inside})", key)

    def _of_numbers(
        self, operator: str, left: Code, right: Code, key: str, guards: tuple[str, ...], quiet: bool
    ) -> Code:
        """Exact on whole numbers up to 34 digits, else as the walk; what could overflow may be null."""
        one, other = left.exact or left.text, right.exact or right.text
        digits = left.digits + right.digits if operator == "*" else max(left.digits, right.digits) + 1
        if operator not in _EXACT or digits > UNBOUNDED // 2:
            function = self.slots.constant(OPERATIONS[operator, Decimal, Decimal], operator)
            return self._computed(f"{function}({one}, {other})", key, "number", guards, quiet=quiet)
        self._calculate(left, right)
        exact = f"{_EXACT[operator]}({one}, {other})"
        whole = left.whole and right.whole and digits <= 2 * WHOLE_DIGITS
        text = f"({left.text} {operator} {right.text})" if whole else exact
        return self._once(Code(text, key, "number", guards, not guards, exact, digits, whole, quiet))

    def _calculate(self, *operands: Code) -> None:
        """Names that are calculated with are bounded where they are read."""
        self.slots.calculated.update(each.text for each in operands if each.text in self.slots.kinds)

    def _rank(self, node: tree.Rank) -> Code:
        operand = self.value(node.operand)
        if operand.kind != "string":
            return self._walked(node)
        ranks = {value: node.values.index(value) for value in node.values}
        slot = self.slots.constant(ranks.get, ("rank", node.values))
        text, key = f"{slot}({operand.or_none})", f"{slot}({operand.key})"
        return self._computed(text, key, "number", quiet=operand.quiet)

    def _if(self, node: tree.If) -> Code:
        when = joined(self.condition(node.condition).true(self.kept))
        then, otherwise = self.value(node.then), self.value(node.otherwise)
        text = f"({then.inside} if {when} else {otherwise.inside})"
        kinds = {then.kind, otherwise.kind} - {"null"}
        if kinds == {"number"} or kinds == {"string"}:
            return self._computed(text, text, kinds.pop(), quiet=False)  # type: ignore[arg-type]
        return self._generic(text, text)

    def _path(self, node: tree.Path) -> Code:
        operand = self.value(node.operand)
        key = f"{operand.key}.{self.slots.constant(node.name)}"
        part = _DATE_PARTS.get(node.name)
        if operand.kind == "date" and part is not None:
            text = f"{operand.text}.{part}"
            guards = operand.guards
            return Code(text, key, "number", guards, not guards, f"READ({text})", 4, True, operand.quiet)
        return self._generic(f"MEMBER({operand.inside}, {self.slots.constant(node.name)})", key)

    def _call(self, node: tree.Call) -> Code:
        if not isinstance(node.function, tree.BuiltinName):
            return self._walked(node)
        if (folded := self.fold(node)) is not None:
            return folded
        slot = self._node(node)
        function = self._builtin(node.function)
        codes = [self.value(each) for each in node.arguments]
        names = ", ".join(node.names and map(self.slots.constant, node.names))
        key = f"{function}({', '.join(each.key for each in codes)}; {names})"
        self.kept.count()
        return self._generic(
            f"CALL({slot}, {function}, [{', '.join(each.inside for each in codes)}], S)", key
        )

    def _builtin(self, node: tree.BuiltinName) -> str:
        return self.slots.constant(BUILTINS[node.name], ("builtin", node.name))

    def fold(self, node: Node) -> Code | None:
        """The constant that a node without names is."""
        literal = folded(node)
        return None if literal is None else self.constant(literal.value)

    # conditions

    def _fixed(self, node: tree.Literal) -> Condition:
        return Fixed(node.value) if isinstance(node.value, bool) else UNKNOWN

    def _comparison(self, node: tree.Comparison) -> Condition:
        return self.compared(node.operator, self.value(node.left), self.value(node.right))

    def compared(self, operator: str, left: Code, right: Code) -> Condition:
        """`left operator right`."""
        if operator == "!=":
            return Opposite(self.compared("=", left, right))
        if "null" in (left.kind, right.kind):
            return self._against_null(operator, left, right)
        if operator == "=" and left.kind is not None and left.kind == right.kind:
            one, other = left.or_none, right.or_none
            key = f"{left.key} == {right.key}" if left.quiet and right.quiet else None
            return Test(f"{one} == {other}", f"{one} != {other}", (), key)
        if left.kind == right.kind and left.kind in ORDERED:
            key = f"{left.key} {operator} {right.key}" if left.quiet and right.quiet else None
            yes, no = (f"{left.text} {sign} {right.text}" for sign in (operator, _OPPOSITE[operator]))
            return Test(yes, no, (*left.guards, *right.guards), key)
        slot, key = self.slots.constant(operator), f"{left.key} {operator} {right.key}"
        text = self.kept.lazily(key, f"COMPARE({slot}, {left.inside}, {right.inside})")
        if operator == "=" and left.kind is None and isinstance(right.literal, str):
            return Opaque(text, f"{left.text} == {right.text}")  # nothing else is equal to a string
        return Opaque(text)

    def _against_null(self, operator: str, left: Code, right: Code) -> Condition:
        """Only `=` and `!=` have an answer."""
        if operator != "=":
            return UNKNOWN
        if left.kind == right.kind:
            return Fixed(True)
        code = left if right.kind == "null" else right
        if code.kind is None:
            return Test(f"{code.text} is None", f"{code.text} is not None")
        if not code.guards:
            return Fixed(False)
        return Test(f"{code.or_none} is None", joined(code.guards))

    def _and(self, node: tree.And) -> Condition:
        return All([self.condition(each) for each in node.operands])

    def _or(self, node: tree.Or) -> Condition:
        return Some([self.condition(each) for each in node.operands])

    def _not(self, node: tree.Not) -> Condition:
        return Opposite(self.condition(node.operand))

    def _choice(self, node: tree.If) -> Condition:
        parts = (self.condition(each) for each in (node.condition, node.then, node.otherwise))
        return Choice(*parts)

    def _called(self, node: tree.Call) -> Condition:
        """`not` of what is true, false or null."""
        if self._is_logic(node):
            return Opposite(self.condition(node.arguments[0]))
        return self.of_value(self.value(node))

    def _tested(self, node: tree.Between | tree.In) -> Condition:
        """`between` and `in`."""
        condition = (
            passing.between(self, node) if isinstance(node, tree.Between) else passing.one_of(self, node)
        )
        return self.of_value(self._walked(node)) if condition is None else condition

    def _is_logic(self, node: Node) -> bool:
        """Whether a node is true, false or null, and nothing else."""
        match node:
            case tree.Variable():
                return self.value(node).kind == "boolean"
            case tree.Call(function=tree.BuiltinName(name="not"), arguments=(operand,), names=()):
                return self._is_logic(operand)
        return type(node) in _LOGIC


_VALUES: Final[Mapping[type[Node], Callable[[Emitter, Any], Code]]] = {
    tree.Literal: Emitter._literal,
    tree.Variable: Emitter._variable,
    tree.Negation: Emitter._negation,
    tree.Arithmetic: Emitter._arithmetic,
    tree.Rank: Emitter._rank,
    tree.If: Emitter._if,
    tree.Path: Emitter._path,
    tree.Call: Emitter._call,
}
_CONDITIONS: Final[Mapping[type[Node], Callable[[Emitter, Any], Condition]]] = {
    tree.Literal: Emitter._fixed,
    tree.Comparison: Emitter._comparison,
    tree.And: Emitter._and,
    tree.Or: Emitter._or,
    tree.Not: Emitter._not,
    tree.If: Emitter._choice,
    tree.Call: Emitter._called,
    tree.Between: Emitter._tested,
    tree.In: Emitter._tested,
}
_LOGIC: Final = (tree.Comparison, tree.And, tree.Or, tree.Not, tree.Between, tree.In)
