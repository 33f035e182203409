"""Which faults do the tables of a model have, each with an input that shows it?"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from crmflow.rules import dmn

MODELS = Path(__file__).with_name("models")
KIT = {  # what is found in the kit's tables; each has been looked at, and is so
    "0111-first-hitpolicy-singleoutputcol": ["CRM220"],  # age 0
    "0117-multi-any-hitpolicy": ["CRM226"],  # the last row is inside the first
    "0118-multi-priority-hitpolicy": ["CRM220"],  # 18 or more, not high, not affordable
    "0004-lending": ["CRM220"],  # a score of exactly 130
    "0035-test-structure-output": ["CRM220"],  # 9.5
    "0040-singlenestedcontext": ["CRM220"],  # any other principal, term, rate and fee
    "0041-multiple-nestedcontext": ["CRM220"],
}
TABLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" name="m" namespace="urn:m">
  <itemDefinition name="level"><typeRef>string</typeRef>
    <allowedValues><text>"gold", "silver"</text></allowedValues></itemDefinition>
  <inputData name="Level" id="i1"><variable name="Level" typeRef="level"/></inputData>
  <inputData name="Amount" id="i2"><variable name="Amount" typeRef="number"/></inputData>
  <decision name="Rate" id="d1"><variable name="Rate" typeRef="number"/>
    <informationRequirement><requiredInput href="#i1"/></informationRequirement>
    <informationRequirement><requiredInput href="#i2"/></informationRequirement>
    <decisionTable hitPolicy="{policy}">
      <input><inputExpression typeRef="string"><text>Level</text></inputExpression></input>
      <input><inputExpression typeRef="number"><text>Amount</text></inputExpression></input>
      <output name="Rate">{output}</output>{rows}
    </decisionTable></decision></definitions>"""
ROW = "<rule><inputEntry><text>{}</text></inputEntry><inputEntry><text>{}</text></inputEntry>"
ROW += "<outputEntry><text>{}</text></outputEntry></rule>"


def found(folder: Path, policy: str, rows: str, output: str = "") -> list[tuple[str, dict[str, object]]]:
    """The codes with their inputs; a row is written `level | amount | rate`."""
    cells = [
        [cell.strip().replace("<", "&lt;") for cell in row.split("|")]
        for row in rows.split("\n")
        if row.strip()
    ]
    text = TABLE.format(policy=policy, output=output, rows="".join(ROW.format(*row) for row in cells))
    file = folder / "m.dmn"
    file.write_text(text, "utf-8")
    return [(each.code, dict(each.witness)) for each in dmn.load(file).check()]


@pytest.mark.parametrize(
    ("policy", "rows", "expected"),
    [
        ("UNIQUE", '"gold" | - | 1\n "silver" | - | 2', []),
        ("UNIQUE", '"gold" | - | 1', [("CRM220", {"Level": "silver"})]),
        ("UNIQUE", "- | <= 5 | 1\n - | >= 5 | 2", [("CRM221", {"Level": "gold", "Amount": 5})]),
        ("UNIQUE", "- | <= 5 | 1\n - | >= 5 | 1", [("CRM222", {"Level": "gold", "Amount": 5})]),
        ("ANY", "- | <= 5 | 1\n - | >= 5 | 1", []),
        ("ANY", "- | <= 5 | 1\n - | >= 5 | 2", [("CRM221", {"Level": "gold", "Amount": 5})]),
        ("FIRST", "- | >= 0 | 1\n - | >= 9 | 2", [("CRM224", {"Level": "gold", "Amount": 9})]),
        ("COLLECT", "- | > 5 | 1\n - | > 7 | 1", []),
        ("RULE ORDER", "- | [7..5] | 1", [("CRM234", {}), ("CRM225", {})]),
        ("FIRST", '"bronze" | - | 1\n - | - | 2', [("CRM225", {})]),
    ],
)
def test_a_fault_of_a_table_is_found(
    tmp_path: Path, policy: str, rows: str, expected: list[tuple[str, dict[str, object]]]
) -> None:
    assert found(tmp_path, policy, rows) == expected


def test_priorities_follow_the_values_of_the_output(tmp_path: Path) -> None:
    values = "<outputValues><text>1, 2</text></outputValues>"
    assert found(tmp_path, "PRIORITY", "- | >= 9 | 2\n - | - | 1", values)[0] == (
        "CRM224",
        {"Level": "gold", "Amount": 9},
    )


def test_the_kits_tables_have_these_faults_and_no_others() -> None:
    kit = os.environ.get("CRMFLOW_TCK")
    if kit is None:
        pytest.skip("CRMFLOW_TCK names no copy of the kit")
    codes = {
        file.parent.name: [each.code for each in dmn.load(file).check()] for file in Path(kit).rglob("*.dmn")
    }
    assert {name: each for name, each in codes.items() if each} == KIT
