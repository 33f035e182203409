"""How does a tenant of a worker fare? Its engine, when its turn comes, and what keeps it from working."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from time import monotonic

from crmflow.engine.engine import Engine
from crmflow.engine.worker.round import Round, work
from crmflow.errors import CrmflowError, WorkflowError

log = logging.getLogger("crmflow.worker")
SHORTLY = 1.0
"""Seconds until a tenant is looked at again whose due work another worker holds, or that failed once."""
MINUTE = 60.0
"""Seconds from one seal of a tenant's journal to the next."""
PATIENCE = 60.0
"""Seconds after which a tenant that keeps failing is tried again at the latest."""


class Tenant:
    """A tenant in a worker's hands; `turn` is when it is to be worked for next, on the monotonic clock.

    An engine that is given stays its owner's. One that is opened here is closed after a failure, and opened
    anew at the next try: so a database that was away, migrated or restored is found again.
    """

    def __init__(self, name: str, engine: Engine | Callable[[], Engine]) -> None:
        self.name = name
        self.turn = 0.0
        self.last: Round | None = None
        self.totals: Counter[str] = Counter()
        self.error: CrmflowError | None = None
        self.failed_at: datetime | None = None
        self.failures = 0
        self._seal = 0.0
        self._given = engine
        self._engine = engine if isinstance(engine, Engine) else None

    def work(self, limit: int, interval: float) -> Round:
        """One round, which sets the next turn. Raises CrmflowError, CRM574 for what nobody foresaw."""
        seal = monotonic() >= self._seal
        try:
            done = work(self._opened(), limit, seal=seal)
        except Exception as error:
            raise self._failed(error) from error
        if seal:
            self._seal = monotonic() + MINUTE
        self.last = done
        self.totals.update(done.did)
        self._note(done.error)
        rest = interval if done.error else done.rest if done.rest > 0 else SHORTLY
        self.turn = monotonic() + (0.0 if done.busy else min(interval, rest))
        return done

    def close(self) -> None:
        """Closes the engine where it was opened here."""
        if self._engine is not None and not isinstance(self._given, Engine):
            self._engine.close()
            self._engine = None

    def health(self) -> Mapping[str, object]:
        """How it fares, for machines; times in seconds."""
        last = self.last
        return {
            "ok": self.error is None,
            "release": last.release if last else None,
            "last": last.at.isoformat() if last else None,
            "seconds": round(last.seconds, 6) if last else None,
            "next": last.next_at.isoformat() if last and last.next_at else None,
            "lag": round(last.lag, 6) if last else None,
            "totals": dict(self.totals),
            "failures": self.failures,
            "failing_since": self.failed_at.isoformat() if self.failed_at else None,
            "error": str(self.error) if self.error else None,
        }

    def _opened(self) -> Engine:
        if self._engine is None:
            assert not isinstance(self._given, Engine)
            self._engine = self._given()
        return self._engine

    def _failed(self, error: Exception) -> CrmflowError:
        """Notes the failure; each one after another doubles the wait."""
        if not isinstance(error, CrmflowError):
            log.exception("tenant %s failed", self.name)
            error = WorkflowError("CRM574", tenant=self.name, kind=type(error).__name__, reason=error)
        self.turn = monotonic() + min(PATIENCE, SHORTLY * 2 ** min(self.failures, 16))
        self._note(error)
        self.close()
        return error

    def _note(self, error: CrmflowError | None) -> None:
        self.failures = self.failures + 1 if error else 0
        self.failed_at = (self.failed_at or datetime.now(UTC)) if error else None
        self.error = error
