"""Which values of the names lie in a box, so that a finding can be shown by a customer?

What is computed from several names is found by trying: every answer has been evaluated, none is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Any, Final

from crmflow.errors import FeelError
from crmflow.rules.feel import tree, types
from crmflow.rules.feel.evaluate import evaluate
from crmflow.rules.feel.steps import counted
from crmflow.rules.feel.tree import Node
from crmflow.rules.feel.types import ContextType, ListType
from crmflow.rules.feel.values import write
from crmflow.rules.logic.axis import NULL, SOMETHING, Axis, regions
from crmflow.rules.logic.cover import Box
from crmflow.rules.logic.domain import Domain, domain_of
from crmflow.rules.logic.formula import Quantity
from crmflow.rules.logic.linear import ORDERS, Linear, Order, measure, value_of
from crmflow.rules.logic.samples import SAMPLES, samples
from crmflow.rules.logic.space import Space

Values = dict[str, Any]
ROUNDS: Final = 60
TRIED: Final = 2_000  # customers that are tried for one box


@dataclass(frozen=True)
class Witnesses:
    """Finds customers in boxes of a space; `constants` are the values of the params."""

    space: Space
    domain: Callable[[Quantity], Domain]
    constants: Mapping[str, object]

    def find(self, box: Box) -> Values | None:
        """The values of the names at a point of the box; names of which nothing is asked are left out. None
        where trying does not find any."""
        for values in islice(self._attempts(box), 4):
            if self.lies_in(values, box):
                return values
        return None

    def lies_in(self, values: Mapping[str, Any], box: Box) -> bool:
        """Whether a customer lies in a box, by really evaluating each quantity."""
        return all(
            self._region(axis.quantity, axis, values) & mask
            for axis, mask in zip(self.space.axes, box, strict=True)
        )

    def regions_of(self, values: Mapping[str, Any]) -> Box | None:
        """The point at which a customer lies; None where a value is none of its domain."""
        found = tuple(self._region(axis.quantity, axis, values) & axis.whole for axis in self.space.axes)
        return found if all(found) else None

    def representatives(self, nodes: Iterable[Node]) -> dict[str, list[Any]]:
        """One value for each region of every name that the nodes read, null first."""
        found: dict[str, list[Any]] = {}
        names = {variable.name: variable for node in nodes for variable in free(node)}
        literals = self._literals(self.space.axes)
        for name, node in names.items():
            place = self.space.places.get(node)
            if place is not None and self.space.axes[place].values[1:] != [SOMETHING]:
                axis = self.space.axes[place]
                values = [axis.values[region] for region in regions(axis.whole)]
            else:
                values = samples(node.type, literals, self.domain(node))
            found[name] = sorted(values, key=lambda value: value is not None)
        return found

    def _attempts(self, box: Box) -> Iterator[Values]:
        values = self._plain(box)
        bound = [
            n
            for n, axis in enumerate(self.space.axes)
            if not is_plain(axis.quantity) and box[n] != axis.whole
        ]
        if not bound:
            yield values
            return
        yield from self._repaired(dict(values), box, bound)
        yield from self._tried(values, box, bound)

    def _plain(self, box: Box) -> Values:
        """The names and their fields, each by itself."""
        values: Values = {}
        for axis, mask in zip(self.space.axes, box, strict=True):
            if is_plain(axis.quantity) and (mask != axis.whole or not mask & NULL):
                _put(values, axis.quantity, self._value(axis, mask))
        return values

    def _value(self, axis: Axis, mask: int) -> Any:
        region = next(regions(mask & ~NULL or mask))
        value = axis.values[region]
        return _something(axis.quantity) if value == SOMETHING else value

    def _region(self, quantity: Quantity, axis: Axis, values: Mapping[str, Any]) -> int:
        if isinstance(quantity, Linear):
            total = self._total(quantity, values)
            return axis.whole if total is None else axis.region(value_of(total, types.number))
        if isinstance(quantity, Order):
            return axis.region(self._order(quantity, values))
        return axis.region(self._evaluated(quantity, values))

    def _order(self, quantity: Order, values: Mapping[str, Any]) -> str:
        """Of what is null any will do: conditions ask for that apart."""
        for sign, order in zip("<=>", ORDERS, strict=True):
            asked = tree.Comparison(sign, quantity.left, quantity.right, start=0, end=0)
            if self._evaluated(asked, values) is True:
                return order
        return ORDERS[0]

    def _evaluated(self, node: Node, values: Mapping[str, Any]) -> Any:
        try:
            return write(evaluate(node, counted({**values, **self.constants})))
        except FeelError:
            return None

    def _total(self, quantity: Linear, values: Mapping[str, Any]) -> Any:
        parts = [(measure(self._evaluated(node, values)), factor) for node, factor in quantity.parts]
        if any(value is None for value, _ in parts):
            return None
        return sum(value * factor for value, factor in parts if value is not None)

    # what is computed from several names

    def _repaired(self, values: Values, box: Box, bound: Sequence[int]) -> Iterator[Values]:
        """Sums are put right one after the other, by one of their parts."""
        for n in range(ROUNDS):
            wrong = [
                k
                for k in bound
                if not self._region(self.space.axes[k].quantity, self.space.axes[k], values) & box[k]
            ]
            if not wrong:
                yield values
                return
            axis = self.space.axes[wrong[n % len(wrong)]]
            if not isinstance(axis.quantity, Linear) or not self._shift(values, axis, box, n):
                return

    def _shift(self, values: Values, axis: Axis, box: Box, turn: int) -> bool:
        """Changes one part of a sum so that the sum has a wanted value."""
        quantity = axis.quantity
        assert isinstance(quantity, Linear)
        for node, _ in quantity.parts:
            if isinstance(node, tree.Variable) and values.get(node.name) is None:
                values[node.name] = self._value_of_name(node, box)
        total = self._total(quantity, values)
        if total is None:
            return False
        wanted = [axis.values[region] for region in regions(box[self.space.places[quantity]])]
        changes = []
        for node, factor in quantity.parts:
            if not isinstance(node, tree.Variable):
                continue
            now = measure(values[node.name])
            for target in wanted:
                goal = measure(target)
                if goal is not None and now is not None:
                    value = value_of(now + (goal - total) / factor, node.type)
                    if value is not None and self._admits(node, value, box):
                        changes.append((node.name, value))
        if not changes:
            return False
        name, value = changes[turn % len(changes)]
        values[name] = value
        return True

    def _admits(self, node: Node, value: Any, box: Box) -> bool:
        place = self.space.places.get(node)
        if place is None:
            return self.domain(node).has(value)
        axis = self.space.axes[place]
        return axis.domain.has(value) and bool(axis.region(value) & box[place])

    def _value_of_name(self, node: tree.Variable, box: Box) -> Any:
        place = self.space.places.get(node)
        if place is not None:
            return self._value(self.space.axes[place], box[place])
        return self.domain(node).between(None, None)

    def _tried(self, values: Values, box: Box, bound: Sequence[int]) -> Iterator[Values]:
        """The names that bound quantities read, with the values that the conditions suggest."""
        quantities = [self.space.axes[n].quantity for n in bound]
        nodes = [node for each in quantities for node in _nodes(each)]
        names = {node.name: node for each in nodes for node in free(each)}
        literals = self._literals(self.space.axes[n] for n in bound)
        pools = []
        for node in names.values():
            pool = samples(node.type, literals, self.domain(node))
            place = self.space.places.get(node)
            if place is not None and box[place] != self.space.axes[place].whole:
                axis, mask = self.space.axes[place], box[place]
                own = [self._inside(axis, region) for region in regions(mask)]
                pool = [
                    *own[:SAMPLES],
                    *(each for each in pool if axis.region(each) & mask and each not in own),
                ]
            pools.append(pool)
        for chosen in islice(product(*pools), TRIED):
            attempt = {**values, **dict(zip(names, chosen, strict=True))}
            if self.lies_in(attempt, box):
                yield attempt
                return

    def _literals(self, axes: Iterable[Axis]) -> list[Any]:
        """The constants that are not looked into, those of their own axes, and the params."""
        nodes = [node for axis in axes for each in _nodes(axis.quantity) for node in tree.walk(each)]
        written = [write(node.value) for node in nodes if isinstance(node, tree.Literal)]
        return [*written, *(end for axis in axes for end in axis.breaks), *self.constants.values()]

    def _inside(self, axis: Axis, region: int) -> Any:
        value = axis.values[region]
        return _something(axis.quantity) if value == SOMETHING else value


def free(node: Node) -> Iterator[tree.Variable]:
    """The names that an expression reads from outside."""
    bound: set[str] = set()
    for each in tree.walk(node):
        if isinstance(each, tree.For | tree.Quantified):
            bound.update(iteration.name for iteration in each.iterations)
        elif isinstance(each, tree.Filter) and isinstance(each.operand.type, ListType):
            item = each.operand.type.item
            bound.update((tree.ITEM, *(item.fields if isinstance(item, ContextType) else ())))
        elif isinstance(each, tree.FunctionOf):
            bound.update(each.parameters)
    yield from (
        each for each in tree.walk(node) if isinstance(each, tree.Variable) and each.name not in bound
    )


def _nodes(quantity: Quantity) -> list[Node]:
    if isinstance(quantity, Order):
        return [quantity.left, quantity.right]
    return [node for node, _ in quantity.parts] if isinstance(quantity, Linear) else [quantity]


def is_plain(quantity: Quantity) -> bool:
    """A name, or a field of one."""
    while isinstance(quantity, tree.Path) and isinstance(quantity.operand.type, ContextType):
        quantity = quantity.operand
    return isinstance(quantity, tree.Variable)


def _something(quantity: Quantity) -> Any:
    """A value that nothing looks into; of a context one whose fields are null."""
    type = quantity.type if isinstance(quantity, Node) else types.any_
    if isinstance(type, ContextType):
        return {**dict.fromkeys(type.fields), **({"id": "1"} if "id" in type.fields else {})}
    if isinstance(type, ListType):
        return []
    return domain_of(type).between(None, None) or "1"


def _put(values: Values, quantity: Quantity, value: Any) -> None:
    """Sets a name, or a field of what a name stands for."""
    if isinstance(quantity, tree.Variable):
        old = values.get(quantity.name)
        values[quantity.name] = (
            {**value, **old} if isinstance(old, dict) and isinstance(value, dict) else value
        )
        return
    assert isinstance(quantity, tree.Path)
    steps, node = [quantity.name], quantity.operand
    while isinstance(node, tree.Path):
        steps, node = [node.name, *steps], node.operand
    assert isinstance(node, tree.Variable)
    inner: Any = values.setdefault(node.name, None)
    if not isinstance(inner, dict):
        inner = values[node.name] = _something(node)
    for step in steps[:-1]:
        if not isinstance(inner.get(step), dict):
            inner[step] = {}
        inner = inner[step]
    inner[steps[-1]] = value
