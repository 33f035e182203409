"""How does a message leave the house? Whoever takes it on says of each what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from crmflow.core.message import Message

Outcome = Literal["sent", "retry", "dead"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of the message with a key: sent, to be tried again (not before `after`, if known), or dead,
    because no attempt would ever succeed."""

    key: str
    outcome: Outcome
    reason: str = ""
    after: timedelta | None = None


Send = Callable[[Sequence[Message]], Iterable[Receipt]]
"""Sends a few messages and yields a receipt for each as soon as it is known; what has none is tried again."""


@dataclass(frozen=True, slots=True)
class Relay:
    """A way out of the house. `connect` gets its settings of crmflow.toml and gives what sends.

    `settings` are the names it may have there, those in `needs` must be given; `channels` are those that it
    can serve, none: each.
    """

    name: str
    connect: Callable[[Mapping[str, str]], Send]
    settings: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
