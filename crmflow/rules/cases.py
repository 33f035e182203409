"""Do rulebooks, inferences and charts do what the tests in their files expect?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from crmflow.core.case import Moved
from crmflow.core.chart import Chart
from crmflow.core.decision import Chooser, Conflict, Hit, Plan, Sending, Target
from crmflow.core.diagnostic import Diagnostic, Position
from crmflow.core.explanation import Explanation
from crmflow.core.text import Text
from crmflow.errors import CrmflowError
from crmflow.rules.explain import explain_decision, why_not
from crmflow.rules.given import CONFLICT, NOTHING
from crmflow.rules.infer.case import InferenceCase
from crmflow.rules.scenario import ZONE, Case, ChartCase, RulebookCase
from crmflow.rules.shape import as_text
from crmflow.rules.source import Document, Path
from crmflow.rules.vocabulary import bare
from crmflow.rules.wording import Wording


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How one test ended. `rule` is the id of its rulebook, inference or chart; `finding` says what is wrong
    when it has not passed, and `because` how what was found came about."""

    rule: str
    file: str
    name: Text
    passed: bool
    expected: object
    found: object
    position: Position
    finding: Diagnostic | None = None
    because: tuple[Explanation, ...] = ()


class Rehearsed(Protocol):
    """How a chart's test ended, and what happened in it."""

    @property
    def passed(self) -> bool: ...
    @property
    def expected(self) -> Mapping[str, object]: ...
    @property
    def found(self) -> Mapping[str, object]: ...
    @property
    def history(self) -> Sequence[Moved]: ...
    @property
    def explanation(self) -> Explanation: ...


Rehearse = Callable[[Chart, Mapping[str, Any]], Rehearsed]


def run_cases(
    cases: Mapping[str, Sequence[Case]],
    documents: Mapping[str, Document],
    *,
    choose: Chooser,
    rehearse: Rehearse,
) -> Iterator[CaseResult]:
    """Run the tests of rulebooks, inferences and charts, by their ids.

    `choose` finds the person for a role, `rehearse` plays a case through a chart.
    """
    for id, each in cases.items():
        for case in each:
            if isinstance(case, RulebookCase):
                yield from _Runner(case, documents[id], choose).results()
            elif isinstance(case, InferenceCase):
                yield from _inferred(case, documents[id])
            else:
                yield _played(case, documents[id], rehearse)


def _played(case: ChartCase, document: Document, rehearse: Rehearse) -> CaseResult:
    try:
        outcome = rehearse(case.chart, case.play)
    except CrmflowError as error:
        broken = document.diagnostic("CRM302", case.path, {"name": case.name.en, "reason": str(error)})
        return _result(case.chart.id, document, case, case.name, case.play["expect"], None, broken)
    expected, found = outcome.expected, dict(outcome.found)
    finding: Diagnostic | None = None
    because: tuple[Explanation, ...] = ()
    if not outcome.passed:
        because = (outcome.explanation,)
        shown = {key: each for key, each in found.items() if expected.get(key) != each}
        parts = {"name": case.name.en, "expected": _plain(expected), "found": _plain(shown)}
        finding = document.diagnostic("CRM301", (*case.path, "expect"), parts)
    return _result(case.chart.id, document, case, case.name, expected, found, finding, because)


def _inferred(case: InferenceCase, document: Document) -> Iterator[CaseResult]:
    """One result for each customer that is expected to be something."""
    try:
        found = case.found()
    except CrmflowError as error:
        broken = document.diagnostic("CRM302", case.path, {"name": case.name.en, "reason": str(error)})
        yield _result(case.inference.id, document, case, case.name, case.expect, None, broken)
        return
    for customer, expected in case.expect.items():
        shown, wanted = inferred_as_written(found[customer]), inferred_as_written(expected)
        name = Text(f"{case.name.en}: {customer}", f"{case.name.zh}: {customer}")
        finding: Diagnostic | None = None
        if shown != wanted:
            parts = {"name": name.en, "expected": wanted, "found": shown}
            finding = document.diagnostic("CRM301", (*case.path, "expect", customer), parts)
        yield _result(case.inference.id, document, case, name, wanted, shown, finding)


