"""What does a worker do for one tenant in one go? It moves what is due, delivers, seals, and looks ahead."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from time import perf_counter

from crmflow.engine.engine import Engine
from crmflow.errors import CrmflowError


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did, by name ("claimed", "moved", "delivered", …), in how many `seconds`.

    `at` is the store's now, `next_at` when the earliest thing that still waits is due, and `lag` by how many
    seconds that is late. `release` is the number of the release in force. `error` is what kept messages from
    being delivered or the journal from being sealed; cases were moved all the same.
    """

    at: datetime
    did: dict[str, int]
    seconds: float
    next_at: datetime | None
    release: int | None
    error: CrmflowError | None

    @property
    def lag(self) -> float:
        return max(0.0, -self.rest) if self.next_at else 0.0

    @property
    def rest(self) -> float:
        """Seconds until something is due; negative where it is late, endless where nothing waits."""
        return (self.next_at - self.at).total_seconds() if self.next_at else float("inf")

    @property
    def busy(self) -> bool:
        """Whether anything was there to do, so that more may be."""
        return any(count for name, count in self.did.items() if name != "sealed")


def work(engine: Engine, limit: int, *, seal: bool) -> Round:
    """Other calendars, a batch of due cases, one of messages, perhaps a seal, and a look at what comes next.

    Raises CrmflowError where cases cannot be moved.
    """
    began = perf_counter()
    engine.recompute()  # before a timer fires by a calendar that no longer counts
    did = asdict(engine.due(limit=limit))
    error = None
    try:
        delivered = asdict(engine.deliver())
        did |= {"delivered": delivered.pop("sent"), **delivered}
        if seal:
            did["sealed"] = sum(seal.count for seal in engine.seal())
    except CrmflowError as failed:
        error = failed
    with engine.store.reading() as looking:
        standing = looking.releases.standing(looking.now)
        return Round(
            at=looking.now,
            did=did,
            seconds=perf_counter() - began,
            next_at=looking.waiting.earliest(),
            release=standing[0].number if standing else None,
            error=error,
        )
