"""Do the tests in a chart's file pass and fail as their author would expect?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from crmflow.core.calendar import Calendar
from crmflow.errors import WorkflowError
from crmflow.workflow.rehearsal import rehearse
from tests.workflow.world import chart, posts

LATE = {
    "given": {"level": "station", "accused": "W3"},
    "do": [{"done": {}}, {"wait": "PT4H"}, {"wait": "PT4H"}, {"wait": "PT8H"}, {"wait": "PT40H"}],
    "expect": {"state": "verify", "level": "company", "escalations": 2},
}
DEBTOR = {
    "core.kind": "unit",
    "trial.arrears": 5000,
    "trial.days overdue": 40,
    "trial.disputed": False,
    "trial.protected": False,
}
WEAK = {"done": {"outlook": "weak"}}
APPROVED = {"done": {"proposer": "M1", "approver": "M2"}}


@pytest.mark.parametrize(
    ("name", "test"),
    [
        ("complaint", LATE),
        (
            "complaint",
            {
                "given": {"level": "station", "accused": "W3"},
                "do": [{"done": {}}, {"done": {"facts": "none"}, "by": "W3"}],
                "expect": {"state": "verify", "refused": "not by accused"},
            },
        ),
        (
            "complaint",
            {"do": [{"done": {}}, {"done": {}}], "expect": {"state": "verify", "refused": "missing facts"}},
        ),
        (
            "arrears",
            {
                "given": DEBTOR | {"trial.protected": None},
                "do": [WEAK, {"wait": "P17D"}, APPROVED],
                "expect": {"state": "propose", "blocked by": ["unprotected"]},
            },
        ),
        (
            "arrears",
            {
                "given": DEBTOR,
                "do": [
                    WEAK,
                    {"wait": timedelta(days=17)},
                    APPROVED,
                    {"wait": "P3D"},
                    {"set": {"trial.arrears": 0}},
                    {"done": {}},
                ],
                "expect": {
                    "went": ["study", "dun", "warn", "propose", "restrict", "cut", "restore", "closed"],
                    "sent": ["trial.notice"],
                    "closed": True,
                },
            },
        ),
        (
            "odd",
            {
                "given": {"core.kind": "person"},
                "do": [{"done": {"amount": 5, "on": "2026-01-05"}}, {"event": "pause", "by": "W2"}],
                "expect": {"state": "wait", "closed": False},
            },
        ),
    ],
)
def test_what_a_test_expects_comes_out(name: str, test: Mapping[str, object]) -> None:
    outcome = rehearse(chart(name), test)
    assert outcome.passed, outcome.found


@pytest.mark.parametrize(
    "expect",
    [{"state": "archive"}, {"level": "district"}, {"escalations": 3}, {"stat": "verify"}, {"refused": "x"}],
    ids=str,
)
def test_what_does_not_come_out_fails_and_is_shown(expect: Mapping[str, object]) -> None:
    outcome = rehearse(chart("complaint"), LATE | {"expect": expect})
    assert not outcome.passed
    assert set(outcome.found) - {"refused"} <= set(expect)


def test_a_refusal_that_is_not_expected_fails_the_test() -> None:
    outcome = rehearse(
        chart("complaint"), {"do": [{"done": {"colour": "red"}}], "expect": {"state": "accept"}}
    )
    assert outcome.refused == "unknown colour"
    assert not outcome.passed


def test_a_test_may_bring_its_own_people_and_calendar() -> None:
    office = Calendar.weekly("office", ZoneInfo("UTC"), {"mon-fri": ["08:00-12:00"]})
    test = {"given": {"unit": "S1", "accused": "W3"}, "do": [{"done": {}}, {"wait": "P1D"}]}
    outcome = rehearse(chart("complaint"), {**test, "calendar": office}, posts=posts())
    assert (outcome.case.holder, outcome.case.level) == ("D9", "district")


@pytest.mark.parametrize("step", [{"wait": "soon"}, {"wait": 4}, {"frob": 1}, {}], ids=str)
def test_a_step_that_cannot_be_played_is_an_error(step: Mapping[str, object]) -> None:
    with pytest.raises(WorkflowError, match="CRM505"):
        rehearse(chart("complaint"), {"do": [step]})
