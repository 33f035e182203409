"""How is a message written to the log instead of sent? With ids only: no address, no text."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence

from crmflow.core.message import Message
from crmflow.core.relay import Receipt, Relay, Send

log = logging.getLogger("crmflow.relay.log")


def connect(settings: Mapping[str, str]) -> Send:
    """Nothing to connect to."""
    return send


def send(messages: Sequence[Message]) -> Iterator[Receipt]:
    """One line a message."""
    for message in messages:
        log.info(
            "%s by %s to customer:%s, key %s", message.name, message.channel, message.customer, message.key
        )
        yield Receipt(message.key, "sent")


LOG = Relay("log", connect)
