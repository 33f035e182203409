"""Does a probe learn how a worker fares?"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from http.client import HTTPConnection
from socket import has_ipv6
from typing import Any

import pytest

from crmflow import Engine, SettingsError, Site, StoreError, Worker
from crmflow.engine.worker.health import answering
from tests.engine.worker.conftest import LATE, Clock


def get(port: int, path: str, host: str = "127.0.0.1") -> tuple[int, Any]:
    connection = HTTPConnection(host, port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    told = json.load(answer)
    connection.close()
    return answer.status, told


def test_health_and_readiness(new_site: Callable[..., Site], clock: Clock) -> None:
    worker = Worker({"north": partial(Engine.open, new_site("north", complaints=2), clock=clock)}, limit=1)
    clock.now = LATE
    with answering(worker, "127.0.0.1", 0) as port:
        assert get(port, "/ready")[0] == 503
        worker.run(once=True)
        assert get(port, "/ready")[0] == 200
        status, told = get(port, "/health")
        assert status == 200
        assert told["lag"] == 0
        north = told["tenants"]["north"]
        assert (north["release"], north["totals"]["claimed"], north["error"]) == (1, 2, None)
        assert get(port, "/else")[0] == 404
        worker.stop()
        assert get(port, "/ready")[0] == 503


def test_a_failing_tenant_is_told(clock: Clock) -> None:
    def away() -> Engine:
        raise StoreError("CRM403", reason="connection refused")

    worker = Worker({"north": away})
    with answering(worker, "127.0.0.1", 0) as port:
        worker.run(once=True)
        status, told = get(port, "/health")
    assert status == 503
    assert told["tenants"]["north"]["failures"] == 1
    assert "CRM403" in told["tenants"]["north"]["error"]


@pytest.mark.skipif(not has_ipv6, reason="this machine has no IPv6")
def test_an_address_of_ipv6() -> None:
    with answering(Worker({}), "::1", 0) as port:
        assert get(port, "/ready", "::1")[0] == 200


def test_an_address_that_is_taken() -> None:
    with (
        answering(Worker({}), "127.0.0.1", 0) as port,
        pytest.raises(SettingsError) as raised,
        answering(Worker({}), "127.0.0.1", port),
    ):
        raise AssertionError("two servers have one port")
    assert raised.value.code == "CRM845"
