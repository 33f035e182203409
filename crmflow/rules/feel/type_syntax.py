"""Which type is written after `instance of` or a parameter's colon?"""

from __future__ import annotations

from crmflow.errors import FeelError
from crmflow.rules.feel import types
from crmflow.rules.feel.cursor import Cursor
from crmflow.rules.feel.scope import Name, nearest
from crmflow.rules.feel.types import ContextType, FunctionType, ListType, RangeType, Type

_SPELLED = {
    **types.SCALARS,
    "day and time duration": types.days_duration,
    "year and month duration": types.months_duration,
}
_GENERIC = ("list", "range", "context", "function")


def read_type(cursor: Cursor) -> Type:
    """Reads one type. Raises FeelError CRM109 for a name that is none."""
    with cursor.deeper():
        token = cursor.next
        if token.text in _GENERIC and token.kind == "word":
            cursor.take()
            return _generic(cursor, token.text)
        return _scalar(cursor)


def _generic(cursor: Cursor, name: str) -> Type:
    opened = cursor.accept("<")
    if not opened:
        return {"list": ListType(), "range": RangeType(), "context": ContextType(open=True)}.get(
            name
        ) or FunctionType()
    if name == "function":
        return _function(cursor)
    if name == "context":
        return _context(cursor)
    item = read_type(cursor)
    cursor.expect(">")
    return ListType(item) if name == "list" else RangeType(item)


def _function(cursor: Cursor) -> Type:
    parameters = [read_type(cursor) for _ in cursor.listed(">")]
    cursor.expect("->")
    return FunctionType(tuple(parameters), read_type(cursor))


def _context(cursor: Cursor) -> Type:
    fields = {}
    for _ in cursor.listed(">"):
        name = cursor.take_name(cursor.word_run() or cursor.missing("CRM018"))[0]
        cursor.expect(":")
        fields[name] = Name(name, read_type(cursor))
    return ContextType(fields)


def _scalar(cursor: Cursor) -> Type:
    """The longest run of words that names a type."""
    start = cursor.next.start
    for length in range(5, 0, -1):
        spelled = " ".join(cursor.look(ahead).text for ahead in range(length))
        if spelled in _SPELLED and cursor.look(length - 1).kind == "word":
            cursor.take_name(length)
            return _SPELLED[spelled]
    spelled = cursor.take_name(cursor.word_run() or cursor.missing("CRM018"))[0]
    near = nearest(spelled, _SPELLED)
    raise FeelError(
        "CRM109", start, cursor.end, name=spelled, suggestion=near, near=f" ({near}?)" if near else ""
    )
