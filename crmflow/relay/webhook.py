"""How does a message go to a program of the house? As JSON by HTTP POST, signed as Standard Webhooks have it.

The receiver checks `webhook-signature` (v1, HMAC-SHA256 over id, time and body), refuses what is older than a
few minutes by `webhook-timestamp`, and drops what has an `idempotency-key` that it knows. (Specification:
standardwebhooks.com, version 1.)
"""

from __future__ import annotations

import base64
import hmac
import json
import ssl
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import Message as Headers
from email.utils import parsedate_to_datetime
from hashlib import sha256
from http.client import HTTPException, responses
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, OpenerDirector, Request, build_opener

from crmflow.core.message import Message
from crmflow.core.relay import Receipt, Relay, Send

AT_ONCE = 8
"""Requests at a time."""
TIMEOUT = 10.0
"""Seconds that a receiver may take over one request, where the settings say nothing."""
AGAIN = frozenset({408, 409, 425, 429})
"""What a receiver answers who may well take the same message later."""
PREFIX = "whsec_"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Posts messages to one address."""

    url: str
    secret: bytes
    timeout: float
    opener: OpenerDirector

    def send(self, messages: Sequence[Message]) -> Iterator[Receipt]:
        """Several at a time, receipts in the order of the messages."""
        with ThreadPoolExecutor(min(AT_ONCE, len(messages))) as pool:
            yield from pool.map(self.post, messages)

    def post(self, message: Message) -> Receipt:
        """One message: 2xx is sent; 408, 409, 425, 429, 5xx and a receiver that does not answer are tried
        again, not before `Retry-After`; anything else is dead."""
        try:
            with self.opener.open(self.request(message, datetime.now(UTC)), timeout=self.timeout):
                return Receipt(message.key, "sent")
        except HTTPError as error:
            with error:
                return refused(message.key, error.code, error.headers)
        except (OSError, HTTPException) as error:
            return Receipt(message.key, "retry", f"{type(error).__name__}: {error}")

    def request(self, message: Message, at: datetime) -> Request:
        body = json.dumps(message.record(), ensure_ascii=False).encode()
        stamp = str(int(at.timestamp()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "crmflow",
            "Idempotency-Key": message.key,
            "Webhook-Id": message.key,
            "Webhook-Timestamp": stamp,
            "Webhook-Signature": sign(self.secret, message.key, stamp, body),
        }
        return Request(self.url, data=body, headers=headers, method="POST")


def connect(settings: Mapping[str, str]) -> Send:
    """Raises ValueError for an address that is not http or https, or a time-out that is no number."""
    url = settings["url"]
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or not url.isascii():
        raise ValueError(f"{url} is no address of http or https")
    timeout = float(settings.get("timeout", TIMEOUT))
    if not timeout > 0:
        raise ValueError(f"{timeout} is no number of seconds")
    opener = build_opener(_Stay, HTTPSHandler(context=ssl.create_default_context()))
    return Webhook(url, secret(settings["secret"]), timeout, opener).send


def secret(text: str) -> bytes:
    """The key of the signature: base64 behind whsec_, else the text itself. Raises ValueError."""
    if text.startswith(PREFIX):
        return base64.b64decode(text.removeprefix(PREFIX), validate=True)
    return text.encode()


def sign(secret: bytes, id: str, stamp: str, body: bytes) -> str:
    """The value of `webhook-signature`: v1 and the base64 of the HMAC-SHA256 over id.stamp.body."""
    digest = hmac.new(secret, f"{id}.{stamp}.".encode() + body, sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def refused(key: str, status: int, headers: Headers) -> Receipt:
    """What an answer other than 2xx means."""
    reason = f"HTTP {status} {responses.get(status, '')}".strip()
    if status in AGAIN or status >= 500:
        return Receipt(key, "retry", reason, retry_after(headers.get("Retry-After"), datetime.now(UTC)))
    return Receipt(key, "dead", reason)


def retry_after(said: str | None, now: datetime) -> timedelta | None:
    """Of the header Retry-After (RFC 9110, 10.2.3): seconds, or a date; None where it says nothing."""
    if said is None:
        return None
    if said.strip().isdecimal():
        return timedelta(seconds=min(int(said), 10**7))
    try:
        at = parsedate_to_datetime(said)
    except ValueError:
        return None
    return max(at.astimezone(UTC) - now, timedelta())


class _Stay(HTTPRedirectHandler):
    """A signed message goes where the settings say, and nowhere else."""

    def redirect_request(self, *_: Any) -> None:
        return None


WEBHOOK = Relay("webhook", connect, settings=("url", "secret", "timeout"), needs=("url", "secret"))
