"""What do the worker's tests start from? Sites whose complaints are late, at a moment that a test sets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crmflow import CrmflowError, Engine, Site
from crmflow.engine.worker.round import Round
from crmflow.engine.worker.tenant import Tenant

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)


class Clock:
    """Stands still until it is set."""

    now = MONDAY

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Diary:
    """Notes what a worker says; `then` is done after each round. A test that waits in vain ends."""

    rounds: list[tuple[str, Round]] = field(default_factory=list)
    failures: list[tuple[str, CrmflowError]] = field(default_factory=list)
    then: Callable[[], None] = lambda: None

    def worked(self, tenant: Tenant, round: Round) -> None:
        self.rounds.append((tenant.name, round))
        self._next()

    def failed(self, tenant: Tenant, error: CrmflowError) -> None:
        self.failures.append((tenant.name, error))
        self._next()

    def _next(self) -> None:
        assert len(self.rounds) + len(self.failures) < 50, self.failures[-3:]
        self.then()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def new_site(tmp_path: Path) -> Callable[..., Site]:
    """Makes a site with so many complaints, opened on Monday, of which each is late after half an hour."""

    def make(name: str, complaints: int = 0) -> Site:
        site = Site.init(tmp_path / name, ["fuel"], zone="UTC", language="en")
        Engine.migrate(site)
        with Engine.open(site, clock=Clock()) as engine:
            engine.publish()
            for kind, text in (
                ("units", "code,name,level,parent\nD1,片区,district,\nS1,一站,station,D1\n"),
                ("customers", "external id,name\nK1,客户\n"),
            ):
                file = site.folder / f"{kind}.csv"
                file.write_text(text, "utf-8")
                engine.import_file(kind, file)  # type: ignore[arg-type]
            for number in range(complaints):
                engine.open_case("complaint", "K1", unit="S1", key=str(number), at=MONDAY)
        return site

    return make


LATE = MONDAY + timedelta(hours=1)
