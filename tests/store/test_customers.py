"""Is what was true at a moment, as far as it was known, what the store says?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from operator import itemgetter
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmflow.core.customer import CustomerKey
from crmflow.core.field import Field, Stored, Value
from crmflow.core.intake import ConsentRow, CustomerRef, CustomerRow
from crmflow.core.text import Text
from crmflow.store import Store, tables
from crmflow.store.owners import Ownership
from tests.store.world import DAY, MONDAY, Clock, contents, customer, holding

LAW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NUMBERS = iter(range(1_000_000))
"""So that the examples of one law do not meet in one database."""

Saying = tuple[int, dict[str, int | None]]
SAYINGS = st.lists(
    st.tuples(st.integers(0, 6), st.dictionaries(st.sampled_from("abc"), st.none() | st.integers(0, 2))),
    min_size=1,
    max_size=7,
)
"""From which day on which fields have which values, in the order in which it became known."""


def expected(sayings: Sequence[Saying], day: int | None) -> dict[str, int] | None:
    """By the book: of each field the value of the latest day; of one day, the one that became known last.

    What says nothing new when it becomes known is not recorded.
    """
    recorded: list[tuple[int, int, dict[str, int | None]]] = []

    def state(day: int | None) -> dict[str, int | None] | None:
        counted = sorted(
            (each for each in recorded if day is None or each[0] <= day), key=lambda each: each[:2]
        )
        return (
            {name: value for _, _, fields in counted for name, value in fields.items()} if counted else None
        )

    for order, (said, fields) in enumerate(sayings):
        before = state(said)
        changed = {name: value for name, value in fields.items() if (before or {}).get(name) != value}
        if changed or before is None:
            recorded.append((said, order, changed))
    found = state(day)
    return (
        None
        if found is None
        else {f"core.{name}": value for name, value in found.items() if value is not None}
    )


def known(fields: Any) -> dict[str, Any]:
    """A field that is null is as good as one that was never named."""
    return {name: value for name, value in fields.items() if value is not None}


@LAW
@given(SAYINGS, st.booleans())
def test_every_state_is_the_fold_of_what_was_said(
    store: Store, clock: Clock, sayings: Sequence[Saying], at_once: bool
) -> None:
    number = f"C{next(NUMBERS)}"
    rows = [customer(number, MONDAY + day * DAY, **fields) for day, fields in sayings]
    known_at = []
    for part in [rows] if at_once else [[row] for row in rows]:
        with store.batch("W1") as batch:
            batch.customers.put(part)
        known_at.append(clock.now)
        clock.now += timedelta(seconds=1)
    with store.reading() as batch:
        id = batch.customers.find("site", number)
        assert id is not None
        now = batch.customers.get(id)
        assert now is not None
        assert known(now.fields) == expected(sayings, None)
        for day in range(-1, 7):
            found = batch.customers.get(id, as_of=MONDAY + day * DAY)
            assert (None if found is None else known(found.fields)) == expected(sayings, day)
        for count, moment in enumerate([] if at_once else known_at, start=1):
            found = batch.customers.get(id, known_at=moment)
            assert found is not None
            assert known(found.fields) == expected(sayings[:count], None)


@LAW
@given(SAYINGS)
def test_saying_it_again_changes_nothing(store: Store, database_url: str, sayings: Sequence[Saying]) -> None:
    number = f"C{next(NUMBERS)}"
    rows = [customer(number, MONDAY + day * DAY, **fields) for day, fields in sayings]
    with store.batch("W1") as batch:
        batch.customers.put(rows)
        before = batch.customers.get(batch.customers.find("site", number) or 0)
        newest = {row.at: row for row in rows}  # of one moment only what was said last still holds
        again = batch.customers.put(list(newest.values())[-1:])
        after = batch.customers.get(batch.customers.find("site", number) or 0)
    if rows[-1].at == max(newest):
        assert again.outcomes == ["same"]
        assert before == after


Part = Literal["owner", "participant"]
OWNERSHIPS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.sampled_from(["owner", "participant"]),
        st.sampled_from(["W1", "W2"]),
        st.booleans(),
    ),
    max_size=8,
)


@LAW
@given(OWNERSHIPS)
def test_the_owner_is_the_one_named_last(
    store: Store, changes: Sequence[tuple[int, Part, str, bool]]
) -> None:
    with store.batch("W1") as batch:
        [id] = batch.customers.put([customer(f"C{next(NUMBERS)}")]).ids
        recorded: list[tuple[int, Part, str, bool]] = []
        for day, part, staff, held in changes:
            [outcome] = batch.owners.put([Ownership(id, part, staff, MONDAY + day * DAY, held)])
            if outcome != "same":
                recorded.append((day, part, staff, held))
        for until in (0, 1, 2, 3, 4, 5, None):
            found = batch.customers.get(id, as_of=None if until is None else MONDAY + until * DAY)
            assert found is not None
            counted = sorted(
                (each for each in recorded if until is None or each[0] <= until), key=itemgetter(0)
            )
            owners = [staff if held else None for _, part, staff, held in counted if part == "owner"]
            taking_part = {staff: held for _, part, staff, held in counted if part == "participant"}
            assert found.owner == (owners[-1] if owners else None)
            assert set(found.participants) == {staff for staff, held in taking_part.items() if held}


def test_a_customer_is_found_by_source_and_number(store: Store) -> None:
    with store.batch("W1") as batch:
        batch.customers.put([customer("1"), CustomerRow("pos", "1", MONDAY), CustomerRow("pos", "2", MONDAY)])
        site, pos = batch.customers.find("site", "1"), batch.customers.find("pos", "1")
        assert site is not None
        assert site != pos
        assert batch.customers.find("site", "2") is None
        named = [("site", "1"), ("site", "2"), ("crm", "2"), ("crm", "1")]
        references = [(source, CustomerRef(None, number)) for source, number in named]
        only = batch.customers.find("pos", "2")
        assert batch.intake.customers(references) == [site, only, only, None]  # two sources have a 1


def test_scanning_page_by_page_finds_everybody_once(store: Store) -> None:
    with store.batch("W1") as batch:
        batch.customers.put([customer(f"C{number}") for number in range(200)])
        everybody = [each.id for each in batch.customers.scan()]
        found, page = [], list(batch.customers.scan(limit=30))
        while page:
            found += [each.id for each in page]
            page = list(batch.customers.scan(after=found[-1], limit=30, as_of=MONDAY))
    assert found == everybody
    assert len(set(found)) == 200


def test_keys(store: Store) -> None:
    with store.batch("W1") as batch:
        one, two = batch.customers.put([customer("C1"), customer("C2")]).ids
        plate, phone = CustomerKey("site", "plate", "京A1"), CustomerKey("site", "phone", "138")
        assert batch.keys.put([(one, plate, MONDAY), (one, phone, MONDAY)]) == {one}
        assert batch.keys.put([(one, plate, MONDAY)]) == set()
        assert batch.keys.of(one) == [phone, plate]
        assert batch.keys.find("plate", "京A1") == one
        assert batch.keys.put([(two, plate, MONDAY)]) == {two}
        assert batch.keys.find_all("plate", ["京A1", "京A2"]) == {"京A1": {two}}
        batch.keys.put([(one, CustomerKey("pos", "phone", "138"), MONDAY), (two, phone, MONDAY)])
        assert batch.keys.find("phone", "138") is None  # the sources disagree
        assert batch.keys.find_all("phone", ["138"]) == {"138": {one, two}}
        assert batch.keys.find("phone", "138", "pos") == one


class Cents:
    """A codec of which every field is an amount with two decimals."""

    def encode(self, kind: str, fields: Mapping[str, Value]) -> Mapping[str, Stored]:
        assert kind == "customer"
        return {name: AMOUNT.encode(value) for name, value in fields.items()}

    def decode(self, kind: str, stored: Mapping[str, Stored]) -> Mapping[str, Value]:
        return {name: AMOUNT.decode(value) for name, value in stored.items()}


AMOUNT = Field("amount", "number", Text("amount", "金额"), scale=2)


def test_fields_go_through_the_codec(store: Store) -> None:
    with store.batch("W1", codec=Cents()) as batch:
        [id] = batch.customers.put([customer(amount=Decimal("12.30"))]).ids
        assert batch.customers.put([customer(amount=Decimal("12.3"))]).outcomes == ["same"]
        found = batch.customers.get(id)
    with store.reading() as batch:
        plain = batch.customers.get(id)
    assert found is not None
    assert plain is not None
    assert found.fields == {"core.amount": Decimal("12.30")}
    assert plain.fields == {"core.amount": 1230}


def test_a_new_key_or_owner_is_a_change(store: Store) -> None:
    def row(**more: Any) -> CustomerRow:
        return CustomerRow("site", "C1", MONDAY, {}, **more)

    with store.batch("W1") as batch:
        outcomes = [
            batch.customers.put([each]).outcomes[0]
            for each in (
                row(),
                row(keys={"phone": "1"}),
                row(keys={"phone": "1"}),
                row(owner="W1"),
                row(owner="W1"),
            )
        ]
    assert outcomes == ["new", "changed", "same", "changed", "same"]


def test_owners_count_their_customers(store: Store) -> None:
    with store.batch("W1") as batch:
        rows = [CustomerRow("site", str(number), MONDAY, owner=f"W{number % 2}") for number in range(5)]
        batch.customers.put([*rows, customer("nobody's")])
        assert batch.owners.loads() == {"W0": 3, "W1": 2}


def test_holdings_have_their_own_dated_fields(store: Store) -> None:
    with store.batch("W1") as batch:
        batch.intake.put([customer(), holding("P1", litres=1), holding("P2", at=MONDAY + DAY)])
        batch.intake.put([holding("P1", at=MONDAY + 2 * DAY, litres=2)])

        def held(as_of: datetime | None) -> list[tuple[str, Any]]:
            groups = batch.holdings.scan(as_of=as_of)
            return [(each.external_id, each.fields.get("litres")) for _, group in groups for each in group]

        assert held(MONDAY - DAY) == []
        assert held(MONDAY) == [("P1", 1)]
        assert held(None) == held(MONDAY + 2 * DAY) == [("P1", 2), ("P2", None)]


def test_what_passes_to_another_customer_is_a_new_holding(store: Store) -> None:
    with store.batch("W1") as batch:
        batch.intake.put([customer("C1"), customer("C2"), holding("P1", of="C1", litres=1)])
        batch.intake.put([holding("P1", of="C2", at=MONDAY + DAY)])
        held = {id: [each.external_id for each in group] for id, group in batch.holdings.scan()}
        assert sorted(held.values()) == [["P1"], ["P1"]]
        newest = batch.holdings.find_all([("site", "fuel.plate", "P1")])["site", "fuel.plate", "P1"]
        assert newest.customer_id == batch.customers.find("site", "C2")
        assert batch.holdings.get(newest.id) == newest


@pytest.mark.parametrize("channel", [None, "phone"])
def test_consent_is_what_was_said_last(store: Store, channel: str | None) -> None:
    def says(granted: bool, day: int) -> ConsentRow:
        return ConsentRow(CustomerRef(None, "C1"), "site", "marketing", granted, MONDAY + day * DAY, channel)

    with store.batch("W1") as batch:
        batch.intake.put([customer(), says(True, 0), says(False, 2)])
        assert batch.intake.put([says(True, 0), says(False, 2)])[0].same == 2
        id = batch.customers.find("site", "C1") or 0
        for day, granted in [(0, True), (1, True), (2, False), (9, False)]:
            [found] = batch.consents.of([id], as_of=MONDAY + day * DAY)[id]
            assert (found.granted, found.channel) == (granted, channel)
        assert batch.consents.of([id], as_of=MONDAY - DAY) == {}


def test_a_merged_customer_is_found_as_the_survivor(store: Store, database_url: str) -> None:
    with store.batch("W1") as batch:
        lost, survivor = batch.customers.put([customer("C1"), customer("C2")]).ids
        batch.keys.put([(lost, CustomerKey("site", "phone", "1"), MONDAY)])
        batch.change(tables.customer, [{"bucket": lost % 64, "id": lost, "alias_of": survivor}])
        assert batch.customers.find("site", "C1") == survivor
        assert batch.keys.find("phone", "1") == survivor
        assert [each.id for each in batch.customers.scan()] == [survivor]
    assert len(contents(database_url)["crmflow_customer"]) == 2
