"""Do rulebooks and charts do what the tests in their files expect?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from crmflow.core.chart import Chart
from crmflow.core.decision import Chooser, Conflict, Hit, Plan, Sending, Target
from crmflow.core.diagnostic import Diagnostic, Position
from crmflow.core.post import Post, Posts, Staff, Unit
from crmflow.core.text import Text
from crmflow.errors import CrmflowError
from crmflow.rules.derive import derive
from crmflow.rules.fact import DERIVED, POPULATION, Fact
from crmflow.rules.feel import Name, Scope
from crmflow.rules.given import GivenReader
from crmflow.rules.params import Param
from crmflow.rules.population import population
from crmflow.rules.rulebook import Rulebook, RuleTrace
from crmflow.rules.shape import ChartTestShape, StaffShape, TestShape, as_text
from crmflow.rules.source import Document, Findings, Path
from crmflow.rules.vocabulary import STAFF, Vocabulary, bare

NOTHING = "none"
CONFLICT = "conflict"
ZONE = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class RulebookCase:
    """A test of a rulebook as its file has it, whatever a site sets: one customer, or a `population`."""

    rulebook: Rulebook
    names: Vocabulary
    path: Path
    name: Text
    expect: Any
    given: Mapping[str, object] = field(default_factory=dict)
    params: Mapping[str, object] = field(default_factory=dict)
    population: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    staff: Mapping[str, StaffShape] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChartCase:
    """A test of a chart as its file has it, whatever packs and site set: `play` is its given, do and expect,
    with canonical names."""

    chart: Chart
    path: Path
    name: Text
    play: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How one test ended. `rule` is the id of its rulebook or chart; `finding` says what is wrong when it has
    not passed; `trace` shows how each rule came to its outcome."""

    rule: str
    file: str
    name: Text
    passed: bool
    expected: object
    found: object
    position: Position
    finding: Diagnostic | None = None
    trace: tuple[RuleTrace, ...] = ()


class Rehearsed(Protocol):
    """How a chart's test ended."""

    @property
    def passed(self) -> bool: ...
    @property
    def expected(self) -> Mapping[str, object]: ...
    @property
    def found(self) -> Mapping[str, object]: ...


Rehearse = Callable[[Chart, Mapping[str, Any]], Rehearsed]


Case = RulebookCase | ChartCase


def read_cases(
    document: Document,
    shapes: Sequence[TestShape],
    rulebook: Rulebook,
    names: Vocabulary,
    scope: Scope,
    findings: Findings,
) -> tuple[RulebookCase, ...]:
    """The tests of a rulebook; a wrong name or value in one is a finding."""
    reader = GivenReader(document, scope, findings)
    cases = []
    for n, shape in enumerate(shapes):
        path: Path = ("tests", n)
        case = RulebookCase(
            rulebook,
            names.with_levels_of(document.pack),
            path,
            shape.name.text,
            shape.expect,
            reader.values((*path, "given")) if shape.given else {},
            reader.params((*path, "params"), rulebook.declares) if shape.params else {},
            _population(reader, (*path, "population"), shape.population),
            shape.staff,
        )
        cases.append(case)
    return tuple(cases)


def _population(
    reader: GivenReader, path: Path, amounts: Mapping[str, Mapping[str, object]]
) -> dict[str, dict[str, object]]:
    """`{fact: {customer: value}}` as the facts of each customer."""
    customers: dict[str, dict[str, object]] = {}
    for spelling, by_customer in amounts.items():
        name = reader.name((*path, spelling), spelling, reader.scope)
        if name is None:
            continue
        for customer, raw in by_customer.items():
            value = reader.value((*path, spelling, customer), raw, name.type)
            customers.setdefault(customer, {})[name.canonical] = value
    return customers


