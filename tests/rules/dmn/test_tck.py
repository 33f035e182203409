"""Does the runner of the standard's test kit count as the kit does, and does the kit pass?"""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from crmflow.errors import RuleFileError
from crmflow.rules import dmn
from crmflow.rules.dmn.tck import Score, run, write_results

MODELS = Path(__file__).with_name("models")
TESTS = """<testCases xmlns="http://www.omg.org/spec/DMN/20160719/testcase"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">
  <modelName>graph.dmn</modelName>
  <testCase id="001">
    <inputNode name="客户 等级"><value xsi:type="xsd:string">金卡</value></inputNode>
    <inputNode name="amount"><value xsi:type="xsd:decimal">200</value></inputNode>
    <resultNode name="to pay" type="decision">
      <expected><value xsi:type="xsd:decimal">180.000000001</value></expected>
    </resultNode>
  </testCase>
  <testCase id="002">
    <resultNode name="to pay" type="decision"><expected><value xsi:nil="true"/></expected></resultNode>
  </testCase>
  <testCase id="003">
    <resultNode name="gone" type="decision" errorResult="true">
      <expected><value xsi:nil="true"/></expected>
    </resultNode>
  </testCase>
  <testCase id="004" type="decisionService" invocableName="both">
    <inputNode name="amount"><value xsi:type="xsd:decimal">77</value></inputNode>
    <resultNode name="to pay"><expected><value xsi:type="xsd:decimal">77</value></expected></resultNode>
    <resultNode name="rounded"><expected><value xsi:type="xsd:decimal">71</value></expected></resultNode>
  </testCase>
  <testCase id="005">
    <inputNode name="amount"><value xsi:type="xsd:decimal">77</value></inputNode>
    <resultNode name="as a function">
      <expected><list><item><value xsi:type="xsd:decimal">60</value></item>
      <item><value xsi:type="xsd:decimal">70</value></item></list></expected>
    </resultNode>
  </testCase>
</testCases>
"""


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    folder = tmp_path / "TestCases" / "compliance-level-3" / "0001-graph"
    folder.mkdir(parents=True)
    shutil.copy(MODELS / "graph.dmn", folder)
    (folder / "0001-graph-test-01.xml").write_text(TESTS, "utf-8")
    return tmp_path / "TestCases"


def test_the_three_counts(kit: Path) -> None:
    outcomes = list(run(kit))
    assert [(each.case.id, each.strict, each.lenient) for each in outcomes] == [
        ("001", True, True),
        ("002", True, True),
        ("003", False, True),
        ("004", False, False),
        ("005", True, True),
    ]
    assert Score.of(outcomes) == Score(cases=5, strict=3, lenient=4, value_cases=3, value_passed=2)


def test_the_results_file_is_the_kits_own(kit: Path, tmp_path: Path) -> None:
    results = tmp_path / "tck_results.csv"
    write_results(run(kit / "compliance-level-3"), results)
    rows = list(csv.reader(results.read_text("utf-8").splitlines()))
    assert rows[0] == ["compliance-level-3/0001-graph", "0001-graph-test-01", "001", "SUCCESS", ""]
    assert rows[3][3:] == ["ERROR", "rounded: expected Decimal('71'), found Decimal('70')"]
    assert results.read_text("utf-8").startswith('"compliance-level-3/0001-graph","0001-graph-test-01","001"')


def test_a_model_that_cannot_be_read_fails_its_cases_alone(kit: Path) -> None:
    folder = kit / "compliance-level-3" / "0002-broken"
    folder.mkdir()
    (folder / "graph.dmn").write_text("<definitions", "utf-8")
    (folder / "0002-test-01.xml").write_text(TESTS, "utf-8")
    outcomes = list(run(kit))
    assert len(outcomes) == 10
    assert [each.strict for each in outcomes[5:]] == [False] * 5
    assert [each.lenient for each in outcomes[5:]] == [False, True, True, False, False]


def test_a_folder_without_cases_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleFileError, match="CRM303"):
        next(run(tmp_path))
    (tmp_path / "other.xml").write_text("<other/>")
    with pytest.raises(RuleFileError, match="CRM304"):
        next(run(tmp_path))


@pytest.fixture(scope="module")
def tck() -> Path:
    folder = os.environ.get("CRMFLOW_TCK")
    if not folder:
        pytest.skip("CRMFLOW_TCK does not name the TestCases folder of github.com/dmn-tck/tck")
    return Path(folder)


def failures(folder: Path) -> Iterator[str]:
    """Every failure that is not external Java, which is refused by design."""
    for outcome in run(folder):
        if not outcome.strict and "external-java" not in outcome.case.folder:
            yield f"{outcome.case.folder} {outcome.case.id}: {outcome.detail}"


@pytest.mark.long
def test_the_kit_passes(tck: Path) -> None:
    assert list(failures(tck)) == []


@pytest.mark.long
def test_the_kit_passes_as_we_write_it(tck: Path, tmp_path: Path) -> None:
    """Each model loaded, written as DMN 1.3 and loaded again gives the same results."""
    copy = tmp_path / "TestCases"
    shutil.copytree(tck, copy)
    for file in tck.rglob("*.dmn"):
        dmn.load(file).write(copy / file.relative_to(tck))
    assert list(failures(copy)) == []
