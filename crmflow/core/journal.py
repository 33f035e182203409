"""What does a row of the append-only journal say?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from crmflow.core.case import NOTHING


class Entry(NamedTuple):
    """One row: who (`actor`), when true (`at`), when known (`recorded_at`), because of what (`cause`, an
    entry's id), under which release and calendar version. `told` is what more there is to tell that is not
    personal.

    `key` is the effect ledger: unique, so that an effect happens once. `payload` may hold personal data; it
    lies in a row of its own, bound by a salted hash.
    """

    kind: str
    subject: str
    actor: str
    at: datetime
    bucket: int = 0
    customer_id: int | None = None
    case_id: int | None = None
    cause: int | None = None
    release: str | None = None
    calendar: str | None = None
    key: str | None = None
    told: Mapping[str, object] = NOTHING
    payload: Mapping[str, object] = NOTHING
    id: int = 0
    recorded_at: datetime | None = None
