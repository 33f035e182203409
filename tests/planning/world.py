"""Two stations, a district and a company, for the tests of owners and visits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from crmflow.core.customer import Customer
from crmflow.core.post import Absence, Post, Posts, Staff, Unit

MONDAY = datetime(2026, 1, 5, 8, tzinfo=UTC)
UNITS = [
    Unit("S1", "三门峡站", "station", "D1"),
    Unit("S2", "陕州站", "station", "D1"),
    Unit("D1", "三门峡片区", "district", "K1"),
    Unit("K1", "公司", "company"),
]
STAFF = [Staff(code, f"员工{code}") for code in ("W1", "W2", "W3", "W4", "W5", "D9")] + [
    Staff("W0", "前员工", True)
]
POSTS = [
    Post("W0", "clerk", "S1"),
    Post("W1", "clerk", "S1"),
    Post("W2", "clerk", "S1"),
    Post("W3", "clerk", "S1"),
    Post("W4", "clerk", "S2"),
    Post("D9", "manager", "D1"),
]


def company(*away: str, deputy: str | None = None) -> Posts:
    absences = [
        Absence(code, MONDAY - timedelta(days=1), MONDAY + timedelta(days=1), deputy=deputy) for code in away
    ]
    return Posts(UNITS, STAFF, POSTS, absences, at=MONDAY)


def customer(owner: str | None = None, id: int = 1) -> Customer:
    return Customer(id, 0, "test", f"C{id}", MONDAY, owner=owner)
