"""Which customers have nobody who answers for them? (F19)"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from crmflow.core.customer import Customer
from crmflow.core.post import Posts
from crmflow.core.text import Text
from crmflow.errors import catalogue


@dataclass(frozen=True, slots=True)
class Gap:
    """A customer without a live owner, and the code of the reason."""

    customer: Customer
    reason: str

    @property
    def says(self) -> Text:
        entry = catalogue()[self.reason]
        parts = {"customer": self.customer.external_id, "staff": self.customer.owner}
        return Text(entry.say("en", parts), entry.say("zh", parts))


def gaps(customers: Iterable[Customer], posts: Posts) -> Iterator[Gap]:
    """The customers whose owner is missing, unknown, gone, or without a post in any unit."""
    for customer in customers:
        reason = _reason(customer.owner, posts)
        if reason is not None:
            yield Gap(customer, reason)


def _reason(owner: str | None, posts: Posts) -> str | None:
    if owner is None:
        return "CRM610"
    if owner not in posts.staff:
        return "CRM611"
    if not posts.live(owner):
        return "CRM612"
    if not posts.units_of(owner):
        return "CRM613"
    return None
