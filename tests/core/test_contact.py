"""May a message go to a customer now?"""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.core.contact import Channel, Purpose, newest
from crmflow.core.customer import Consent
from crmflow.core.text import Text

TABLE = tomllib.loads(Path(__file__).with_name("contact.toml").read_text("utf-8"))
CASES: list[dict[str, Any]] = TABLE["cases"]
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
SMS = Channel("sms", Text("text message", "短信"), "phone")
ANYTHING = Purpose("any", Text("any purpose", "任何用途"))


def marketing(**more: Any) -> Purpose:
    return Purpose("marketing", Text("marketing", "营销"), **more)


def words(said: list[str]) -> list[Consent]:
    """Each a day after the one before; "=" at the same moment."""
    found: list[Consent] = []
    for line in said:
        purpose, granted, *channel = line.removeprefix("= ").split()
        day = len(found) - (1 if line.startswith("=") else 0)
        at = MONDAY + timedelta(days=day)
        found.append(Consent(1, purpose, channel[0] if channel else None, granted == "yes", at))
    return found


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_what_a_customer_said_counts(case: dict[str, Any]) -> None:
    purpose = marketing(consent=case["consent"])
    assert purpose.forbids(words(case["said"]), SMS, ANYTHING) == case.get("forbids")


consents = st.builds(
    Consent,
    st.just(1),
    st.sampled_from(["marketing", "service", "any"]),
    st.sampled_from([None, "sms", "email"]),
    st.booleans(),
    st.integers(0, 5).map(lambda day: MONDAY + timedelta(days=day)),
)


@given(said=st.lists(consents), seed=st.randoms())
def test_in_whatever_order_it_is_told(said: list[Consent], seed: Any) -> None:
    shuffled = list(said)
    seed.shuffle(shuffled)
    assert newest(said, marketing(), SMS) == newest(shuffled, marketing(), SMS)


@given(said=st.lists(consents))
def test_a_later_refusal_always_forbids(said: list[Consent]) -> None:
    no = Consent(1, "marketing", None, False, MONDAY + timedelta(days=9))
    assert marketing().forbids([*said, no], SMS, ANYTHING) is not None


@given(
    minutes=st.integers(0, 60 * 24 * 400),
    zone=st.sampled_from(["Asia/Shanghai", "America/New_York", "Europe/London", "Australia/Lord_Howe"]),
)
def test_hours_open_at_once_or_at_their_beginning(minutes: int, zone: str) -> None:
    at, clock = MONDAY + timedelta(minutes=minutes), ZoneInfo(zone)
    opens = marketing(week={"mon-sun": ["09:00-20:00"]}).opens(at, clock)
    local = opens.astimezone(clock)
    assert at <= opens <= at + timedelta(hours=14)
    assert 9 <= local.hour < 20
    assert opens == at or (local.hour, local.minute) == (9, 0)


def test_a_purpose_without_hours_is_always_open() -> None:
    assert marketing().opens(MONDAY, ZoneInfo("UTC")) == MONDAY


def test_closed_on_sundays() -> None:
    sunday = datetime(2026, 3, 8, 10, tzinfo=UTC)
    purpose = marketing(week={"mon-sat": ["09:00-20:00"]})
    assert purpose.opens(sunday, ZoneInfo("UTC")) == datetime(2026, 3, 9, 9, tzinfo=UTC)
