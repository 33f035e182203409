"""Do messages go out as e-mails that a mail server takes, and does each get the answer that is its own?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from crmflow import Message, Receipt
from crmflow.relay.smtp import connect
from tests.relay.mailserver import MailServer, serving

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
TEXT = "小波：您好。\n再见。"
MESSAGE = Message("k1", "m", "email", "ann@x.example", TEXT, "zh", "service", 7, NOW, subject="致小波")
TWO = "ann@x.example, eve@x.example"
SMUGGLED = "ann@x.example\nBcc: e@x.example"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with serving() as listening:
        yield listening


def send(settings: dict[str, str], *messages: Message) -> list[Receipt]:
    return list(connect(settings)(messages or (MESSAGE,)))


def test_an_email_says_what_the_message_says(server: MailServer) -> None:
    assert send(server.settings) == [Receipt("k1", "sent")]
    [mail] = server.mails
    assert mail["From"] == "Shop <shop@x.example>"
    assert mail["To"] == "ann@x.example"
    assert mail["Subject"] == "致小波"
    assert mail["Message-ID"] == "<k1@x.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "zh"
    assert mail.get_content().split() == MESSAGE.text.split()


def test_without_a_subject_the_text_is_it(server: MailServer) -> None:
    send(server.settings, replace(MESSAGE, subject=""))
    assert server.mails[0]["Subject"] == "小波：您好。 再见。"


@pytest.mark.parametrize("subject", ["a\r\nBcc: eve@x.example", "a\nb", "a\rb"])
def test_no_header_is_smuggled_in(server: MailServer, subject: str) -> None:
    send(server.settings, replace(MESSAGE, subject=subject))
    assert server.to == ["ann@x.example"]
    assert server.mails[0]["Bcc"] is None


@pytest.mark.parametrize("to", ["", "ann", TWO, "Ann <ann@x.example>", SMUGGLED, "@"])
def test_exactly_one_address_is_wanted(server: MailServer, to: str) -> None:
    [receipt] = send(server.settings, replace(MESSAGE, to=to))
    assert receipt.outcome == "dead"
    assert server.mails == []


@pytest.mark.parametrize(("code", "outcome"), [(450, "retry"), (421, "retry"), (550, "dead"), (553, "dead")])
def test_a_refused_receiver_stops_no_other(server: MailServer, code: int, outcome: str) -> None:
    server.refuses = {"eve@x.example": code}
    messages = [replace(MESSAGE, key=to, to=f"{to}@x.example") for to in ("eve", "ann")]
    receipts = {receipt.key: receipt.outcome for receipt in send(server.settings, *messages)}
    assert receipts["eve"] == outcome
    assert receipts["ann"] == ("retry" if code == 421 else "sent")  # 421 ends the whole session


def test_one_session_takes_several(server: MailServer) -> None:
    receipts = send(server.settings, *(replace(MESSAGE, key=f"k{n}") for n in range(5)))
    assert [receipt.outcome for receipt in receipts] == ["sent"] * 5
    assert server.sessions == 1


def test_where_the_line_breaks_the_rest_is_tried_again(server: MailServer) -> None:
    server.after = 2
    receipts = send(server.settings, *(replace(MESSAGE, key=f"k{n}") for n in range(4)))
    assert [(receipt.key, receipt.outcome) for receipt in receipts] == [
        ("k0", "sent"),
        ("k1", "sent"),
        ("k2", "retry"),
        ("k3", "retry"),
    ]


@pytest.mark.parametrize("more", [{"security": "starttls"}, {"user": "a", "password": "b"}, {"port": "1"}])
def test_without_a_safe_line_or_a_login_nothing_goes(server: MailServer, more: dict[str, str]) -> None:
    [receipt] = send({**server.settings, **more})
    assert receipt.outcome == "retry"
    assert server.mails == []


@pytest.mark.parametrize(
    "more", [{"security": "perhaps"}, {"port": "mail"}, {"timeout": "soon"}, {"from": "shop"}, {"from": ""}]
)
def test_settings_that_cannot_be_used(more: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"."):
        connect({"host": "h", "from": "shop@x.example", **more})
