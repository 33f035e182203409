"""What is told of units and staff: what happened to nobody in particular, and who is away?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from crmflow.core.field import Value
from crmflow.core.moment import as_instant
from crmflow.core.post import Absence
from crmflow.engine.opened import Opened
from crmflow.engine.presence import record_absence
from crmflow.engine.signalling import Signalled, signal
from crmflow.store import Connection


class Telling(Opened):
    """What a host tells that no customer has done."""

    def signal(
        self,
        kind: str,
        unit: str | None = None,
        *,
        at: datetime | None = None,
        fields: Mapping[str, Value] | None = None,
        source: str = "host",
        external_id: str | None = None,
        actor: str = "host",
        connection: Connection | None = None,
    ) -> Signalled:
        """Records what happened to nobody in particular, in a unit (its code or name) or, without one, in the
        whole company; and opens the cases about units that it asks for.

        The same `external_id` (else the same content) again records nothing. Raises WorkflowError CRM563
        unknown unit, CRM564 unknown kind, StoreError CRM442 wrong field.
        """
        with self._calls.writing(actor, connection) as (batch, rules):
            work = self._calls.work(batch, rules, self._calls.at(batch, at), [])
            return signal(
                work, kind, fields or {}, self.site.zone, unit=unit, source=source, external_id=external_id
            )

    def absent(
        self,
        staff: str,
        start: datetime,
        end: datetime,
        *,
        deputy: str | None = None,
        actor: str = "host",
        connection: Connection | None = None,
    ) -> Absence:
        """Records that somebody is away in [start, end), and who stands in. When it begins their open steps
        pass to the deputy (or a colleague, or the unit above), and come back when it ends.

        The same start again corrects it: an absence that ends when it starts is none. Raises StoreError
        CRM444 unknown staff, WorkflowError CRM565 it ends before it starts, or they would stand in for
        themselves.
        """
        zone = self.site.zone
        away = Absence(staff, as_instant(start, zone), as_instant(end, zone), deputy)
        with self._calls.writing(actor, connection) as (batch, rules):
            work = self._calls.work(batch, rules, batch.now, [])
            return record_absence(work, away)
