"""How does one process work for many tenants? In turn, a batch each, asleep while nothing is due."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Protocol

from crmflow.engine.engine import Engine
from crmflow.engine.worker.round import Round
from crmflow.engine.worker.telemetry import Telemetry
from crmflow.engine.worker.tenant import Tenant
from crmflow.errors import CrmflowError

LIMIT = 5_000
"""Cases that one tenant may have moved before it is the next one's turn."""
INTERVAL = 5.0
"""Seconds after which a tenant is looked at again, for somebody else may have sent an event."""
STUCK = 600.0
"""Seconds after which a round that has not ended counts as stuck."""


class Watch(Protocol):
    """Who is told what a worker does."""

    def worked(self, tenant: Tenant, round: Round) -> None: ...

    def failed(self, tenant: Tenant, error: CrmflowError) -> None: ...


class Worker:
    """Moves what is due for one tenant or many, in this thread, until it is told to stop.

    `engines` gives each tenant's name an open Engine, which stays its owner's, or a function that opens one.
    At most `limit` cases of a tenant move before the next one's turn; `interval` is in seconds. A tenant that
    fails is tried again later and later, and stops nobody else.
    """

    def __init__(
        self,
        engines: Mapping[str, Engine | Callable[[], Engine]],
        *,
        limit: int = LIMIT,
        interval: float = INTERVAL,
        watch: Watch | None = None,
    ) -> None:
        self.tenants = [Tenant(name, engine) for name, engine in engines.items()]
        self.limit = limit
        self.interval = interval
        self.watch = watch
        self.telemetry = Telemetry()
        self.stopping = False
        self._began: float | None = None
        self._woken: SimpleQueue[None] = SimpleQueue()  # may be put into from a signal's handler

    def run(self, *, once: bool = False) -> None:
        """Works until `stop`; with `once`, until nothing more is due or can be done."""
        waiting = list(self.tenants)
        try:
            while waiting and not self.stopping:
                tenant = min(waiting, key=lambda each: each.turn)
                if (rest := tenant.turn - monotonic()) > 0 and not once:
                    self._sleep(rest)
                elif not self._work(tenant) and once:
                    waiting.remove(tenant)
        finally:
            for tenant in self.tenants:
                tenant.close()

    def stop(self) -> None:
        """Ends `run` after the round that it is in; from any thread or a signal's handler."""
        self.stopping = True
        self._woken.put(None)

    def _work(self, tenant: Tenant) -> bool:
        """Whether there may be more to do at once."""
        self._began = monotonic()
        try:
            with self.telemetry.span(tenant.name) as record:
                done = tenant.work(self.limit, self.interval)
                record(done)
        except CrmflowError as error:
            if self.watch is not None:
                self.watch.failed(tenant, error)
            return False
        finally:
            self._began = None
        if self.watch is not None:
            self.watch.worked(tenant, done)
            if done.error is not None:
                self.watch.failed(tenant, done.error)
        return done.busy

    def _sleep(self, seconds: float) -> None:
        with suppress(Empty):
            self._woken.get(timeout=seconds)

    # how it fares

    @property
    def ready(self) -> bool:
        """Whether every tenant has been worked for, and it goes on."""
        return not self.stopping and all(tenant.last is not None for tenant in self.tenants)

    @property
    def healthy(self) -> bool:
        """Whether no tenant fails and no round is stuck."""
        return not self.stuck and all(tenant.error is None for tenant in self.tenants)

    @property
    def stuck(self) -> bool:
        began = self._began
        return began is not None and monotonic() - began > STUCK

    def health(self) -> Mapping[str, object]:
        """How it fares, for machines: `lag` is that of the tenant that is the latest, in seconds."""
        lags = [tenant.last.lag for tenant in self.tenants if tenant.last]
        return {
            "ok": self.healthy,
            "ready": self.ready,
            "stopping": self.stopping,
            "stuck": self.stuck,
            "lag": round(max(lags, default=0.0), 6),
            "tenants": {tenant.name: tenant.health() for tenant in self.tenants},
        }
