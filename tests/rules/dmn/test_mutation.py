"""Are faults found that a script plants in the decision tables of the standard's test kit?"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.rules.dmn import mutation

TWO_INPUTS = "0036-dt-variable-input"  # its cells compare two inputs, which is not decided exactly


@pytest.mark.long
def test_faults_planted_in_the_tables_of_the_kit_are_found() -> None:
    folder = os.environ.get("CRMFLOW_TCK")
    if not folder:
        pytest.skip("CRMFLOW_TCK does not name the TestCases folder of github.com/dmn-tck/tck")

    planted, missed = mutation.failures(Path(folder))

    assert planted >= 500
    assert [each for each in missed if not each.startswith(TWO_INPUTS)] == []
