"""The shop, open on each store, with a relay that keeps what it gets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crmflow import Engine, Relay
from crmflow.relay import BUILT_IN
from tests.engine.outbox.world import Box, Clock, Shop, fill, furnish

RELAY = '[relay]\nname = "box"\n'


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Box:
    box = Box()
    monkeypatch.setitem(BUILT_IN, "box", Relay("box", lambda _: box.send))
    return box


@pytest.fixture
def relay() -> str:
    """What crmflow.toml says of the relay; a test may say otherwise."""
    return RELAY


@pytest.fixture
def shop(tmp_path: Path, database_url: str, box: Box, relay: str) -> Iterator[Shop]:
    site, clock = furnish(tmp_path / "shop", database_url, relay), Clock()
    Engine.migrate(site)
    with Engine.open(site, clock=clock) as engine:
        fill(engine)
        yield Shop(engine, clock, box)
