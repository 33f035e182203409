"""Does a message leave only to whom it may, when it may, and whole? (C14, F8)"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crmflow import Receipt
from crmflow.core.message import Delivered, Message
from crmflow.engine.outbox.receivers import Receivers
from tests.engine.outbox.world import DAY, HOUR, MONDAY, Shop


def held(count: int = 1) -> Delivered:
    return Delivered(held=count)


@pytest.mark.parametrize(
    ("message", "said", "code"),
    [
        ("offer", [], "CRM582"),
        ("offer", ["ann,marketing,yes,"], None),
        ("offer", ["ann,marketing,yes,sms"], None),
        ("offer", ["ann,营销,是,短信"], None),
        ("offer", ["ann,marketing,yes,email"], "CRM582"),
        ("offer", ["ann,marketing,yes,", "ann,marketing,no,sms"], "CRM582"),
        ("offer", ["ann,marketing,yes,", "ann,any,no,"], "CRM583"),
        ("offer", ["bo,marketing,yes,"], "CRM582"),
        ("thanks", [], None),
        ("thanks", ["ann,service,no,"], "CRM582"),
        ("thanks", ["ann,service,no,email"], None),
        ("thanks", ["ann,任何用途,否,"], "CRM583"),
        ("thanks", ["ann,marketing,no,"], None),
        ("notice", ["ann,any,no,", "ann,legal,no,"], None),
        ("unheard", [], "CRM582"),
        ("unheard", ["ann,marketing,yes,"], "CRM582"),
        ("unheard", ["ann,marketting,yes,"], None),
    ],
)
def test_consent(shop: Shop, message: str, said: list[str], code: str | None) -> None:
    shop.happens(message)
    if said:
        shop.consents(*said)
    assert shop.engine.deliver() == (Delivered(sent=1) if code is None else held())
    assert shop.codes == [code]


def test_consent_that_is_withdrawn_before_the_message_leaves_counts(shop: Shop) -> None:
    shop.consents("ann,marketing,yes,")
    shop.happens("offer")
    shop.clock.now += HOUR
    shop.consents("ann,marketing,no,")
    assert shop.engine.deliver() == held()
    assert shop.box.got == []
    shop.clock.now += HOUR
    shop.consents("ann,marketing,yes,")
    shop.engine.retry_messages()
    assert shop.engine.deliver() == Delivered(sent=1)


def test_outside_its_hours_a_message_waits_until_they_begin(shop: Shop) -> None:
    """Shanghai: from nine to eight in the evening; New York by its own clock."""
    shop.consents("ann,marketing,yes,", "eve,marketing,yes,")
    shop.happens("offer", "ann", "eve")
    assert shop.engine.deliver() == Delivered(
        sent=1, postponed=1
    )  # here ten in the morning, there nine at night
    [_, theirs] = shop.outbox()
    assert theirs.due_at == datetime(2026, 3, 2, 14, tzinfo=UTC)
    assert theirs.attempts == 0
    assert shop.engine.deliver(datetime(2026, 3, 2, 14, tzinfo=UTC)) == Delivered(sent=1)


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        (datetime(2026, 3, 2, 11, 59, tzinfo=UTC), None),
        (datetime(2026, 3, 2, 12, tzinfo=UTC), datetime(2026, 3, 3, 1, tzinfo=UTC)),
        (datetime(2026, 3, 3, 0, 59, 59, tzinfo=UTC), datetime(2026, 3, 3, 1, tzinfo=UTC)),
        (datetime(2026, 3, 3, 1, tzinfo=UTC), None),
    ],
)
def test_hours_begin_and_end_on_the_minute(shop: Shop, at: datetime, opens: datetime | None) -> None:
    shop.consents("ann,marketing,yes,")
    shop.happens("offer")
    shop.engine.deliver(at)
    [message] = shop.outbox()
    assert (message.state, message.due_at) == (("waiting", opens) if opens else ("sent", None))


def test_no_more_than_the_purpose_allows_within_its_time(shop: Shop) -> None:
    shop.consents("ann,marketing,yes,", "bo,marketing,yes,")
    for day in range(5):
        shop.clock.now = MONDAY + day * DAY
        shop.happens("offer")
    assert shop.engine.deliver() == Delivered(sent=3, held=2)
    assert shop.codes[-2:] == ["CRM584", "CRM584"]
    shop.happens("offer", "bo")
    assert shop.engine.deliver() == Delivered(sent=1)
    shop.clock.now += 7 * DAY
    shop.engine.retry_messages([row["id"] for row in shop.engine.outbox().rows])
    assert shop.engine.deliver() == Delivered(sent=2)


def test_what_is_on_its_way_counts_too(shop: Shop) -> None:
    """Two workers, each with a message for one customer who may get one."""
    inner: list[Delivered] = []

    def answer(message: Message) -> Receipt:
        inner.append(shop.engine.deliver(limit=1))
        return Receipt(message.key, "sent")

    shop.box.answer = answer
    shop.consents("ann,survey,yes,")
    for minute in range(2):
        shop.clock.now = MONDAY + minute * HOUR
        shop.happens("survey")
    assert shop.engine.deliver(limit=1) == Delivered(sent=1)
    assert inner == [held()]


def test_what_did_not_arrive_does_not_count(shop: Shop) -> None:
    shop.consents("ann,survey,yes,")
    shop.box.answer = lambda message: Receipt(message.key, "dead", "no")
    shop.happens("survey")
    shop.engine.deliver()
    shop.box.answer = lambda message: Receipt(message.key, "sent")
    shop.clock.now += HOUR
    shop.happens("survey")
    assert shop.engine.deliver() == Delivered(sent=1)


@pytest.mark.parametrize(
    ("message", "customer", "code", "named"),
    [
        ("thanks", "cy", "CRM581", "sms"),
        ("hello", "di", "CRM581", "sms, email"),
        ("points", "ann", "CRM580", "points"),
        ("thanks", "di", "CRM581", "sms"),
        ("broken", "ann", "CRM580", "Hello (name"),
    ],
)
def test_no_address_and_no_blank(shop: Shop, message: str, customer: str, code: str, named: str) -> None:
    shop.happens(message, customer)
    assert shop.engine.deliver() == held()
    [row] = shop.outbox()
    assert row.code == code
    assert named in row.parts.values()
    assert shop.box.got == []


def test_a_message_without_a_channel_takes_the_first_that_reaches_the_customer(shop: Shop) -> None:
    shop.consents("ann,service,no,sms")
    shop.happens("hello", "ann", "bo", "cy")
    shop.engine.deliver()
    assert [(message.channel, message.to) for message in shop.box.got] == [
        ("email", "ann@example.com"),
        ("sms", "13800000002"),
        ("email", "cy@example.com"),
    ]
    assert [row.channel for row in shop.outbox()] == ["email", "sms", "email"]


def test_the_newest_address_counts(shop: Shop) -> None:
    shop.happens("thanks")
    shop.clock.now += HOUR
    path = shop.engine.site.folder / "moved.csv"
    path.write_text(f"id,phone,at\nann,13900000009,{shop.clock.now.isoformat()}\n", "utf-8")
    shop.engine.import_file("customers", path)
    shop.engine.deliver()
    assert [message.to for message in shop.box.got] == ["13900000009"]


def test_a_message_to_the_holder_goes_to_the_staff_member(shop: Shop) -> None:
    """No consent is asked for, and the site's language is spoken."""
    shop.consents("ann,any,no,")
    shop.happens("overdue")
    assert shop.engine.deliver() == Delivered(sent=1)
    [message] = shop.box.got
    assert (message.channel, message.to, message.language) == ("staff", "W1", "zh")
    assert message.text.startswith("Wang：工单")


