"""What is there to read and write in one transaction? One door for each noun."""

from __future__ import annotations

from functools import cached_property

from crmflow.store.cases import Cases
from crmflow.store.consents import Consents
from crmflow.store.customers import Customers
from crmflow.store.events import Events
from crmflow.store.facts import Facts
from crmflow.store.holdings import Holdings
from crmflow.store.imports import Imports
from crmflow.store.incidents import Incidents
from crmflow.store.intake import Intake
from crmflow.store.journal import Journal
from crmflow.store.keys import Keys
from crmflow.store.outbox import Outbox
from crmflow.store.owners import Owners
from crmflow.store.provenances import Provenances
from crmflow.store.release_folder import ReleaseFolder
from crmflow.store.release_table import ReleaseTable
from crmflow.store.releases import Releases
from crmflow.store.seals import Seals
from crmflow.store.segments import Segments
from crmflow.store.signals import Signals
from crmflow.store.snapshots import Snapshots
from crmflow.store.touchpoints import Touchpoints
from crmflow.store.transaction import Transaction
from crmflow.store.units import Units
from crmflow.store.visits import Visits
from crmflow.store.waiting import Waiting


class Batch(Transaction):
    """One transaction, with a door for each noun."""

    @cached_property
    def intake(self) -> Intake:
        return Intake(self)

    @cached_property
    def units(self) -> Units:
        return Units(self)

    @cached_property
    def customers(self) -> Customers:
        return Customers(self)

    @cached_property
    def keys(self) -> Keys:
        return Keys(self)

    @cached_property
    def owners(self) -> Owners:
        return Owners(self)

    @cached_property
    def provenances(self) -> Provenances:
        return Provenances(self)

    @cached_property
    def consents(self) -> Consents:
        return Consents(self)

    @cached_property
    def holdings(self) -> Holdings:
        return Holdings(self)

    @cached_property
    def touchpoints(self) -> Touchpoints:
        return Touchpoints(self)

    @cached_property
    def imports(self) -> Imports:
        return Imports(self)

    @cached_property
    def journal(self) -> Journal:
        return Journal(self)

    @cached_property
    def seals(self) -> Seals:
        return Seals(self)

    @cached_property
    def releases(self) -> Releases:
        """In the database, or in the folder that the site names."""
        if self.release_folder is None:
            return ReleaseTable(self)
        return ReleaseFolder(self, self.release_folder)

    @cached_property
    def facts(self) -> Facts:
        return Facts(self)

    @cached_property
    def snapshots(self) -> Snapshots:
        return Snapshots(self)

    @cached_property
    def segments(self) -> Segments:
        return Segments(self)

    @cached_property
    def visits(self) -> Visits:
        return Visits(self)

    @cached_property
    def cases(self) -> Cases:
        return Cases(self)

    @cached_property
    def events(self) -> Events:
        return Events(self)

    @cached_property
    def outbox(self) -> Outbox:
        return Outbox(self)

    @cached_property
    def signals(self) -> Signals:
        return Signals(self)

    @cached_property
    def incidents(self) -> Incidents:
        return Incidents(self)

    @cached_property
    def waiting(self) -> Waiting:
        return Waiting(self)
