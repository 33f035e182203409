"""Which tree does a FEEL text stand for? (grammar: DMN 1.5, 10.3.1.2)"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from crmflow.errors import FeelError
from crmflow.rules.feel import tree, types
from crmflow.rules.feel.meant import WORDS
from crmflow.rules.feel.primary import COMPARISONS, PrimaryReader
from crmflow.rules.feel.scope import Scope
from crmflow.rules.feel.tree import INPUT, Node
from crmflow.rules.feel.type_syntax import read_type
from crmflow.rules.feel.types import Enumeration, FunctionType, ListType, Type

HEIGHT_LIMIT: Final = 150
_OR, _AND, _COMPARISON, _SUM, _PRODUCT, _POWER = range(1, 7)
_LEVELS: Final[Mapping[str, int]] = {
    "or": _OR,
    "and": _AND,
    "between": _COMPARISON,
    "in": _COMPARISON,
    **dict.fromkeys(COMPARISONS, _COMPARISON),
    "+": _SUM,
    "-": _SUM,
    "*": _PRODUCT,
    "/": _PRODUCT,
    "**": _POWER,
}
_COMPARING: Final = tuple(tree.BuiltinName(name, start=0, end=0) for name in ("min", "max", "sort"))


class Parser(PrimaryReader):
    """Builds typed nodes by precedence climbing; `check` gathers what is wrong with them."""

    def whole_expression(self) -> Node:
        return self._finished(self.expression())

    def whole_cell(self) -> Node:
        """A cell of a decision table: `-`, or tests, or `not(tests)`, about the input `?`."""
        start = self.next.start
        if self.sees("-") and self.look(1).kind == "end":
            self.take()
            return self._finished(tree.Literal(True, start=start, end=self.end, type=types.boolean))
        value = tree.Variable(INPUT, start=start, end=start, type=self.input or types.any_)
        negated = self.sees("not") and self.sees("(", ahead=1)
        if negated:
            self.at += 2
        tests = self._tests(value)
        if negated:
            self.expect(")")
        cell: Node = tree.In(value, tests, start=start, end=self.end, type=types.boolean)
        if negated:
            cell = tree.Not(cell, start=start, end=self.end, type=types.boolean)
        return self._finished(cell)

    def _finished(self, root: Node) -> Node:
        if self.next.kind != "end":
            self.missing("CRM017", suggestion=WORDS.get(self.next.text))
        # no token makes three nodes: a short text cannot be high
        if 3 * len(self.tokens) > HEIGHT_LIMIT and tree.height(root) > HEIGHT_LIMIT:
            raise FeelError("CRM006", root.start, root.end, limit=HEIGHT_LIMIT)
        return root

    # operators

    def expression(self) -> Node:
        with self.deeper():
            return self._climb(_OR)

    def operand(self) -> Node:
        return self._climb(_SUM)

    def _climb(self, level: int) -> Node:
        """An expression of operators that bind at least as strongly as `level`; all are left-associative."""
        start = self.next.start
        left = self._negation()
        while (next_level := self._level()) >= level:
            left = self._infix(left, next_level, start)
        return left

    def _level(self) -> int:
        return _LEVELS.get(self.next.text, 0) if self.next.kind in ("symbol", "word") else 0

    def _infix(self, left: Node, level: int, start: int) -> Node:
        operator = self.take().text
        if level in (_OR, _AND):
            return self._logic(left, operator, level, start)
        if operator == "between":
            return self._between(left, start)
        if operator == "in":
            return self._in(left, start)
        right = self._climb(level + 1)
        if level == _COMPARISON:
            return self._compare(operator, left, right, start)
        type = self.check.arithmetic(operator, left, right)
        return tree.Arithmetic(operator, left, right, start=start, end=self.end, type=type)

    def _logic(self, left: Node, word: str, level: int, start: int) -> Node:
        operands = [left, self._climb(level + 1)]
        while self.accept(word):
            operands.append(self._climb(level + 1))
        type = self.check.condition(*operands)
        kind = tree.Or if level == _OR else tree.And
        return kind(tuple(operands), start=start, end=self.end, type=type)

    def _compare(self, operator: str, left: Node, right: Node, start: int) -> Node:
        type = self.check.comparison(operator, left, right)
        if operator not in ("=", "!="):
            left, right = _ranked(left, right)
        return tree.Comparison(operator, left, right, start=start, end=self.end, type=type)

    def _between(self, value: Node, start: int) -> Node:
        low = self.operand()
        self.expect("and")
        high = self.operand()
        type = self.check.between(value, low, high)
        value, low, high = _ranked(value, low, high)
        return tree.Between(value, low, high, start=start, end=self.end, type=type)

    def _negation(self) -> Node:
        minus = self.accept("-")
        if minus is None:
            return self._postfix()
        with self.deeper():
            operand = self._negation()
        type = self.check.negation(operand)
        return tree.Negation(operand, start=minus.start, end=self.end, type=type)

    # tests, after `in` and in cells

    def _in(self, value: Node, start: int) -> Node:
        opening = self.accept("(")
        if not opening:
            tests: tuple[Node, ...] = (self._test(value, self.operand),)
        else:
            first = self._test(value, self.expression)
            if isinstance(first, tree.ValueTest) and self.accept(".."):
                range = self.range_from(opening.start, first.expression, low_included=False)
                tests = (self._value_test(value, range, False),)
            else:
                tests = self._more_tests(value, first)
                self.expect(")")
        return tree.In(value, tests, start=start, end=self.end, type=types.boolean)

    def _tests(self, value: Node) -> tuple[Node, ...]:
        return self._more_tests(value, self._test(value, self.expression))

    def _more_tests(self, value: Node, first: Node) -> tuple[Node, ...]:
        tests = [first]
        while self.accept(","):
            tests.append(self._test(value, self.expression))
        return tuple(tests)

    def _test(self, value: Node, read: Callable[[], Node]) -> Node:
        start = self.next.start
        operator = self.accept(*COMPARISONS)
        if operator:
            return self._operator_test(operator.text, value, self.operand(), start)
        outer = self.input, self.reads_input
        self.input, self.reads_input = value.type, False
        expression = read()
        reads_input = self.reads_input
        self.input, self.reads_input = outer
        return self._value_test(value, expression, reads_input)

    def _operator_test(self, operator: str, value: Node, right: Node, start: int) -> Node:
        type = self.check.comparison(operator, value, right)
        if operator in ("=", "!=") or not _is_ordered(value):
            return tree.OperatorTest(operator, right, start=start, end=self.end, type=type)
        input = tree.Variable(INPUT, start=start, end=start, type=value.type)
        condition = tree.Comparison(operator, *_ranked(input, right), start=start, end=self.end, type=type)
        return tree.ValueTest(condition, True, start=start, end=self.end, type=type)

    def _value_test(self, value: Node, expression: Node, reads_input: bool) -> Node:
        start, end = expression.start, expression.end
        type = self.check.value_test(value, expression, reads_input)
        if isinstance(expression, tree.Range) and expression.operator is None and _is_ordered(value):
            low, high = expression.low, expression.high
            sides = [
                self._operator_test(operator + "=" * included, value, side, start)
                for operator, side, included in (
                    (">", low, expression.low_included),
                    ("<", high, expression.high_included),
                )
                if side is not None
            ]
            conditions = tuple(side.expression for side in sides if isinstance(side, tree.ValueTest))
            expression = tree.And(conditions, start=start, end=end, type=types.boolean)
            reads_input = True
        return tree.ValueTest(expression, reads_input, start=start, end=end, type=type)

    # paths, filters, calls, `instance of`

    def _postfix(self) -> Node:
        start = self.next.start
        node = self.primary()
        while True:
            if self.accept("."):
                node = self.field(node, start)
            elif self.sees("[") and self.starts_expression(ahead=1):
                node = self._filter(node, start)
            elif self.accept("("):
                node = self._call(node, start)
            elif self.sees("instance") and self.sees("of", ahead=1):
                self.at += 2
                wanted = read_type(self, self.scope.types)
                node = tree.InstanceOf(node, wanted, start=start, end=self.end, type=types.boolean)
            else:
                return node

    def _filter(self, operand: Node, start: int) -> Node:
        self.take()
        outer = self.scope
        self.scope = self.item_scope(self.check.item(operand))
        condition = self.expression()
        self.scope = outer
        self.expect("]")
        type = self.check.filter(operand, condition)
        return tree.Filter(operand, condition, start=start, end=self.end, type=type)

    def _call(self, function: Node, start: int) -> Node:
        arguments: list[Node] = []
        names: list[str] = []
        for _ in self.listed(")"):
            if length := self.key_length():
                names.append(self.take_name(length)[0])
                self.take()
            self.parameter_types = self.check.parameter_types(function, arguments)
            arguments.append(self.expression())
        self.parameter_types = ()
        if names and len(names) != len(arguments):
            said = self.text[function.start : function.end]
            usage = f"{said}({', '.join(f'{name}: …' for name in names)}, …: …)"
            raise FeelError("CRM106", start, self.end, name=said, expected=usage, found=len(arguments))
        type = self.check.call(function, arguments, names, (start, self.end))
        call = tree.Call(function, tuple(arguments), tuple(names), start=start, end=self.end, type=type)
        return _by_declared_order(call)


def parse(text: str, scope: Scope, strict: bool, input: Type | None = None) -> tuple[Node, Parser]:
    """The tree of an expression, or of a cell when the type of its input is given.

    Raises FeelError: what cannot be read at once; in strict mode the first of what is wrong with
    names and types, the rest as its `others`.
    """
    parser = Parser(text, scope, strict, input)
    root = parser.whole_expression() if input is None else parser.whole_cell()
    if parser.check.errors:
        first, *others = sorted(parser.check.errors, key=lambda error: error.start)
        first.others = tuple(others)
        raise first
    return root, parser


def _is_ordered(node: Node) -> bool:
    return isinstance(node.type, Enumeration) and node.type.ordered


def _by_declared_order(call: tree.Call) -> Node:
    """`min`, `max` and `sort` of an ordered enumeration follow its order."""
    item = call.type.item if isinstance(call.type, ListType) else call.type
    compares = call.function in _COMPARING and not any(
        isinstance(each.type, FunctionType) for each in call.arguments
    )
    if not compares or not isinstance(item, Enumeration) or not item.ordered:
        return call
    return tree.ByRank(call, item.values, start=call.start, end=call.end, type=call.type)


def _ranked(*nodes: Node) -> list[Node]:
    """Compared by `<` with a string of an ordered enumeration, strings count by their place in it."""
    for node in nodes:
        if isinstance(node.type, Enumeration) and node.type.ordered:
            return [_rank(each, node.type.values) for each in nodes]
    return list(nodes)


def _rank(node: Node, values: tuple[str, ...]) -> Node:
    return tree.Rank(node, values, start=node.start, end=node.end, type=types.number)
