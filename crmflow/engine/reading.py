"""What can be read of a site: who is where, what is open, and why?"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from crmflow.core.explanation import Explanation
from crmflow.core.listing import Listing
from crmflow.core.message import UNSENT, State
from crmflow.core.post import Staff
from crmflow.core.replay import Replay
from crmflow.core.seal import Audit
from crmflow.core.simulation import Simulation, Step
from crmflow.engine.exporting import JournalForm
from crmflow.engine.naming import find_customer, parse_subject, staff_called
from crmflow.engine.opened import Opened
from crmflow.engine.running import Progress
from crmflow.engine.simulation.simulating import Simulating
from crmflow.engine.whynot import WhyNot
from crmflow.errors import StoreError
from crmflow.store.audit import audit


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

    def cases(self, viewer: str | None = None, *, all: bool = False, unassigned: bool = False) -> Listing:
        """The open cases, or all, that a viewer sees; with `unassigned` those that wait for somebody and
        nobody is there."""
        with self._calls.lists(viewer) as lists:
            return lists.cases(all=all, unassigned=unassigned)

    def outbox(self, viewer: str | None = None, *, state: State | None = None) -> Listing:
        """The messages that wait, are held or dead; or those in a state ("sent", "discarded" too)."""
        with self._calls.lists(viewer) as lists:
            return lists.outbox(UNSENT if state is None else (state,))

    def staff(self, code: str) -> Staff:
        """The staff member with this code. Raises StoreError CRM444."""
        with self.store.reading() as batch:
            return staff_called(batch.units.posts(batch.now), code)

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
        """What, why and since when: of a customer, "owner:CUSTOMER", "visit:7", "case:9", "timer:9" and
        "due:9" (of that case), "message:5" or "decision:3" (an entry of the journal).

        Raises StoreError CRM421, CRM443, WorkflowError CRM521, CRM522: there is no such thing.
        """
        kind, name = parse_subject(what)
        with self._calls.explaining(show_personal) as explaining:
            match kind:
                case "visit":
                    return explaining.visit(int(name))
                case "case":
                    return explaining.case(int(name))
                case "decision":
                    return explaining.decision(int(name))
                case "timer":
                    return explaining.timer(int(name))
                case "due":
                    return explaining.due(int(name))
                case "message":
                    return explaining.message(int(name))
            id = find_customer(explaining.batch, explaining.rules.set.vocabulary, name)
            return explaining.owner(id) if kind == "owner" else explaining.customer(id)

    def replay(self, decision: str) -> Replay:
        """A stored decision ("decision:7" or "7", an entry of the journal), decided again from the release,
        the facts and the params of then. Raises StoreError CRM421.
        """
        number = decision.removeprefix("decision:")
        if not (number.isascii() and number.isdecimal() and len(number) < 19):
            raise StoreError("CRM421", id=decision)
        with self._calls.replaying() as replaying:
            return replaying.decision(int(number))

    def replay_all(self, customer: str | None = None, *, since: datetime | None = None) -> list[Replay]:
        """Every stored decision, of a customer, or as of `since` or later. Raises StoreError CRM443."""
        with self._calls.replaying() as replaying:
            vocabulary = replaying.rules.set.vocabulary
            id = None if customer is None else find_customer(replaying.batch, vocabulary, customer)
            return list(replaying.all(customer=id, since=self._calls.moment(since)))

    def verify_journal(self, expected: str | None = None) -> Audit:
        """Whether the journal is what was written: every entry, payload and seal; and what is not sealed yet.

        `expected` is the digest of a seal, or its beginning, that was noted elsewhere.
        """
        with self.store.reading() as batch:
            return audit(batch, expected)

    def export_journal(
        self,
        path: Path,
        *,
        form: JournalForm = "jsonl",
        customer: str | None = None,
        case: int | None = None,
        since: datetime | None = None,
        show_personal: bool = False,
    ) -> int:
        """Writes the journal to a file, "jsonl" (an entry a line) or "ocel" (OCEL 2.0 as JSON), all or about
        a customer or a case, or what is true since a moment; returns how many entries.

        Personal values are hidden unless asked for. Raises StoreError CRM443 unknown customer.
        """
        with self._calls.exporting(show_personal) as exporting:
            vocabulary = exporting.rules.set.vocabulary
            id = None if customer is None else find_customer(exporting.batch, vocabulary, customer)
            moment = self._calls.moment(since)
            return exporting.write(path, form, exporting.entries(customer=id, case=case, since=moment))

    def why_not(
        self,
        customer: str,
        rulebook: str | None = None,
        rule: str | None = None,
        *,
        show_personal: bool = False,
    ) -> Explanation:
        """Why rules do not fire for a customer, of one rulebook or chart, or of all; and what would make each
        fire: the least change of facts, the day on which it fires by itself, the param that would do.

        Raises StoreError CRM443, RuleFileError CRM137 for an unknown rulebook, CRM258 for an unknown rule.
        """
        with self._calls.explaining(show_personal) as explaining:
            id = find_customer(explaining.batch, explaining.rules.set.vocabulary, customer)
            return WhyNot(explaining, id).explain(rulebook, rule)

    def simulate(
        self,
        new: Path | str | int | None = None,
        *,
        base: str | int | None = None,
        start: date | str | None = None,
        end: date | str | None = None,
        step: Step = "month",
        state: Path | None = None,
        progress: Progress | None = None,
    ) -> Simulation:
        """What other rules would have done over the stored past, beside those in force; writes nothing.

        `new` is a folder of rule files, of a pack or of another site, or a release (a draft too) by its
        number or the beginning of its hash; None: the rule files on disk. `base` is a release to compare
        with; None: the one in force. `start` and `end` are days or months ("1997-01"); None: the twelve
        months up to the last run. Facts, decisions, visits and cases are worked out at the end of every
        `step`, from what the store had decided before `start`. In `state`, a folder, a broken-off simulation
        goes on where it was.

        Raises StoreError CRM430 what is `new` or `base`, CRM431 the end lies before the start, CRM432 and
        CRM433 there is nothing to replay, CRM434 `state` cannot be used, CRM440 nothing is published;
        SettingsError CRM827 neither a day nor a month; RuleFileError CRM090 the rules cannot be used.
        """
        simulating = Simulating(self.site, self.packs, self.store, state, progress)
        return simulating.run(new, base, start, end, step)
