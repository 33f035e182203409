"""Are messages posted, signed and answered as the standards say?"""

from __future__ import annotations

import base64
import hmac
import json
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from crmflow import Message, Receipt
from crmflow.relay.webhook import connect, retry_after
from tests.relay.receiver import Receiver, receiving

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
MESSAGE = Message("k1", "site.thanks", "sms", "138", "谢谢，Ann", "zh", "service", 7, NOW, case=9, effect="e")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as listening:
        yield listening


def send(url: str, *messages: Message, secret: str = "s3", timeout: str = "5") -> list[Receipt]:
    return list(connect({"url": url, "secret": secret, "timeout": timeout})(messages or (MESSAGE,)))


def test_a_message_is_posted_as_json_with_its_key(receiver: Receiver) -> None:
    assert send(receiver.url) == [Receipt("k1", "sent")]
    [(headers, body)] = receiver.got
    assert json.loads(body) == MESSAGE.record()
    assert json.loads(body)["text"] == "谢谢，Ann"
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert headers["idempotency-key"] == headers["webhook-id"] == "k1"


@pytest.mark.parametrize(("secret", "key"), [("whsec_c2VjcmV0", b"secret"), ("口令", "口令".encode())])
def test_the_receiver_can_check_the_signature(receiver: Receiver, secret: str, key: bytes) -> None:
    send(receiver.url, secret=secret)
    [(headers, body)] = receiver.got
    stamp = headers["webhook-timestamp"]
    expected = hmac.new(key, b".".join([b"k1", stamp.encode(), body]), sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(expected).decode()
    assert abs(int(stamp) - time.time()) < 60


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        *((status, "sent") for status in (200, 201, 202, 204)),
        *((status, "dead") for status in (301, 302, 307, 400, 401, 403, 404, 410, 413, 422)),
        *((status, "retry") for status in (408, 409, 425, 429, 500, 502, 503, 504)),
    ],
)
def test_what_an_answer_means(receiver: Receiver, status: int, outcome: str) -> None:
    receiver.answer = lambda _: (status, {"Location": "/elsewhere"})
    [receipt] = send(receiver.url)
    assert receipt.outcome == outcome
    assert len(receiver.got) == 1  # nothing goes where the settings do not say
    assert outcome == "sent" or f"HTTP {status}" in receipt.reason


def test_a_receiver_that_asks_for_time_gets_it(receiver: Receiver) -> None:
    receiver.answer = lambda _: (429, {"Retry-After": "120"})
    assert send(receiver.url)[0].after == timedelta(seconds=120)


@pytest.mark.parametrize(
    ("said", "after"),
    [
        (None, None),
        ("0", timedelta()),
        (" 30 ", timedelta(seconds=30)),
        ("9" * 400, timedelta(seconds=10**7)),
        ("Mon, 02 Mar 2026 10:05:00 GMT", timedelta(minutes=5)),
        ("Mon, 02 Mar 2026 09:00:00 GMT", timedelta()),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date(said: str | None, after: timedelta | None) -> None:
    assert retry_after(said, NOW) == after


def test_nobody_listens_or_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]
        [slow] = send(f"http://127.0.0.1:{port}/", timeout="0.2")
    [gone] = send(f"http://127.0.0.1:{port}/")
    assert (slow.outcome, gone.outcome) == ("retry", "retry")


def test_one_that_fails_stops_no_other(receiver: Receiver) -> None:
    receiver.answer = lambda got: (422 if b"k3" in got[1] else 200, {})
    messages = [Message(f"k{n}", "m", "sms", "1", "t", "en", "service", 1, NOW) for n in range(20)]
    receipts = send(receiver.url, *messages)
    assert [receipt.key for receipt in receipts] == [message.key for message in messages]
    assert [receipt.key for receipt in receipts if receipt.outcome == "dead"] == ["k3"]


@pytest.mark.parametrize(
    "settings",
    [
        {"url": "file:///etc/passwd", "secret": "s"},
        {"url": "ftp://x.example/", "secret": "s"},
        {"url": "https://", "secret": "s"},
        {"url": "https://例.example/路", "secret": "s"},
        {"url": "https://x.example", "secret": "s", "timeout": "soon"},
        {"url": "https://x.example", "secret": "s", "timeout": "-1"},
        {"url": "https://x.example", "secret": "s", "timeout": "nan"},
        {"url": "https://x.example", "secret": "whsec_%%"},
    ],
)
def test_settings_that_cannot_be_used(settings: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"."):
        connect(settings)
