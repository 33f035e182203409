"""Is a fault found that a script plants in a sound table or chart, and none where it plants none?"""

from __future__ import annotations

import pytest

from crmflow.rules.check import check
from tests.rules import mutation

EVERY = 5  # of the many mutants; the long test takes all


@pytest.mark.parametrize("pack", mutation.PACKS)
def test_nothing_is_found_in_what_is_sound(pack: str) -> None:
    assert check(mutation.sound(pack)) == ()


@pytest.mark.parametrize("every", [EVERY, pytest.param(1, marks=pytest.mark.long)])
def test_faults_planted_in_charts_are_found(every: int) -> None:
    mutants = list(mutation.chart_mutants())[::every]

    assert mutation.failures(mutants) == []
    assert sum(len(each.faults) for each in mutants) >= 130 // every


@pytest.mark.parametrize("every", [EVERY, pytest.param(1, marks=pytest.mark.long)])
def test_faults_planted_in_tables_are_found_and_none_is_invented(every: int) -> None:
    mutants = list(mutation.table_mutants(every))

    assert mutation.failures(mutants) == []
    assert sum(len(each.faults) for each in mutants) >= 200 // every
