"""Does exactly the value come back that was put in?"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmflow.errors import StoreError
from crmflow.store import Store
from crmflow.store.exact import decode, encode
from crmflow.store.facts import CustomerFacts
from tests.store.world import MONDAY, customer

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
ZONES: st.SearchStrategy[tzinfo] = st.sampled_from(
    [
        UTC,
        timezone(timedelta(hours=5, minutes=45)),
        ZoneInfo("Asia/Shanghai"),
        ZoneInfo("Europe/Berlin"),
    ]
)
YEAR = timedelta(days=366)
SPAN = (datetime.min + YEAR, datetime.max - YEAR)  # noqa: DTZ901
MOMENTS = st.datetimes(*SPAN) | st.datetimes(*SPAN, timezones=ZONES, allow_imaginary=False)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False)
    | TEXT
    | TEXT.map(lambda text: "=" + text)
    | st.dates()
    | st.times()
    | MOMENTS
    | st.timedeltas()
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=12)


def shown(value: Any) -> str:
    """All that a value is: the digits of a Decimal, the zone and the offset of a moment."""
    match value:
        case list():
            return f"[{', '.join(map(shown, value))}]"
        case dict():
            return f"{{{', '.join(f'{key!r}: {shown(value[key])}' for key in sorted(value))}}}"
        case datetime():
            return f"{value.replace(fold=0)!r} at {value.utcoffset()}"
        case time():
            return repr(value.replace(fold=0))
    return repr(value)


@given(VALUES)
def test_every_value_survives_json(value: Any) -> None:
    back = decode(json.loads(json.dumps(encode(value))))
    assert shown(back) == shown(value)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(VALUES, max_size=8))
def test_every_value_survives_the_database(store: Store, values: list[Any]) -> None:
    with store.batch("W1") as batch:
        [id] = batch.customers.put([customer()]).ids
        batch.facts.put([CustomerFacts(id, MONDAY, {"values": values})])
    with store.reading() as batch:
        found = batch.facts.get(id)
    assert found is not None
    assert shown(found.values["values"]) == shown(values)


@pytest.mark.parametrize("value", [object(), {1: "one"}, [{"a": {2, 3}}]])
def test_other_types_are_refused(value: object) -> None:
    with pytest.raises(StoreError) as refused:
        encode(value)
    assert refused.value.code == "CRM412"


def test_a_float_becomes_the_decimal_that_it_prints() -> None:
    assert decode(encode([0.1, 1e300])) == [Decimal("0.1"), Decimal("1e300")]


def test_readable_in_the_database() -> None:
    found = encode([Decimal("1.10"), date(2026, 1, 31), time(8, 30), timedelta(seconds=1), "=x"])
    assert found == ["=decimal 1.10", "=date 2026-01-31", "=time 08:30:00", "=duration 1000000", "==x"]
