"""Which part of the journal is closed for good, and what is wrong with it?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crmflow.errors import StoreError


@dataclass(frozen=True, slots=True)
class Seal:
    """A closed range of the journal: the `count` entries recorded after the seal before and `until` then.

    `digest` is over the digests of these entries in the order (recorded_at, id), over `before`, the digest of
    the seal before, and over what the seal itself says. Before `at` nothing more could be recorded when it
    was made. Seals are numbered from 1 without a gap.
    """

    number: int
    until: datetime
    count: int
    before: str | None
    digest: str
    at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Audit:
    """What a walk over the whole journal found.

    `sealed` and `unsealed` count entries, `erased` those whose payload was erased, which is no flaw. `last`
    is the newest seal: who keeps its digest elsewhere can later show that no seal was made anew. `flaws` are
    CRM590–CRM595, the first of them only; `count` is how many there are.
    """

    sealed: int
    unsealed: int
    erased: int
    seals: int
    last: Seal | None
    flaws: tuple[StoreError, ...]
    count: int

    @property
    def holds(self) -> bool:
        return self.count == 0
