"""Which rulebook does a DMN decision table make, and what of a table can no rulebook say?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from crmflow.core.text import Text
from crmflow.errors import FeelError, RuleFileError
from crmflow.rules import feel
from crmflow.rules.dmn.boxed import Boxed, DecisionTable, Input, Literal, Output, Rule
from crmflow.rules.dmn.boxed import Text as FeelText
from crmflow.rules.dmn.definitions import Decision, InputData, ItemDefinition
from crmflow.rules.dmn.model import Model
from crmflow.rules.feel import tree
from crmflow.rules.patch.marks import scalar, sequence

HITS: Final[Mapping[str, str]] = {
    "UNIQUE": "unique",
    "ANY": "unique",
    "FIRST": "first",
    "PRIORITY": "priority",
}
"""DMN's hit policy → a rulebook's. The others give a list, and a customer has one value."""
NUMBER: Final = "number(18,6)"
_TYPES: Final[Mapping[str, str]] = {
    "string": "string",
    "boolean": "boolean",
    "date": "date",
    "date and time": "instant",
    "dateTime": "instant",
    **dict.fromkeys(("number", "integer", "decimal", "int", "long", "double", "float"), NUMBER),
}


@dataclass(frozen=True, slots=True)
class Carried:
    """A rulebook's text, and the fields that a vocabulary must declare for it: name → type, or the values of
    a closed list. `notes` say what a person should look at."""

    text: str
    fields: Mapping[str, str | tuple[str, ...]]
    notes: tuple[Text, ...] = ()


def carry(model: Model, name: str, output: str | None = None) -> Carried:
    """The table of a decision as a rulebook that decides a segment; of several outputs the one named.

    Raises RuleFileError CRM092 no such decision, or none that is a table, CRM093 a hit policy that gives a
    list, CRM094 several outputs, CRM095 a result that is no text, CRM096 an input of a type that no
    vocabulary has, CRM097 no rules.
    """
    decision, table = _table(model, name)
    if table.policy not in HITS:
        policy = f"{table.policy} {table.aggregation or ''}".strip()
        raise RuleFileError("CRM093", name=decision.name, policy=policy, known=", ".join(HITS))
    if not table.rules:
        raise RuleFileError("CRM097", name=decision.name)
    number = _output(decision, table, output)
    reader = _Reader(model, decision, table, number)
    return Carried(reader.text(), dict(reader.fields()), tuple(reader.notes()))


def _table(model: Model, name: str) -> tuple[Decision, DecisionTable]:
    found = [
        (each, each.logic)
        for each in model.definitions.elements.values()
        if isinstance(each, Decision) and isinstance(each.logic, DecisionTable)
    ]
    for decision, table in found:
        if name in (decision.name, decision.id):
            return decision, table
    known = [decision.name for decision, _ in found]
    near = feel.nearest(name, known)
    raise RuleFileError(
        "CRM092", name=name, known=", ".join(known) or "-", near=f" ({near}?)" if near else ""
    )


def _output(decision: Decision, table: DecisionTable, name: str | None) -> int:
    names = [output.name or "" for output in table.outputs]
    if len(names) == 1 and name is None:
        return 0
    if name not in names or (table.policy == "PRIORITY" and name != names[0]):
        known = names[:1] if table.policy == "PRIORITY" else names
        raise RuleFileError("CRM094", name=decision.name, known=", ".join(known))
    return names.index(name)


class _Reader:
    """Reads one table."""

    def __init__(self, model: Model, decision: Decision, table: DecisionTable, number: int) -> None:
        self.model, self.decision, self.table, self.number = model, decision, table, number
        self.types = {each.name: each for each in model.definitions.types}
        self.results = [self.value(rule.results[number]) for rule in table.rules]
        default = self.output.default
        self.default = None if default is None else self.value(default)

    @property
    def output(self) -> Output:
        return self.table.outputs[self.number]

    def text(self) -> str:
        """The rulebook as YAML."""
        name = self.output.name if len(self.table.outputs) > 1 else None
        name = name or self.decision.name
        title = scalar(name, in_brackets=False)
        lines = [
            "format:  1",
            f"title:   {title}",
            f"source:  {scalar(f'{self.model.name}, {self.decision.name} (DMN)', in_brackets=False)}",
            "decides: segment",
            f"gives:   {{name: {scalar(name)}, of: {sequence(self.values())}}}",
            f"hit:     {HITS[self.table.policy]}",
            "table:",
            f"  when: {sequence([_one_line(each.expression.text) for each in self.table.inputs])}",
            "  rows:",
            *self.rows(),
        ]
        if self.default is not None:
            lines.append(f"default: {scalar(self.default, in_brackets=False)}")
        return "\n".join([*lines, ""])

    def rows(self) -> Iterator[str]:
        """The rows, their cells below each other; what was remarked on a row stands behind it."""
        rows = []
        for number, (rule, result) in enumerate(zip(self.table.rules, self.results, strict=True), 1):
            tests = [_one_line(test.text) or "-" for test in rule.tests]
            rows.append([scalar(cell) for cell in (f"R{number}", *tests, result)])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row, rule in zip(rows, self.table.rules, strict=True):
            cells = [f"{cell},".ljust(width + 1) for cell, width in zip(row[:-1], widths, strict=False)]
            yield f"    - [{' '.join(cells)} {row[-1]}]{_remark(rule)}"

    def values(self) -> list[str]:
        """The results in the order that the model gives them, else as the rows do."""
        used = dict.fromkeys([*self.results, *([] if self.default is None else [self.default])])
        listed = self.output.values or self.allowed(self.output.type_ref)
        values = _texts("" if listed is None else listed.text) or ()
        return [*values, *(each for each in used if each not in values)]

    def value(self, boxed: Boxed) -> str:
        """A result, which must be a text and nothing that is computed."""
        text = boxed.text.text if isinstance(boxed, Literal) and boxed.text is not None else ""
        found = _texts(text)
        if found is None or len(found) != 1:
            raise RuleFileError("CRM095", name=self.decision.name, value=_one_line(text) or "-")
        return found[0]

    def fields(self) -> Iterator[tuple[str, str | tuple[str, ...]]]:
        """What the decision is given, by name."""
        for each in self.required():
            yield each.name, self.field(each)

    def required(self) -> Iterator[InputData | Decision]:
        for requirement in self.decision.requirements:
            found = self.model.definitions.elements.get(requirement.href.rpartition("#")[2])
            if isinstance(found, InputData | Decision):
                yield found

    def field(self, element: InputData | Decision) -> str | tuple[str, ...]:
        """The type of a field. Of a text with a closed list of values: the values."""
        reference = element.variable.type_ref or self.input_type(element.name) or ""
        name, values = reference, None
        for _ in range(len(self.types) + 1):
            definition = self.types.get(name)
            if definition is None:
                break
            if definition.is_collection or definition.components:
                raise RuleFileError("CRM096", name=element.name, found=reference)
            values = values or (None if definition.allowed is None else definition.allowed.text)
            name = definition.type_ref or ""
        values = values or self.input_values(element.name)
        if name not in _TYPES:
            raise RuleFileError("CRM096", name=element.name, found=reference or "Any")
        return (_texts(values or "") or _TYPES[name]) if name == "string" else _TYPES[name]

    def columns(self, name: str) -> list[Input]:
        """The columns that test an input itself."""
        return [each for each in self.table.inputs if each.expression.text.strip() == name]

    def input_type(self, name: str) -> str | None:
        return next((each.type_ref for each in self.columns(name)), None)

    def input_values(self, name: str) -> str | None:
        return next((each.values.text for each in self.columns(name) if each.values is not None), None)

    def allowed(self, reference: str | None) -> FeelText | None:
        definition: ItemDefinition | None = self.types.get(reference or "")
        return None if definition is None else definition.allowed

    def notes(self) -> Iterator[Text]:
        """What a person should look at."""
        for each in self.required():
            if isinstance(each, Decision):
                yield Text(
                    f"{each.name} is itself decided in the model: carry it over too, or fill the field",
                    f"{each.name} 在模型中也是一个决策：请一并转换，或自行填写该字段",
                )
        if self.table.policy == "UNIQUE":
            yield Text(
                "of several rows that fire, unique asks only that they agree",
                "unique 只要求同时命中的行结果一致",
            )


def _texts(text: str) -> tuple[str, ...] | None:
    """The texts of `"a", "b"`; None for anything else."""
    try:
        parsed = feel.parse(f"[{text}]", {}).tree
    except FeelError:
        return None
    items = parsed.items if isinstance(parsed, tree.ListOf) else ()
    values = [each.value for each in items if isinstance(each, tree.Literal)]
    texts = tuple(value for value in values if isinstance(value, str))
    return texts if len(texts) == len(items) and texts else None


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _remark(rule: Rule) -> str:
    said = "; ".join(_one_line(each) for each in rule.annotations if each.strip())
    return f"  # {said}" if said else ""
