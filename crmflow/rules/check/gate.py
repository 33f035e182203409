"""Which gates and moves of a chart can never pass, because their conditions exclude each other?"""

from __future__ import annotations

from collections.abc import Iterator

from crmflow.core.chart import Chart
from crmflow.core.decision import SubjectKind
from crmflow.core.diagnostic import Diagnostic
from crmflow.core.text import Text
from crmflow.rules.feel import Expression
from crmflow.rules.feel.values import type_of
from crmflow.rules.logic.of_rulebook import RulebookLines
from crmflow.rules.logic.questions import Questions
from crmflow.rules.outcome import SegmentOutcome
from crmflow.rules.params import Param
from crmflow.rules.rulebook import Condition, Rule, Rulebook
from crmflow.rules.ruleset import Ruleset
from crmflow.rules.source import Document, Path

NEVER = ("CRM225", "CRM229")
PASSES = SegmentOutcome("passes")


def gates(ruleset: Ruleset) -> Iterator[Diagnostic]:
    """CRM225 and CRM229 of every chart: the lines of a gate, and the condition of a move, as rules."""
    for id, chart in ruleset.charts.items():
        document = ruleset.documents[id]
        asked = list(_asked(chart, document))
        rulebook = _as_rulebook(chart, document, [rule for rule, _ in asked])
        faults = Questions(RulebookLines(rulebook, ruleset.vocabulary).lines()).faults()
        for fault in faults:
            if fault.code in NEVER and fault.line is not None:
                rule, places = asked[fault.line]
                parts = {"name": rule.id, "found": rule.conditions[fault.test or 0].expression.text}
                yield document.diagnostic(fault.code, places[fault.test or 0], parts)


def _asked(chart: Chart, document: Document) -> Iterator[tuple[Rule, list[Path]]]:
    """Each gate, and each move with a condition, as a rule, with the place of every condition."""
    seen: set[str] = set()
    for n, move in enumerate(chart.moves):
        if isinstance(move.when, Expression):
            yield _rule(move.id, [move.when]), [("moves", n, 3)]
        for gate in move.gates:
            lines = [line for line in gate.lines if isinstance(line.when, Expression)]
            if gate.id not in seen and lines:
                seen.add(gate.id)
                places: list[Path] = [("gates", gate.id, line.id, "when") for line in lines]
                yield (
                    _rule(gate.id, [line.when for line in lines if isinstance(line.when, Expression)]),
                    places,
                )


def _rule(id: str, conditions: list[Expression]) -> Rule:
    tests = tuple(Condition(each.text, each) for each in conditions)
    return Rule(id, Text(id, id), tests, PASSES)


def _as_rulebook(chart: Chart, document: Document, rules: list[Rule]) -> Rulebook:
    subject: SubjectKind = "customer" if chart.holding is None else "holding"
    reads = {name for rule in rules for each in rule.conditions for name in each.expression.names}
    return Rulebook(
        chart.id,
        chart.hash,
        document.pack,
        chart.title,
        "",
        "segment",
        tuple(rules),
        subject=subject,
        about=chart.holding,
        declares={
            name: Param(name, Text(name, name), type_of(value), value) for name, value in chart.params.items()
        },
        hit="collect",
        reads=frozenset(reads - chart.params.keys()),
    )
