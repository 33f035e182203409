"""How is the value of an expression read from a combination of things, quickly where it is a plain field?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from crmflow.rules.feel import Enumeration, Type, boolean, date, number, string, tree
from crmflow.rules.feel.dates import DateTime, Time
from crmflow.rules.feel.durations import SECOND
from crmflow.rules.feel.evaluate import evaluate
from crmflow.rules.feel.tree import Node
from crmflow.rules.infer.body import variables_of
from crmflow.rules.infer.kind import PLACE, Kind
from crmflow.rules.infer.world import Thing

Slots = list[Any]
"""One combination: for each variable the place of its thing, or its value."""
Reader = Callable[[Slots], Any]
PLAIN: Final = frozenset({string, number, boolean, date})
_TIMES: Final = frozenset({Time, DateTime})


@dataclass(frozen=True, slots=True)
class Readers:
    """Makes readers for one rule; `slots` are its variables in order, `constants` params, today and now."""

    things: Sequence[Thing]
    variables: Mapping[str, Type]
    constants: Mapping[str, object]

    def slot(self, variable: str) -> int:
        return list(self.variables).index(variable)

    def of(self, node: Node) -> Reader:
        """The value of an expression as it is inside FEEL; of a thing its place."""
        things = self.things
        match node:
            case tree.Variable(name=name, type=Kind()) if name in self.variables:
                return self._at(self.slot(name))
            case tree.Path(operand=thing, name=name) if name == PLACE:
                return self.of(thing)
            case tree.Path(operand=tree.Variable(name=name), name=field) if self._is_thing(name):
                at = self.slot(name)
                if isinstance(node.type, Kind):
                    return lambda slots: things[slots[at]][field][PLACE]
                return lambda slots: things[slots[at]].get(field)
            case tree.Literal(value=value):
                return lambda slots: value
        walked = self._walked(node)
        return (lambda slots: walked(slots)[PLACE]) if isinstance(node.type, Kind) else walked

    def key(self, node: Node) -> Reader:
        """The same, so that equal values are equal in Python too."""
        read = self.of(node)
        return read if isinstance(node.type, Kind | Enumeration) or node.type in PLAIN else _keyed(read)

    def row(self, nodes: Sequence[Node]) -> Callable[[Slots], tuple[Any, ...]]:
        """The values of several expressions, as a relation holds them."""
        read = tuple(self.key(node) for node in nodes)
        match read:
            case (one,):
                return lambda slots: (one(slots),)
            case (one, other):
                return lambda slots: (one(slots), other(slots))
        return lambda slots: tuple([each(slots) for each in read])

    def _at(self, slot: int) -> Reader:
        return lambda slots: slots[slot]

    def _is_thing(self, name: str) -> bool:
        return isinstance(self.variables.get(name), Kind)

    def _walked(self, node: Node) -> Reader:
        """By walking the tree, with only the names that it reads."""
        things = self.things
        read = sorted(variables_of(node, self.variables))
        placed = [(name, self.slot(name)) for name in read if self._is_thing(name)]
        plain = [(name, self.slot(name)) for name in read if not self._is_thing(name)]
        env: dict[str, Any] = dict(self.constants)

        def walked(slots: Slots) -> Any:
            for name, slot in placed:
                env[name] = things[slots[slot]]
            for name, slot in plain:
                env[name] = slots[slot]
            return evaluate(node, env)

        return walked


def _keyed(read: Reader) -> Reader:
    return lambda slots: key(read(slots))


def key(value: Any) -> Any:
    """What is equal for two values exactly if FEEL's `=` is true of them; None of null."""
    if type(value) in _TIMES:
        return type(value), value.zoned, value.instant // SECOND
    return value
