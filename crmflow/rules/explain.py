"""Why did a rulebook decide as it did, and why did its other rules not?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from crmflow.core.decision import Conflict, Hit, Plan, Sending, Target
from crmflow.core.explanation import Explanation
from crmflow.core.text import Text, listed
from crmflow.errors import RuleFileError
from crmflow.rules.counterfactual.explain import Would
from crmflow.rules.feel import Expression, Trace
from crmflow.rules.origin import Origins, explain_value
from crmflow.rules.phrase import Phrase
from crmflow.rules.rulebook import Condition, Rule, Rulebook, RuleTrace
from crmflow.rules.wording import Wording, say

_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
WOULD: Final = 40
"""Of so many rules of a rulebook it is said what would make them fire."""


def explain_decision(
    rulebook: Rulebook,
    context: Mapping[str, object],
    wording: Wording,
    *,
    params: Mapping[str, object] | None = None,
    origins: Origins | None = None,
    since: datetime | None = None,
) -> Explanation:
    """What a rulebook says of one subject and by which rule; below it each condition with the values it read.

    Where nothing is decided, below it is why each rule does not apply. `params` as for `Rulebook.decide`.
    """
    asked = _Asked.of(rulebook, context, wording, params, origins)
    if isinstance(asked.answer, Conflict):
        because = tuple(asked.given(hit) for hit in asked.hits)
        return Explanation(say("sentences", "conflict", rulebook=rulebook.title), since, None, because)
    if not asked.hits:
        because = tuple(asked.refused(trace) for trace in asked.traces)
        return Explanation(say("sentences", "undecided", rulebook=rulebook.title), since, False, because)
    values = listed(asked.value(hit) for hit in asked.hits)
    says = say("sentences", "decided", rulebook=rulebook.title, value=values)
    return Explanation(says, since, True, tuple(asked.applied(hit) for hit in asked.hits))


def why_not(
    rulebook: Rulebook,
    context: Mapping[str, object],
    wording: Wording,
    *,
    rule: str | None = None,
    params: Mapping[str, object] | None = None,
    origins: Origins | None = None,
    would: Would | None = None,
) -> Explanation:
    """For each rule that did not decide (or the one with the id `rule`) the first condition that is not true,
    with its values; null is unknown, with the reason. With `would` also what would make it fire, of at most
    `WOULD` rules.

    Raises RuleFileError CRM258 for a rule that there is not.
    """
    known = [each.id for each in rulebook.rules]
    if rule is not None and rule not in known:
        raise RuleFileError("CRM258", name=rule, rulebook=rulebook.id, known=", ".join(known))
    asked = _Asked.of(rulebook, context, wording, params, origins)
    deciding = {hit.rule for hit in asked.hits}
    traces = (
        trace for trace in asked.traces if trace.rule.id not in deciding and rule in (None, trace.rule.id)
    )
    refused = tuple(asked.refused(trace, would if n < WOULD else None) for n, trace in enumerate(traces))
    because = (*asked.reacts(), *refused)
    if not because:
        because = (Explanation(say("sentences", "all-decided"), holds=True),)
    return Explanation(say("sentences", "why-not", rulebook=rulebook.title), because=because)


def explain_condition(
    condition: Expression,
    context: Mapping[str, object],
    wording: Wording,
    origins: Origins | None = None,
) -> Iterator[Explanation]:
    """Each part of a condition that stands alone, such as a chart's, with the values that it reads."""
    phrase = Phrase(condition, wording)
    for step in _conjuncts(condition.trace(context)):
        yield _line(phrase.text(step.start, step.end), step, [(phrase, step)], context, wording, origins)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One rulebook asked about one subject."""

    rulebook: Rulebook
    context: Mapping[str, object]
    wording: Wording
    origins: Origins | None
    answer: tuple[Hit, ...] | Conflict
    traces: tuple[RuleTrace, ...]

    @property
    def hits(self) -> tuple[Hit, ...]:
        return self.answer.hits if isinstance(self.answer, Conflict) else self.answer

    @classmethod
    def of(
        cls,
        rulebook: Rulebook,
        context: Mapping[str, object],
        wording: Wording,
        params: Mapping[str, object] | None,
        origins: Origins | None,
    ) -> _Asked:
        names = {**context, **(rulebook.defaults if params is None else params)}
        answer, traces = rulebook.decide(context, params), rulebook.trace(context, params)
        return cls(rulebook, names, wording.of(rulebook.declares), origins, answer, traces)

    def applied(self, hit: Hit) -> Explanation:
        """The rule that gave a hit, with all its conditions."""
        trace = next((each for each in self.traces if each.rule.id == hit.rule), None)
        if trace is None:
            because = tuple(self.refused(each) for each in self.traces)
            return Explanation(say("sentences", "by-default"), holds=True, because=because)
        lines = tuple(
            line for condition, step in trace.steps for line in self.lines(condition, _conjuncts(step))
        )
        return Explanation(
            say("sentences", "by-rule", rule=self.title(trace.rule)), holds=True, because=lines
        )

    def given(self, hit: Hit) -> Explanation:
        """A rule's own answer, where rules contradict each other."""
        trace = next(each for each in self.traces if each.rule.id == hit.rule)
        says = say("sentences", "gives", rule=self.title(trace.rule), value=self.value(hit))
        return Explanation(says, holds=True, because=self.applied(hit).because)

    def refused(self, trace: RuleTrace, would: Would | None = None) -> Explanation:
        """Why a rule did not decide: its first condition that is not true, or what went before it."""
        title = self.title(trace.rule)
        more = () if would is None else would.explain(trace.rule)
        if trace.failing is None:
            deciding = {hit.rule for hit in self.hits}
            first = next((self.title(each.rule) for each in self.traces if each.rule.id in deciding), None)
            sentence = "not-in-force" if first is None else "passed-over"
            return Explanation(say("sentences", sentence, rule=title, by=first), holds=True, because=more)
        condition, step = trace.failing
        lines = tuple(self.lines(condition, step.failing()[:1]))
        sentence = "open" if lines[0].holds is None else "failed"
        says = say("sentences", sentence, rule=title)
        return Explanation(says, holds=lines[0].holds, because=(*lines, *more))

    def title(self, rule: Rule) -> Text:
        """A rule's title; where it names numbers and a param that it reads has another one, with that."""
        if rule.title == Text.of(rule.id):
            return self.row(rule)
        numbers = {Decimal(each) for each in _NUMBER.findall(rule.title.en)}
        read = sorted(self.rulebook.declares.keys() & self.rulebook.reads_of(rule)) if numbers else ()
        others = [
            say("sentences", "value", label=self.wording.label(name), value=self.wording.value(value, param))
            for name in read
            if isinstance(value := self.context[name], Decimal) and value not in numbers
            for param in [self.rulebook.declares[name]]
        ]
        return say("sentences", "set-to", rule=rule.title, values=listed(others)) if others else rule.title

    def row(self, rule: Rule) -> Text:
        """A table's row, which has no title: its id as a word, else with its number."""
        called = self.word(rule.id)
        number = self.rulebook.rules.index(rule) + 1
        return called if called.zh != rule.id else say("sentences", "row", id=rule.id, number=number)

    def reacts(self) -> Iterator[Explanation]:
        """That the rulebook is only asked when something changes."""
        change = self.rulebook.on
        if change is not None:
            yield Explanation(
                say(
                    "sentences",
                    change.event,
                    result=self.wording.label(change.result),
                    value=self.word(change.value),
                )
            )

    def lines(self, condition: Condition, steps: Iterable[Trace]) -> Iterator[Explanation]:
        """A condition, or each of its parts, with the values that it read."""
        if condition.column is not None:
            column = self.rulebook.columns[condition.column]
            input = Phrase(column, self.wording)
            cell = Phrase(condition.expression, self.wording, input.text())
            read = [(input, column.trace(self.context))]
            for step in steps:
                yield self.line(cell.test(), step, [*read, (cell, step)])
        else:
            phrase = Phrase(condition.expression, self.wording)
            for step in steps:
                yield self.line(phrase.text(step.start, step.end), step, [(phrase, step)])

    def line(self, says: Text, step: Trace, read: Sequence[tuple[Phrase, Trace]]) -> Explanation:
        return _line(says, step, read, self.context, self.wording, self.origins)

    def value(self, hit: Hit) -> Text:
        """What a rule gave: a segment, a person, a visit, a message."""
        match hit.value:
            case Target():
                return self.target(hit.value)
            case Plan(by=by):
                who = self.target(by) if isinstance(by, Target) else self.wording.role(by)
                return say("outcomes", "visit", channel=self.word(hit.value.channel), by=who)
            case Sending(message=message):
                text = self.wording.vocabulary.messages[message].text
                return say("outcomes", "send", channel=self.word(hit.value.channel), message=text)
            case None:
                return say("outcomes", "nobody")
        return self.word(str(hit.value))

    def word(self, value: str) -> Text:
        """A value as the rulebook's pack calls it."""
        return self.wording.vocabulary.word(value, self.rulebook.pack)

    def target(self, target: Target) -> Text:
        if target.staff is not None:
            return self.wording.staff(target.staff)
        if target.role is None:
            return say("outcomes", "nobody")
        role, unit = self.wording.role(target.role), self.wording.unit(target.unit or "–")
        if target.level is None:
            return say("outcomes", "choose", role=role, unit=unit)
        return say("outcomes", "level", role=role, unit=unit, level=self.wording.level(target.level))


