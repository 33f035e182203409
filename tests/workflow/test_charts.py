"""Do the charts of these tests do what their own tests expect?"""

from __future__ import annotations

import pytest

from crmflow.rules.scenario import ChartCase
from crmflow.workflow.rehearsal import rehearse
from tests.workflow.world import cases

CASES = [(id, case) for id, several in cases().items() for case in several]


@pytest.mark.parametrize(
    "case", [case for _, case in CASES], ids=[f"{id}: {case.name.en}" for id, case in CASES]
)
def test_a_chart_does_what_its_tests_expect(case: ChartCase) -> None:
    outcome = rehearse(case.chart, case.play)
    assert outcome.found == {"refused": None, **outcome.expected}, str(outcome.explanation)
