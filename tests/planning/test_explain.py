"""Does a reader learn why this person visits, by when, and how it ended?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crmflow.core.decision import Visit
from crmflow.core.explanation import Explanation
from crmflow.core.post import Posts
from crmflow.core.text import Text
from crmflow.planning.explain import explain_visit
from tests.planning.world import MONDAY, company, customer

DUE = MONDAY + timedelta(days=1)
VISIT = Visit(5, 0, 1, "r", "overdue", "overdue", "phone", MONDAY, "k", staff="W1", unit="S1", due_at=DUE)


def told(
    visit: Visit = VISIT,
    *,
    language: str = "en",
    owner: str | None = "W1",
    posts: Posts | None = None,
    as_of: datetime = MONDAY,
) -> list[str]:
    tree = explain_visit(
        visit,
        customer(owner),
        reason=Text("overdue", "逾期未进站"),
        channel=Text("phone call", "电话"),
        posts=posts or company(),
        as_of=as_of,
        zone=ZoneInfo("Asia/Shanghai"),
        why=Explanation(Text("the rule", "规则")),
    )
    return [sentence for _, _, sentence in tree.lines(language)]


def test_an_open_visit() -> None:
    assert told() == [
        "Visit 5 of C1: overdue, phone call, planned on 2026-01-05 16:00",
        "the rule",
        "员工W1 (W1) of 三门峡站 goes",
        "owns this customer",
        "to be done by 2026-01-06 16:00",
    ]


def test_an_open_visit_in_chinese() -> None:
    assert told(language="zh")[2:4] == ["由三门峡站的员工W1 (W1)负责", "是该客户的责任人"]


@pytest.mark.parametrize(
    ("staff", "owner", "posts", "reason"),
    [
        ("W4", "W1", company("W1", deputy="W4"), "stands in for the owner 员工W1 (W1), who is absent"),
        ("W2", "W0", company(), "fills the owner's post: 前员工 (W0) is not there"),
        ("D9", "W1", company(), "chosen by the rule"),
        (None, None, company(), "nobody goes: the customer has no owner"),
        (None, "W1", company(), "nobody goes: nobody fills the post"),
    ],
)
def test_why_this_person(staff: str | None, owner: str | None, posts: Posts, reason: str) -> None:
    assert reason in told(replace(VISIT, staff=staff), owner=owner, posts=posts)


def test_late_done_and_withdrawn() -> None:
    assert told(as_of=DUE)[-1] == "late since 2026-01-06 16:00"
    closed = replace(VISIT, closed_at=DUE, state="done")
    assert told(closed)[-1] == "done on 2026-01-06 16:00"
    assert told(replace(closed, state="withdrawn"))[-1].startswith("withdrawn on 2026-01-06 16:00")
