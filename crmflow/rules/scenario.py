"""What does a test in a rule file say: given what, who is there, and what is expected?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from zoneinfo import ZoneInfo

from crmflow.core.calendar import ALWAYS, Calendar
from crmflow.core.calendars import Calendars
from crmflow.core.chart import Chart
from crmflow.core.post import Post, Posts, Staff, Unit
from crmflow.core.text import Text, choices
from crmflow.rules.chart.shape import ChartTestShape
from crmflow.rules.derive import derive
from crmflow.rules.fact import DERIVED, POPULATION
from crmflow.rules.feel import Name, Scope, nearest
from crmflow.rules.given import CONFLICT, NOTHING, GivenReader
from crmflow.rules.infer.case import InferenceCase
from crmflow.rules.params import Param
from crmflow.rules.population import population
from crmflow.rules.rulebook import Rulebook
from crmflow.rules.shape import StaffShape, TestShape, as_text
from crmflow.rules.source import Document, Findings, Path
from crmflow.rules.vocabulary import STAFF, Vocabulary

ZONE: Final = ZoneInfo("UTC")  # tests cut days here


@dataclass(frozen=True, slots=True)
class RulebookCase:
    """A test of a rulebook as its file has it, whatever a site sets: one customer, or a `population`."""

    rulebook: Rulebook
    names: Vocabulary
    path: Path
    name: Text
    expect: Any
    given: Mapping[str, object] = field(default_factory=dict)
    set_params: Mapping[str, object] = field(default_factory=dict)
    population: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    staff: Mapping[str, StaffShape] = field(default_factory=dict)

    @property
    def params(self) -> Mapping[str, object]:
        return {**self.rulebook.params(), **self.set_params}

    def customers(self) -> Iterator[tuple[Path, dict[str, object], object]]:
        """Each customer of the test: where in `expect` they stand, their context, and what is expected."""
        if not self.population:
            yield (), self._context(self.given), self.expect
            return
        everybody = self._everybody()
        for customer, expected in self.expect.items():
            yield (customer,), self._context(everybody.get(customer, {})), expected

    def posts(self, context: Mapping[str, object]) -> tuple[Posts, Mapping[str, int]]:
        """The staff of the test, and how many customers each has already. Units are those that the test
        names; one that is some unit's parent stands one level higher."""
        levels = tuple(self.names.levels)
        units: dict[str, Unit] = {}
        for value in context.values():
            units |= _units(value, levels)
        for each in self.staff.values():
            units.setdefault(each.unit, Unit(each.unit, each.unit, levels[0] if levels else ""))
        staff = [Staff(code, each.name or code, each.left) for code, each in self.staff.items()]
        posts = [Post(code, each.role, each.unit) for code, each in self.staff.items()]
        loads = {code: int(each.load) for code, each in self.staff.items()}
        return Posts(units.values(), staff, posts), loads

    def _context(self, given: Mapping[str, object]) -> dict[str, object]:
        """Names that are not given are null; derived facts are computed where all they read is known."""
        context = {**dict.fromkeys(self.rulebook.reads), **given}
        known = set(given)
        for fact in self.names.facts.values():
            needs = fact.reads if fact.aggregate == "is" else fact.reads | {"today"}
            if fact.aggregate in DERIVED and fact.name not in given and needs <= known:
                context[fact.name] = derive(fact, context, ZONE, self.params)
                known.add(fact.name)
        return context

    def _everybody(self) -> dict[str, dict[str, object]]:
        """Each customer's facts, those of the population among them."""
        everybody = {id: {**self.given, **facts} for id, facts in self.population.items()}
        for fact in self.names.facts.values():
            if fact.aggregate in POPULATION and any(fact.of in facts for facts in everybody.values()):
                amounts: dict[str, Any] = {id: facts.get(fact.of) for id, facts in everybody.items()}
                for id, value in population(fact, amounts).items():
                    everybody[id].setdefault(fact.name, value)
        return everybody


