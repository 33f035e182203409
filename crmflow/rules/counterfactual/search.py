"""Which is the least change of facts that makes a rule fire, or decide? Fewest names, then smallest steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from crmflow.core.decision import Conflict
from crmflow.errors import FeelError
from crmflow.rules.context import Context
from crmflow.rules.counterfactual.boundary import ORDERED, Boundaries
from crmflow.rules.counterfactual.leaf import Leaf, Leaves
from crmflow.rules.feel import Enumeration, Expression, Type, boolean
from crmflow.rules.rulebook import Condition, Rule, Rulebook
from crmflow.rules.vocabulary import Vocabulary

MOST: Final = 4  # names
TRIES: Final = 4_000  # contexts that are asked


@dataclass(frozen=True, slots=True)
class _Asked:
    """A condition, the column that it tests, and the leaves on which both depend."""

    expression: Expression
    column: Expression | None
    leaves: frozenset[Leaf]

    def holds(self, context: Context) -> bool:
        try:
            value = None if self.column is None else self.column.evaluate(context)
            return self.expression.evaluate(context, value) is True
        except FeelError:  # what takes too long does not hold
            return False


@dataclass(frozen=True, slots=True)
class Altered:
    """A leaf with its present and its other value."""

    leaf: Leaf
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class LeastChange:
    """What must be different for a rule to fire; `context` is the subject's then, all that follows included.

    `decides`: its hit counts then, too; else another rule still goes first. Nothing `altered` is no change:
    none of up to `MOST` names was found; `exhausted` says that the search gave up before it had seen all.
    """

    altered: tuple[Altered, ...]
    context: Mapping[str, object]
    decides: bool
    exhausted: bool = False

    @property
    def found(self) -> bool:
        return bool(self.altered)


def least_change(
    rulebook: Rulebook,
    rule: Rule,
    context: Mapping[str, object],
    vocabulary: Vocabulary,
    zone: ZoneInfo,
    *,
    params: Mapping[str, object] | None = None,
) -> LeastChange:
    """A least change of a subject's facts after which the rule decides; else one after which it fires.

    No name of it can be left out. Time does not pass and params stay (`later.py` and `least_param` ask for
    these). For a rule that decides already nothing is altered.
    """
    given = rulebook.defaults if params is None else params
    leaves = Leaves(vocabulary, context, given, zone)
    firing = _Search(rulebook, rule, leaves, decides=False)
    found = firing.run(0)
    if found is not None and firing.decided(found):
        return firing.made(found, decides=True)
    deciding = _Search(rulebook, rule, leaves, decides=True)
    better = deciding.run(0 if found is None else len(found)) if found is not None else None
    if better is not None:
        return deciding.made(better, decides=True)
    return firing.made(found or {}, decides=False)


def least_param(
    rulebook: Rulebook,
    rule: Rule,
    context: Mapping[str, object],
    vocabulary: Vocabulary,
    zone: ZoneInfo,
    *,
    params: Mapping[str, object],
) -> Altered | None:
    """The one param, with the nearest value, at which the rule would decide for this subject."""
    names = {**context, **params}
    types = {name: param.type for name, param in rulebook.declares.items()}
    chosen = frozenset(name for name in params if _is_set_by_steps(types.get(name)))
    search = _Search(rulebook, rule, Leaves(vocabulary, names, {}, zone, types), decides=True, only=chosen)
    found = search.run(1, most=1)
    if not found:
        return None
    leaf, value = next(iter(found.items()))
    return Altered(leaf, leaf.value(names), value)


Change = dict[Leaf, object]
RIVALS: Final = 60
"""Of so many rules that may go before, the boundaries are looked at."""


class _Enough(Exception):
    """So many contexts were asked."""


class _Search:
    """Deepens by the number of names: whatever solves it must change a leaf of what stands in the way."""

    def __init__(
        self,
        rulebook: Rulebook,
        rule: Rule,
        leaves: Leaves,
        *,
        decides: bool,
        only: frozenset[str] | None = None,
    ) -> None:
        self.rulebook, self.rule, self.leaves, self.decides, self.only = rulebook, rule, leaves, decides, only
        self.start = leaves.context
        self.tries = TRIES
        self.exhausted = False
        self.best: tuple[Decimal, Change] | None = None
        self._conditions: dict[str, tuple[_Asked, ...]] = {}

    def run(self, fewest: int, most: int = MOST) -> Change | None:
        """The change, by leaf; None where there is none within the limits."""
        for count in range(fewest, most + 1):
            found = self._of_size(count)
            if found is not None or self.exhausted:
                return found
        return None

    def _of_size(self, count: int) -> Change | None:
        """The cheapest change of at most so many names."""
        self.best = None
        try:
            self._deepen(self.start, {}, Decimal(0), count)
        except _Enough:
            self.exhausted = True
        return self._without_idle(self.best[1]) if self.best else None

    def made(self, change: Change, *, decides: bool) -> LeastChange:
        altered = tuple(Altered(leaf, leaf.value(self.start), value) for leaf, value in change.items())
        return LeastChange(altered, self._with(change), decides, self.exhausted and not change)

    def decided(self, change: Change) -> bool:
        return self._decides(self._with(change))

    # the search

    def _deepen(self, context: Context, change: Change, cost: Decimal, left: int) -> None:
        """Changes further leaves, `left` of them at most, until nothing stands in the way."""
        self._spend()
        obstacle = self._obstacle(context)
        if obstacle is None:
            if self.best is None or cost < self.best[0]:
                self.best = cost, change
            return
        if left == 0:
            return
        boundaries = self._boundaries
        for leaf in self._leaves_of(obstacle):
            if leaf in change or any(_overlap(leaf, other) for other in change):
                continue
            for step, value in boundaries.candidates(leaf, context):
                if self.best is not None and cost + step >= self.best[0]:
                    break
                changed = self.leaves.changed(context, leaf, value)
                if left > 1 and self._is_lost(changed, {*change, leaf}):
                    self._spend()
                    continue
                self._deepen(changed, {**change, leaf: value}, cost + step, left - 1)

    def _obstacle(self, context: Context) -> Rule | None:
        """The rule of which something must be different: this one, or one that goes before it."""
        if not all(each.holds(context) for each in self._asked(self.rule)):
            return self.rule
        return self._before(context) if self.decides else None

    def _before(self, context: Context) -> Rule | None:
        """A rule that keeps this one from deciding."""
        hits = self.rulebook.decide(context, {name: context[name] for name in self.rulebook.declares})
        found = hits.hits if isinstance(hits, Conflict) else hits
        ids = [hit.rule for hit in found]
        if not isinstance(hits, Conflict) and self.rule.id in ids:
            return None
        return next(
            (each for each in self.rulebook.rules if each.id in ids and each.id != self.rule.id), self.rule
        )

    def _decides(self, context: Context) -> bool:
        return self._obstacle(context) is None and self._before(context) is None

    def _is_lost(self, context: Context, fixed: set[Leaf]) -> bool:
        """Whether a condition fails of which every leaf is decided already."""
        return any(each.leaves <= fixed and not each.holds(context) for each in self._asked(self.rule))

    def _without_idle(self, change: Change) -> Change:
        """Without the leaves that need not differ."""
        for leaf in list(change):
            less = {other: value for other, value in change.items() if other != leaf}
            context = self._with(less)
            if self._obstacle(context) is None:
                change = less
        return change

    # what it asks

    def _with(self, change: Change) -> Context:
        context = self.start
        for leaf, value in change.items():
            context = self.leaves.changed(context, leaf, value)
        return context

    def _asked(self, rule: Rule) -> tuple[_Asked, ...]:
        if rule.id not in self._conditions:
            self._conditions[rule.id] = tuple(map(self._condition, rule.conditions))
        return self._conditions[rule.id]

    def _condition(self, condition: Condition) -> _Asked:
        column = None if condition.column is None else self.rulebook.columns[condition.column]
        read = self.leaves.of([each for each in (condition.expression, column) if each is not None])
        leaves = frozenset(leaf for leaf in read if self.only is None or leaf.name in self.only)
        return _Asked(condition.expression, column, leaves)

    def _leaves_of(self, rule: Rule) -> list[Leaf]:
        found = {leaf for each in self._asked(rule) for leaf in each.leaves}
        return sorted(found, key=lambda leaf: [str(key) for key in leaf.path])

    @cached_property
    def _boundaries(self) -> Boundaries:
        """What this rule and those that may go before it compare."""
        others = (each for each in self.rulebook.rules if each.id != self.rule.id)
        rules = [self.rule, *islice(others, RIVALS if self.decides else 0)]
        asked = [(each.expression, each.column) for one in rules for each in self._asked(one)]
        return Boundaries(asked, self.leaves)

    def _spend(self) -> None:
        self.tries -= 1
        if self.tries < 0:
            raise _Enough


def _is_set_by_steps(type: Type | None) -> bool:
    """Whether there are nearest other values: not of a free text."""
    return isinstance(type, Enumeration) or type in ORDERED or type == boolean


def _overlap(one: Leaf, other: Leaf) -> bool:
    """Whether one leaf lies inside the other."""
    shorter = min(len(one.path), len(other.path))
    return one.path[:shorter] == other.path[:shorter]
