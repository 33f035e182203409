"""Is every due case claimed by one worker, moved once, and its history told?"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from crmflow.core.case import Case, Moved
from crmflow.errors import StoreError
from crmflow.store import Store
from crmflow.store.batch import Batch
from crmflow.store.cases import Stepped
from crmflow.store.transaction import bucket_of
from tests.store.world import DAY, MONDAY, customer

CHART = "core/charts/complaint"


def opened(batch: Batch, *due: datetime | None) -> list[Case]:
    """New cases of new customers, due at these moments."""
    customers = batch.customers.put([customer(f"C{batch.now}{number}") for number in range(len(due))]).ids
    cases = [
        Case(
            id=batch.mint([bucket_of(id)])[0],
            bucket=bucket_of(id),
            chart=CHART,
            chart_hash="h",
            customer_id=id,
            state="accept",
            opened_at=MONDAY,
            entered_at=MONDAY,
            key=f"{CHART}|{id}",
            due_at=moment,
            unit="S",
            data={"accused": "W3", "at": MONDAY},
            entries={"accept": 1},
            channels={"call back": ("phone", "visit")},
            fired=("a",),
            blocked=("served",),
        )
        for id, moment in zip(customers, due, strict=True)
    ]
    batch.cases.open(
        [Stepped(case, [Moved("opened", MONDAY, "W1", "accept", key=case.key)]) for case in cases]
    )
    return cases


def ids(batch: Batch, as_of: datetime, limit: int = 100) -> list[int]:
    return [claim.case.id for claim in batch.cases.claim(as_of, limit)]


def test_a_case_comes_back_as_it_was_opened(store: Store) -> None:
    with store.batch("W1") as batch:
        [case] = opened(batch, MONDAY + DAY)
        assert batch.cases.get(case.id) == case
        assert list(batch.cases.scan(units=["S"], customers=[case.customer_id], charts=[CHART])) == [case]
        assert list(batch.cases.scan(units=["T"])) == []


def test_a_key_opens_one_case(store: Store) -> None:
    with store.batch("W1") as batch:
        [case] = opened(batch, None)
        other = case.but(id=batch.mint([case.bucket])[0])
        assert batch.cases.open([Stepped(other, [Moved("opened", MONDAY, "W1", "accept")])]) == set()
        assert batch.cases.get(other.id) is None
        assert len(batch.journal.of(customer=case.customer_id)) == 1


def test_what_is_due_is_claimed_the_earliest_first(store: Store) -> None:
    with store.batch("W1") as batch:
        late, early, never, later = opened(batch, MONDAY + DAY, MONDAY, None, MONDAY + 2 * DAY)
        assert ids(batch, MONDAY - timedelta(microseconds=1)) == []
        assert ids(batch, MONDAY + DAY) == [early.id, late.id]
        assert ids(batch, MONDAY + DAY, limit=1) == [early.id]
        batch.events.add(never.id, "done", {"reached": True})
        claims = batch.cases.claim(MONDAY + 2 * DAY, 100)
        assert [claim.case.id for claim in claims] == [early.id, late.id, later.id, never.id]
        assert [claim.event.data if claim.event else None for claim in claims] == [None] * 3 + [
            {"reached": True}
        ]


def test_events_wait_until_they_are_taken(store: Store) -> None:
    with store.batch("W1") as batch:
        [case] = opened(batch, None)
        second = batch.events.add(case.id, "done", at=MONDAY + DAY)
        first = batch.events.add(case.id, "change", at=MONDAY)
        assert batch.events.pending([case.id]) == {case.id: [first, second]}
        [claim] = batch.cases.claim(MONDAY, 10)
        assert claim.event == first
        batch.events.take([first])
        assert batch.cases.claim(MONDAY, 10) == []
        assert batch.cases.claim(MONDAY + DAY, 10)[0].event == second


def test_moves_are_saved_with_their_history(store: Store) -> None:
    with store.batch("W1") as batch:
        [case] = opened(batch, MONDAY)
        up = Moved(
            "late",
            MONDAY,
            "worker",
            "accept",
            level="district",
            lines=("a", "b"),
            key=f"{case.key}|late:district",
        )
        done = Moved(
            "moved", MONDAY, "W1", "accept", to="verify", move="accepted", data={"facts": "x", "on": MONDAY}
        )
        moved = case.but(state="verify", level="district", due_at=None, data={})
        assert batch.cases.save([Stepped(moved, [up, done])], release="1") == []
        assert batch.cases.get(case.id) == moved.but(version=1)
        assert batch.cases.history(case.id)[1:] == [up, done]
        assert {entry.release for entry in batch.journal.of(case=case.id)} == {None, "1"}


def test_each_level_once(store: Store) -> None:
    with store.batch("W1") as batch:
        [case] = opened(batch, MONDAY)
        late = Moved("late", MONDAY, "worker", "accept", key=f"{case.key}|late:district")
        assert batch.cases.save([Stepped(case, [late])]) == []
        assert batch.cases.save([Stepped(case.but(version=1), [late])]) == [late]
        assert batch.cases.history(case.id).count(late) == 1


def test_two_people_do_not_take_one_step(store: Store) -> None:
    with store.batch("W1") as batch:
        [case] = opened(batch, None)
    with store.batch("W1") as batch:
        batch.cases.save([Stepped(case.but(state="verify"), [])])
    with pytest.raises(StoreError) as refused, store.batch("W2") as batch:
        batch.cases.save([Stepped(case.but(state="review"), [])])
    assert refused.value.code == "CRM411"
    with store.reading() as batch:
        found = batch.cases.get(case.id)
        assert found is not None
        assert (found.state, found.version) == ("verify", 1)


def test_two_workers_share_what_is_due(postgres_url: str) -> None:
    Store.migrate(postgres_url)
    with Store.open(postgres_url) as store:
        with store.batch("W1") as batch:
            cases = opened(batch, *[MONDAY + number * timedelta(hours=1) for number in range(10)])
        with store.batch("one") as one, store.batch("other") as other:
            first = ids(one, MONDAY + DAY, limit=4)
            second = ids(other, MONDAY + DAY, limit=4)
            third = ids(one, MONDAY + DAY, limit=10)
        assert (len(first), len(second)) == (4, 4)
        assert set(first).isdisjoint(second)
        assert set(third) == {case.id for case in cases} - set(second)


def test_closed_cases_are_listed_when_asked_for(store: Store) -> None:
    with store.batch("W1") as batch:
        [case, other] = opened(batch, None, None)
        batch.cases.save([Stepped(case.but(state="archive", closed_at=MONDAY + DAY), [])])
        assert [each.id for each in batch.cases.scan()] == [other.id]
        assert {each.id for each in batch.cases.scan(open_only=False)} == {case.id, other.id}
