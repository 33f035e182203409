"""What does a rulebook decide for one subject, and by which rules?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Literal

from crmflow.core.decision import Conflict, Hit, SubjectKind
from crmflow.core.text import Text
from crmflow.rules.feel import Expression, Trace
from crmflow.rules.fused import Fused
from crmflow.rules.outcome import Outcome
from crmflow.rules.params import Param, values_of
from crmflow.rules.vocabulary import Result

Decides = Literal["segment", "owner", "participant", "visit", "send"]
HitPolicy = Literal["first", "unique", "collect", "priority"]


@dataclass(frozen=True, slots=True)
class Change:
    """What a rulebook reacts to: a result that took on a value (`entered`) or lost it (`left`)."""

    result: str
    event: Literal["entered", "left"]
    value: str


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a rule: a FEEL condition, or the cell of a table that tests the `column`'s value."""

    label: str
    expression: Expression
    column: int | None = None


def condition_path(place: int, condition: Condition) -> tuple[str | int, ...]:
    """Where a condition of the rule at a place stands in its file."""
    if condition.column is None:
        return ("rules", place, "when")
    return ("table", "rows", place, condition.column + 1)


@dataclass(frozen=True, slots=True)
class Rule:
    """Fires when all its conditions are true; null is not true. `priority` 1 comes first."""

    id: str
    title: Text
    conditions: tuple[Condition, ...]
    then: Outcome
    priority: int = 0


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """Whether a rule fired, and how each of its conditions came to its value."""

    rule: Rule
    fired: bool
    steps: tuple[tuple[Condition, Trace], ...]

    @property
    def failing(self) -> tuple[Condition, Trace] | None:
        """The first condition that is not true."""
        return next((step for step in self.steps if step[1].value is not True), None)


@dataclass(frozen=True)
class Rulebook:
    """One file, one decision. `id` is its path, `hash` is over its parsed form, `reads` are the canonical
    names that it reads (without its params); `about` is the kind of holding where the subject is one. It
    stands back where one of the rulebooks in `yields_to`, which decide the same, has hits for the subject."""

    id: str
    hash: str
    pack: str
    title: Text
    source: str
    decides: Decides
    rules: tuple[Rule, ...]
    subject: SubjectKind = "customer"
    about: str | None = None
    gives: Result | None = None
    on: Change | None = None
    declares: Mapping[str, Param] = field(default_factory=dict)
    hit: HitPolicy = "first"
    effective_from: date | None = None
    effective_to: date | None = None
    columns: tuple[Expression, ...] = ()
    default: Outcome | None = None
    reads: frozenset[str] = frozenset()
    yields_to: tuple[str, ...] = ()

    @cached_property
    def defaults(self) -> Mapping[str, object]:
        """The params where no unit has its own."""
        return values_of(self.declares.values())

    def params(self, units: Sequence[str] = ()) -> Mapping[str, object]:
        """The params for a unit, given as its way up (codes or names, nearest first)."""
        return values_of(self.declares.values(), units) if units else self.defaults

    @cached_property
    def recorded(self) -> frozenset[str]:
        """The names of which a decision keeps the values: what it reads, and the day where that counts."""
        dated = self.effective_from is not None or self.effective_to is not None
        return self.reads | {"today"} if dated else self.reads

    @cached_property
    def fused(self) -> Fused:
        """The rules as one function, compiled when it is first asked."""
        return Fused(self.rules, self.columns, self.hit == "first", frozenset(self.declares))

    def decide(
        self, context: Mapping[str, object], params: Mapping[str, object] | None = None
    ) -> tuple[Hit, ...] | Conflict:
        """The hits after the hit policy; none where no rule fires and there is no default.

        `context` is keyed by canonical names; `params` as `params()` gives them.
        """
        given = self.defaults if params is None else params
        if not self.is_effective(context.get("today")):
            return ()
        fired = self.fused.fired(context, given)
        if fired:
            return self._answer(tuple(fired), context, given)
        return () if self.default is None else (self.default.hit("default", {**context, **given}),)

    def trace(
        self, context: Mapping[str, object], params: Mapping[str, object] | None = None
    ) -> tuple[RuleTrace, ...]:
        """Every rule with every condition's value and where it comes from, whatever the hit policy."""
        names = {**context, **(self.defaults if params is None else params)}
        inputs = [column.evaluate(names) for column in self.columns]
        traces = []
        for rule in self.rules:
            steps = tuple(
                (each, each.expression.trace(names, None if each.column is None else inputs[each.column]))
                for each in rule.conditions
            )
            traces.append(RuleTrace(rule, all(trace.value is True for _, trace in steps), steps))
        return tuple(traces)

    def reads_of(self, rule: Rule) -> frozenset[str]:
        """The canonical names and params that the conditions of one rule read."""
        columns = (self.columns[each.column] for each in rule.conditions if each.column is not None)
        conditions = (each.expression for each in rule.conditions)
        return frozenset().union(*(each.names for each in (*conditions, *columns)))

    def at_site(self, declares: Mapping[str, Param], yields_to: tuple[str, ...]) -> Rulebook:
        """The same rulebook with a site's values and order; they share one compiled form."""
        copy = replace(self, declares=declares, yields_to=yields_to)
        copy.__dict__["fused"] = self.fused  # where a cached property keeps its value
        return copy

    def _answer(
        self, fired: tuple[int, ...], context: Mapping[str, object], params: Mapping[str, object]
    ) -> tuple[Hit, ...] | Conflict:
        """The hits of the rules that fired; the same again where none of their outcomes reads a name."""
        answer = self._answers.get(fired)
        if answer is None:
            hits = [(self.rules[place], self._hit(place, context, params)) for place in fired]
            answer = self._after_policy(hits)
            if all(self._constant_hits[place] for place in fired):
                self._answers[fired] = answer
        return answer

    @cached_property
    def _answers(self) -> dict[tuple[int, ...], tuple[Hit, ...] | Conflict]:
        """The answers that depend on nothing but which rules fire."""
        return {}

    @cached_property
    def _constant_hits(self) -> tuple[Hit | None, ...]:
        """The hits of the rules whose outcome reads no name."""
        return tuple(None if rule.then.reads else rule.then.hit(rule.id, {}) for rule in self.rules)

    def _hit(self, place: int, context: Mapping[str, object], params: Mapping[str, object]) -> Hit:
        rule = self.rules[place]
        return self._constant_hits[place] or rule.then.hit(rule.id, {**context, **params})

    def is_effective(self, today: object) -> bool:
        """Whether the rules count on a day; on an unknown one they do."""
        if not isinstance(today, date):
            return True
        return (self.effective_from is None or self.effective_from <= today) and (
            self.effective_to is None or today <= self.effective_to
        )

    def _after_policy(self, hits: Sequence[tuple[Rule, Hit]]) -> tuple[Hit, ...] | Conflict:
        found = tuple(hit for _, hit in hits)
        if self.hit == "collect":
            return found
        if self.hit == "unique":
            return found[:1] if all(hit.value == found[0].value for hit in found) else Conflict(found)
        return (min(hits, key=self._rank)[1],)

    def _rank(self, found: tuple[Rule, Hit]) -> int:
        """Values in the order in which `gives` lists them, else rules by their priority."""
        rule, hit = found
        if rule.priority == 0 and self.gives is not None and hit.value in self.gives.of:
            return self.gives.of.index(str(hit.value))
        return rule.priority
