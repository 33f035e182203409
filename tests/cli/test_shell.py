"""Which moment does a word of the command line mean, where only what has happened may be told?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crmflow.cli.shell import Shell
from crmflow.core.moment import end_of_day
from crmflow.errors import WorkflowError


def test_a_date_means_its_end_and_todays_means_now(site: Path) -> None:
    shell = Shell(site)
    today = datetime.now(shell.site.zone).date()
    yesterday = today - timedelta(days=1)
    assert shell.past(None) is None
    assert shell.past(yesterday.isoformat()) == end_of_day(yesterday, shell.site.zone)
    now = shell.past(today.isoformat())
    assert now is not None
    assert abs(datetime.now(UTC) - now) < timedelta(minutes=1)


@pytest.mark.parametrize("ahead", [timedelta(days=2), timedelta(days=400)])
def test_what_is_still_to_come_cannot_have_happened(site: Path, ahead: timedelta) -> None:
    shell = Shell(site)
    then = datetime.now(shell.site.zone) + ahead
    for text in (then.date().isoformat(), then.isoformat()):
        with pytest.raises(WorkflowError) as raised:
            shell.past(text)
        assert raised.value.code == "CRM566"