@pytest.mark.parametrize(("late", "code"), [(2 * HOUR, None), (2 * HOUR + HOUR / 60, "CRM586")])
def test_old_news_is_not_sent_unasked(shop: Shop, late: object, code: str | None) -> None:
    shop.happens("short")
    shop.clock.now += late  # type: ignore[operator]
    shop.engine.deliver()
    assert shop.codes == [code]
    if code:
        [row] = shop.engine.outbox().rows
        assert str(row["reason"].en).endswith(", it could not leave within 2 h")
        assert shop.engine.retry_messages() == 0
        assert shop.engine.retry_messages([row["id"]]) == 1
        assert shop.engine.deliver() == Delivered(sent=1)


def test_a_message_that_the_release_has_no_more_is_held(shop: Shop) -> None:
    shop.happens("thanks")
    for file in (shop.engine.site.rules / "vocabulary.yaml", shop.engine.site.rules / "charts/letter.yaml"):
        lines = file.read_text("utf-8").replace("open, thanks,", "open,").splitlines()
        kept = (line for line in lines if not line.startswith(("  thanks:", "  - [thanks,")))
        file.write_text("\n".join(kept), "utf-8")
    shop.clock.now += HOUR
    shop.engine.publish()
    assert shop.engine.deliver() == held()
    assert shop.codes == ["CRM587"]


def test_an_error_while_a_message_is_looked_at_holds_it_and_no_other(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = Receivers.address

    def address(self: Receivers, customer: object, channel: object) -> str | None:
        if customer.external_id == "ann":  # type: ignore[attr-defined]
            raise RuntimeError("the consent register is down")
        return ask(self, customer, channel)  # type: ignore[arg-type]

    monkeypatch.setattr(Receivers, "address", address)
    shop.happens("thanks", "ann", "bo")
    assert shop.engine.deliver() == Delivered(sent=1, held=1)
    assert shop.codes == ["CRM587", None]
    assert "the consent register is down" in shop.outbox()[0].parts["reason"]


@pytest.mark.parametrize(
    "relay",
    ["", '[relay]\nname = "none"\n', '[relay]\nname = "log"\n[relay.sms]\nname = "none"\n'],
    ids=["unsaid", "none", "none for the channel"],
)
def test_without_a_relay_messages_are_recorded_and_held(shop: Shop) -> None:
    shop.happens("thanks")
    assert shop.engine.deliver() == held()
    assert shop.codes == ["CRM585"]


def test_braces_that_are_meant_stay_and_nothing_is_read_out_of_a_value(shop: Shop) -> None:
    """A customer who is called {phone} is only called so."""
    path = shop.engine.site.folder / "odd.csv"
    path.write_text("id,name,phone\nodd,{phone.__class__},13\n", "utf-8")
    shop.engine.import_file("customers", path)
    shop.happens("letter", "odd")
    shop.happens("thanks", "odd")
    shop.engine.deliver()
    assert shop.box.texts[0].startswith("{phone.__class__}，工单")
