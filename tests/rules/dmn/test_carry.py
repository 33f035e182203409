"""Do rulebooks made of DMN tables decide what the tables decide, and is all else refused with its reason?"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from crmflow.core.decision import Conflict
from crmflow.errors import RuleFileError
from crmflow.rules import dmn
from crmflow.rules.dmn.boxed import DecisionTable
from crmflow.rules.dmn.carry import carry
from crmflow.rules.dmn.definitions import Decision
from crmflow.rules.dmn.model import Model
from crmflow.rules.dmn.tck import run, same
from crmflow.rules.load import load
from crmflow.rules.rulebook import Rulebook
from crmflow.rules.source import RuleFile
from tests.rules.shop import core, shown

TABLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="loans"
  namespace="n">
  <itemDefinition name="tRisk"><typeRef>string</typeRef>
    <allowedValues><text>"low", "high"</text></allowedValues></itemDefinition>
  <itemDefinition name="tPerson"><itemComponent name="age"><typeRef>number</typeRef></itemComponent>
  </itemDefinition>
  <inputData id="i1" name="Age"><variable name="Age" typeRef="number"/></inputData>
  <inputData id="i2" name="Risk"><variable name="Risk" typeRef="tRisk"/></inputData>
  <inputData id="i3" name="Person"><variable name="Person" typeRef="tPerson"/></inputData>
  <decision id="d1" name="Approval: 审批"><variable name="Approval"/>
    <informationRequirement id="r1"><requiredInput href="#i1"/></informationRequirement>
    <informationRequirement id="r2"><requiredInput href="#i2"/></informationRequirement>
    <decisionTable hitPolicy="{policy}">
      <input id="c1"><inputExpression typeRef="number"><text>Age</text></inputExpression></input>
      <input id="c2"><inputExpression typeRef="tRisk"><text>Risk</text></inputExpression></input>
      {outputs}
      <annotation name="why"/>
      <rule id="w1"><inputEntry id="e1"><text>&gt;= 18</text></inputEntry>
        <inputEntry id="e2"><text>"low"</text></inputEntry>
        {first}
        <annotationEntry><text>of age:
          as agreed</text></annotationEntry></rule>
      <rule id="w2"><inputEntry id="e4"><text>-</text></inputEntry><inputEntry id="e5"><text/></inputEntry>
        {second}</rule>
    </decisionTable></decision>
  <decision id="d2" name="Free text"><variable name="Free text"/>
    <literalExpression><text>1</text></literalExpression></decision>
</definitions>"""
ONE = '<output id="o1" typeRef="string"><outputValues><text>"no", "yes"</text></outputValues></output>'
TWO = '<output id="o1" name="Status"/><output id="o2" name="Rate"/>'


def entry(id: str, *texts: str) -> str:
    return "".join(
        f'<outputEntry id="{id}{n}"><text>{text}</text></outputEntry>' for n, text in enumerate(texts)
    )


def model(folder: Path, policy: str = "FIRST", outputs: str = ONE, *texts: str) -> Model:
    first, second = texts or ('"yes"', '"no"')
    path = folder / "loans.dmn"
    entries = {"first": entry("f", *first.split("|")), "second": entry("s", *second.split("|"))}
    path.write_text(TABLE.format(policy=policy, outputs=outputs, **entries), "utf-8")
    return dmn.load(path)


def rulebook(text: str, fields: Mapping[str, str | tuple[str, ...]]) -> Rulebook:
    """The rulebook in a site that knows these fields; nothing may be wrong."""
    lines = [
        f"  {name}: {{type: {list(type) if isinstance(type, tuple) else repr(type)}}}"
        for name, type in fields.items()
    ]
    vocabulary = "\n".join(["format: 1", "customer:", *lines, ""]) if lines else "format: 1\n"
    found = load([*core(), RuleFile("vocabulary.yaml", vocabulary), RuleFile("carried.yaml", text)])
    assert found.ruleset is not None, "\n".join(map(shown, found.errors))
    return found.ruleset.rulebook("carried")


