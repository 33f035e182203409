"""Does a relay that raises, hangs or answers nonsense harm no message and no other relay? (pain 27)"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from threading import Event

import pytest

from crmflow import Message, Receipt, Relay
from crmflow.core.message import Delivered
from crmflow.engine.outbox.way import FAILURES, REST, Carrying, Way
from crmflow.relay import BUILT_IN
from tests.engine.outbox.world import MONDAY, Box, Shop

NEVER = Event()
Bad = Callable[[Sequence[Message]], object]


def raises(_: Sequence[Message]) -> object:
    raise RuntimeError("out of order")


def ends(_: Sequence[Message]) -> object:
    raise SystemExit(3)


def is_silent(_: Sequence[Message]) -> object:
    return ()


def answers_true(messages: Sequence[Message]) -> object:
    return [True for _ in messages]


def answers_none(_: Sequence[Message]) -> object:
    return None


def answers_for_others(messages: Sequence[Message]) -> object:
    return [Receipt(f"not {message.key}", "sent") for message in messages]


def answers_in_its_own_words(messages: Sequence[Message]) -> object:
    return [Receipt(message.key, "delivered") for message in messages]  # type: ignore[arg-type]


def hangs(_: Sequence[Message]) -> object:
    NEVER.wait()
    return ()


BAD: Sequence[tuple[Bad, str]] = [
    (raises, "CRM710"),
    (ends, "CRM710"),
    (is_silent, "CRM712"),
    (answers_true, "CRM712"),
    (answers_none, "CRM710"),
    (answers_for_others, "CRM712"),
    (answers_in_its_own_words, "CRM712"),
    (hangs, "CRM711"),
]


def message(key: str) -> Message:
    return Message(key, "m", "sms", "138", "text", "en", "service", 1, MONDAY)


def way(send: object, now: Callable[[], float] | None = None) -> Way:
    relay = Relay("bad", lambda _: send)  # type: ignore[arg-type,return-value]
    return Way(relay, {}, budget=0.2) if now is None else Way(relay, {}, now, budget=0.2)


def carried(by: Way, *batches: Sequence[str]) -> Carrying:
    carrying = Carrying(by, [[message(key) for key in batch] for batch in batches])
    carrying.wait()
    return carrying


@pytest.mark.parametrize(("send", "code"), BAD, ids=[send.__name__ for send, _ in BAD])
def test_a_message_without_a_receipt_has_a_reason(send: Bad, code: str) -> None:
    found = carried(way(send), ["a", "b"])
    assert found.receipts == {}
    assert {key: error.code for key, error in found.errors.items()} == {"a": code, "b": code}


def test_what_was_answered_before_a_failure_counts() -> None:
    def one_and_no_more(messages: Sequence[Message]) -> Iterator[Receipt]:
        yield Receipt(messages[0].key, "sent")
        raise RuntimeError("lost the line")

    found = carried(way(one_and_no_more), ["a", "b"])
    assert set(found.receipts) == {"a"}
    assert set(found.errors) == {"b"}


def test_what_was_answered_before_the_time_is_up_counts_and_is_no_reason_to_rest() -> None:
    def one_and_hangs(messages: Sequence[Message]) -> Iterator[Receipt]:
        yield Receipt(messages[0].key, "sent")
        NEVER.wait()

    slow = way(one_and_hangs)
    found = carried(slow, ["a", "b"], ["c"])
    assert set(found.receipts) == {"a"}
    assert set(found.errors) == {"b"}
    assert slow.rest == 0


def test_who_hangs_rests_at_once_and_who_fails_after_three_times() -> None:
    now = [1000.0]
    hanging, failing = way(hangs), way(raises, lambda: now[0])
    carried(hanging, ["a"], ["b"])
    assert hanging.rest > 0
    found = carried(failing, *([key] for key in "abcdef"))
    assert len(found.errors) >= FAILURES
    assert 0 < failing.rest <= REST
    now[0] += REST
    assert failing.rest == 0


def test_a_success_in_between_lets_it_go_on() -> None:
    def every_other(messages: Sequence[Message]) -> Iterator[Receipt]:
        if messages[0].key in "bdf":
            yield Receipt(messages[0].key, "sent")
        else:
            raise RuntimeError

    found = carried(way(every_other), *([key] for key in "abcdef"))
    assert (set(found.receipts), set(found.errors)) == (set("bdf"), set("ace"))


def test_a_relay_that_cannot_connect_has_failed() -> None:
    def connect(_: object) -> object:
        raise ConnectionError("no queue")

    found = carried(Way(Relay("bad", connect), {}, budget=0.2), ["a"])  # type: ignore[arg-type]
    assert found.errors["a"].code == "CRM710"


class TestBesideAnother:
    """In a delivery."""

    @pytest.fixture
    def relay(self) -> str:
        return '[relay]\nname = "box"\n[relay.email]\nname = "bad"\n'

    @pytest.fixture(autouse=True)
    def bad(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(BUILT_IN, "bad", Relay("bad", lambda _: raises))  # type: ignore[arg-type,return-value]

    def test_the_others_go_on_and_the_resting_ones_messages_lose_no_attempt(self, shop: Shop) -> None:
        shop.happens("letter", "ann", "cy")
        shop.happens("thanks", "ann", "bo")
        assert shop.engine.deliver() == Delivered(sent=2, retried=2)
        shop.clock.now += timedelta(minutes=2)
        shop.engine.deliver()  # one by one now: the second and the third failure, and it rests
        shop.clock.now += timedelta(minutes=2)
        assert shop.engine.deliver() == Delivered(postponed=2)
        assert [row.attempts for row in shop.outbox(["waiting"])] == [2, 2]
        assert {row.code for row in shop.outbox(["waiting"])} == {"CRM710"}


def test_one_message_that_breaks_its_relay_spoils_no_other(shop: Shop, box: Box) -> None:
    """Together they fail once; then each goes alone."""

    def answer(message: Message) -> Receipt:
        if message.to == "13800000001":
            raise ValueError("cannot read this")
        return Receipt(message.key, "sent")

    box.answer = answer
    shop.happens("thanks", "ann", "bo", "eve")
    assert shop.engine.deliver() == Delivered(retried=3)
    shop.clock.now += timedelta(minutes=2)
    assert shop.engine.deliver() == Delivered(sent=2, retried=1)
    assert sorted(len(batch) for batch in box.batches[1:]) == [1, 1, 1]
