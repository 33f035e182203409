"""What can be read of a site: who is where, what is open, and why?"""

from __future__ import annotations

from datetime import datetime

from crmflow.core.explanation import Explanation
from crmflow.core.listing import Listing
from crmflow.engine.naming import find_customer, parse_subject
from crmflow.engine.opened import Opened


class Reading(Opened):
    """What reads and changes nothing."""

    def segments(self, viewer: str | None = None, as_of: datetime | None = None) -> Listing:
        """Which customers are in which segment, since when and by which rule."""
        with self._calls.lists(viewer, as_of) as lists:
            return lists.segments()

    def visits(self, viewer: str | None = None, *, all: bool = False) -> Listing:
        """The open visits, or all, that a viewer sees."""
        with self._calls.lists(viewer) as lists:
            return lists.visits(all=all)

    def cases(self, viewer: str | None = None, *, all: bool = False) -> Listing:
        """The open cases, or all, that a viewer sees."""
        with self._calls.lists(viewer) as lists:
            return lists.cases(all=all)

    def owners(self, viewer: str | None = None, *, missing: bool = False) -> Listing:
        """Who owns whom; with `missing` the customers without a live owner. (F19)"""
        with self._calls.lists(viewer) as lists:
            return lists.owners(missing=missing)

    def facts(self, customer: str, *, show_personal: bool = False) -> Listing:
        """What is known of a customer as of the last run."""
        with self._calls.explaining(show_personal) as explaining:
            id = find_customer(explaining.batch, explaining.rules.set.vocabulary, customer)
            return explaining.facts_listing(id)

    def explain(self, what: str, *, show_personal: bool = False) -> Explanation:
        """What, why and since when: of a customer, "visit:7" or "case:9"."""
        kind, name = parse_subject(what)
        with self._calls.explaining(show_personal) as explaining:
            if kind == "visit":
                return explaining.visit(int(name))
            if kind == "case":
                return explaining.case(int(name))
            return explaining.customer(find_customer(explaining.batch, explaining.rules.set.vocabulary, name))

    def why_not(
        self, customer: str, rulebook: str | None = None, *, show_personal: bool = False
    ) -> Explanation:
        """Why rules do not fire for a customer: of one rulebook, or of all."""
        with self._calls.explaining(show_personal) as explaining:
            id = find_customer(explaining.batch, explaining.rules.set.vocabulary, customer)
            return explaining.why_not(id, rulebook)