def _line(
    says: Text,
    step: Trace,
    read: Sequence[tuple[Phrase, Trace]],
    context: Mapping[str, object],
    wording: Wording,
    origins: Origins | None,
) -> Explanation:
    """A condition in words, with the values that it read, and why it is unknown where it is."""
    values = [
        explain_value(each.name, each.label, each.value, each.described, context, wording, origins)
        for phrase, trace in read
        for each in phrase.readings(trace)
    ]
    holds = step.value if isinstance(step.value, bool) else None
    unknown = (each for pair in read for each in _unknown(*pair)) if holds is None else ()
    return Explanation(says, holds=holds, because=(*values, *unknown, *_of_items(step)))


def _conjuncts(step: Trace) -> Iterator[Trace]:
    """The conditions that an `and` joins; else the step itself."""
    if step.kind != "and":
        yield step
    for child in step.children if step.kind == "and" else ():
        yield from _conjuncts(child)


def _unknown(phrase: Phrase, step: Trace) -> Iterator[Explanation]:
    """What made a condition null, besides names without a value: their readings say so already."""
    said: set[str] = set()
    for each in step.walk():
        reason = each.reason
        if reason is None or reason.code in ("CRM031", "CRM216") or reason.text() in said:
            continue
        said.add(reason.text())
        blamed = str(reason.parts.get("name", ""))
        start = phrase.expression.text.find(blamed, each.start)
        called = phrase.text(start, start + len(blamed)) if start >= 0 else Text(blamed, blamed)
        says = (
            replace(reason, parts={**reason.parts, "name": called.in_language(language)}).text(language)
            for language in ("en", "zh")
        )
        yield Explanation(Text(*says))


def _of_items(step: Trace) -> Iterator[Explanation]:
    """Of how many items of a list `some` or `every` was true, where the trace holds them all."""
    for each in step.walk():
        if each.kind == "quantified" and each.children:
            source, *items = each.children
            if isinstance(source.value, list) and len(source.value) == len(items) > 0:
                held = sum(item.value is True for item in items)
                yield Explanation(say("sentences", "some-of", count=held, total=len(items)))
