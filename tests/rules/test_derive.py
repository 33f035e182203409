"""What do facts say that follow the day or other facts?"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from crmflow.rules.derive import derive, next_midnight
from tests.rules.world import facts_of

SHANGHAI = ZoneInfo("Asia/Shanghai")
FACTS = {
    fact.name: fact
    for fact in facts_of(
        {
            "last order": {"last": "at"},
            "days since last order": {"zh": "距上次购物天数", "days since": "last order"},
            "birthday today": {"anniversary": "born"},
            "idle": {"is": "距上次购物天数 > 30"},
            "age": {"is": "years and months duration(born, today).years"},
        }
    )
}


@pytest.mark.parametrize(
    ("last", "today", "days"),
    [
        (datetime(2026, 3, 1, 15, 59, 59, tzinfo=UTC), date(2026, 3, 2), 1),  # 23:59:59 in Shanghai
        (datetime(2026, 3, 1, 16, 0, tzinfo=UTC), date(2026, 3, 2), 0),
        (date(2026, 3, 10), date(2026, 3, 2), -8),
        (None, date(2026, 3, 2), None),
    ],
)
def test_days_since_are_days_of_the_zone(last: date | None, today: date, days: int | None) -> None:
    context = {"today": today, "retail.last order": last}
    assert derive(FACTS["retail.days since last order"], context, SHANGHAI) == days


@pytest.mark.parametrize(
    ("born", "today", "leap_day_on", "is_birthday"),
    [
        ("1990-05-01", "2026-05-01", "02-28", True),
        ("1990-05-01", "2026-05-02", "02-28", False),
        ("1990-05-01", "1990-05-01", "02-28", False),
        ("1992-02-29", "2026-02-28", "02-28", True),
        ("1992-02-29", "2026-03-01", "02-28", False),
        ("1992-02-29", "2026-02-28", "03-01", False),
        ("1992-02-29", "2026-03-01", "03-01", True),
        ("1992-02-29", "2028-02-29", "03-01", True),
        ("1992-02-29", "2028-02-28", "02-28", False),
    ],
)
def test_anniversaries(born: str, today: str, leap_day_on: str, is_birthday: bool) -> None:
    context = {"today": date.fromisoformat(today), "core.born": date.fromisoformat(born)}
    found = derive(FACTS["retail.birthday today"], context, SHANGHAI, {"leap day on": leap_day_on})
    assert found is is_birthday


def test_an_unknown_date_has_no_anniversary_and_no_age() -> None:
    context = {"today": date(2026, 3, 2), "core.born": None}
    assert derive(FACTS["retail.birthday today"], context, SHANGHAI) is None
    assert derive(FACTS["retail.age"], context, SHANGHAI) is None


def test_a_formula_reads_other_facts_under_any_of_their_names() -> None:
    context = {"today": date(2026, 3, 2), "retail.days since last order": Decimal(31)}
    assert derive(FACTS["retail.idle"], context, SHANGHAI) is True


@pytest.mark.parametrize(
    ("name", "context", "expected"),
    [
        ("days since last order", {"retail.last order": date(2026, 1, 1)}, "2026-03-02T16:00:00+00:00"),
        ("days since last order", {"retail.last order": None}, None),
        ("age", {}, "2026-03-02T16:00:00+00:00"),
        ("idle", {}, None),
    ],
)
def test_time_alone_changes_a_derived_fact_at_midnight(
    name: str, context: dict[str, object], expected: str | None
) -> None:
    as_of = datetime(2026, 3, 2, 10, tzinfo=UTC)
    found = next_midnight([FACTS[f"retail.{name}"]], context, as_of, SHANGHAI)
    assert (found and found.isoformat()) == expected