def read_chart_cases(
    document: Document,
    shapes: Sequence[ChartTestShape],
    chart: Chart,
    scope: Scope,
    case_names: Mapping[str, Name],
    params: Mapping[str, Param],
    findings: Findings,
) -> tuple[ChartCase, ...]:
    """The tests of a chart; `case_names` are the names whose values the case itself holds."""
    reader = GivenReader(document, scope, findings)
    staff = frozenset(name for name, each in case_names.items() if each.type == STAFF)
    cases = []
    for n, shape in enumerate(shapes):
        path: Path = ("tests", n)
        play = {
            "given": reader.values((*path, "given"), codes=staff) if shape.given else {},
            "do": [_step(reader, (*path, "do", m), step, staff) for m, step in enumerate(shape.do)],
            "expect": shape.expect,
        }
        with_params = chart
        if shape.params:
            set_params = reader.params((*path, "params"), params)
            with_params = replace(chart, params={**chart.params, **set_params})
        cases.append(ChartCase(with_params, path, shape.name.text, play))
    return tuple(cases)


def _step(
    reader: GivenReader, path: Path, step: Mapping[str, Any], staff: frozenset[str]
) -> dict[str, object]:
    """A step with canonical names in what is filled in or set."""
    return {
        key: reader.values((*path, key), codes=staff) if key in ("done", "set", "data") and value else value
        for key, value in step.items()
    }


def run_cases(
    cases: Mapping[str, Sequence[Case]],
    documents: Mapping[str, Document],
    *,
    choose: Chooser,
    rehearse: Rehearse,
) -> Iterator[CaseResult]:
    """Run the tests of rulebooks and charts, by their ids.

    `choose` finds the person for a role, `rehearse` plays a case through a chart.
    """
    for id, each in cases.items():
        for case in each:
            if isinstance(case, RulebookCase):
                yield from _Runner(case, documents[id], choose).results()
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
    if not outcome.passed:
        shown = {key: each for key, each in found.items() if expected.get(key) != each}
        parts = {"name": case.name.en, "expected": _plain(expected), "found": _plain(shown)}
        finding = document.diagnostic("CRM301", (*case.path, "expect"), parts)
    return _result(case.chart.id, document, case, case.name, expected, found, finding)


class _Runner:
    """Runs one test of a rulebook."""

    def __init__(self, case: RulebookCase, document: Document, choose: Chooser) -> None:
        self.case, self.document, self.choose = case, document, choose
        self.rulebook, self.names = case.rulebook, case.names
        self.params = {**self.rulebook.params(), **case.params}

    def results(self) -> Iterator[CaseResult]:
        """One result; for a population one for each customer that is expected to be something."""
        for within, context, expected in self.customers():
            yield self.result(context, expected, within)

    def customers(self) -> Iterator[tuple[Path, dict[str, object], object]]:
        """Each customer of the test: where what is expected stands, the context, and what is expected."""
        case = self.case
        if not case.population:
            yield (), self.context(case.given), case.expect
            return
        everybody = self.everybody()
        for customer, expected in case.expect.items():
            yield (customer,), self.context(everybody.get(customer, {})), expected

    def result(self, context: Mapping[str, object], expected: object, within: Path) -> CaseResult:
        found = self.found(self.rulebook.decide(context, self.params), context)
        wanted = self.wanted(expected)
        name = self.case.name
        finding: Diagnostic | None = None
        trace: tuple[RuleTrace, ...] = ()
        if within:
            name = Text(f"{name.en}: {within[0]}", f"{name.zh}: {within[0]}")
        if found != wanted:
            parts = {"name": name.en, "expected": _plain(wanted), "found": _plain(found)}
            finding = self.document.diagnostic("CRM301", (*self.case.path, "expect", *within), parts)
            trace = self.rulebook.trace(context, self.params)
        shown = _plain(wanted), _plain(found)
        return _result(self.rulebook.id, self.document, self.case, name, *shown, finding, trace)

    def context(self, given: Mapping[str, object]) -> dict[str, object]:
        """Names that are not given are null; derived facts are computed where all they read is given."""
        context = {**dict.fromkeys(self.rulebook.reads), **given}
        for fact in self.names.facts.values():
            if fact.aggregate in DERIVED and fact.name not in given and _can_derive(fact, given):
                context[fact.name] = derive(fact, context, ZONE, self.params)
        return context

    def everybody(self) -> dict[str, dict[str, object]]:
        """Each customer's facts, those of the population among them."""
        case = self.case
        everybody = {id: {**case.given, **facts} for id, facts in case.population.items()}
        for fact in self.names.facts.values():
            if fact.aggregate in POPULATION and any(fact.of in facts for facts in everybody.values()):
                amounts: dict[str, Any] = {id: facts.get(fact.of) for id, facts in everybody.items()}
                for id, value in population(fact, amounts).items():
                    everybody[id].setdefault(fact.name, value)
        return everybody

    def found(self, decided: tuple[Hit, ...] | Conflict, context: Mapping[str, object]) -> list[str]:
        """What the hits come to, each as a test writes it."""
        if isinstance(decided, Conflict):
            return [CONFLICT]
        owner = context.get("owner")
        current = str(owner["id"]) if isinstance(owner, Mapping) and owner.get("id") else None
        posts, loads = _posts(self.case, context, tuple(self.names.levels))
        found = []
        for hit in decided:
            match hit.value:
                case Target(staff=None):
                    shown = self.choose(hit.value, current, posts, loads)
                case Target():
                    shown = hit.value.staff
                case Plan():
                    shown = hit.value.reason
                case Sending():
                    shown = hit.value.message
                case _:
                    shown = hit.value
            if shown is not None:
                found.append(shown)
        return sorted(found) if self.rulebook.hit == "collect" else found

    def wanted(self, expected: object) -> list[str]:
        values = expected if isinstance(expected, list) else [expected]
        words = [str(as_text(value)) for value in values if value not in (None, NOTHING)]
        if self.rulebook.decides == "send":
            pack = self.rulebook.pack
            words = [self.names.resolve(self.names.messages, pack, word) or word for word in words]
        return sorted(words) if self.rulebook.hit == "collect" else words


