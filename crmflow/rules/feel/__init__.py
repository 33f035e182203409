"""FEEL, the expression language of DMN 1.5: the public door.

text -> lexer -> parser (names by scope, types by check) -> tree -> evaluate, trace or compile
"""

from __future__ import annotations

from crmflow.errors import FeelError
from crmflow.rules.feel.compile import Compiled, compile
from crmflow.rules.feel.durations import MonthsDuration
from crmflow.rules.feel.expression import Expression, evaluate, parse, parse_unary, reasons, unary
from crmflow.rules.feel.lexer import Notice
from crmflow.rules.feel.nulls import excluded, null_traps
from crmflow.rules.feel.reasons import Reason
from crmflow.rules.feel.scope import Name, Scope, nearest
from crmflow.rules.feel.trace import Trace
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
from crmflow.rules.feel.values import DECIMALS, Function
from crmflow.rules.feel.xsd import from_xsd, to_xsd

__all__ = [
    "DECIMALS",
    "Compiled",
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
    "compile",
    "date",
    "date_time",
    "days_duration",
    "evaluate",
    "excluded",
    "from_xsd",
    "months_duration",
    "nearest",
    "null",
    "null_traps",
    "number",
    "parse",
    "parse_unary",
    "reasons",
    "string",
    "time",
    "to_xsd",
    "unary",
]
