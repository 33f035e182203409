"""What does a rule see of a customer and of a holding?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from crmflow.core.customer import Customer
from crmflow.core.field import Field
from crmflow.core.holding import Holding
from crmflow.core.post import Post, Posts, Staff, Unit
from crmflow.core.text import Text
from crmflow.rules.context import Contexts
from crmflow.rules.fact import Fact
from crmflow.rules.vocabulary import HoldingKind, Result, Vocabulary
from tests.rules.world import facts_of

SHANGHAI = ZoneInfo("Asia/Shanghai")
AS_OF = datetime(2026, 2, 28, 3, tzinfo=UTC)


def by_name(*facts: Fact) -> dict[str, Fact]:
    return {fact.name: fact for fact in facts}


POLICY = HoldingKind(
    name="insurance.policy",
    label=Text("policy", "保单"),
    list="insurance.held policies",
    list_label=None,
    fields={
        "agent": Field("agent", "staff", Text("agent", "代理人")),
        "premium": Field("premium", "number", Text("premium", "保费")),
    },
    facts=by_name(*facts_of({"last paid": {"last": "at"}, "days since paid": {"days since": "last paid"}})),
)
VOCABULARY = Vocabulary(
    customer={
        "core.born": Field("core.born", "date", Text("born", "出生日期")),
        "fuel.developer": Field("fuel.developer", "staff", Text("developer", "开发人")),
        "fuel.home station": Field("fuel.home station", "unit", Text("home station", "主场站")),
    },
    facts=by_name(
        *facts_of(
            {
                "idle": {"is": "days since last order > 10"},
                "days since last order": {"days since": "last order"},
                "last order": {"last": "at"},
                "birthday today": {"anniversary": "born"},
                "spent": {"sum": "amount"},
            }
        )
    ),
    holdings={"insurance.policy": POLICY},
    results={"retail.ABC class": Result("retail.ABC class", Text("ABC class", "ABC类别"), ("A", "B", "C"))},
)
POSTS = Posts(
    units=[Unit("S1", "Station 1", "station", "D1"), Unit("D1", "District 1", "district")],
    staff=[Staff("W1", "Wang"), Staff("W2", "Li", left=True)],
    posts=[Post("W1", "clerk", "S1")],
)
CONTEXTS = Contexts(VOCABULARY, POSTS, AS_OF, SHANGHAI)


def customer(fields: Mapping[str, object] = {}, **others: object) -> Customer:
    return Customer(1, 0, "test", "1", AS_OF, fields, **others)  # type: ignore[arg-type]


def test_of_a_new_customer_nothing_is_known_but_the_present() -> None:
    context = CONTEXTS.customer(customer())
    known = {name: value for name, value in context.items() if value is not None}
    assert known == {
        "today": date(2026, 2, 28),
        "now": AS_OF,
        "participants": [],
        "insurance.held policies": [],
    }
    assert {"core.born", "retail.spent", "retail.idle", "retail.ABC class", "owner"} <= context.keys()


def test_staff_and_units_are_seen_with_what_is_known_of_them() -> None:
    context = CONTEXTS.customer(
        customer(
            {"fuel.developer": "W2", "fuel.home station": "S1"},
            owner="W1",
            participants=("W2", "nobody known"),
        )
    )
    station = {"id": "S1", "name": "Station 1", "level": "station", "parent": "D1"}
    left = {"id": "W2", "name": "Li", "active": False, "left": True, "unit": None}
    assert context["owner"] == {"id": "W1", "name": "Wang", "active": True, "left": False, "unit": station}
    assert context["fuel.developer"] == left
    assert context["fuel.home station"] == station
    assert context["participants"] == [
        left,
        {"id": "nobody known", "name": None, "active": None, "left": None, "unit": None},
    ]


def test_facts_that_follow_the_day_are_worked_out_in_their_order() -> None:
    late_evening = datetime(2026, 2, 14, 16, tzinfo=UTC)  # already the 15th in Shanghai
    context = CONTEXTS.customer(
        customer({"core.born": date(1992, 2, 29)}),
        facts={"retail.last order": late_evening, "retail.spent": Decimal(5)},
    )
    assert context["retail.last order"].isoformat() == "2026-02-15T00:00:00+08:00"
    assert context["retail.days since last order"] == 13
    assert context["retail.idle"] is True
    assert context["retail.spent"] == 5


def test_what_is_learnt_later_is_seen_and_followed() -> None:
    known = customer({"core.born": date(1992, 2, 29)})
    context = CONTEXTS.customer(known)
    order = {"retail.last order": datetime(2026, 2, 14, 16, tzinfo=UTC)}
    CONTEXTS.learn(context, {**order, "retail.ABC class": "A"})
    assert context == {**CONTEXTS.customer(known, facts=order), "retail.ABC class": "A"}
    assert context["retail.idle"] is True


def test_the_reading_rulebook_says_when_a_leap_day_is() -> None:
    context = CONTEXTS.customer(customer({"core.born": date(1992, 2, 29)}))
    assert context["retail.birthday today"] is True
    in_march = CONTEXTS.with_params(context, {"leap day on": "03-01"})
    assert in_march["retail.birthday today"] is False
    assert context["retail.birthday today"] is True
    assert CONTEXTS.with_params(context, {"A limit": Decimal("0.7")}) is context


def test_holdings_stand_in_their_customers_list() -> None:
    held = [
        Holding(7, 0, 1, "insurance.policy", "test", "P7", AS_OF, {"agent": "W2"}),
        Holding(8, 0, 1, "insurance.unlisted", "test", "P8", AS_OF, {}),
    ]
    (policy,) = CONTEXTS.customer(customer(), held)["insurance.held policies"]
    assert policy["agent"]["left"] is True
    assert policy["premium"] is None
    assert (policy["id"], policy["kind"], policy["at"].isoformat()) == (
        7,
        "policy",
        "2026-02-28T11:00:00+08:00",
    )


def test_a_holding_sees_its_customer() -> None:
    of_customer = CONTEXTS.customer(customer(owner="W1"))
    holding = Holding(
        7, 0, 1, "insurance.policy", "test", "P7", AS_OF, {"agent": "W1", "premium": Decimal(100)}
    )
    context = CONTEXTS.holding(of_customer, holding, {"retail.last paid": AS_OF})
    assert context["owner"]["id"] == "W1"
    assert context["insurance.agent"]["name"] == "Wang"
    assert context["insurance.premium"] == 100
    assert context["retail.days since paid"] == 0
    assert "insurance.premium" not in of_customer