def inferred_as_written(value: object) -> str:
    """A value as a test writes it: `none`, `true`, a number without idle zeros, text."""
    if value is None:
        return NOTHING
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(as_text(value.isoformat() if isinstance(value, date) else value))


class _Runner:
    """Runs one test of a rulebook."""

    def __init__(self, case: RulebookCase, document: Document, choose: Chooser) -> None:
        self.case, self.document, self.choose = case, document, choose

    def results(self) -> Iterator[CaseResult]:
        """One result; for a population one for each customer that is expected to be something."""
        for within, context, expected in self.case.customers():
            yield self.result(context, expected, within)

    def result(self, context: Mapping[str, object], expected: object, within: Path) -> CaseResult:
        rulebook, params, name = self.case.rulebook, self.case.params, self.case.name
        found, wanted = self.found(rulebook.decide(context, params), context), self.wanted(expected)
        finding: Diagnostic | None = None
        because: tuple[Explanation, ...] = ()
        if within:
            name = Text(f"{name.en}: {within[0]}", f"{name.zh}: {within[0]}")
        if found != wanted:
            parts = {"name": name.en, "expected": _plain(wanted), "found": _plain(found)}
            finding = self.document.diagnostic("CRM301", (*self.case.path, "expect", *within), parts)
            because = self.because(context)
        shown = _plain(wanted), _plain(found)
        return _result(rulebook.id, self.document, self.case, name, *shown, finding, because)

    def because(self, context: Mapping[str, object]) -> tuple[Explanation, ...]:
        """Why it was decided so, and why by no other rule; a test's customers have nothing to hide."""
        wording = Wording(self.case.names, ZONE, self.case.posts(context)[0], show_personal=True)
        rulebook, params = self.case.rulebook, self.case.params
        decided = explain_decision(rulebook, context, wording, params=params)
        if not decided.holds:
            return (decided,)
        return decided, why_not(rulebook, context, wording, params=params)

    def found(self, decided: tuple[Hit, ...] | Conflict, context: Mapping[str, object]) -> list[str]:
        """What the hits come to, each as a test writes it."""
        if isinstance(decided, Conflict):
            return [CONFLICT]
        shown = (self.shown(hit, context) for hit in decided)
        return self.in_order([each for each in shown if each is not None])

    def shown(self, hit: Hit, context: Mapping[str, object]) -> str | None:
        """The staff code, reason, message or value that a hit comes to."""
        match hit.value:
            case Target(staff=None):
                owner = context.get("owner")
                current = str(owner["id"]) if isinstance(owner, Mapping) and owner.get("id") else None
                return self.choose(hit.value, current, *self.case.posts(context))
            case Target():
                return hit.value.staff
            case Plan():
                return hit.value.reason
            case Sending():
                return hit.value.message
        return hit.value

    def wanted(self, expected: object) -> list[str]:
        """What the test expects, messages by their qualified names."""
        values = expected if isinstance(expected, list) else [expected]
        words = [str(as_text(value)) for value in values if value not in (None, NOTHING)]
        if self.case.rulebook.decides == "send":
            names, pack = self.case.names, self.case.rulebook.pack
            words = [names.resolve(names.messages, pack, word) or word for word in words]
        return self.in_order(words)

    def in_order(self, words: list[str]) -> list[str]:
        """Where all hits count, their order does not."""
        return sorted(words) if self.case.rulebook.hit == "collect" else words


def found_by(
    case: RulebookCase, document: Document, context: Mapping[str, object], choose: Chooser
) -> object:
    """What a rulebook gives for the customer of a test, as the test would write it."""
    return _plain(_Runner(case, document, choose).found(case.rulebook.decide(context, case.params), context))


def _result(
    rule: str,
    document: Document,
    case: Case,
    name: Text,
    expected: object,
    found: object,
    finding: Diagnostic | None,
    because: tuple[Explanation, ...] = (),
) -> CaseResult:
    position = document.lines.position(document.place(case.path).start)
    return CaseResult(
        rule, document.file.name, name, finding is None, expected, found, position, finding, because
    )


def _plain(value: object) -> object:
    """As a test writes it: `none`, one word, or several."""
    if isinstance(value, list):
        words = [bare(str(word)) for word in value]
        return words[0] if len(words) == 1 else words or NOTHING
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {each}" for key, each in value.items())
    return value
