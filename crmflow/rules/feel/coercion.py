"""Does a value fit where a type is wanted, and in which form?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from crmflow.rules.feel import types
from crmflow.rules.feel.dates import Date, DateTime, Time
from crmflow.rules.feel.durations import DaysDuration, MonthsDuration
from crmflow.rules.feel.operations import midnight
from crmflow.rules.feel.types import ContextType, FunctionType, ListType, RangeType, Type
from crmflow.rules.feel.values import Function, RangeValue, read

MISFIT: Final = object()


def fit(value: Any, wanted: Type, nulls: bool = False) -> Any:
    """The value as a parameter of this type takes it, or MISFIT (DMN 1.5, 10.3.2.9.4).

    A list of one value stands for the value, a value for a list of it, a date for its midnight at UTC.
    Null fits only Any and Null; with `nulls` it may stand among the items of any list.
    """
    if wanted == types.any_:
        return value
    if isinstance(wanted, ListType):
        items = value if isinstance(value, list) else [value]
        fits = _belongs_or_null if nulls else belongs
        return items if value is not None and fits(items, wanted) else MISFIT
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if wanted == types.date_time and isinstance(value, Date):
        return midnight(value)
    return value if belongs(value, wanted) else MISFIT


_CLASSES: Final[Mapping[Type, type]] = {
    types.number: Decimal,
    types.string: str,
    types.boolean: bool,
    types.date: Date,
    types.time: Time,
    types.date_time: DateTime,
    types.days_duration: DaysDuration,
    types.months_duration: MonthsDuration,
    types.null: type(None),
}


def belongs(value: Any, wanted: Type) -> bool:
    """Whether a value is of a type; null only of Any and Null."""
    match wanted:
        case ListType():
            return isinstance(value, list) and (
                wanted.item == types.any_ or all(belongs(item, wanted.item) for item in value)
            )
        case RangeType():
            ends = [value.low, value.high] if isinstance(value, RangeValue) else []
            return bool(ends) and all(end is None or belongs(end, wanted.item) for end in ends)
        case ContextType():
            return isinstance(value, Mapping) and all(
                name in value and _belongs_or_null(read(value[name]), field.type)
                for name, field in wanted.fields.items()
            )
        case FunctionType():
            return _is_function(value, wanted)
        case types.Enumeration():
            return value in wanted.values
    if wanted == types.any_:
        return True
    return type(value) is _CLASSES[wanted]


def _belongs_or_null(value: object, wanted: Type) -> bool:
    """Null conforms to every type, as an item of a list too (DMN 1.5, 10.3.2.9.1)."""
    if isinstance(value, list) and isinstance(wanted, ListType):
        return all(_belongs_or_null(item, wanted.item) for item in value)
    return value is None or belongs(value, wanted)


def _is_function(value: object, wanted: FunctionType) -> bool:
    if isinstance(value, Function) and wanted.parameters is not None:
        return types.conforms(FunctionType(value.types), FunctionType(wanted.parameters))
    return callable(getattr(value, "call", None))


def invoke(function: Function, values: Sequence[object], names: Sequence[str] = ()) -> object:
    """The result of a function written in the text; null when the arguments do not fit its parameters."""
    if names:
        if sorted(names) != sorted(function.parameters):
            return None
        values = [values[names.index(name)] for name in function.parameters]
    if len(values) != len(function.parameters):
        return None
    fitting = [
        value if value is None else fit(value, wanted, nulls=True)
        for value, wanted in zip(values, function.types, strict=True)
    ]
    return None if MISFIT in fitting else function.call(*fitting)
