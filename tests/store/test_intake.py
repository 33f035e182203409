"""Whose are rows that come from outside, and who becomes known through them? (F7)"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmflow.core.customer import CustomerKey
from crmflow.core.intake import ConsentRow, CustomerRef, CustomerRow, TouchpointRow
from crmflow.store import Store
from crmflow.store.batch import Batch
from crmflow.store.intake import AnyRow
from tests.store.world import DAY, MONDAY, contents, customer, fill, holding

CONSENT = ConsentRow(CustomerRef(None, "nobody"), "site", "marketing", True, MONDAY, line=3)


def begins(batch: Batch, days: Sequence[int] = range(-3, 10)) -> dict[str, int]:
    """On which of these days after MONDAY each customer is there for the first time."""
    found: dict[str, int] = {}
    for day in days:
        for each in batch.customers.scan(as_of=MONDAY + day * DAY):
            found.setdefault(each.external_id, day)
    return found


@pytest.mark.parametrize("key", [None, "member"])
def test_who_is_first_seen_begins_with_the_earliest_row(store: Store, key: str | None) -> None:
    with store.batch("W1") as batch:
        counts, refused = batch.intake.put(
            [
                fill("F1", "M1", MONDAY + 3 * DAY, key=key),
                fill("F2", "M1", MONDAY + DAY, key=key),
                fill("F3", "M2", MONDAY + 2 * DAY, key=key),
            ]
        )
        assert (counts.new, refused) == (3, [])
        assert begins(batch) == {"M1": 1, "M2": 2}
        [one, _] = [each.id for each in batch.customers.scan()]
        assert batch.keys.of(one) == ([CustomerKey("site", key, "M1")] if key else [])


@pytest.mark.parametrize(
    "earlier",
    [fill("F0", at=MONDAY - 2 * DAY), holding(at=MONDAY - 2 * DAY)],
    ids=["touchpoint", "holding"],
)
def test_an_earlier_row_moves_the_begin_back(store: Store, earlier: AnyRow) -> None:
    with store.batch("W1") as batch:
        batch.intake.put([customer(size=2), fill("F1", at=MONDAY + DAY)])
    with store.batch("W1") as batch:
        batch.intake.put([earlier])
        assert begins(batch) == {"C1": -2}
        id = batch.customers.find("site", "C1") or 0
        [before, now] = [batch.customers.get(id, as_of=at) for at in (MONDAY - DAY, MONDAY)]
        assert before is not None
        assert (before.fields, now) == ({}, batch.customers.get(id))


def test_nothing_new_moves_nothing(store: Store, database_url: str) -> None:
    rows: list[AnyRow] = [fill("F1", at=MONDAY - DAY), fill("F2"), holding(at=MONDAY)]
    with store.batch("W1") as batch:
        batch.intake.put(rows)
    before = contents(database_url)
    with store.batch("W1") as batch:
        batch.intake.put(rows)
    assert contents(database_url) == before


CARD, PLATE = {"card": "9000010"}, {"plate": "A12345"}


def record(number: str = "K1", source: str = "crm", line: int = 2, **said: Any) -> CustomerRow:
    """A customer's own record, as it stands in a file."""
    return CustomerRow(source, number, MONDAY + said.pop("after", 0) * DAY, line=line, **said)


def by_key(number: str, keys: Mapping[str, str], source: str = "pos") -> TouchpointRow:
    [(kind, value)] = keys.items()
    return fill(number, value, key=kind, source=source)


@pytest.mark.parametrize("after", [-5, 0, 5])
@pytest.mark.parametrize("source", ["crm", "pos"])
@pytest.mark.parametrize(
    "first", [by_key("F1", CARD), replace(holding(), customer=CustomerRef("card", "9000010"))]
)
def test_a_record_adopts_whom_its_key_already_names(
    store: Store, first: AnyRow, source: str, after: int
) -> None:
    with store.batch("W1") as batch:
        batch.intake.put([first])
        [bare] = batch.customers.scan()
    with store.batch("W1") as batch:
        row = record(source=source, after=after, keys=CARD, fields={"core.size": 3})
        counts, refused = batch.intake.put([row])
        [known] = batch.customers.scan()
        assert ((counts.new, counts.changed), refused) == ((0, 1), [])
        assert (known.id, known.source, known.external_id) == (bare.id, source, "K1")
        assert known.fields == {"core.size": 3}
        [later] = [batch.intake.customers([("till", CustomerRef("card", "9000010"))])]
        assert later == [bare.id]


