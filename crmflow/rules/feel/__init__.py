"""FEEL, the expression language of DMN 1.5: the public door.

text -> lexer -> parser (names by scope, types by check) -> tree -> evaluate or trace
"""

from __future__ import annotations

from crmflow.errors import FeelError
from crmflow.rules.feel.durations import MonthsDuration
from crmflow.rules.feel.expression import Expression, evaluate, parse, parse_unary, unary
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
