"""What does a host do with messages that are to leave? It delivers them, and looks after the rest."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property

from crmflow.core.message import Delivered
from crmflow.engine.opened import Opened
from crmflow.engine.outbox.delivering import Delivering
from crmflow.engine.outbox.mending import discard, retry
from crmflow.store import Connection


class Sending(Opened):
    """What sends. Nothing else of an engine does."""

    @cached_property
    def _delivering(self) -> Delivering:
        return Delivering(self._calls)

    def deliver(self, as_of: datetime | None = None, *, limit: int = 500, actor: str = "worker") -> Delivered:
        """Hands messages that are due (by now) to the relays that crmflow.toml names: one round, of at most
        `limit`; call it again until it is false.

        Consent, hours and frequency are looked at once more just before; what is not surely allowed is held.
        It has its own transactions, and sends between them: each effect at least once, always with the same
        key. A relay that fails is tried again later. Raises SettingsError CRM850–855, PluginError CRM709,
        CRM713: the relay cannot be used at all.
        """
        return self._delivering.deliver(limit, as_of, actor)

    def retry_messages(
        self, ids: Iterable[int] | None = None, *, actor: str = "host", connection: Connection | None = None
    ) -> int:
        """Sends messages again that are held or dead, or were discarded (None: all that are held or dead and
        not past their `within`), if they may leave by now; returns how many. Raises WorkflowError CRM589 for
        another number."""
        with self._calls.writing(actor, connection) as (batch, rules):
            return retry(batch, ids, rules.set.vocabulary)

    def discard_messages(
        self, ids: Iterable[int], *, actor: str = "host", connection: Connection | None = None
    ) -> int:
        """Gives up messages that are not sent yet; returns how many. Raises WorkflowError CRM589."""
        with self._calls.writing(actor, connection) as (batch, _):
            return discard(batch, ids)
