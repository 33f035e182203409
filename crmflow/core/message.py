"""What leaves the house, for whom and why, and what became of it?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

State = Literal["waiting", "sent", "held", "dead", "discarded"]
UNSENT: tuple[State, ...] = ("waiting", "held", "dead")
"""Of what has not left yet, and may."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A row of the outbox: that a message (by qualified name) is to be sent, since its effect happened `at`.

    `key` is the effect's in the ledger, `journal_id` its entry; `staff` is who gets a message that goes to
    the holder of a case. It waits until `due_at` for its next attempt; then it is sent, held (something
    forbids it), dead (nobody took it) or discarded. `code` and `parts` say why it waits or was not sent;
    `asked_at` is when somebody last asked to send it again.
    """

    key: str
    message: str
    customer_id: int
    at: datetime
    channel: str | None = None
    case_id: int | None = None
    journal_id: int | None = None
    staff: str | None = None
    id: int = 0
    state: State = "waiting"
    attempts: int = 0
    due_at: datetime | None = None
    sent_at: datetime | None = None
    code: str | None = None
    parts: Mapping[str, Any] = field(default_factory=dict)
    asked_at: datetime | None = None

    @property
    def wanted_at(self) -> datetime:
        """Since when it is wanted."""
        return self.asked_at or self.at


@dataclass(frozen=True, slots=True)
class Message:
    """A message as a relay gets it: `text` in the receiver's language, without blanks.

    `key` is the same at every attempt, so that a receiver can drop what it got before; `to` is the address on
    the `channel` (of staff: their code); `effect` is the effect's key in the ledger.
    """

    key: str
    name: str
    channel: str
    to: str
    text: str
    language: str
    purpose: str
    customer: int
    at: datetime
    subject: str = ""
    case: int | None = None
    effect: str = ""

    def record(self) -> dict[str, object]:
        """For JSON: every field, `at` as ISO 8601 in UTC."""
        return {
            "key": self.key,
            "message": self.name,
            "channel": self.channel,
            "to": self.to,
            "subject": self.subject,
            "text": self.text,
            "language": self.language,
            "purpose": self.purpose,
            "customer": self.customer,
            "case": self.case,
            "at": self.at.isoformat(),
            "effect": self.effect,
        }


@dataclass(frozen=True, slots=True)
class Delivered:
    """How many messages a delivery sent, will try again, gave up, held, and put off until they may go."""

    sent: int = 0
    retried: int = 0
    dead: int = 0
    held: int = 0
    postponed: int = 0

    def __bool__(self) -> bool:
        """Whether anything was due."""
        return any((self.sent, self.retried, self.dead, self.held, self.postponed))

    def __add__(self, other: Delivered) -> Delivered:
        return Delivered(
            self.sent + other.sent,
            self.retried + other.retried,
            self.dead + other.dead,
            self.held + other.held,
            self.postponed + other.postponed,
        )
