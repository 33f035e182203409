"""Does each effect reach its receiver at least once, with the same key, and does nothing else leave?"""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmflow import Receipt, WorkflowError
from crmflow.core.message import Delivered, Message, Outgoing
from crmflow.engine.outbox.delivering import ATTEMPTS, LONGEST_PAUSE, Delivering, pause
from tests.engine.outbox.world import DAY, HOUR, MONDAY, Shop


def test_a_message_leaves_once_in_the_customers_words(shop: Shop) -> None:
    shop.happens("thanks", "ann", "bo")
    assert shop.engine.deliver() == Delivered(sent=2)
    case = shop.outbox()[0].case_id
    assert shop.box.texts[0] == f"Thank you, Ann, for case {case}."
    assert shop.box.texts[1].startswith("小波，工单")
    assert [message.to for message in shop.box.got] == ["13800000001", "13800000002"]
    assert not shop.engine.deliver()
    assert shop.states == ["sent", "sent"]


def test_the_same_effect_again_writes_no_second_message(shop: Shop) -> None:
    shop.happens("thanks")
    case = shop.engine.open_case("letter", "ann", unit="S", key=f"ann {shop.clock.now} thanks")
    assert case.state == "thanks"
    assert len(shop.outbox()) == 1


def test_a_message_that_is_rolled_back_never_leaves(shop: Shop) -> None:
    with shop.engine.store.engine.connect() as connection:
        hosts = connection.begin()
        case = shop.engine.open_case("letter", "ann", unit="S", key="k", connection=connection)
        shop.engine.send(case.id, "notice", connection=connection)
        hosts.rollback()
    assert not shop.engine.deliver()
    assert shop.outbox() == []


def test_in_one_transaction_with_its_effect(shop: Shop) -> None:
    """The row is there as soon as the host has committed, and not before."""
    with shop.engine.store.engine.begin() as connection:
        case = shop.engine.open_case("letter", "ann", unit="S", key="k", connection=connection)
        shop.engine.send(case.id, "notice", connection=connection)
    assert shop.states == ["waiting"]


def test_what_is_tried_again_has_the_same_key_and_waits_longer_each_time(shop: Shop) -> None:
    shop.box.answer = lambda message: Receipt(message.key, "retry", "busy")
    shop.happens("thanks")
    pauses = []
    for attempt in range(1, ATTEMPTS):
        assert shop.engine.deliver() == Delivered(retried=1)
        [message] = shop.outbox()
        assert (message.attempts, message.code) == (attempt, "CRM588")
        assert message.due_at is not None
        pauses.append(message.due_at - shop.clock.now)
        assert not shop.engine.deliver()
        shop.clock.now = message.due_at
    assert pauses == sorted(pauses)
    assert shop.engine.deliver() == Delivered(dead=1)
    assert len({message.key for message in shop.box.got}) == 1
    assert not shop.engine.deliver(MONDAY + 3 * DAY)


def test_a_receivers_wish_to_wait_is_granted(shop: Shop) -> None:
    shop.box.answer = lambda message: Receipt(message.key, "retry", "slow down", HOUR)
    shop.happens("thanks")
    shop.engine.deliver()
    assert shop.outbox()[0].due_at == MONDAY + HOUR


def test_the_dead_can_be_looked_at_and_sent_again(shop: Shop) -> None:
    shop.box.answer = lambda message: Receipt(message.key, "dead", "no such number")
    shop.happens("thanks")
    assert shop.engine.deliver() == Delivered(dead=1)
    [row] = shop.engine.outbox(state="dead").rows
    assert "no such number" in row["reason"].en
    shop.box.answer = lambda message: Receipt(message.key, "sent")
    assert shop.engine.retry_messages([row["id"]]) == 1
    assert shop.engine.deliver() == Delivered(sent=1)
    assert len({message.key for message in shop.box.got}) == 1
    kinds = [reason.says.en for reason in shop.engine.explain(f"message:{row['id']}").because[1:]]
    assert [said.split(" on ")[0] for said in kinds] == [
        "message given up",
        "message to be sent again",
        "message sent",
    ]


def test_what_is_discarded_does_not_leave(shop: Shop) -> None:
    shop.happens("thanks")
    [message] = shop.outbox()
    assert shop.engine.discard_messages([message.id]) == 1
    assert not shop.engine.deliver()
    assert shop.box.got == []