def test_a_table_becomes_a_rulebook(tmp_path: Path) -> None:
    carried = carry(model(tmp_path), "d1")
    assert carried.fields == {"Age": "number(18,6)", "Risk": ("low", "high")}
    assert (
        carried.text
        == """\
format:  1
title:   "Approval: 审批"
source:  "loans, Approval: 审批 (DMN)"
decides: segment
gives:   {name: "Approval: 审批", of: [no, yes]}
hit:     first
table:
  when: [Age, Risk]
  rows:
    - [R1, ">= 18", '"low"', yes]  # of age: as agreed
    - [R2, "-",     "-",     no]
"""
    )


@pytest.mark.parametrize(
    ("code", "policy", "outputs", "texts"),
    [
        ("CRM093", "COLLECT", ONE, ()),
        ("CRM093", "RULE ORDER", ONE, ()),
        ("CRM093", "OUTPUT ORDER", ONE, ()),
        ("CRM094", "FIRST", TWO, ('"yes"|"good"', '"no"|"bad"')),
        ("CRM095", "FIRST", '<output id="o1"/>', ("12.5", "1")),
        ("CRM095", "FIRST", '<output id="o1"/>', ('"a" + "b"', '"c"')),
        ("CRM095", "FIRST", '<output id="o1"/>', ("", '"c"')),
    ],
    ids=["collect", "rule order", "output order", "two outputs", "number", "computed", "nothing"],
)
def test_what_no_rulebook_says_is_refused(
    code: str, policy: str, outputs: str, texts: tuple[str, ...], tmp_path: Path
) -> None:
    with pytest.raises(RuleFileError) as refused:
        carry(model(tmp_path, policy, outputs, *texts), "d1")
    assert refused.value.code == code


def test_an_output_of_several_is_carried_by_its_name(tmp_path: Path) -> None:
    made = model(tmp_path, "FIRST", TWO, '"yes"|"good"', '"no"|"bad"')
    carried = carry(made, "d1", "Rate")
    assert "{name: Rate, of: [good, bad]}" in carried.text


def test_a_decision_without_a_table_is_no_rulebook(tmp_path: Path) -> None:
    with pytest.raises(RuleFileError, match="CRM092"):
        carry(model(tmp_path), "Free text")


@pytest.mark.long
def test_the_tables_of_the_kit_decide_the_same() -> None:
    folder = os.environ.get("CRMFLOW_TCK")
    if folder is None:
        pytest.skip("CRMFLOW_TCK does not name the TestCases folder of github.com/dmn-tck/tck")
    outcomes: Counter[str] = Counter()
    asked = 0
    for path in sorted(Path(folder).rglob("*.dmn")):
        try:
            made = dmn.load(path)
        except RuleFileError:
            continue
        for element in made.definitions.elements.values():
            if not isinstance(element, Decision) or not isinstance(element.logic, DecisionTable):
                continue
            names = [output.name for output in element.logic.outputs]
            for output in names if len(names) > 1 else [None]:
                try:
                    carried = carry(made, element.name, output)
                except RuleFileError as error:
                    outcomes[error.code] += 1
                    continue
                outcomes["carried"] += 1
                book = rulebook(carried.text, carried.fields)
                asked += agreed(made, element, output, book, path)
    assert outcomes == {"carried": 15, "CRM093": 17, "CRM094": 1, "CRM095": 3, "CRM096": 9}
    assert asked == 23


def agreed(made: Model, decision: Decision, output: str | None, book: Rulebook, path: Path) -> int:
    """How many of the kit's cases ask for the decision; the rulebook gives what they expect."""
    count = 0
    for outcome in run(path.parent) if list(path.parent.glob("*.xml")) else ():
        case = outcome.case
        if decision.name not in case.expected or not case.file.startswith(path.stem):
            continue
        given = {each: made.evaluate(each, case.inputs) for each in made.decisions if each != decision.name}
        context = {f"site.{name}": value for name, value in {**given, **case.inputs}.items()}
        hits = book.decide(context)
        value = None if isinstance(hits, Conflict) or not hits else hits[0].value
        expected = case.expected[decision.name]
        wanted = expected.get(output) if output and isinstance(expected, dict) else expected
        assert same(value, wanted), f"{path.name} {decision.name} {case.id}"
        count += 1
    return count
