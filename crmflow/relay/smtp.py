"""How does a message go out as an e-mail? To the house's mail server, whose queue takes it on from there."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from email.utils import format_datetime, parseaddr
from smtplib import SMTP as Plain
from smtplib import (
    SMTP_SSL,
    SMTPException,
    SMTPNotSupportedError,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from crmflow.core.message import Message
from crmflow.core.relay import Receipt, Relay, Send

TIMEOUT = 20.0
"""Seconds that the server may take over one answer, where the settings say nothing."""
PORTS = {"starttls": 587, "tls": 465, "none": 25}
"""How the connection is kept secret, and the usual port for it."""


@dataclass(frozen=True, slots=True)
class Mailer:
    """Sends e-mails from one address, over one connection for each set of messages."""

    open: Callable[[], Plain]
    sender: Address

    def send(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        """One after the other; where the connection breaks, the rest is tried again later."""
        server: Plain | None = None
        try:
            for place, message in enumerate(messages):
                try:
                    server = server or self.open()
                    yield self.mail(server, message)
                except (SMTPException, OSError) as error:
                    reason = f"{type(error).__name__}: {error}"
                    yield from (Receipt(each.key, "retry", reason) for each in messages[place:])
                    return
        finally:
            if server is not None:
                with suppress(SMTPException, OSError):
                    server.quit()

    def mail(self, server: Plain, message: Message) -> Receipt:
        """One e-mail. Raises SMTPException and OSError where the connection is of no more use."""
        try:
            server.send_message(self.email(message))
        except ValueError as error:
            return Receipt(message.key, "dead", f"{message.channel}: {error}")
        except SMTPNotSupportedError as error:
            return Receipt(message.key, "dead", str(error))
        except SMTPRecipientsRefused as error:
            [(status, _)] = error.recipients.values()
            return refused(message.key, status)
        except SMTPSenderRefused as error:  # of our own address, so that it says nothing of the message
            server.rset()
            return Receipt(message.key, "retry", f"SMTP {error.smtp_code}, from {self.sender}")
        except SMTPResponseException as error:
            receipt = refused(message.key, error.smtp_code)
            server.rset()
            return receipt
        return Receipt(message.key, "sent")

    def email(self, message: Message) -> EmailMessage:
        """Raises ValueError where the address is not exactly one."""
        mail = EmailMessage(policy=POLICY)
        mail["From"] = self.sender
        mail["To"] = one_address(message.to, named=False)
        mail["Subject"] = " ".join((message.subject or message.text).split())[:100]
        mail["Date"] = format_datetime(message.at)
        mail["Message-ID"] = f"<{message.key}@{self.sender.domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text)
        mail["Content-Language"] = message.language
        return mail


def connect(settings: Mapping[str, str]) -> Send:
    """Raises ValueError for a setting that cannot be used."""
    security = settings.get("security", "starttls")
    if security not in PORTS:
        raise ValueError(f"security is one of {', '.join(PORTS)}, not {security}")
    port = int(settings.get("port", PORTS[security]))
    timeout = float(settings.get("timeout", TIMEOUT))
    sender = one_address(settings["from"], named=True)

    def open() -> Plain:
        context = ssl.create_default_context()
        if security == "tls":
            server: Plain = SMTP_SSL(settings["host"], port, timeout=timeout, context=context)
        else:
            server = Plain(settings["host"], port, timeout=timeout)
        try:
            if security == "starttls":
                server.starttls(context=context)
            if "user" in settings:
                server.login(settings["user"], settings.get("password", ""))
        except BaseException:
            server.close()
            raise
        return server

    return Mailer(open, sender).send


def one_address(text: str, *, named: bool) -> Address:
    """An address, with a name before it if it may have one. Raises ValueError where it is not exactly one."""
    name, address = parseaddr(text)
    if not re.fullmatch(r"[^\s@,;<>]+@[^\s@,;<>]+", address) or not (named or address == text.strip()):
        raise ValueError("not an e-mail address")
    return Address(name, addr_spec=address)


def refused(key: str, status: int) -> Receipt:
    """What a reply code means (RFC 5321, 4.2.1): 4yz may succeed later, 5yz never does."""
    return Receipt(key, "retry" if status < 500 else "dead", f"SMTP {status}")


SMTP = Relay(
    "smtp",
    connect,
    settings=("host", "port", "security", "user", "password", "from", "timeout"),
    needs=("host", "from"),
    channels=("email",),
)