@pytest.mark.parametrize("number", [0, 999])
def test_a_number_that_no_message_has_is_refused(shop: Shop, number: int) -> None:
    for act in (shop.engine.retry_messages, shop.engine.discard_messages):
        with pytest.raises(WorkflowError) as raised:
            act([number])
        assert raised.value.code == "CRM589"


def test_what_was_sent_is_not_sent_again_on_demand(shop: Shop) -> None:
    shop.happens("thanks")
    shop.engine.deliver()
    with pytest.raises(WorkflowError, match="CRM589"):
        shop.engine.retry_messages([shop.outbox()[0].id])
    assert shop.engine.retry_messages() == 0


def test_a_crash_between_sending_and_recording_brings_the_same_key_twice(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.happens("thanks")
    with monkeypatch.context() as patch:
        patch.setattr(Delivering, "_end", _die)
        with pytest.raises(KeyboardInterrupt):
            shop.engine.deliver()
    assert not shop.engine.deliver()  # the attempt may still be under way
    shop.clock.now += HOUR
    assert shop.engine.deliver() == Delivered(sent=1)
    assert len(shop.box.got) == 2
    assert len({message.key for message in shop.box.got}) == 1


def _die(*_: object) -> Delivered:
    raise KeyboardInterrupt


def test_a_late_answer_counts_though_another_worker_has_taken_over(shop: Shop) -> None:
    """The first worker is slow; the second fails; that the first sent it is what is true."""
    failed: list[Delivered] = []

    def answer(message: Message) -> Receipt:
        if failed:
            return Receipt(message.key, "retry", "second")
        failed.append(Delivered())
        failed[0] = shop.engine.deliver(shop.clock.now + HOUR)
        return Receipt(message.key, "sent")

    shop.box.answer = answer
    shop.happens("thanks")
    assert shop.engine.deliver() == Delivered(sent=1)
    assert failed == [Delivered(retried=1)]
    assert shop.states == ["sent"]


def test_an_old_failure_does_not_undo_a_later_success(shop: Shop) -> None:
    inner: list[Delivered] = []

    def answer(message: Message) -> Receipt:
        if inner:
            return Receipt(message.key, "sent")
        inner.append(Delivered())
        inner[0] = shop.engine.deliver(shop.clock.now + HOUR)
        return Receipt(message.key, "dead", "first")

    shop.box.answer = answer
    shop.happens("thanks")
    assert shop.engine.deliver() == Delivered()
    assert inner == [Delivered(sent=1)]
    assert shop.states == ["sent"]


def test_a_message_of_the_future_waits(shop: Shop) -> None:
    shop.engine.open_case("letter", "ann", unit="S", key="k", at=MONDAY)
    case = shop.engine.open_case("letter", "ann", unit="S", key="k", at=MONDAY)
    shop.engine.send(case.id, "thanks", at=MONDAY + DAY)
    assert not shop.engine.deliver()
    assert shop.engine.deliver(MONDAY + DAY) == Delivered(sent=1)


def test_what_became_of_each_is_in_the_journal_with_its_cause(shop: Shop) -> None:
    shop.happens("thanks", "ann", "cy")
    shop.engine.deliver()
    with shop.engine.store.reading() as batch:
        entries = list(batch.journal.scan(kinds=["message sent", "message held"]))
        causes = [batch.journal.get(entry.cause or 0) for entry in entries]
    assert sorted(entry.kind for entry in entries) == ["message held", "message sent"]
    assert all(cause is not None and cause.kind == "case.sent" for cause in causes)
    assert {entry.actor for entry in entries} == {"worker"}


@given(key=st.text(), attempts=st.integers(1, 10_000), wish=st.none() | st.timedeltas(timedelta()))
def test_a_pause_is_never_nothing_and_never_for_ever(key: str, attempts: int, wish: timedelta | None) -> None:
    message = Outgoing(key, "m", 1, MONDAY, attempts=attempts)
    found = pause(message, Receipt(key, "retry", after=wish))
    assert timedelta(seconds=20) < found <= max(LONGEST_PAUSE * 1.25, min(wish or DAY, DAY))
    assert found == pause(message, Receipt(key, "retry", after=wish))
