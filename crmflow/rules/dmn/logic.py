"""What is left of an expression once it has been read? A function of the values of the names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from crmflow.rules.dmn.item_type import ANY, ItemType
from crmflow.rules.feel import types
from crmflow.rules.feel.steps import Steps
from crmflow.rules.feel.types import Type

Env = dict[Any, Any]  # the values of the names, as FEEL's walk takes them
Value = Callable[[Env], Any]


@dataclass(frozen=True, slots=True)
class Logic:
    """A function of the values of the names, and the type of what it gives."""

    value: Value
    type: Type = types.any_


NOTHING: Final = Logic(lambda env: None, types.null)


def coerced(logic: Logic, item: ItemType) -> Logic:
    """The logic whose value has the form that the type wants; of Any, what is known stays known."""
    if item is ANY:
        return logic
    value = logic.value
    known = logic.type if item.type == types.any_ else item.type
    return Logic(lambda env: item.coerced(value(env), env.get(Steps)), known)
