"""What is a parsed FEEL text, and what can be done with it?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from crmflow.errors import FeelError
from crmflow.rules.feel.cursor import DEPTH_LIMIT
from crmflow.rules.feel.evaluate import evaluate as walk
from crmflow.rules.feel.lexer import Notice
from crmflow.rules.feel.meant import ANYTHING, meant_by_minus, meant_by_signs, meant_by_words
from crmflow.rules.feel.parser import parse as parse_tree
from crmflow.rules.feel.reasons import Reason
from crmflow.rules.feel.reasons import reasons as reasons_of
from crmflow.rules.feel.scope import Name, Scope, refuse_no_names
from crmflow.rules.feel.steps import counted
from crmflow.rules.feel.trace import Trace, trace
from crmflow.rules.feel.tree import INPUT, Node, works
from crmflow.rules.feel.types import Type
from crmflow.rules.feel.values import read, type_of, write

_NOTHING: Mapping[str, object] = MappingProxyType({})

Names = Scope | Mapping[str, Name | Type] | Iterable[str]


@dataclass(frozen=True, slots=True)
class Expression:
    """A FEEL text with its typed tree.

    `names` are the canonical names it reads from the context, `notices` the full-width signs it was
    written with; `works` says that its work is counted.
    """

    text: str
    tree: Node
    names: frozenset[str]
    notices: tuple[Notice, ...] = ()
    works: bool = True

    @property
    def type(self) -> Type:
        return self.tree.type

    def evaluate(self, context: Mapping[str, object], value: object = None) -> object:
        """The value, given those of its names; `value` is the input of a cell.

        Null is None. Raises FeelError only for what would take too long (CRM020, CRM022) and for a
        Python value that FEEL does not know (CRM110).
        """
        try:
            env = context if value is None else {**context, INPUT: value}
            return write(walk(self.tree, counted(env) if self.works else env))
        except RecursionError:
            raise FeelError("CRM022", 0, len(self.text)) from None

    def trace(self, context: Mapping[str, object], value: object = None) -> Trace:
        """The value with every step that led to it. Raises FeelError like `evaluate`."""
        try:
            return trace(self.tree, {**context, INPUT: value}, self.text)
        except RecursionError:
            raise FeelError("CRM022", 0, len(self.text)) from None

    def reasons(self, context: Mapping[str, object], value: object = None) -> tuple[Reason, ...]:
        """Why the value is null: each cause once, in the order of the text; none when it is not null.

        Raises FeelError like `evaluate`.
        """
        env = counted({**context, INPUT: value})
        try:
            if walk(self.tree, env) is not None:
                return ()
            causes = {(cause.code, cause.text()): cause for cause in reasons_of(self.tree, env, self.text)}
        except RecursionError:
            raise FeelError("CRM022", 0, len(self.text)) from None
        return tuple(causes.values())


def parse(text: str, scope: Names = (), mode: str = "strict") -> Expression:
    """An expression. Raises FeelError with the span of what is wrong; further ones as its `others`.

    Mode "strict" refuses unknown names and wrong types; "standard" reads an unknown name as null and
    gives null for wrong types, as DMN says.
    """
    return _expression(text, Scope.of(scope), mode, None)


def parse_unary(text: str, input: Type, scope: Names = (), mode: str = "strict") -> Expression:
    """A cell of a decision table: tests of an input of this type. Raises FeelError like `parse`."""
    try:
        cell = _expression(text, Scope.of(scope), mode, input)
    except FeelError as error:
        if error.code == "CRM120":
            raise
        if text.strip().casefold() in ANYTHING:
            raise FeelError("CRM039", 0, len(text), name=text, suggestion="-") from None
        for code, meant in (("CRM024", meant_by_signs(text)), ("CRM025", meant_by_words(text))):
            if meant is not None:
                raise FeelError(code, 0, len(text), name=text, suggestion=meant) from None
        raise
    span = meant_by_minus(text)
    if span is None:
        return cell
    return replace(cell, notices=(*cell.notices, Notice("CRM026", 0, len(text), span)))


def _expression(text: str, scope: Scope, mode: str, input: Type | None) -> Expression:
    if mode not in ("strict", "standard"):
        raise ValueError(f"mode is 'strict' or 'standard', not {mode!r}")
    if not isinstance(text, str):
        raise FeelError("CRM120", 0, 0, found=type(text).__name__)
    try:
        root, parser = parse_tree(text, scope, mode == "strict", input)
    except RecursionError:  # the caller's own stack is nearly full
        raise FeelError("CRM006", 0, len(text), limit=DEPTH_LIMIT) from None
    return Expression(text, root, frozenset(parser.names), tuple(parser.notices), works(root))


def evaluate(text: str, context: Mapping[str, object] = _NOTHING, mode: str = "standard") -> object:
    """The value of a text, given those of its names. Raises FeelError when it cannot be read.

    >>> evaluate("own cycle + 3", {"own cycle": 7})
    Decimal('10')
    """
    return parse(text, _scope_of(context), mode).evaluate(context)


def reasons(
    text: str, context: Mapping[str, object] = _NOTHING, mode: str = "standard"
) -> tuple[Reason, ...]:
    """Why a text has the value null, given the values of its names; empty when it has another value.

    >>> [reason.text() for reason in reasons("1 / zero > 3", {"zero": 0})]
    ['1 / zero divides by zero']
    """
    return parse(text, _scope_of(context), mode).reasons(context)


def unary(
    text: str, value: object, context: Mapping[str, object] = _NOTHING, mode: str = "standard"
) -> bool | None:
    """Whether a value passes the tests of a decision table's cell; None when that is unknown.

    >>> unary("[18..30), > 65", 20)
    True
    """
    cell = parse_unary(text, _scope_of({INPUT: value})[INPUT].type, _scope_of(context), mode)
    result = cell.evaluate(context, value)
    return result if isinstance(result, bool) else None


def _scope_of(context: Mapping[str, object]) -> Scope:
    """The names that a context gives values, with the types of these values."""
    if not isinstance(context, Mapping):
        raise FeelError("CRM121", 0, 0, found=repr(context)[:80])
    refuse_no_names(context)
    try:
        return Scope({name: Name(name, type_of(read(value))) for name, value in context.items()})
    except RecursionError:
        raise FeelError("CRM022", 0, 0) from None
