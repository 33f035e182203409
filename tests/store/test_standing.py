"""Are facts, segments, snapshots and visits what was decided last, without changing what stays?"""

from __future__ import annotations

from decimal import Decimal

from crmflow.core.decision import Visit
from crmflow.store import Store
from crmflow.store.facts import CustomerFacts
from crmflow.store.segments import Segment
from tests.store.world import DAY, MONDAY, Clock, contents, customer


def test_facts_are_replaced_where_they_differ(store: Store, clock: Clock, database_url: str) -> None:
    with store.batch("W1") as batch:
        one, two = batch.customers.put([customer("C1"), customer("C2")]).ids
        facts = [
            CustomerFacts(
                id, MONDAY, {"retail.yearly amount": Decimal("1.10"), "n": None}, MONDAY + DAY, 5, "1"
            )
            for id in (one, two)
        ]
        assert batch.facts.put(facts) == 2
    before = contents(database_url)
    clock.now += DAY
    with store.batch("W1") as batch:
        assert batch.facts.put(facts) == 0
    assert contents(database_url) == before
    with store.batch("W1") as batch:
        changed = CustomerFacts(one, MONDAY + DAY, {"n": 1}, None, stale=True)
        assert batch.facts.put([changed, facts[1]]) == 1
        assert batch.facts.get(one) == changed
        assert list(batch.facts.scan()) == [changed, facts[1]]
        assert batch.facts.flipping(MONDAY) == []
        assert batch.facts.flipping(MONDAY + DAY) == [two]
        assert batch.facts.get(12345) is None


def test_snapshots(store: Store) -> None:
    with store.batch("W1") as batch:
        first = batch.snapshots.add(MONDAY, {"share": Decimal("0.7")})
        assert batch.snapshots.add(MONDAY, {"share": Decimal("0.7")}) == first
        second = batch.snapshots.add(MONDAY + DAY, {"share": Decimal("0.8")})
        found = [batch.snapshots.last(MONDAY + days * DAY) for days in (-1, 0, 1, 9)]
        assert found == [None, first, second, second]


def test_a_segment_keeps_its_since(store: Store) -> None:
    with store.batch("W1") as batch:
        [of] = batch.customers.put([customer()]).ids

        def says(
            value: str | None, day: int, rule: str = "r", name: str = "ABC", holding: int | None = None
        ) -> Segment:
            return Segment(of, name, value, MONDAY + day * DAY, rule, holding)

        first = [says("A", 0), says("x", 0, name="other"), says("B", 0, holding=7)]
        assert batch.segments.put(first) == ["new"] * 3
        assert batch.segments.put([says("A", 1, "other rule"), says("B", 1, holding=7)]) == ["same"] * 2
        assert batch.segments.put([says("B", 2)]) == ["changed"]
        assert batch.segments.put([says(None, 4)]) == ["changed"]
        history = batch.segments.history(of, "ABC")
        assert history == [says("A", 0), says("B", 2), says(None, 4)]
        assert batch.segments.history(of, "ABC", 7) == [says("B", 0, holding=7)]
        for day, value in [(0, "A"), (1, "A"), (2, "B"), (4, None)]:
            [found] = [
                each
                for each in batch.segments.of(of, as_of=MONDAY + day * DAY)
                if (each.name, each.holding_id) == ("ABC", None)
            ]
            assert found.value == value
        assert list(batch.segments.scan(name="other")) == [says("x", 0, name="other")]
        assert batch.segments.of(of) == batch.segments.of(of, as_of=MONDAY + 9 * DAY)
        assert batch.segments.of(of, as_of=MONDAY - DAY) == []


def test_a_value_of_before_leaves_the_present_one(store: Store) -> None:
    with store.batch("W1") as batch:
        [of] = batch.customers.put([customer()]).ids
        late, early = (Segment(of, "ABC", value, MONDAY + day * DAY) for value, day in [("B", 9), ("A", 0)])
        assert batch.segments.put([late]) == ["new"]
        assert batch.segments.put([early]) == ["changed"]
        assert batch.segments.of(of) == [late]
        both = [Segment(of, "RFM", "keep", MONDAY + DAY), Segment(of, "RFM", "value", MONDAY)]
        assert batch.segments.put(both) == ["new", "changed"]
        assert batch.segments.of(of) == [late, both[0]]
        assert batch.segments.history(of, "ABC") == [early, late]


def test_segments_are_counted(store: Store) -> None:
    with store.batch("W1") as batch:
        ids = batch.customers.put([customer(number) for number in "abc"]).ids
        values = [Segment(id, "ABC", value, MONDAY) for id, value in zip(ids, "AAB", strict=True)]
        batch.segments.put([*values, Segment(ids[0], "RFM", None, MONDAY)])
        assert batch.segments.sizes() == {("ABC", "A"): 2, ("ABC", "B"): 1, ("RFM", None): 1}


def visit(customer_id: int, key: str, unit: str = "S", staff: str = "W1", day: int = 0) -> Visit:
    return Visit(
        id=0,
        bucket=0,
        customer_id=customer_id,
        rulebook="fuel/visits/overdue",
        rule="overdue",
        reason="overdue",
        channel="phone",
        at=MONDAY,
        key=key,
        staff=staff,
        unit=unit,
        due_at=MONDAY + day * DAY,
        form=("cause", "measure"),
        holding_id=3,
    )


def test_visits_are_planned_once_and_closed(store: Store) -> None:
    with store.batch("W1") as batch:
        [id] = batch.customers.put([customer()]).ids
        planned = [
            visit(id, "b", day=2),
            visit(id, "a"),
            visit(id, "a"),
            visit(id, "c", unit="T", staff="W2"),
        ]
        ids = batch.visits.open(planned)
        assert [each is None for each in ids] == [False, False, True, False]
        assert batch.visits.open(planned) == [None] * 4
        assert [each.key for each in batch.visits.scan(units=["S"])] == ["a", "b"]
        assert [each.key for each in batch.visits.scan(staff="W2", customers=[id])] == ["c"]
        assert list(batch.visits.scan(units=[])) == []
        first = ids[0] or 0
        batch.visits.close([(first, "done", MONDAY + DAY, {"cause": "moved", "litres": Decimal("1.5")})])
        found = batch.visits.get(first)
        assert found is not None
        assert (found.state, found.closed_at, found.form) == ("done", MONDAY + DAY, ("cause", "measure"))
        assert batch.visits.outcome(first) == {"cause": "moved", "litres": Decimal("1.5")}
        assert batch.visits.outcome(ids[1] or 0) is None
        assert len(list(batch.visits.scan())) == 2
        assert len(list(batch.visits.scan(open_only=False))) == 3
