"""Is what happened recorded once, corrected without being changed, and read in order?"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmflow.core.case import Case, opening_key
from crmflow.core.touchpoint import Signal, Touchpoint
from crmflow.errors import StoreError
from crmflow.store import Store
from crmflow.store.batch import Batch
from crmflow.store.cases import Stepped
from tests.store.world import DAY, MONDAY, Clock, contents, customer, fill, holding, people


def litres(batch: Batch, of: str = "C1", **moment: datetime | None) -> list[object]:
    id = batch.customers.find("site", of)
    assert id is not None
    return [touchpoint.fields["litres"] for touchpoint in batch.touchpoints.of(id, **moment)]


def test_importing_again_changes_nothing(store: Store, database_url: str) -> None:
    rows = [*people(), customer(), holding(), fill("F1", holding="P1"), fill("F2")]
    with store.batch("W1") as batch:
        counts, refused = batch.intake.put(rows)
    assert (counts.new, counts.changed, counts.same, refused) == (len(rows), 0, 0, [])
    before = contents(database_url)
    with store.batch("W1") as batch:
        counts, refused = batch.intake.put(rows)
    assert (counts.new, counts.changed, counts.same, refused) == (0, 0, len(rows), [])
    assert contents(database_url) == before


def test_a_correction_voids_and_keeps(store: Store, clock: Clock, database_url: str) -> None:
    with store.batch("W1") as batch:
        batch.intake.put([customer(), fill("F1", litres=40), fill("F2", litres=10, at=MONDAY + DAY)])
    first = clock.now
    clock.now += DAY
    with store.batch("W1") as batch:
        counts, _ = batch.intake.put([fill("F1", litres=50)])
        assert counts.changed == 1
        assert batch.intake.put([fill("F1", litres=40)])[0].same == 1  # the old file once more
        assert litres(batch) == [50, 10]
        assert litres(batch, as_of=MONDAY) == [50]
        assert litres(batch, known_at=first) == [40, 10]
        assert litres(batch, known_at=clock.now) == [50, 10]
    assert len(contents(database_url)["crmflow_touchpoint"]) == 3


def test_a_correction_in_the_same_file(store: Store) -> None:
    with store.batch("W1") as batch:
        counts, _ = batch.intake.put(
            [customer(), fill("F1", litres=1), fill("F1", litres=2), fill("F1", litres=2)]
        )
        assert (counts.new, counts.changed, counts.same) == (2, 1, 1)
        assert litres(batch) == [2]


def test_a_correction_may_name_another_customer(store: Store) -> None:
    with store.batch("W1") as batch:
        batch.intake.put([customer("C1"), customer("C2"), fill("F1", of="C1")])
        batch.intake.put([fill("F1", of="C2")])
        assert (litres(batch, "C1"), litres(batch, "C2")) == ([], [40])


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 3)), unique=True, max_size=60))
def test_scans_are_grouped_and_in_order(store: Store, happened: list[tuple[int, int]]) -> None:
    with store.batch("W1") as batch:
        batch.intake.put([customer(f"C{number}") for number in range(91)])
        batch.intake.put([fill(f"{of}-{day}", f"C{of}", MONDAY + day * DAY) for of, day in happened])
    with store.reading() as batch:
        order = [each.id for each in batch.customers.scan()]
        groups = list(batch.touchpoints.scan(as_of=MONDAY + 2 * DAY))
        some = order[::7]
        only = dict(batch.touchpoints.scan(customers=some))
    assert [id for id, _ in groups] == sorted((id for id, _ in groups), key=order.index)
    assert all(group == sorted(group, key=lambda each: (each.at, each.id)) for _, group in groups)
    ours = {(of, day) for of, day in happened if day <= 2}
    assert ours <= {
        (int(of), int(day))
        for _, group in groups
        for of, _, day in [each.external_id.partition("-") for each in group]
    }
    assert set(only) <= set(some)


def test_what_opened_no_case_yet(store: Store) -> None:
    with store.batch("W1") as batch:
        batch.intake.put([customer(), *(fill(number, kind="core.complaint") for number in ("1", "2", "3"))])
        batch.intake.put([fill("2", kind="core.complaint", litres=0)])  # corrected before it was looked at

        def waiting() -> list[Touchpoint]:
            return list(batch.touchpoints.unopened("core.complaint", "core/charts/complaint", as_of=MONDAY))

        assert sorted(each.external_id for each in waiting()) == ["1", "2", "3"]
        one = waiting()[0]
        batch.cases.open([Stepped(case_of(one, batch), [])])
        assert len(waiting()) == 2
        batch.intake.put([fill(one.external_id, kind="core.complaint", litres=7)])
        assert one.external_id not in {each.external_id for each in waiting()}  # a correction opens no second
        assert list(batch.touchpoints.unopened("core.complaint", "other", as_of=MONDAY - DAY)) == []


def case_of(touchpoint: Touchpoint, batch: Batch) -> Case:
    return Case(
        id=batch.mint([touchpoint.bucket])[0],
        bucket=touchpoint.bucket,
        chart="core/charts/complaint",
        chart_hash="",
        customer_id=touchpoint.customer_id,
        state="accept",
        opened_at=MONDAY,
        entered_at=MONDAY,
        key=opening_key("core/charts/complaint", touchpoint),
    )


def test_signals_are_corrected_too(store: Store, clock: Clock) -> None:
    def price(yuan: str) -> Signal:
        return Signal(0, "fuel.price", MONDAY, MONDAY, "feed", "1", "S", {"yuan": yuan})

    with store.batch("W1") as batch:
        assert batch.signals.add([price("7.10"), price("7.10")]) == 1
    clock.now += timedelta(hours=1)
    with store.batch("W1") as batch:
        assert batch.signals.add([price("7.20")]) == 1
        assert [each.fields for each in batch.signals.scan(kind="fuel.price")] == [{"yuan": "7.20"}]
        assert [each.fields for each in batch.signals.scan(known_at=MONDAY)] == [{"yuan": "7.10"}]
        assert list(batch.signals.scan(as_of=MONDAY - DAY)) == []


def test_a_value_that_nobody_encoded_is_refused(store: Store) -> None:
    with pytest.raises(StoreError) as refused, store.batch("W1") as batch:
        batch.customers.put([customer(amount=Decimal("1.10"))])
    assert refused.value.code == "CRM412"


def test_rows_name_their_file_and_line(store: Store, database_url: str) -> None:
    with store.batch("W1") as batch:
        file = batch.imports.begin("touchpoints", "fills.csv", "abc")
        counts, _ = batch.intake.put([customer(), fill("F1", line=17)], import_id=file)
        batch.imports.finish(file, counts, rejected=1)
        [noted] = batch.imports.all()
    assert (noted.file, noted.actor, noted.counts) == (
        "fills.csv",
        "W1",
        {"new": 2, "changed": 0, "same": 0, "rejected": 1},
    )
    [row] = contents(database_url)["crmflow_touchpoint"]
    assert row.count(file) == row.count(17) == 1