def test_adopting_twice_changes_nothing(store: Store, database_url: str) -> None:
    rows: list[AnyRow] = [by_key("F1", CARD), by_key("F2", CARD)]
    with store.batch("W1") as batch:
        batch.intake.put(rows)
        batch.intake.put([record(keys=CARD)])
    before = contents(database_url)
    with store.batch("W1") as batch:
        for again in ([record(keys=CARD)], rows):
            counts, refused = batch.intake.put(again)
            assert (counts.new, counts.changed, refused) == (0, 0, [])
    assert contents(database_url) == before


def test_keys_of_two_customers_are_refused_and_nothing_is_lost(store: Store, database_url: str) -> None:
    with store.batch("W1") as batch:
        batch.intake.put([by_key("F1", CARD), by_key("F2", PLATE)])
    before = contents(database_url)
    with store.batch("W1") as batch:
        counts, [(line, error)] = batch.intake.put([record(keys=CARD | PLATE, line=7)])
        assert (counts.new, counts.changed, line, error.code) == (0, 0, 7, "CRM420")
        assert "card 9000010, plate A12345" in str(error)
    assert contents(database_url) == before
    with store.batch("W1") as batch:  # as the remedy says
        _, refused = batch.intake.put([record(keys=PLATE)])
        assert ({each.external_id for each in batch.customers.scan()}, refused) == ({"K1", "9000010"}, [])


@pytest.mark.parametrize("together", [True, False])
def test_whoever_has_a_record_is_not_adopted(store: Store, together: bool) -> None:
    """Of two records with one key the first is the customer's; a number that looks like a key stays one."""
    rows = [record("K1", keys=CARD), record("K2", keys=CARD, line=3), record("9000010", "old", keys=CARD)]
    with store.batch("W1") as batch:
        batch.intake.put([by_key("F1", CARD)])
        [bare] = batch.customers.scan()
        for part in [rows] if together else [[row] for row in rows]:
            assert batch.intake.put(part)[1] == []
        assert {each.external_id: each.id == bare.id for each in batch.customers.scan()} == {
            "K1": True,
            "K2": False,
            "9000010": False,
        }


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (CONSENT, "CRM417"),
        (fill("F1", of="nobody", holding="P1", line=3), "CRM417"),
        (fill("F1", holding="nothing", line=3), "CRM418"),
        (fill("F1", of="138", key="phone", line=3), "CRM419"),
        (fill("F1", of="7", line=3), "CRM419"),
    ],
    ids=[
        "consent of nobody",
        "holding of nobody",
        "no such holding",
        "two have the key",
        "two have the number",
    ],
)
def test_a_row_that_is_refused_brings_nobody(store: Store, row: AnyRow, code: str) -> None:
    others = [
        CustomerRow("crm", "7", MONDAY, keys={"phone": "138"}),
        CustomerRow("pos", "7", MONDAY, keys={"phone": "138"}),
    ]
    with store.batch("W1") as batch:
        batch.intake.put([customer(), *others])
        everybody = list(batch.customers.scan())
        counts, [(line, error)] = batch.intake.put([row, fill("F2")])
        assert (counts.new, line, error.code) == (1, 3, code)
        assert list(batch.customers.scan()) == everybody


ROWS = st.lists(
    st.builds(
        lambda number, of, key, day, source: fill(
            f"F{number}", of, MONDAY + day * DAY, key=key, source=source
        ),
        st.integers(0, 9**9),
        st.sampled_from(["M1", "M2", "M3"]),
        st.sampled_from([None, "member"]),
        st.integers(0, 9),
        st.sampled_from(["site", "pos"]),
    ),
    unique_by=lambda row: row.external_id,
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, st.integers(1, 12))
def test_nobody_happens_before_they_begin(store: Store, rows: Sequence[TouchpointRow], size: int) -> None:
    """However the rows are cut into batches, everyone's touchpoints are theirs from their begin on."""
    with store.batch("W1") as batch:
        refused = [
            refusal
            for start in range(0, len(rows), size)
            for refusal in batch.intake.put(rows[start : start + size])[1]
        ]
        assert {error.code for _, error in refused} <= {"CRM419"}
        first: dict[int, datetime] = {id: group[0].at for id, group in batch.touchpoints.scan()}
        for id, at in first.items():
            assert batch.customers.get(id, as_of=at) is not None