@dataclass(frozen=True, slots=True)
class ChartCase:
    """A test of a chart as its file has it, whatever packs and site set: `play` is its given, do and expect,
    with canonical names, and its calendar."""

    chart: Chart
    path: Path
    name: Text
    play: Mapping[str, Any]


Case = RulebookCase | ChartCase | InferenceCase


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
        if shape.population and not isinstance(shape.expect, dict):
            at = (*path, "expect")
            findings.errors.append(document.diagnostic("CRM062", at, {"key": "expect"}))
            continue
        _refuse_unknown_results(document, path, shape.expect, rulebook, names, findings)
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


def _refuse_unknown_results(
    document: Document,
    path: Path,
    expected: object,
    rulebook: Rulebook,
    names: Vocabulary,
    findings: Findings,
) -> None:
    """A test expects a value that the rulebook gives, or none."""
    if rulebook.gives is None:
        return
    known = (*rulebook.gives.of, NOTHING, CONFLICT)
    labels = names.labels(rulebook.gives.of, document.pack)
    for at, value in _words((*path, "expect"), expected):
        if value is not None and str(as_text(value)) not in known:
            near = labels.get(str(value)) or nearest(str(value), known)
            parts = {"name": value, "known": ", ".join(known)}
            findings.errors.append(document.diagnostic("CRM138", at, parts, suggestion=near))


def _words(path: Path, expected: object) -> Iterator[tuple[Path, object]]:
    """Every value that is expected: one, several, or by customer."""
    if isinstance(expected, dict | list):
        for key, value in expected.items() if isinstance(expected, dict) else enumerate(expected):
            yield from _words((*path, key), value)
    else:
        yield path, expected


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
    calendars: Calendars,
    findings: Findings,
) -> tuple[ChartCase, ...]:
    """The tests of a chart; `case_names` are the names whose values the case itself holds. A calendar that
    there is not is CRM170."""
    reader = GivenReader(document, scope, findings)
    staff = frozenset(name for name, each in case_names.items() if each.type == STAFF)
    cases = []
    for n, shape in enumerate(shapes):
        path: Path = ("tests", n)
        play = {
            "given": reader.values((*path, "given"), codes=staff) if shape.given else {},
            "do": [_step(reader, (*path, "do", m), step, staff) for m, step in enumerate(shape.do)],
            "expect": shape.expect,
            "calendar": _calendar(document, (*path, "calendar"), shape.calendar, calendars, findings),
        }
        with_params = chart
        if shape.params:
            set_params = reader.params((*path, "params"), params)
            with_params = replace(chart, params={**chart.params, **set_params})
        cases.append(ChartCase(with_params, path, shape.name.text, play))
    return tuple(cases)


def _calendar(
    document: Document, path: Path, name: str | None, calendars: Calendars, findings: Findings
) -> Calendar:
    """By which a test counts: around the clock, unless it names one."""
    found = ALWAYS if name is None else calendars.called(name)
    if found is None:
        parts = {"name": name, "known": choices(calendars.named, str(name))}
        near = nearest(str(name), calendars.named)
        findings.errors.append(document.diagnostic("CRM170", path, parts, suggestion=near))
    return found or ALWAYS


def _step(
    reader: GivenReader, path: Path, step: Mapping[str, Any], staff: frozenset[str]
) -> dict[str, object]:
    """A step with canonical names in what is filled in or set."""
    return {
        key: reader.values((*path, key), codes=staff) if key in ("done", "set", "data") and value else value
        for key, value in step.items()
    }


def _units(value: object, levels: tuple[str, ...]) -> dict[str, Unit]:
    """The unit that a value is, and its parent, by code."""
    if not isinstance(value, Mapping) or not {"id", "parent", "level"} <= value.keys() or not value["id"]:
        return {}
    code, parent = str(value["id"]), value["parent"]
    level = str(value["level"] or (levels[0] if levels else ""))
    unit = Unit(code, str(value["name"] or code), level, None if parent is None else str(parent))
    if parent is None:
        return {code: unit}
    above = levels[levels.index(level) + 1 :] if level in levels else ()
    return {str(parent): Unit(str(parent), str(parent), above[0] if above else level), code: unit}
