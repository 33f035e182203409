"""Which tables are there, and what does a row of each say?

Every row has `at` (when it is true) and `recorded_at` (when it became known). An id's last six bits are its
bucket, which comes first in the key of all that hangs on a customer; units and staff are known by a code.
Dated tables are only added to: the state as of T, as known at K, is the newest row of its kind by (at, id)
with at <= T and recorded_at <= K.
"""

from __future__ import annotations

from crmflow.store.tables.casework import case as case
from crmflow.store.tables.casework import case_event as case_event
from crmflow.store.tables.casework import outbox as outbox
from crmflow.store.tables.decided import fact as fact
from crmflow.store.tables.decided import segment as segment
from crmflow.store.tables.decided import segment_dated as segment_dated
from crmflow.store.tables.decided import snapshot as snapshot
from crmflow.store.tables.decided import visit as visit
from crmflow.store.tables.happening import imported as imported
from crmflow.store.tables.happening import signal as signal
from crmflow.store.tables.happening import touchpoint as touchpoint
from crmflow.store.tables.party import absence as absence
from crmflow.store.tables.party import consent as consent
from crmflow.store.tables.party import customer as customer
from crmflow.store.tables.party import customer_dated as customer_dated
from crmflow.store.tables.party import customer_key as customer_key
from crmflow.store.tables.party import holding as holding
from crmflow.store.tables.party import holding_dated as holding_dated
from crmflow.store.tables.party import ownership as ownership
from crmflow.store.tables.party import post as post
from crmflow.store.tables.party import staff as staff
from crmflow.store.tables.party import staff_dated as staff_dated
from crmflow.store.tables.party import unit as unit
from crmflow.store.tables.party import unit_dated as unit_dated
from crmflow.store.tables.record import content as content
from crmflow.store.tables.record import journal as journal
from crmflow.store.tables.record import payload as payload
from crmflow.store.tables.record import release as release
from crmflow.store.tables.record import seal as seal
from crmflow.store.tables.table import METADATA as METADATA
from crmflow.store.tables.table import counter as counter
from crmflow.store.tables.table import minted as minted
from crmflow.store.tables.table import version as version
