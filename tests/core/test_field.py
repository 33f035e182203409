"""Is a value read as its field says, and does what is stored come back as it was?"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow.core.field import Field, Kind, Value
from crmflow.core.text import Text

ZONE = ZoneInfo("Asia/Shanghai")


def field(kind: Kind) -> Field:
    return Field("x", kind, Text("x", "x"), precision=9, scale=2, values=("A", "B"))


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("number", " 1,234.50 ", Decimal("1234.50")),
        ("number", "-0.01", Decimal("-0.01")),
        ("boolean", "是", True),
        ("boolean", "NO", False),
        ("date", "2026/01/31", date(2026, 1, 31)),
        ("instant", "2026-01-31 08:00", datetime(2026, 1, 31, tzinfo=UTC)),
        ("instant", "2026-01-31T08:00+00:00", datetime(2026, 1, 31, 8, tzinfo=UTC)),
        ("one of", "B", "B"),
        ("string", " a b ", "a b"),
        ("staff", "W1", "W1"),
        ("unit", "", None),
        ("number", "  ", None),
    ],
)
def test_a_cell_is_read_as_its_field_says(kind: Kind, text: str, value: Value) -> None:
    assert field(kind).parse(text, ZONE) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("number", "1.234"),
        ("number", "12345678"),
        ("number", "NaN"),
        ("number", "one"),
        ("boolean", "maybe"),
        ("date", "31.01.2026"),
        ("instant", "noon"),
        ("one of", "C"),
    ],
)
def test_a_cell_that_does_not_fit_is_refused(kind: Kind, text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each has its own text
        field(kind).parse(text, ZONE)


numbers = st.decimals(-9999999, 9999999, places=2)
instants = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(
    st.one_of(
        st.tuples(st.just("number"), numbers),
        st.tuples(st.just("date"), st.dates()),
        st.tuples(st.just("instant"), instants),
        st.tuples(st.just("boolean"), st.booleans()),
        st.tuples(st.just("string"), st.text()),
        st.tuples(st.just("number"), st.none()),
    )
)
def test_what_is_stored_comes_back(pair: tuple[Kind, Value]) -> None:
    kind, value = pair
    stored = field(kind).encode(value)
    assert field(kind).decode(stored) == value
    assert stored is None or isinstance(stored, bool | int | str)
