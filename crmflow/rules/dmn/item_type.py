"""Which FEEL type is an item definition, and which values does it admit? (DMN 1.5, 7.3.2 to 7.3.4)"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from crmflow.rules import feel
from crmflow.rules.dmn.boxed import Text
from crmflow.rules.dmn.definitions import Definitions, ItemDefinition
from crmflow.rules.dmn.notice import Notices
from crmflow.rules.feel import types
from crmflow.rules.feel.coercion import MISFIT, fit
from crmflow.rules.feel.evaluate import evaluate
from crmflow.rules.feel.scope import Name, Scope, nearest
from crmflow.rules.feel.steps import Steps
from crmflow.rules.feel.tree import INPUT
from crmflow.rules.feel.types import ContextType, FunctionType, ListType, RangeType, Type
from crmflow.rules.feel.values import read

Test = Callable[[Any, Steps | None], bool]  # of a value that is not null, within the steps of an evaluation


@dataclass(frozen=True, slots=True)
class ItemType:
    """A type as FEEL knows it and what its values must pass; `values` are the allowed ones in order."""

    type: Type = types.any_
    admits: Test | None = None
    values: Text | None = None

    def coerced(self, value: object, steps: Steps | None = None) -> object:
        """The value in the form that the type wants, or null when it has none (DMN 1.5, 10.3.2.9.4)."""
        if value is None or self is ANY:
            return value
        fitting = fit(value, self.type, nulls=True)
        if fitting is MISFIT or (self.admits is not None and not self.admits(fitting, steps)):
            return None
        return fitting


ANY: Final = ItemType()

SUGGESTED: Final = 20  # unknown types for which a like one is looked for

# FEEL's types as typeRef names them, and those of XML Schema and of other tools.
_BUILT_IN: Final[Mapping[str, ItemType]] = {
    **{name: ItemType(type) for name, type in types.SCALARS.items()},
    "Any": ANY,
    "dateTime": ItemType(types.date_time),
    "dayTimeDuration": ItemType(types.days_duration),
    "yearMonthDuration": ItemType(types.months_duration),
    **dict.fromkeys(("decimal", "integer", "int", "long", "double", "float"), ItemType(types.number)),
    "list": ItemType(ListType()),
    "context": ItemType(ContextType(open=True)),
    "function": ItemType(FunctionType()),
    "range": ItemType(RangeType()),
}


class ItemTypes:
    """The types that one model knows: FEEL's, its own, and those of its imports as `import.type`."""

    def __init__(self, definitions: Definitions, imported: Mapping[str, ItemTypes], notices: Notices) -> None:
        self._definitions = {each.name: each for each in definitions.types}
        self._notices = notices
        self._made: dict[str, ItemType] = {}
        self._making: set[str] = set()
        self.scope, self._declare = Scope({}).growing()
        for name, model in imported.items():
            for inner, made in model.own.items():
                self._keep(f"{name}.{inner}" if name else inner, made)
        self.own: dict[str, ItemType] = {each.name: self._by_name(each.name) for each in definitions.types}

    def of(self, reference: str | None, where: Text | None = None) -> ItemType:
        """The type of that name; Any where none is named, and with a notice CRM163 where it is unknown."""
        if not reference:
            return ANY
        name = " ".join(reference.split())
        for spelling in (name, name.rpartition(":")[2]):
            if spelling in self._made or spelling in self._definitions:
                return self._by_name(spelling)
            if spelling in _BUILT_IN:
                return _BUILT_IN[spelling]
        near = None
        if len(self._notices.found) < SUGGESTED:
            near = nearest(name, [*_BUILT_IN, *self._made, *self._definitions])
        self._notices.add("CRM163", where, name=name, near=f" ({near}?)" if near else "")
        return ANY

    def _by_name(self, name: str) -> ItemType:
        """Built on first use; within its own definition a type is known by name alone."""
        if name in self._made:
            return self._made[name]
        if name in self._making:
            return ItemType(types.any_, lambda *value: self._made[name].coerced(*value) is not None)
        self._making.add(name)
        return self._keep(name, self._made_from(self._definitions[name]))

    def _keep(self, name: str, made: ItemType) -> ItemType:
        self._made[name] = made
        self._declare(Name(name, made.type))
        return made

    def _made_from(self, item: ItemDefinition) -> ItemType:
        made = self._base(item)
        if item.allowed is not None:
            made = self._restricted(made, item.allowed)
        if item.is_collection:
            made = ItemType(ListType(made.type), _each(made.admits), made.values)
        if item.constraint is not None:
            made = self._restricted(made, item.constraint)
        return made

    def _base(self, item: ItemDefinition) -> ItemType:
        where = Text(item.type_ref or "", item.start)
        if item.parameters is not None:
            taken = (self.of(each.type_ref, Text(each.name, each.start)).type for each in item.parameters)
            return ItemType(FunctionType(tuple(taken), self.of(item.type_ref, where).type))
        if not item.components:
            return self.of(item.type_ref, where)
        parts = {each.name: self._made_from(each) for each in item.components}
        fields = {name: Name(name, part.type) for name, part in parts.items()}
        return ItemType(ContextType(fields), _fields(parts))

    def _restricted(self, base: ItemType, tests: Text) -> ItemType:
        """The type whose values pass the tests: a list as a whole or, where that is unknown, each item."""
        whole = self._test(tests, base.type)
        if whole is None:
            return base
        each = self._test(tests, base.type.item) if isinstance(base.type, ListType) else None

        def admits(value: Any, steps: Steps | None) -> bool:
            passed = whole(value, steps)
            if passed is None and each is not None:
                return all(item is None or each(item, steps) is True for item in value)
            return passed is True

        return ItemType(base.type, _both(base.admits, admits), tests)

    def _test(self, tests: Text, type: Type) -> Callable[[Any, Steps | None], object] | None:
        scope = Scope({}, types=self.scope)
        cell = self._notices.read(tests, lambda: feel.parse_unary(tests.text, type, scope, "standard"))
        if cell is None:
            return None
        return lambda value, steps: evaluate(cell.tree, {INPUT: value, Steps: steps or Steps()})


def _both(one: Test | None, other: Test | None) -> Test | None:
    if one is None or other is None:
        return one or other
    return lambda value, steps: one(value, steps) and other(value, steps)


def _each(test: Test | None) -> Test | None:
    if test is None:
        return None
    return lambda items, steps: all(item is None or test(item, steps) for item in items)


def _fields(parts: Mapping[str, ItemType]) -> Test | None:
    tested = {name: part.admits for name, part in parts.items() if part.admits is not None}
    if not tested:
        return None

    def admits(context: Mapping[str, object], steps: Steps | None) -> bool:
        values = {name: read(context.get(name)) for name in tested}
        return all(values[name] is None or test(values[name], steps) for name, test in tested.items())

    return admits
