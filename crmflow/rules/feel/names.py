"""Which declared name, field or function do the next words of the text mean?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from crmflow.rules.feel import tree, types
from crmflow.rules.feel.builtins import BUILTINS
from crmflow.rules.feel.check import Checker, hint
from crmflow.rules.feel.cursor import Cursor
from crmflow.rules.feel.lexer import tokens
from crmflow.rules.feel.meant import WORDS
from crmflow.rules.feel.scope import Match, Name, Scope, nearest, quoted
from crmflow.rules.feel.tree import INPUT, Node
from crmflow.rules.feel.types import ContextType, FunctionType, ListType, Type

MAY_LACK: Final = frozenset({"time offset", "timezone", "start", "end"})  # properties that may be null
BUILTIN_NAMES: Final = Scope({name: Name(name, FunctionType()) for name in BUILTINS})


class NameReader(Cursor):
    """Resolves names against a scope that grows and shrinks while the text is read.

    `names` gathers the canonical names that are read from the scope given at the start.
    """

    def __init__(self, text: str, scope: Scope, strict: bool, input: Type | None) -> None:
        found, self.notices = tokens(text)
        super().__init__(found)
        self.text = text
        self.scope = scope
        self.strict = strict
        self.input = input
        self.reads_input = False
        self.names: set[str] = set()
        self.parameter_types: tuple[Type, ...] = ()  # of a function that is an argument of a builtin
        self.check = Checker(strict)
        self._given = scope
        self._field_scopes: dict[int, tuple[Type, Scope]] = {}

    def variable(self) -> Node:
        """A name of the scope or a builtin function; an unknown one is refused and read as Any."""
        match = self._match(self.scope)
        builtin = BUILTIN_NAMES.longest(self.tokens, self.at)
        if builtin is not None and self._prefers(builtin, match):
            _, start, end = self.take_name(builtin.length)
            return tree.BuiltinName(builtin.name.canonical, start=start, end=end, type=FunctionType())
        if match is None:
            return self._unknown()
        start, end = self._take(match)
        if self._is_given(match.scope):
            self.names.add(match.name.canonical)
        name = match.name
        return tree.Variable(name.canonical, start=start, end=end, type=name.type, nullable=name.nullable)

    def field(self, operand: Node, start: int) -> Node:
        """The field or property after a dot."""
        type = operand.type.item if isinstance(operand.type, ListType) else operand.type
        fields = self._fields(type)
        match = self._match(fields)
        if match is not None:
            name = match.name
            _, end = self._take(match)
        else:
            length = 1 if self.next.kind == "quoted" else self.word_run()
            spelled, at, end = self.take_name(length or self.missing("CRM018"))
            name = Name(spelled)
            if not fields.open:
                self._refuse_name("CRM101", spelled, (at, end), fields.spellings())
        result = ListType(name.type) if isinstance(operand.type, ListType) else name.type
        return tree.Path(operand, name.canonical, start=start, end=end, type=result, nullable=name.nullable)

    def item_scope(self, item: Type) -> Scope:
        """The scope inside a filter: `item` and, when the items are contexts, their fields.

        A field that is itself called `item` hides it.
        """
        fields = self._fields(item) if isinstance(item, ContextType) or item == types.any_ else Scope({})
        outer = self.scope.child({tree.ITEM: Name(tree.ITEM, item, nullable=False)})
        return fields.under(outer, fields.open)

    def read_input(self) -> Node:
        """`?`"""
        token = self.take()
        self.reads_input = True
        if self.input is None:
            self.check.refuse("CRM101", (token.start, token.end), name=INPUT, suggestion=None, near="")
        return tree.Variable(INPUT, start=token.start, end=token.end, type=self.input or types.any_)

    def _fields(self, type: Type) -> Scope:
        if isinstance(type, ContextType):
            key = id(type)  # the tree keeps the type
            if key not in self._field_scopes:
                self._field_scopes[key] = type, Scope(type.fields, open=type.open)
            return self._field_scopes[key][1]
        known = self.check.properties(type)
        if known is None:
            return Scope({}, open=True)
        return Scope({name: Name(name, each, (), name in MAY_LACK) for name, each in known.items()})

    def _match(self, scope: Scope) -> Match | None:
        if self.next.kind == "quoted":
            name = scope.resolve(self.next.text)
            return Match(name, 1, scope, plain=True) if name else None
        return scope.longest(self.tokens, self.at)

    def _take(self, match: Match) -> tuple[int, int]:
        """Its span. A name that could be read as a calculation is refused, so that both modes read alike."""
        spelled, start, end = self.take_name(match.length)
        if not match.plain:
            self.check.refuse("CRM011", (start, end), name=spelled, suggestion=quoted(match.name.canonical))
        return start, end

    def _prefers(self, builtin: Match, match: Match | None) -> bool:
        """A builtin wins where it is called, unless a longer name or a function of the scope is meant."""
        called = self.sees("(", ahead=builtin.length)
        if match is None:
            return called or (self.word_run() <= builtin.length and not self.scope.open)
        return called and match.length <= builtin.length and not isinstance(match.name.type, FunctionType)

    def _is_given(self, scope: Scope) -> bool:
        given: Scope | None = self._given
        while given is not None and given is not scope:
            given = given.parent
        return given is scope

    def _unknown(self) -> Node:
        negated = self.next.kind == "word" and self.next.text == "not"
        spelled, start, end = self.take_name(self._unknown_length())
        if negated and not self.sees("("):
            self.check.refuse("CRM004", (start, start + len("not")))
        elif self.sees("("):
            self._refuse_name("CRM102", spelled, (start, end), (*self.scope.functions(), *BUILTINS))
        elif not self.scope.open:
            self._refuse_name("CRM101", spelled, (start, end), self.scope.spellings())
        if self.scope is self._given:
            self.names.add(spelled)
        return tree.Variable(spelled, start=start, end=end)

    def _unknown_length(self) -> int:
        """As many words as there are; with dots when a name of another pack comes near."""
        length = 1 if self.next.kind == "quoted" else self.word_run()
        if not length:
            self.missing("CRM016")
        dotted = self.word_run(dots=True)
        if dotted > length and self.check.asks:
            spelled = self.text[self.next.start : self.look(dotted - 1).end]
            if "." in (nearest(spelled, self.scope.spellings()) or ""):
                return dotted
        return length

    def _refuse_name(self, code: str, spelled: str, span: tuple[int, int], known: Iterable[str]) -> None:
        near = nearest(spelled, known) if self.check.asks else None
        suggestion = quoted(near) if near else WORDS.get(spelled) if code == "CRM101" else None
        self.check.refuse(code, span, name=spelled, suggestion=suggestion, near=hint(suggestion))


def typed(names: Mapping[str, Type]) -> dict[str, Name]:
    """Names without other spellings."""
    return {name: Name(name, type) for name, type in names.items()}
