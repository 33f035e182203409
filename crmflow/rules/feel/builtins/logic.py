"""Which functions does FEEL have for booleans? (DMN 1.5, 10.3.4.2)"""

from __future__ import annotations

from crmflow.rules.feel.builtins.registry import builtin
from crmflow.rules.feel.operations import conjunction, disjunction


@builtin("not(negand: boolean) -> boolean")
def _not(negand: bool) -> bool:
    return not negand


@builtin("all(list: list<Truth>) -> boolean", "all(...b: Truth) -> boolean")
def _all(*values: object) -> bool | None:
    return conjunction(_listed(values))


@builtin("any(list: list<Truth>) -> boolean", "any(...b: Truth) -> boolean")
def _any(*values: object) -> bool | None:
    return disjunction(_listed(values))


@builtin("is(value1: Any, value2: Any) -> boolean")
def _is(value1: object, value2: object) -> bool:
    """The same value of the same type: unlike `=`, offsets and zones count, and all digits of a second."""
    return type(value1) is type(value2) and value1 == value2


def _listed(values: tuple[object, ...]) -> list[object]:
    return values[0] if len(values) == 1 and isinstance(values[0], list) else list(values)
