"""Which type is written after `instance of` or a parameter's colon?"""

from __future__ import annotations

from crmflow.errors import FeelError
from crmflow.rules.feel import types
from crmflow.rules.feel.cursor import Cursor
from crmflow.rules.feel.scope import Name, Scope, nearest
from crmflow.rules.feel.types import ContextType, FunctionType, ListType, RangeType, Type

_SPELLED = {
    **types.SCALARS,
    "day and time duration": types.days_duration,
    "year and month duration": types.months_duration,
}
_GENERIC = ("list", "range", "context", "function")
_NOTHING = Scope({})


def read_type(cursor: Cursor, declared: Scope | None = None) -> Type:
    """Reads a type of FEEL or one that is `declared`. Raises FeelError CRM109 for a name that is neither."""
    with cursor.deeper():
        token = cursor.next
        if token.text in _GENERIC and token.kind == "word":
            cursor.take()
            return _generic(cursor, token.text, declared)
        return _named(cursor, declared)


def _generic(cursor: Cursor, name: str, declared: Scope | None) -> Type:
    opened = cursor.accept("<")
    if not opened:
        return {"list": ListType(), "range": RangeType(), "context": ContextType(open=True)}.get(
            name
        ) or FunctionType()
    if name == "function":
        return _function(cursor, declared)
    if name == "context":
        return _context(cursor, declared)
    item = read_type(cursor, declared)
    cursor.expect(">")
    return ListType(item) if name == "list" else RangeType(item)


def _function(cursor: Cursor, declared: Scope | None) -> Type:
    parameters = [read_type(cursor, declared) for _ in cursor.listed(">")]
    cursor.expect("->")
    return FunctionType(tuple(parameters), read_type(cursor, declared))


def _context(cursor: Cursor, declared: Scope | None) -> Type:
    fields = {}
    for _ in cursor.listed(">"):
        name = cursor.take_name(cursor.word_run() or cursor.missing("CRM018"))[0]
        cursor.expect(":")
        fields[name] = Name(name, read_type(cursor, declared))
    return ContextType(fields)


def _named(cursor: Cursor, declared: Scope | None) -> Type:
    """The longest run of words that names a type; of equally long ones FEEL's own."""
    start = cursor.next.start
    length = _scalar_length(cursor)
    declared = declared or _NOTHING
    quoted = declared.resolve(cursor.next.text) if cursor.next.kind == "quoted" else None
    match = declared.longest(cursor.tokens, cursor.at)
    if quoted is not None:
        cursor.take()
        return quoted.type
    if match is not None and match.length > length:
        cursor.take_name(match.length)
        return match.name.type
    if length:
        return _SPELLED[" ".join(cursor.take().text for _ in range(length))]
    spelled = cursor.take_name(cursor.word_run() or cursor.missing("CRM018"))[0]
    near = nearest(spelled, [*_SPELLED, *declared])
    raise FeelError(
        "CRM109", start, cursor.end, name=spelled, suggestion=near, near=f" ({near}?)" if near else ""
    )


def _scalar_length(cursor: Cursor) -> int:
    """How many of the next words are the name of a scalar; 0 when none are."""
    for length in range(5, 0, -1):
        spelled = " ".join(cursor.look(ahead).text for ahead in range(length))
        if spelled in _SPELLED and cursor.look(length - 1).kind == "word":
            return length
    return 0
