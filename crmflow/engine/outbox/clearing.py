"""May a message leave now, to which address, in which words? What is not surely allowed stays. (C14, F8)"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from crmflow.core.contact import Purpose
from crmflow.core.customer import Customer
from crmflow.core.message import Message, Outgoing
from crmflow.core.moment import shown
from crmflow.core.text import Text
from crmflow.engine.outbox.frequency import Frequency
from crmflow.engine.outbox.mending import is_too_late
from crmflow.engine.outbox.receivers import Receivers
from crmflow.engine.outbox.way import Way
from crmflow.engine.outbox.ways import Ways
from crmflow.errors import CrmflowError, WorkflowError
from crmflow.rules.vocabulary import Message as Template

log = logging.getLogger("crmflow.outbox")
LEASE = timedelta(minutes=5)
"""How long an attempt may take before another worker begins the next one."""
STAFF = "staff"
"""The channel of a message to the holder of a case that names none; the address is their code."""


class Begun(NamedTuple):
    """An attempt: what is to be handed to which relay now."""

    outgoing: Outgoing
    message: Message
    way: Way


class Stays(NamedTuple):
    """A message that is held, or put off."""

    outgoing: Outgoing


class _Later(Exception):
    """It may leave, but not before a moment."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment


class Place(NamedTuple):
    """To whom a message goes, by channel and address; their language, and the unit whose clock counts."""

    channel: str
    address: str
    language: str
    unit: str | None


class Clearing:
    """Looks at messages as of a moment. `sender` makes the keys of one site different from another's."""

    def __init__(
        self, receivers: Receivers, frequency: Frequency, ways: Ways, as_of: datetime, sender: str
    ) -> None:
        self.receivers = receivers
        self.frequency = frequency
        self.vocabulary = receivers.vocabulary
        self.ways = ways
        self.as_of = as_of
        self.sender = sender

    def clear(self, messages: Sequence[Outgoing]) -> Iterator[Begun | Stays]:
        """Each message: begun (with what is to be handed over), put off, or held with the reason."""
        for outgoing in messages:
            try:
                yield self._clear(outgoing)
            except _Later as later:
                yield Stays(replace(outgoing, due_at=later.moment))
            except WorkflowError as error:
                yield Stays(held(outgoing, error))
            except Exception as error:  # whatever goes wrong while it is looked at, it does not leave
                log.exception("message %s could not be looked at", outgoing.id)
                reason = f"{type(error).__name__}: {error}"
                yield Stays(held(outgoing, WorkflowError("CRM587", message=outgoing.message, reason=reason)))

    def _clear(self, outgoing: Outgoing) -> Begun:
        template = self.vocabulary.messages.get(outgoing.message)
        if template is None:
            raise WorkflowError("CRM587", message=outgoing.message, reason="no such message in this release")
        if is_too_late(outgoing, self.vocabulary, self.as_of):
            wanted = shown(outgoing.wanted_at, self.receivers.zone(None))
            raise WorkflowError("CRM586", at=wanted, within=str(template.within))
        purpose = self.vocabulary.purpose(template.purpose)
        place = self._place(outgoing, template)
        message = self._message(outgoing, template, purpose, place)
        self._demand_time(purpose, place.unit)
        if template.to == "customer" and self.frequency.reached(outgoing.customer_id, purpose):
            raise WorkflowError("CRM584", purpose=purpose.name, most=purpose.most, per=str(purpose.per))
        way = self.ways.of(place.channel)
        if way is None:
            raise WorkflowError("CRM585", channel=place.channel)
        if way.rest:
            raise _Later(self.as_of + timedelta(seconds=way.rest))
        self.frequency.one_more(outgoing.customer_id, purpose)
        begun = replace(
            outgoing, attempts=outgoing.attempts + 1, due_at=self.as_of + LEASE, code=None, parts={}
        )
        return Begun(begun, message, way)

    # to whom

    def _place(self, outgoing: Outgoing, template: Template) -> Place:
        if template.to == "holder":
            return self._holder(outgoing, template)
        customer = self.receivers.customers.get(outgoing.customer_id)
        if customer is None:
            reason = f"there is no customer:{outgoing.customer_id}"
            raise WorkflowError("CRM587", message=outgoing.message, reason=reason)
        return self._customer(customer, template, outgoing.channel or template.channel)

    def _holder(self, outgoing: Outgoing, template: Template) -> Place:
        """Whoever held the case when the message's cause happened."""
        staff = outgoing.staff
        if staff is None or not self.receivers.posts.live(staff):
            raise WorkflowError("CRM581", channel=STAFF)
        unit = next(iter(self.receivers.posts.units_of(staff)), None)
        return Place(template.channel or STAFF, staff, self.receivers.language, unit)

    def _customer(self, customer: Customer, template: Template, channel: str | None) -> Place:
        """On the channel that is named, else on the first on which the customer may be reached.

        Raises WorkflowError CRM581 no address, CRM582 and CRM583 the customer does not want it.
        """
        named = [self.vocabulary.channel(channel)] if channel else list(self.vocabulary.channels.values())
        refusals: list[WorkflowError] = []
        for each in named:
            address = self.receivers.address(customer, each)
            if address is None:
                continue
            said = self.receivers.consents.get(customer.id, ())
            forbidden = self.vocabulary.forbids(said, template.purpose, each.name)
            if forbidden is None:
                unit = self.receivers.unit_of(customer)
                return Place(each.name, address, self.receivers.speaks(customer), unit)
            refusals.append(WorkflowError(forbidden, purpose=template.purpose, channel=each.name))
        nowhere = WorkflowError("CRM581", channel=", ".join(each.name for each in named))
        raise max(refusals, key=lambda each: each.code, default=nowhere)

    # when, and in which words

    def _demand_time(self, purpose: Purpose, unit: str | None) -> None:
        opens = purpose.opens(self.as_of, self.receivers.zone(unit))
        if opens > self.as_of:
            raise _Later(opens)

    def _message(self, outgoing: Outgoing, template: Template, purpose: Purpose, place: Place) -> Message:
        filling = self.receivers.filling(outgoing, place.language)
        try:
            text, subject = filling.fill(template.text), filling.fill(template.subject or Text("", ""))
        except LookupError as missing:
            raise WorkflowError("CRM580", message=outgoing.message, names=", ".join(missing.args)) from None
        return Message(
            key=self._key(outgoing),
            name=outgoing.message,
            channel=place.channel,
            to=place.address,
            text=text,
            language=place.language,
            purpose=purpose.name,
            customer=outgoing.customer_id,
            at=outgoing.at,
            subject=subject,
            case=outgoing.case_id,
            effect=outgoing.key,
        )

    def _key(self, outgoing: Outgoing) -> str:
        """The effect's key, as letters and digits that every protocol takes, and different for each site."""
        return sha256(f"{self.sender}|{outgoing.key}".encode()).hexdigest()[:32]


def held(outgoing: Outgoing, error: CrmflowError) -> Outgoing:
    """It stays until somebody has looked at it."""
    return replace(outgoing, state="held", due_at=None, code=error.code, parts=error.parts)
