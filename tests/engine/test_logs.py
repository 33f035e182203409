"""Do logs of real desks fit the charts that say how these work, and do the charts refuse what is spoiled?"""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest

from benchmarks.replay_logs import REPLAYED, Log, replay

DATA = os.environ.get("CRMFLOW_DATA")

pytestmark = pytest.mark.skipif(DATA is None, reason="CRMFLOW_DATA does not name a folder with the logs")


@pytest.mark.parametrize(
    "log",
    [
        REPLAYED[0],
        pytest.param(REPLAYED[1], marks=pytest.mark.long),
        pytest.param(REPLAYED[2], marks=pytest.mark.long),
    ],
    ids=lambda log: log.site,
)
def test_a_log_fits_its_chart(log: Log) -> None:
    found = replay(log, Path(str(DATA)), Random(1))
    assert found.fit >= 0.95, found.misfits
    first = next(iter(found.refused))  # shuffled, or in the wrong order
    assert found.refused[first] >= 0.95, found.refused
    assert all(each.reason.startswith("CRM") for each in found.misfits)
