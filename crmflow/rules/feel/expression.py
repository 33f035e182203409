"""What is a parsed FEEL text, and what can be done with it?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from crmflow.errors import FeelError
from crmflow.rules.feel.cursor import DEPTH_LIMIT
from crmflow.rules.feel.evaluate import evaluate as walk
from crmflow.rules.feel.lexer import Notice
from crmflow.rules.feel.parser import parse as parse_tree
from crmflow.rules.feel.scope import Name, Scope
from crmflow.rules.feel.trace import Trace, trace
from crmflow.rules.feel.tree import INPUT, Node
from crmflow.rules.feel.types import Type
from crmflow.rules.feel.values import read, type_of, write

_NOTHING: Mapping[str, object] = MappingProxyType({})

Names = Scope | Mapping[str, Name] | Iterable[str]


@dataclass(frozen=True, slots=True)
class Expression:
    """A FEEL text with its typed tree.

    `names` are the canonical names it reads from the context, `notices` the full-width signs it was
    written with.
    """

    text: str
    tree: Node
    names: frozenset[str]
    notices: tuple[Notice, ...] = ()

    @property
    def type(self) -> Type:
        return self.tree.type

    def evaluate(self, context: Mapping[str, object], value: object = None) -> object:
        """The value, given those of its names; `value` is the input of a cell.

        Null is None. Raises FeelError only for what would take too long (CRM020, CRM022) and for a
        Python value that FEEL does not know (CRM110).
        """
        try:
            return write(walk(self.tree, context if value is None else {**context, INPUT: value}))
        except RecursionError:
            raise FeelError("CRM022", 0, len(self.text)) from None

    def trace(self, context: Mapping[str, object], value: object = None) -> Trace:
        """The value with every step that led to it. Raises FeelError like `evaluate`."""
        try:
            return trace(self.tree, {**context, INPUT: value}, self.text)
        except RecursionError:
            raise FeelError("CRM022", 0, len(self.text)) from None


def parse(text: str, scope: Names = (), mode: str = "strict") -> Expression:
    """An expression. Raises FeelError with the span of what is wrong; further ones as its `others`.

    Mode "strict" refuses unknown names and wrong types; "standard" reads an unknown name as null and
    gives null for wrong types, as DMN says.
    """
    return _expression(text, Scope.of(scope), mode, None)


def parse_unary(text: str, input: Type, scope: Names = (), mode: str = "strict") -> Expression:
    """A cell of a decision table: tests of an input of this type. Raises FeelError like `parse`."""
    return _expression(text, Scope.of(scope), mode, input)


def _expression(text: str, scope: Scope, mode: str, input: Type | None) -> Expression:
    if mode not in ("strict", "standard"):
        raise ValueError(f"mode is 'strict' or 'standard', not {mode!r}")
    try:
        root, parser = parse_tree(text, scope, mode == "strict", input)
    except RecursionError:  # the caller's own stack is nearly full
        raise FeelError("CRM006", 0, len(text), limit=DEPTH_LIMIT) from None
    return Expression(text, root, frozenset(parser.names), tuple(parser.notices))


def evaluate(text: str, context: Mapping[str, object] = _NOTHING, mode: str = "standard") -> object:
    """The value of a text, given those of its names. Raises FeelError when it cannot be read.

    >>> evaluate("own cycle + 3", {"own cycle": 7})
    Decimal('10')
    """
    return parse(text, _scope_of(context), mode).evaluate(context)


def unary(
    text: str, value: object, context: Mapping[str, object] = _NOTHING, mode: str = "standard"
) -> bool | None:
    """Whether a value passes the tests of a decision table's cell; None when that is unknown.

    >>> unary("[18..30), > 65", 20)
    True
    """
    cell = parse_unary(text, type_of(read(value)), _scope_of(context), mode)
    result = cell.evaluate(context, value)
    return result if isinstance(result, bool) else None


def _scope_of(context: Mapping[str, object]) -> Scope:
    """The names that a context gives values, with the types of these values."""
    return Scope({name: Name(name, type_of(read(value))) for name, value in context.items()})
