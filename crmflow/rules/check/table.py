"""Which rules of a rulebook never decide, clash, leave somebody out, or change nothing?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from crmflow.core.diagnostic import Diagnostic
from crmflow.core.text import Text, listed
from crmflow.rules.feel import tree
from crmflow.rules.given import NOTHING
from crmflow.rules.logic.lines import Fault
from crmflow.rules.logic.of_rulebook import RulebookLines, units_of
from crmflow.rules.logic.questions import GAVE_UP, Questions
from crmflow.rules.logic.truth import is_reversed
from crmflow.rules.rulebook import Rulebook
from crmflow.rules.ruleset import Ruleset
from crmflow.rules.scenario import RulebookCase
from crmflow.rules.source import Document, Path
from crmflow.rules.vocabulary import CORE, bare, pack_of

BY_UNIT: Final = frozenset({"CRM220", "CRM221", "CRM223", "CRM224", "CRM225"})
"""What may be wrong with a unit's own params alone."""


def tables(ruleset: Ruleset) -> Iterator[Diagnostic]:
    """The logical faults of all rulebooks, CRM220 to CRM235."""
    for rulebook in ruleset.rulebooks:
        yield from _Table(ruleset, rulebook).findings()


class _Table:
    """One rulebook and its file."""

    def __init__(self, ruleset: Ruleset, rulebook: Rulebook) -> None:
        self.ruleset, self.rulebook = ruleset, rulebook
        self.document: Document = ruleset.documents[rulebook.id]

    def findings(self) -> Iterator[Diagnostic]:
        yield from self._ranges()
        known: set[tuple[object, ...]] = set()
        never: set[int] = set()
        for units in units_of(self.rulebook):
            lines = RulebookLines(self.rulebook, self.ruleset.vocabulary, units).lines(self._meant())
            questions = Questions(lines)
            for fault in questions.faults():
                place = (fault.code, fault.line, fault.others, fault.part)
                if place not in known and (not units or fault.code in BY_UNIT):
                    known.add(place)
                    yield self._finding(fault, units)
            if not units:
                never = questions.dead
        yield from self._ungiven(never)

    def _meant(self) -> list[Mapping[str, Any]]:
        """The customers of tests that expect nothing."""
        cases = (case for case in self.ruleset.cases[self.rulebook.id] if isinstance(case, RulebookCase))
        return [
            context
            for case in cases
            if not case.set_params
            for _, context, expected in case.customers()
            if expected == NOTHING
        ]

    def _finding(self, fault: Fault, units: Sequence[str]) -> Diagnostic:
        rules = self.rulebook.rules
        parts: dict[str, object] = {
            "name": self.rulebook.id if fault.line is None else rules[fault.line].id,
            "other": ", ".join(rules[n].id for n in fault.others),
            "reason": GAVE_UP.get(fault.because, Text("", "")),
        }
        if fault.code == "CRM221" and fault.line is not None:
            parts["result"] = self._result(fault.line)
            parts["other result"] = listed(dict.fromkeys(map(self._result, fault.others)))
        path, inside = self._place(fault), None
        if fault.line is not None and fault.test is not None:
            condition = rules[fault.line].conditions[fault.test]
            parts["found"] = condition.expression.text
            if fault.part is not None and condition.column is None:
                inside = fault.part.node.start, fault.part.node.end
                parts["found"] = condition.expression.text[slice(*inside)]
        notes = [Text(f"with the params of {unit}", f"按单位 {unit} 的参数") for unit in units]
        shown = None if fault.witness is None else self._given(fault.witness)
        found = self.document.diagnostic(
            fault.code, path, parts, key=path == ("rules",), inside=inside, witness=shown, notes=notes
        )
        return found if fault.witness is None else replace(found, labels=self._labels(fault.witness))

    def _result(self, line: int) -> Text:
        """What a rule gives: the word for its value, else the result as the file writes it."""
        rule, columns = self.rulebook.rules[line], self.rulebook.columns
        value = rule.then.hit("", {}).value
        if isinstance(value, str):
            return self.ruleset.vocabulary.word(value, self.rulebook.pack)
        path: Path = ("table", "rows", line, len(columns) + 1) if columns else ("rules", line, "then")
        return Text.of(" ".join(self.document.written(path).split()))

    def _labels(self, witness: Mapping[str, Any]) -> dict[str, Text]:
        """What readers call the names of a customer, and those of their values that are words."""
        vocabulary, labels = self.ruleset.vocabulary, {}
        for name, value in witness.items():
            label, pack = vocabulary.label(name), pack_of(name)
            if label == Text.of(name):
                continue
            if pack in (self.rulebook.pack, CORE, name):
                labels[bare(name)] = label
            else:
                labels[name] = Text(f"{pack}.{label.en}", f"{pack}.{label.zh}")
            if isinstance(value, str):
                labels[value] = vocabulary.word(value, pack)
        return labels

    def _given(self, witness: Mapping[str, Any]) -> dict[str, object]:
        """The names as this file writes them."""
        own = (self.rulebook.pack, CORE)
        return {
            (bare(name) if pack_of(name) in own else name): _written(each) for name, each in witness.items()
        }

    def _place(self, fault: Fault) -> Path:
        table = bool(self.rulebook.columns)
        if fault.line is None:
            if fault.code == "CRM232":
                return ("default",)
            return ("table", "when") if table else ("rules",)
        if fault.test is not None:
            column = self.rulebook.rules[fault.line].conditions[fault.test].column
            return (
                ("rules", fault.line, "when") if column is None else ("table", "rows", fault.line, column + 1)
            )
        return ("table", "rows", fault.line, 0) if table else ("rules", fault.line, "id")

    def _ranges(self) -> Iterator[Diagnostic]:
        """CRM234: a range that ends before it begins."""
        for n, rule in enumerate(self.rulebook.rules):
            for k, condition in enumerate(rule.conditions):
                text = condition.expression.text
                for node in tree.walk(condition.expression.tree):
                    if isinstance(node, tree.Range) and is_reversed(node):
                        path = self._place(Fault("CRM234", n, test=k))
                        name = text[node.start : node.end]
                        yield self.document.diagnostic(
                            "CRM234", path, {"name": name}, inside=(node.start, node.end)
                        )

    def _ungiven(self, never: set[int]) -> Iterator[Diagnostic]:
        """CRM231: a value of `gives.of` that no rule gives."""
        if self.rulebook.gives is None:
            return
        outcomes = [rule.then for n, rule in enumerate(self.rulebook.rules) if n not in never]
        if self.rulebook.default is not None:
            outcomes.append(self.rulebook.default)
        given = {outcome.hit("", {}).value for outcome in outcomes}
        for n, value in enumerate(self.rulebook.gives.of):
            if value not in given:
                yield self.document.diagnostic("CRM231", ("gives", "of", n), {"name": value})


def _written(value: object) -> object:
    """A staff member or unit of whom only the code matters by the code, else without what is null."""
    if not isinstance(value, Mapping):
        return value
    known = {name: each for name, each in value.items() if each is not None}
    return known["id"] if known.keys() == {"id"} else known
