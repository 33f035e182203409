"""Is every customer without a live owner found, with the reason?"""

from __future__ import annotations

import pytest

from crmflow.planning.coverage import gaps
from tests.planning.world import company, customer


@pytest.mark.parametrize(
    ("owner", "reason"),
    [
        (None, "CRM610"),
        ("W99", "CRM611"),
        ("W0", "CRM612"),
        ("W5", "CRM613"),
        ("W1", None),
    ],
)
def test_an_owner_must_be_there_known_here_and_in_a_post(owner: str | None, reason: str | None) -> None:
    assert [gap.reason for gap in gaps([customer(owner)], company())] == ([reason] if reason else [])


def test_an_absent_owner_is_no_gap() -> None:
    assert not list(gaps([customer("W1")], company("W1")))


def test_a_gap_names_the_customer_and_the_owner() -> None:
    found = list(gaps([customer("W1", 1), customer("W0", 2), customer(None, 3)], company()))
    assert [gap.customer.id for gap in found] == [2, 3]
    assert found[0].says.en == "customer C2: the owner W0 has left"
    assert "C2" in found[0].says.zh
