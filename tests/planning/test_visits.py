"""Does the right person get the visit, by the right day, once, and only while it is wanted?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crmflow.core.calendar import ALWAYS, Calendar
from crmflow.core.decision import Decision, Hit, Plan, Subject, Target, Visit
from crmflow.core.post import Posts
from crmflow.errors import PlanningError
from crmflow.planning.visits import plan_visit, visit_key, withdrawn
from tests.planning.world import MONDAY, company, customer

DAY = timedelta(days=1)
OFFICE = Calendar.weekly("office", ZoneInfo("Asia/Shanghai"), {"mon-fri": ["08:30-17:30"]})
PLAN = Plan("overdue", "phone", "owner", within=DAY, form=("cause", "measure"))


def visit(
    plan: Plan | str = PLAN,
    *,
    owner: str | None = "W1",
    unit: str | None = "S1",
    posts: Posts | None = None,
    at: datetime = MONDAY,
    occasion: str | None = "2026-01-01",
    subject: Subject | None = None,
    calendar: Calendar = ALWAYS,
) -> Visit:
    subject = subject or Subject("customer", 1)
    decision = Decision("fuel/visits/overdue", "h", subject, at, "r1", ())
    return plan_visit(
        decision,
        Hit("overdue", plan, occasion),
        id=5,
        customer=customer(owner),
        unit=unit,
        since=MONDAY,
        posts=posts or company(),
        loads={"W1": 1},
        calendar=calendar,
    )


def test_a_visit_says_what_a_rule_asked_for() -> None:
    found = visit()
    assert (found.staff, found.unit, found.due_at) == ("W1", "S1", MONDAY + DAY)
    assert (found.reason, found.channel, found.form) == ("overdue", "phone", ("cause", "measure"))
    assert (found.rulebook, found.rule, found.state) == ("fuel/visits/overdue", "overdue", "open")
    assert found.key == "customer:1|fuel/visits/overdue|overdue|2026-01-01"


@pytest.mark.parametrize(
    ("by", "owner", "away", "who"),
    [
        ("owner", "W1", (), ("W1", "S1")),
        ("owner", "W4", (), ("W4", "S2")),
        ("owner", "W1", ("W1",), ("W3", "S1")),
        ("owner", "W0", (), ("W2", "S1")),
        ("owner", None, (), (None, "S1")),
        ("owner", "W99", (), (None, "S1")),
        ("owner", "W5", (), ("W5", "S1")),
        ("manager", "W1", (), ("D9", "D1")),
        ("cashier", "W1", (), (None, "S1")),
        (Target(role="clerk", unit="S1"), "W1", (), ("W2", "S1")),
        (Target(staff="W4"), "W1", (), ("W4", "S2")),
        (Target(staff="W4"), "W1", ("W4",), (None, "S1")),
        (Target(role="cashier", unit="S1"), "W1", (), (None, "S1")),
    ],
    ids=str,
)
def test_who_goes(
    by: str | Target, owner: str | None, away: tuple[str, ...], who: tuple[str | None, str]
) -> None:
    found = visit(replace(PLAN, by=by), owner=owner, posts=company(*away))
    assert (found.staff, found.unit) == who


def test_a_deputy_goes_for_an_absent_owner() -> None:
    found = visit(posts=company("W1", deputy="W4"))
    assert (found.staff, found.unit) == ("W4", "S1")


def test_whole_days_are_working_days_of_the_calendar() -> None:
    friday = datetime(2026, 1, 9, 10, tzinfo=OFFICE.zone)
    found = visit(at=friday, calendar=OFFICE)
    assert found.due_at == datetime(2026, 1, 12, 10, tzinfo=OFFICE.zone)
    assert visit(replace(PLAN, within=None)).due_at is None


def test_a_visit_about_a_holding_names_it() -> None:
    found = visit(subject=Subject("holding", 9))
    assert (found.holding_id, found.customer_id) == (9, 1)
    assert found.key.startswith("holding:9|")


def test_a_rule_without_once_per_plans_one_visit_each_time_it_begins_to_fire() -> None:
    decision = Decision("r", "h", Subject("customer", 1), MONDAY + DAY, "r1", ())
    hit = Hit("rule", PLAN)
    assert visit_key(decision, hit, MONDAY) == visit_key(replace(decision, at=MONDAY), hit, MONDAY)
    assert visit_key(decision, hit, MONDAY) != visit_key(decision, hit, MONDAY + DAY)


def test_a_hit_that_is_no_visit_is_an_error() -> None:
    with pytest.raises(PlanningError, match="CRM620"):
        visit("A")


def test_only_open_visits_that_stay_while_true_are_withdrawn_when_their_rule_stops() -> None:
    overdue = visit()
    cadence = replace(overdue, rulebook="cadence", key="c")
    closed = replace(overdue, state="done")
    while_true = {("fuel/visits/overdue", "overdue")}
    assert list(withdrawn([overdue, cadence, closed], set(), while_true)) == [overdue]
    assert list(withdrawn([overdue], {overdue.key}, while_true)) == []


def test_a_visit_of_an_earlier_occasion_is_withdrawn_though_the_rule_fires_for_a_later_one() -> None:
    earlier, later = visit(), visit(occasion="2026-01-04")
    assert list(withdrawn([earlier], {later.key}, {("fuel/visits/overdue", "overdue")})) == [earlier]
