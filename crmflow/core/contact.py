"""May a message go to a customer now? Consent, a word not to be contacted, hours, and how often. (C14, F8)"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from crmflow.core.calendar import Calendar
from crmflow.core.customer import Consent
from crmflow.core.text import Text

Asks = Literal["needed", "unless refused", "not asked"]
ANY = "any"
"""The purpose by which a customer forbids (or allows again) contact for whatever purpose."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why messages are sent. `consent`: needed, assumed unless it is refused, or not asked for at all (what
    the law demands to be told). `week` are the hours, by weekdays; at most `most` of its messages reach one
    customer within `per`. One that nobody declared needs consent."""

    name: str
    label: Text
    consent: Asks = "needed"
    week: Mapping[str, Sequence[str]] | None = None
    most: int | None = None
    per: timedelta = timedelta(days=7)
    aliases: tuple[str, ...] = ()

    @property
    def spellings(self) -> frozenset[str]:
        return frozenset((self.name, self.label.en, self.label.zh, *self.aliases))

    def opens(self, at: datetime, zone: ZoneInfo) -> datetime:
        """The first moment from `at` on that lies in its hours, by the clock of `zone`: `at`, where it does.

        Raises WorkflowError CRM501 where there are none.
        """
        if self.week is None:
            return at
        hours = Calendar.weekly(self.name, zone, self.week)
        return next(iter(hours.stretches(at))).start

    def forbids(self, said: Iterable[Consent], channel: Channel, anything: Purpose) -> str | None:
        """The code of what forbids it, by what a customer said, oldest first: CRM583 contact for `anything`
        is refused, CRM582 this purpose is, or was never consented to. None: it is allowed."""
        if self.consent == "not asked":
            return None
        words = list(said)
        if newest(words, anything, channel) is False:
            return "CRM583"
        allowed = newest(words, self, channel)
        needed = self.consent == "needed"
        return "CRM582" if allowed is False or (needed and allowed is None) else None


@dataclass(frozen=True, slots=True)
class Channel:
    """On what messages leave; `to` is the kind of key, or the customer's field, that is the address there."""

    name: str
    label: Text
    to: str
    aliases: tuple[str, ...] = ()

    @property
    def spellings(self) -> frozenset[str]:
        return frozenset((self.name, self.label.en, self.label.zh, *self.aliases))


def newest(said: Iterable[Consent], purpose: Purpose, channel: Channel) -> bool | None:
    """The newest word on a purpose and channel (or on every channel); of two at one moment, the refusal.

    None: the customer has said nothing.
    """
    words = [
        consent
        for consent in said
        if consent.purpose in purpose.spellings
        and (consent.channel is None or consent.channel in channel.spellings)
    ]
    last = max((consent.at for consent in words), default=None)
    return None if last is None else all(consent.granted for consent in words if consent.at == last)
