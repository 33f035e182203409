"""Which node begins here: a literal, a name, something in brackets, or a form such as `if` or `for`?"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from crmflow.errors import FeelError
from crmflow.rules.feel import tree, types
from crmflow.rules.feel.lexer import INFIX_WORDS
from crmflow.rules.feel.meant import meant_by_amount
from crmflow.rules.feel.names import NameReader, typed
from crmflow.rules.feel.scope import Name
from crmflow.rules.feel.tree import PARTIAL, Node
from crmflow.rules.feel.type_syntax import read_type
from crmflow.rules.feel.types import WEIGHT_LIMIT, ContextType, FunctionType, ListType, Type
from crmflow.rules.feel.values import number_from, parse_literal, type_of

COMPARISONS: Final = ("=", "!=", "<", "<=", ">", ">=")


class PrimaryReader(NameReader):
    """Reads what operators combine. Inner expressions are read by the parser, which is the subclass."""

    @abstractmethod
    def expression(self) -> Node:
        """A whole inner expression."""

    @abstractmethod
    def operand(self) -> Node:
        """An operand of a comparison: sums bind, comparisons do not."""

    def primary(self) -> Node:
        """What operators, paths, filters and calls apply to."""
        token = self.next
        match token.kind:
            case "number":
                return self._number()
            case "string":
                self.take()
                return self._literal(token.text, token.start)
            case "symbol":
                return self._symbol()
            case "word" if token.text in _FORMS:
                return _FORMS[token.text](self)
        return self.variable()

    def _symbol(self) -> Node:
        match self.next.text:
            case "(":
                return self._parenthesis()
            case "]" if self.starts_expression(ahead=1):
                return self._parenthesis()
            case "[":
                return self._bracket()
            case "{":
                return self._context()
            case "@":
                return self._at_literal()
            case "?":
                return self.read_input()
        self.missing("CRM016")

    def _literal(self, value: object, start: int) -> Node:
        return tree.Literal(value, start=start, end=self.end, type=type_of(value))

    def _number(self) -> Node:
        token = self.take()
        adjacent = self.next.kind == "word" and self.next.start == token.end
        if adjacent and self.next.text not in INFIX_WORDS:
            end = self.next.end
            alone = meant_by_amount(token.text, self.next.text)
            if alone is not None:
                name = token.text + self.next.text
                raise FeelError("CRM038", token.start, end, name=name, suggestion=alone)
            raise FeelError("CRM008", token.start, end, name=token.text + self.next.text)
        value = number_from(token.text)
        if value is None:
            raise FeelError("CRM005", token.start, token.end, found=token.text)
        return self._literal(value, token.start)

    def _at_literal(self) -> Node:
        start = self.take().start
        token = self.take()
        if token.kind != "string":
            self.at -= 1
            self.missing("CRM001", expected='"…"')
        value = parse_literal(token.text)
        if value is None:
            self.check.refuse("CRM009", (start, token.end), found=token.text)
        return self._literal(value, start)

    def _parenthesis(self) -> Node:
        """`(expression)`, or a range that leaves out its low end: `(1..5]`, `]1..5]`, `(< 5)`."""
        opening = self.take()
        if self.sees(*COMPARISONS):
            return self._one_sided(opening.start)
        inside = self.expression()
        if self.accept(".."):
            return self.range_from(opening.start, inside, low_included=False)
        if opening.text == "]":
            self.missing("CRM001", expected="..")
        self.expect(")")
        return inside

    def _bracket(self) -> Node:
        start = self.take().start
        items: list[Node] = []
        for _ in self.listed("]"):
            items.append(self.expression())
            if len(items) == 1 and self.accept(".."):
                return self.range_from(start, items[0], low_included=True)
        type = ListType(types.joined([item.type for item in items]))
        return tree.ListOf(tuple(items), start=start, end=self.end, type=type)

    def range_from(self, start: int, low: Node, low_included: bool) -> Node:
        """What follows the `..` of a range."""
        high = self.expression()
        closing = self.expect("]", ")", "[")
        type = self.check.range(low, high)
        return tree.Range(low, high, low_included, closing.text == "]", start=start, end=self.end, type=type)

    def _one_sided(self, start: int) -> Node:
        operator = self.take().text
        end = self.operand()
        self.expect(")")
        equal = operator if operator in ("=", "!=") else None
        low = end if equal or operator in (">", ">=") else None
        high = end if equal or operator in ("<", "<=") else None
        low_in, high_in = operator in (">=", "="), operator in ("<=", "=")
        type = self.check.range(low, high)
        return tree.Range(low, high, low_in, high_in, equal, start=start, end=self.end, type=type)

    def _context(self) -> Node:
        start = self.take().start
        outer = self.scope
        self.scope, declare = outer.growing()
        entries: dict[str, tree.Entry] = {}
        twice = False
        for _ in self.listed("}"):
            entry = self._entry()
            if entry.name in entries:
                self.check.refuse("CRM014", entry, name=entry.name)
                twice = True
            entries[entry.name] = entry
            declare(Name(entry.name, entry.value.type))
        self.scope = outer
        if twice:
            return self._literal(None, start)
        type = ContextType(typed({name: entry.value.type for name, entry in entries.items()}))
        if type.weight > WEIGHT_LIMIT:
            type = ContextType(open=True)
        return tree.ContextOf(tuple(entries.values()), start=start, end=self.end, type=type)

    def _entry(self) -> tree.Entry:
        start = self.next.start
        length = 1 if self.next.kind == "string" else self.key_length() or self.word_run()
        name = self.take_name(length or self.missing("CRM018"))[0]
        self.expect(":")
        return tree.Entry(name, self.expression(), start=start, end=self.end)

    # forms that begin with a keyword

    def _constant(self) -> Node:
        token = self.take()
        return self._literal({"true": True, "false": False, "null": None}[token.text], token.start)

    def _if(self) -> Node:
        start = self.take().start
        condition = self.expression()
        self.expect("then")
        then = self.expression()
        self.expect("else")
        otherwise = self.expression()
        type = self.check.choice(condition, then, otherwise)
        return tree.If(condition, then, otherwise, start=start, end=self.end, type=type)

    def _for(self) -> Node:
        start = self.take().start
        outer = self.scope
        iterations = self._iterations()
        self.expect("return")
        self.scope = self.scope.child(typed({PARTIAL: ListType()}))
        body = self.expression()
        self.scope = outer
        partial = any(isinstance(node, tree.Variable) and node.name == PARTIAL for node in tree.walk(body))
        return tree.For(iterations, body, partial, start=start, end=self.end, type=ListType(body.type))

    def _quantified(self) -> Node:
        word = self.take()
        outer = self.scope
        iterations = self._iterations()
        self.expect("satisfies")
        body = self.expression()
        self.scope = outer
        type = self.check.condition(body)
        return tree.Quantified(
            word.text == "every", iterations, body, start=word.start, end=self.end, type=type
        )

    def _iterations(self) -> tuple[tree.Iteration, ...]:
        """`x in xs, y in 1..3`; each variable is known from the next iteration on."""
        iterations = []
        while True:
            start = self.next.start
            length = 1 if self.next.kind == "quoted" else self.word_run()
            if not length:
                self.missing("CRM018")
            name = self.take_name(length)[0]
            self.expect("in")
            source = self.expression()
            high = self.expression() if self.accept("..") else None
            type = self.check.iteration(source, high)
            iterations.append(tree.Iteration(name, source, high, start=start, end=self.end, type=type))
            self.scope = self.scope.child({name: Name(name, type, nullable=False)})
            if not self.accept(","):
                return tuple(iterations)

    def _function(self) -> Node:
        start = self.take().start
        inferred = self.parameter_types
        self.expect("(")
        parameters: dict[str, Type] = {}
        for _ in self.listed(")"):
            name = self.take_name(self.key_length() or self.word_run() or self.missing("CRM018"))[0]
            parameters[name] = read_type(self, self.scope.types) if self.accept(":") else types.any_
        if self.sees("external"):
            raise FeelError("CRM015", self.next.start, self.next.end)
        outer = self.scope
        self.scope = self.scope.child(typed({**parameters, **_inferred(parameters, inferred)}))
        body = self.expression()
        self.scope = outer
        given = tuple(parameters.values())
        type = FunctionType(given, body.type)
        return tree.FunctionOf(tuple(parameters), given, body, start=start, end=self.end, type=type)


def _inferred(parameters: Mapping[str, Type], types_: Sequence[Type]) -> dict[str, Type]:
    """What parameters without a type take, where the builtin that calls the function says it."""
    if len(parameters) != len(types_):
        return {}
    pairs = zip(parameters.items(), types_, strict=True)
    return {name: given for (name, declared), given in pairs if declared == types.any_}


_FORMS: Final[Mapping[str, Callable[[PrimaryReader], Node]]] = {
    **dict.fromkeys(("true", "false", "null"), PrimaryReader._constant),
    **dict.fromkeys(("some", "every"), PrimaryReader._quantified),
    "if": PrimaryReader._if,
    "for": PrimaryReader._for,
    "function": PrimaryReader._function,
}