def _result(
    rule: str,
    document: Document,
    case: Case,
    name: Text,
    expected: object,
    found: object,
    finding: Diagnostic | None,
    trace: tuple[RuleTrace, ...] = (),
) -> CaseResult:
    position = document.lines.position(document.place(case.path).start)
    return CaseResult(
        rule, document.file.name, name, finding is None, expected, found, position, finding, trace
    )


def _can_derive(fact: Fact, given: Mapping[str, object]) -> bool:
    needs = fact.reads if fact.aggregate == "is" else fact.reads | {"today"}
    return needs <= given.keys()


def _posts(
    case: RulebookCase, context: Mapping[str, object], levels: tuple[str, ...]
) -> tuple[Posts, dict[str, int]]:
    """The staff of a test and what each has already. Units are those that the test names; one that is some
    unit's parent stands one level higher."""
    units: dict[str, Unit] = {}
    for value in context.values():
        _collect(value, units, levels)
    for each in case.staff.values():
        units.setdefault(each.unit, Unit(each.unit, each.unit, levels[0] if levels else ""))
    staff = [Staff(code, each.name or code, each.left) for code, each in case.staff.items()]
    posts = [Post(code, each.role, each.unit) for code, each in case.staff.items()]
    loads = {code: int(each.load) for code, each in case.staff.items()}
    return Posts(units.values(), staff, posts), loads


def _collect(value: object, units: dict[str, Unit], levels: tuple[str, ...]) -> None:
    """The units among a test's values, and their parents."""
    if not isinstance(value, Mapping) or not {"id", "parent", "level"} <= value.keys() or not value["id"]:
        return
    code, parent = str(value["id"]), value["parent"]
    level = str(value["level"] or (levels[0] if levels else ""))
    units[code] = Unit(code, str(value["name"] or code), level, None if parent is None else str(parent))
    if parent is not None and str(parent) not in units:
        above = levels[levels.index(level) + 1 :] if level in levels else ()
        units[str(parent)] = Unit(str(parent), str(parent), above[0] if above else level)


def _plain(value: object) -> object:
    """As a test writes it: `none`, one word, or several."""
    if isinstance(value, list):
        words = [bare(str(word)) for word in value]
        return words[0] if len(words) == 1 else words or NOTHING
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {each}" for key, each in value.items())
    return value
