"""A migrated, opened store on each database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crmflow.store import Store
from tests.store.world import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(database_url: str, clock: Clock) -> Iterator[Store]:
    Store.migrate(database_url)
    with Store.open(database_url, clock=clock) as opened:
        yield opened
