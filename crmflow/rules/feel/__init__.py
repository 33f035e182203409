"""FEEL, the expression language of DMN 1.5: the public door.

text -> lexer -> parser (names by scope, types by check) -> tree -> evaluate or trace
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from crmflow.errors import FeelError
from crmflow.rules.feel.durations import MonthsDuration
from crmflow.rules.feel.expression import Expression, evaluate_text, parse, parse_unary, test_text
from crmflow.rules.feel.lexer import Notice
from crmflow.rules.feel.scope import Name, Scope
from crmflow.rules.feel.trace import Reason, Trace
from crmflow.rules.feel.types import (
    ContextType,
    Enumeration,
    FunctionType,
    ListType,
    RangeType,
    Type,
    any_,
    boolean,
    date,
    date_time,
    days_duration,
    months_duration,
    null,
    number,
    string,
    time,
)
from crmflow.rules.feel.values import Function

__all__ = [
    "ContextType",
    "Enumeration",
    "Expression",
    "FeelError",
    "Function",
    "FunctionType",
    "ListType",
    "MonthsDuration",
    "Name",
    "Notice",
    "RangeType",
    "Reason",
    "Scope",
    "Trace",
    "Type",
    "any_",
    "boolean",
    "date",
    "date_time",
    "days_duration",
    "evaluate",
    "months_duration",
    "null",
    "number",
    "parse",
    "parse_unary",
    "string",
    "time",
    "unary",
]

_NOTHING: Mapping[str, object] = MappingProxyType({})


def evaluate(text: str, context: Mapping[str, object] = _NOTHING, mode: str = "standard") -> object:
    """The value of an expression. Raises FeelError when it cannot be read.

    >>> evaluate("own cycle + 3", {"own cycle": 7})
    Decimal('10')
    """
    return evaluate_text(text, context, mode)


def unary(
    text: str, value: object, context: Mapping[str, object] = _NOTHING, mode: str = "standard"
) -> bool | None:
    """Whether a value passes the tests of a decision table's cell; None when that is unknown.

    >>> unary("[18..30), > 65", 20)
    True
    """
    return test_text(text, value, context, mode)
