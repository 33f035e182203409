"""Which types can a FEEL value have?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from crmflow.rules.feel.scope import Name


class Type:
    """The root of all types; `str(type)` is how FEEL writes it."""

    __slots__ = ()

    def in_language(self, language: str) -> str:
        """How a message calls it: in Chinese by a Chinese word, where it has one."""
        return str(self) if language != "zh" else CHINESE.get(str(self), str(self))


@dataclass(frozen=True, slots=True)
class Scalar(Type):
    """A type without parts, such as number or date."""

    name: str

    def __str__(self) -> str:
        return self.name


number: Final = Scalar("number")
string: Final = Scalar("string")
boolean: Final = Scalar("boolean")
date: Final = Scalar("date")
time: Final = Scalar("time")
date_time: Final = Scalar("date and time")
days_duration: Final = Scalar("days and time duration")
months_duration: Final = Scalar("years and months duration")
any_: Final = Scalar("Any")
null: Final = Scalar("Null")

SCALARS: Final[Mapping[str, Type]] = {
    each.name: each
    for each in (number, string, boolean, date, time, date_time, days_duration, months_duration, any_, null)
}
CHINESE: Final[Mapping[str, str]] = {
    "number": "数值",
    "string": "文本",
    "boolean": "true 或 false",
    "date": "日期",
    "time": "时间",
    "date and time": "日期时间",
    "days and time duration": "时长（天、时）",
    "years and months duration": "时长（年、月）",
    "Any": "任意类型",
    "Null": "空值",
    "list": "列表",
    "range": "区间",
    "context": "上下文",
    "function": "函数",
}
WEIGHT_LIMIT: Final = 1_000  # of types in a type that is written or guessed from a text
ORDERED: Final = frozenset({number, date, time, date_time, days_duration, months_duration})


@dataclass(frozen=True, slots=True)
class Enumeration(Type):
    """A string with a closed list of values; when `ordered`, `<` means earlier in the list. `labels` are what
    readers call them, label → value: no value themselves, but what somebody may mean."""

    values: tuple[str, ...]
    ordered: bool = False
    labels: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    def __str__(self) -> str:
        return "one of " + ", ".join(f'"{value}"' for value in self.values)

    def in_language(self, language: str) -> str:
        if language != "zh":
            return str(self)
        called = {value: label for label, value in self.labels.items() if not label.isascii()}
        values = (f'"{value}"' + (f"（{called[value]}）" if value in called else "") for value in self.values)
        return f"{'、'.join(values)}之一"


@dataclass(frozen=True, slots=True)
class ListType(Type):
    """A list of items of one type."""

    item: Type = any_

    def __str__(self) -> str:
        return f"list<{self.item}>"

    def in_language(self, language: str) -> str:
        return f"列表（{self.item.in_language(language)}）" if language == "zh" else str(self)


@dataclass(frozen=True, slots=True)
class RangeType(Type):
    """A range whose ends have one type."""

    item: Type = any_

    def __str__(self) -> str:
        return f"range<{self.item}>"

    def in_language(self, language: str) -> str:
        return f"区间（{self.item.in_language(language)}）" if language == "zh" else str(self)


@dataclass(frozen=True, slots=True)
class ContextType(Type):
    """Named fields, keyed by canonical name; an `open` one may hold fields that are not declared."""

    fields: Mapping[str, Name] = field(default_factory=dict, hash=False)
    open: bool = False
    weight: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        weight = 1 + sum(weight_of(declared.type) for declared in self.fields.values())
        object.__setattr__(self, "weight", weight)

    def __str__(self) -> str:
        if self.weight > WEIGHT_LIMIT:
            return "context<…>"
        inside = ", ".join(f"{name}: {declared.type}" for name, declared in self.fields.items())
        return f"context<{inside}>" if inside else "context"


@dataclass(frozen=True, slots=True)
class FunctionType(Type):
    """`parameters` is None when they are not known."""

    parameters: tuple[Type, ...] | None = None
    result: Type = any_

    def __str__(self) -> str:
        if self.parameters is None:
            return "function"
        return f"function<{', '.join(map(str, self.parameters))}> -> {self.result}"


@dataclass(frozen=True, slots=True)
class Several(Type):
    """More than one type, as a message lists them; no value has it."""

    types: tuple[Type, ...]
    sign: str = " / "

    def __str__(self) -> str:
        return self.sign.join(map(str, self.types))

    def in_language(self, language: str) -> str:
        sign = "、" if language == "zh" and self.sign == ", " else self.sign
        return sign.join(each.in_language(language) for each in self.types)


def weight_of(type: Type) -> int:
    """How many types a type is made of, one that is used twice counted twice."""
    match type:
        case ContextType():
            return type.weight
        case ListType() | RangeType():
            return 1 + weight_of(type.item)
        case FunctionType():
            return 1 + sum(map(weight_of, type.parameters or ())) + weight_of(type.result)
    return 1


def conforms(type: Type, wanted: Type) -> bool:
    """Whether a value of `type` may stand where `wanted` is asked for (DMN 1.5, 10.3.2.9.4).

    Any and Null fit everywhere: what cannot be known before the values are there is not refused.
    """
    if type in (wanted, null) or any_ in (type, wanted):
        return True
    match type, wanted:
        case Enumeration(), Enumeration():
            return bool(set(type.values) & set(wanted.values))
        case (Enumeration(), Scalar("string")) | (Scalar("string"), Enumeration()):
            return True
        case (ListType(item=one), ListType(item=other)) | (RangeType(item=one), RangeType(item=other)):
            return conforms(one, other)
        case ContextType(), ContextType():
            return type.open or all(
                name in type.fields and conforms(type.fields[name].type, field.type)
                for name, field in wanted.fields.items()
            )
        case FunctionType(), FunctionType():
            return _function_conforms(type, wanted)
    return False


def _function_conforms(type: FunctionType, wanted: FunctionType) -> bool:
    if not conforms(type.result, wanted.result):
        return False
    if type.parameters is None or wanted.parameters is None:
        return True
    return len(type.parameters) == len(wanted.parameters) and all(
        conforms(given, taken) for given, taken in zip(wanted.parameters, type.parameters, strict=True)
    )


def joined(types: list[Type]) -> Type:
    """The type of a value that is of one of these types; Any when they have nothing in common."""
    known = [each for each in types if each != null]
    if not known:
        return null if types else any_
    return reduce(_joined, known)


def _joined(one: Type, other: Type) -> Type:
    if one == other:
        return one
    match one, other:
        case ListType(), ListType():
            return ListType(_joined(one.item, other.item))
        case Enumeration() | Scalar("string"), Enumeration() | Scalar("string"):
            return string
    return any_
