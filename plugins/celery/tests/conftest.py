"""Where do the tests find a Redis? They start one on a free loopback port, which ends with them."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import free_port

PATIENCE = 20.0  # seconds


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an empty Redis."""
    redis = pytest.importorskip("redis", reason="redis is not installed: pip install -e plugins/celery")
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    port, folder = free_port(), tmp_path_factory.mktemp("redis")
    url = f"redis://127.0.0.1:{port}/0"
    log = folder / "log"
    words = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder)]
    server = subprocess.Popen([program, *words, "--logfile", str(log)])
    try:
        with redis.Redis.from_url(url) as client:
            wait_for(client, redis.ConnectionError, log)
        yield url
    finally:
        server.terminate()
        server.wait(PATIENCE)


def wait_for(client: object, refused: type[Exception], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            client.ping()  # type: ignore[attr-defined]
            return
        except refused:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
